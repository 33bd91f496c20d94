//! Looking for words in everything that was said.

use parlor::engine::{EngineError, FindRequest};
use parlor::model::Visibility;

use crate::world::{World, agent, name};

fn asking(words: &str) -> FindRequest {
    let mut request = FindRequest::default();
    words.clone_into(&mut request.words);
    request
}

/// What an agent finds: in whose conversation, and which words.
async fn found(world: &World, agent: &str, request: &FindRequest) -> Vec<(String, String)> {
    let page = world.engine.find(&name(agent), request).await.unwrap();
    page.hits
        .into_iter()
        .map(|hit| {
            let words = hit.message.content.text().unwrap_or_default().to_owned();
            (hit.contact.unwrap().display_name, words)
        })
        .collect()
}

#[tokio::test]
async fn r80_a_search_finds_words_in_the_conversations_of_all_contacts() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let bob = world.visitor("bob").await;
    let with_ann = world.talks("alice", &ann, "Où est la RÉUNION ?").await;
    world.says(&bob, "no reunion today").await;
    world.answers("alice", with_ann.id, "La réunion est à midi").await.unwrap();
    world.note("alice", with_ann.id, "réunions: ask Zoé").await;

    let hits = found(&world, "alice", &asking("reunion")).await;
    let words: Vec<_> = hits.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        words,
        ["réunions: ask Zoé", "La réunion est à midi", "no reunion today", "Où est la RÉUNION ?"],
        "newest first, whatever the case and the accents"
    );
    assert_eq!(hits[0].0, hits[3].0, "both stand in one conversation");
    assert_ne!(hits[0].0, hits[2].0, "and the third in another");

    assert_eq!(found(&world, "alice", &asking("reunion midi")).await.len(), 1, "every word is needed");
    assert_eq!(found(&world, "alice", &asking("  ")).await, [], "without a word nothing is looked for");
    assert_eq!(found(&world, "alice", &asking("\"reunion* OR")).await, []);
    let mut private = asking("reunion");
    private.filter = Some(Visibility::Private);
    assert_eq!(found(&world, "alice", &private).await.len(), 3, "without the note");
}

#[tokio::test]
async fn r80_a_search_is_continued_where_the_page_ends() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    for number in 0..5 {
        world.says(&ann, &format!("needle {number}")).await;
    }
    let mut request = asking("needle");
    request.limit = Some(2);
    let mut words = Vec::new();
    loop {
        let page = world.engine.find(&name("alice"), &request).await.unwrap();
        words.extend(page.hits.iter().filter_map(|hit| hit.message.content.text().map(str::to_owned)));
        // What arrives meanwhile moves nothing.
        world.says(&ann, "another needle").await;
        request.before = page.before;
        if request.before.is_none() {
            break;
        }
    }
    assert_eq!(words, ["needle 4", "needle 3", "needle 2", "needle 1", "needle 0"]);
    request.before = Some("nowhere".to_owned());
    let refused = world.engine.find(&name("alice"), &request).await;
    assert!(matches!(refused, Err(EngineError::CursorUnknown)), "{refused:?}");
}

#[tokio::test]
async fn r80_a_search_is_for_those_who_may_read_everything() {
    let world = World::with(|config| agent(config, "bob").flags.communication_view = false).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "needle").await;
    let denied = world.engine.find(&name("bob"), &asking("needle")).await;
    assert!(matches!(denied, Err(EngineError::Denied(_))), "{denied:?}");
    assert_eq!(found(&world, "alice", &asking("needle")).await.len(), 1);
}
