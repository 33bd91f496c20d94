//! Contacts as agents know them.

use parlor::engine::{ContactEdit, ContactSession, EngineError};
use parlor::interaction::StateName;
use parlor::model::{ContactId, Id};

use crate::world::{World, channel, name, page, text};

impl World {
    /// How a contact is called, and whether they stand in alice's list.
    async fn knows_as(&self, contact: &ContactSession) -> (String, bool) {
        let known = self.engine.contact(&name("alice"), contact.contact).await.unwrap();
        (known.contact.display_name, known.assigned)
    }

    async fn renames(&self, contact: &ContactSession, to: &str) -> Result<(), EngineError> {
        let version = self.engine.contact(&name("alice"), contact.contact).await.unwrap().contact.version;
        let mut edit = ContactEdit::new(contact.contact, version);
        edit.display_name = Some(to.to_owned());
        self.engine.edit_contact(&name("alice"), edit).await.map(drop)
    }
}

#[tokio::test]
async fn a_contact_is_called_as_an_agent_says_until_the_name_is_taken_away() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let (before, _) = world.knows_as(&ann).await;
    world.renames(&ann, "Ann Archer").await.unwrap();
    assert_eq!(world.knows_as(&ann).await.0, "Ann Archer");
    let id = world.latest(&ann).await.id;
    world.ready("alice").await;
    assert_eq!(world.takes("alice").await.contact.display_name, "Ann Archer");
    assert_eq!(world.see("alice", id).await.contact.display_name, "Ann Archer");

    let long = "a".repeat(257);
    match world.renames(&ann, &long).await {
        Err(EngineError::FieldTooLong { field: "display_name", limit: 256, actual: 257 }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(world.knows_as(&ann).await.0, "Ann Archer");
    world.renames(&ann, &long[1..]).await.unwrap();
    assert_eq!(world.knows_as(&ann).await.0, long[1..]);
    world.renames(&ann, "  ").await.unwrap();
    assert_eq!(world.knows_as(&ann).await.0, before, "a blank name is none");
}

#[tokio::test]
async fn r106_with_whom_an_agent_opens_an_interaction_stands_in_their_list() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    assert!(!world.knows_as(&ann).await.1);
    world.opens("alice", &ann).await.unwrap();
    assert!(world.knows_as(&ann).await.1);
}

#[tokio::test]
async fn r106_who_goes_on_with_a_conversation_that_is_over_has_the_contact_in_their_list_again() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let id = world.talks("alice", &ann, "hello").await.id;
    world.ends("alice", id).await.unwrap();
    world.engine.set_assigned(&name("alice"), ann.contact, false).await.unwrap();
    assert!(!world.knows_as(&ann).await.1);
    world.answers("alice", id, "one more thing").await.unwrap();
    assert!(world.knows_as(&ann).await.1);
}

#[tokio::test]
async fn what_waits_belongs_to_the_agent_of_its_queue_who_opens_it() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert_eq!(world.latest(&ann).await.owner(), None);
    world.ready("bob").await;
    let offered = world.offer("bob").await;
    world.decline("bob", offered.id).await.unwrap();
    assert_eq!(world.state(&ann).await, StateName::Queued);
    let opened = world.opens("alice", &ann).await.unwrap();
    assert_eq!(world.latest(&ann).await.owner(), Some(&name("alice")));
    assert_eq!(world.work("alice").await.iter().map(|work| work.id).collect::<Vec<_>>(), [opened.id]);
    assert_eq!(world.load("alice").await, 1);
}

#[tokio::test]
async fn nothing_is_done_to_a_contact_whom_nobody_knows() {
    let world = World::new().await;
    world.visitor("ann").await;
    let nobody = ContactId::from_uuid(world.client_id().0);
    let (alice, on, engine) = (name("alice"), channel("website"), &world.engine);
    let before = (world.kept().await, world.store.journal(0, 1_000).await.unwrap().len());
    for (what, result) in [
        ("reads", engine.mark_read(&alice, nobody, None).await),
        ("takes into the list", engine.set_assigned(&alice, nobody, true).await),
        ("looks at", engine.contact(&alice, nobody).await.map(drop)),
        ("looks at the conversation of", engine.conversation(&alice, nobody, &page(50)).await.map(drop)),
        ("edits", engine.edit_contact(&alice, ContactEdit::new(nobody, 1)).await.map(drop)),
        ("opens with", engine.open_interaction(&alice, nobody, &on, world.once()).await.map(drop)),
        (
            "writes to",
            engine.write_to_contact(&alice, nobody, &on, world.client_id(), text("hello")).await.map(drop),
        ),
    ] {
        assert!(matches!(result, Err(EngineError::NotFound { what: "contact" })), "{what}: {result:?}");
    }
    assert_eq!((world.kept().await, world.store.journal(0, 1_000).await.unwrap().len()), before);
}
