//! A contact who is away finds everything when they come back.

use parlor::engine::{ContactSession, Engine};
use parlor::webchat::{Cursor, Taken};

use crate::world::World;

/// Connects as a browser that has everything up to `after`; gives the words it is sent, and what it has then.
async fn comes_back(engine: &Engine, visitor: &ContactSession, after: u64) -> (Vec<String>, u64) {
    let _connection = engine.contact_connects(visitor);
    let latest = engine.contact_latest(visitor).await.unwrap();
    let mut cursor = Cursor::new(after, latest);
    let mut words = Vec::new();
    loop {
        let page = engine.contact_messages(visitor, cursor.after(), 2).await.unwrap();
        if page.is_empty() {
            return (words, cursor.after());
        }
        for message in &page {
            match cursor.take(message, ToString::to_string) {
                Taken::Show(_) => words.extend(message.content.text().map(str::to_owned)),
                Taken::Hidden => {}
                other @ (Taken::Repeated | Taken::Gap) => panic!("{other:?} in {page:?}"),
            }
        }
    }
}

#[tokio::test]
async fn r98_who_comes_back_sees_what_is_new_once_and_in_order() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let (words, seen) = comes_back(&world.engine, &ann, 0).await;
    assert_eq!(words, ["hello"]);

    for words in ["one", "two", "three"] {
        world.answers("alice", work.id, words).await.unwrap();
    }
    world.note("alice", work.id, "she is away").await;
    let (words, seen) = comes_back(&world.engine, &ann, seen).await;
    assert_eq!(words, ["one", "two", "three"]);
    let (words, _) = comes_back(&world.engine, &ann, seen).await;
    assert!(words.is_empty(), "{words:?}");
}

#[tokio::test]
async fn r98_at_the_next_visit_the_chat_goes_on_with_all_that_was_written() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    world.done("alice", work.id).await.unwrap();
    world.writes("alice", &ann, "are you still there?").await.unwrap();

    let world = world.restarted(|_| {}).await;
    let again = world.visitor("ann").await;
    assert_eq!(again, ann, "the same contact in the same thread");
    let (words, seen) = comes_back(&world.engine, &again, 0).await;
    assert_eq!(words, ["hello", "are you still there?"]);
    world.says(&again, "yes").await;
    assert_eq!(comes_back(&world.engine, &again, seen).await.0, ["yes"]);
}
