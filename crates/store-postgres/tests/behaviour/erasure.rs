//! What was erased stands in no table any more (guarantee G23).

use std::time::Duration;

use parlor_model::{ContactId, Id};
use parlor_store::{MessageSearch, OutboxClaim, Store};
use parlor_testkit::store_suite::{Planted, Sample};

use crate::server::Server;
use crate::support::{fresh, open, run};

/// Everything that stands in the tables of a schema.
fn everything(server: &Server, schema: &str) -> String {
    let raw = format!("SELECT string_agg(encode(raw, 'escape'), ' ') FROM {schema}.dead_letters");
    let rows = format!("SELECT schema_to_xml('{schema}', true, false, '')");
    server.sql(&rows) + &server.sql(&raw)
}

#[test]
fn no_table_holds_a_word_of_who_was_erased() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, options) = fresh(server).await;
        let sample = Sample::new();
        let ann = Planted::in_store(&sample, &*store, "quokka").await;
        Planted::in_store(&sample, &*store, "wombat").await;
        store.finish_index().await.unwrap();
        let before = everything(server, &options.schema);
        assert!(before.matches("quokka").count() >= 10, "it was planted");
        let indexed = format!("SELECT count(*) FROM {}.message_search", options.schema);
        assert_eq!(server.sql(&indexed), "6");

        store.erase(&ann.erasure(&sample)).await.unwrap().unwrap();
        let after = everything(server, &options.schema);
        assert_eq!(after.matches("quokka").count(), 0, "{after}");
        assert_eq!(after.matches("wombat").count(), before.matches("wombat").count());
        assert_eq!(server.sql(&indexed), "3", "nor does the index know of it");
        let found = store.search(&MessageSearch::new("quokka", 9)).await.unwrap();
        assert_eq!(found.messages, []);
        // Merged before, they are two again, also for a store that is opened later.
        let other = open(&server.address(), &options).await;
        for visitor in [&ann.visitor, &ann.second] {
            assert_eq!(other.resolve_contact(visitor.contact.id).await.unwrap(), visitor.contact.id);
        }
        let nobody = ContactId::from_uuid(sample.uuid());
        assert_eq!(other.export(nobody).await.unwrap(), None);
    });
}

#[test]
fn nodes_that_claim_at_once_are_given_nothing_twice() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, options) = fresh(server).await;
        let other = open(&server.address(), &options).await;
        let sample = Sample::new();
        for number in 0..20 {
            Planted::in_store(&sample, &*store, &format!("quokka{number}")).await;
        }
        let claim = |worker: &str| OutboxClaim {
            worker: worker.to_owned(),
            now: sample.now(),
            ttl: Duration::from_secs(9),
            limit: 3,
        };
        let (one, two) = (claim("one"), claim("two"));
        let mut given = Vec::new();
        for _ in 0..5 {
            let (mine, theirs) = tokio::join!(store.claim_outbox(&one), other.claim_outbox(&two));
            given.extend(mine.unwrap());
            given.extend(theirs.unwrap());
        }
        let mut ids: Vec<_> = given.iter().map(|entry| entry.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((given.len(), ids.len()), (20, 20));
        assert!(given.iter().any(|entry| entry.lease.as_ref().is_some_and(|lease| lease.worker == "two")));
    });
}
