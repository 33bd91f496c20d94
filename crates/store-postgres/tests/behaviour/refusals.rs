//! What cannot be opened says why, and what is opened keeps what it is given.

use parlor_model::Contact;
use parlor_store::{ChangeSet, ContactWrite, DocumentKey, DocumentWrite, Store, StoreError};
use parlor_store_postgres::{PostgresError, PostgresOptions, PostgresStore};
use parlor_testkit::store_suite::Sample;

use crate::server::{Server, patient};
use crate::support::{cause, fresh, run};

async fn refused(address: &str, options: PostgresOptions) -> StoreError {
    match PostgresStore::open(address, options).await {
        Ok(_) => panic!("it could be opened"),
        Err(error) => error,
    }
}

fn says(error: &StoreError, words: &str) {
    match error {
        StoreError::Incompatible { detail } => assert!(detail.contains(words), "{detail}"),
        other => panic!("not incompatible: {other}"),
    }
}

#[test]
fn who_may_not_enter_is_told_so_and_no_password_is_shown() {
    let Some(server) = Server::shared() else { return };
    server.sql("CREATE ROLE locked LOGIN PASSWORD 'swordfish'");
    run(async {
        let options = patient(Server::fresh_schema());
        let locked = server.address().replace("user=postgres", "user=locked");
        let error = refused(&format!("{locked} password=guessed"), options.clone()).await;
        assert!(matches!(cause(&error), PostgresError::Refused(_)), "{error:?}");
        assert!(!format!("{error:?}").contains("guessed"));

        let error = refused(&format!("{locked} password=swordfish"), options.clone()).await;
        assert!(matches!(cause(&error), PostgresError::NotPermitted(_)), "{error:?}");

        let nowhere = server.address().replace("dbname=postgres", "dbname=nowhere");
        let error = refused(&nowhere, options.clone()).await;
        assert!(matches!(cause(&error), PostgresError::NoSuchDatabase(_)), "{error:?}");

        let error = refused("host=/nonexistent user=postgres", options.clone()).await;
        assert!(matches!(cause(&error), PostgresError::Unreachable(_)), "{error:?}");

        let error = refused("this is no address", options.clone()).await;
        assert!(matches!(cause(&error), PostgresError::BadAddress(_)), "{error:?}");

        let error = refused(&server.address(), PostgresOptions::in_schema("Not a name")).await;
        says(&error, "name of the schema");
    });
}

#[test]
fn a_schema_that_is_newer_or_not_ours_is_left_alone() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let foreign = Server::fresh_schema();
        server.sql(&format!("CREATE SCHEMA {foreign}; CREATE TABLE {foreign}.orders (id int)"));
        says(&refused(&server.address(), PostgresOptions::in_schema(&foreign)).await, "another application");
        let tables = format!("SELECT count(*) FROM pg_tables WHERE schemaname = '{foreign}'");
        assert_eq!(server.sql(&tables), "1", "nothing was added");

        let (store, options) = fresh(server).await;
        store.close().await.unwrap();
        let newer = format!(
            "INSERT INTO {0}.parlor_schema_history SELECT 999, 'later', applied_on, checksum
             FROM {0}.parlor_schema_history LIMIT 1",
            options.schema
        );
        server.sql(&newer);
        says(&refused(&server.address(), options).await, "schema has version 999");
    });
}

#[test]
fn a_server_that_would_lose_what_it_confirms_is_refused() {
    let Some(server) = Server::start(&["synchronous_commit = off"]) else { return };
    run(async {
        let options = PostgresOptions::default();
        says(&refused(&server.address(), options.clone()).await, "synchronous_commit is off");
        server.sql("ALTER SYSTEM SET synchronous_commit = 'local'");
        server.sql("SELECT pg_reload_conf()");
        server.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
        // A setting of the role is in effect at once, unlike a configuration that is read again.
        server.sql("ALTER ROLE postgres SET synchronous_commit = 'local'");
        says(&refused(&server.address(), options.clone()).await, "synchronous_commit is local");
        server.sql("ALTER ROLE postgres SET synchronous_commit = 'on'");
        let latin = server.address().replace("dbname=postgres", "dbname=latin");
        says(&refused(&latin, options.clone()).await, "encoded in LATIN1");
        PostgresStore::open(&server.address(), options).await.unwrap();
    });
}

#[test]
fn many_nodes_may_open_a_new_workspace_at_once() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let options = patient(Server::fresh_schema());
        let (address, all) = (server.address(), 0..6);
        let opened = all.map(|_| PostgresStore::open(&address, options.clone()));
        let stores = futures_util::future::try_join_all(opened).await.unwrap();
        let sample = Sample::new();
        let visitor = sample.visitor_in(&stores[0]).await;
        for (number, store) in (1..).zip(&stores) {
            store.commit(sample.writing([sample.says(&visitor, "hello")])).await.unwrap();
            let last = stores[0].last_messages(visitor.thread.id, 1).await.unwrap();
            assert_eq!(last[0].sequence, number);
        }
    });
}

#[test]
fn texts_that_postgresql_cannot_hold_come_back_as_they_went_in() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, _) = fresh(server).await;
        let sample = Sample::new();
        let hostile = "a\0b\u{10FFFF}0'; DROP TABLE messages; -- \u{FFFE}%_\\";
        let mut change = sample.change();
        let contact = Contact { display_name: Some(hostile.to_owned()), ..sample.contact() };
        change.contacts.push(ContactWrite { contact: contact.clone(), expected_version: 0 });
        let key = DocumentKey::new(hostile, hostile);
        let body = Some(hostile.repeat(50_000));
        change.documents.push(DocumentWrite {
            key: key.clone(),
            expected_version: Some(0),
            body: body.clone(),
        });
        store.commit(change).await.unwrap();
        let found = store.contact(contact.id).await.unwrap().unwrap();
        assert_eq!(found.display_name, contact.display_name);
        assert_eq!(store.document(&key).await.unwrap().map(|document| document.body), body);
        assert_eq!(store.documents(hostile).await.unwrap().len(), 1);
    });
}

#[test]
fn what_is_asked_after_closing_is_answered_closed() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, _) = fresh(server).await;
        store.close().await.unwrap();
        assert!(matches!(store.totals().await, Err(StoreError::Closed)));
        assert!(store.commit(ChangeSet::default()).await.is_err());
    });
}
