//! A contact asks for everything that is kept of them, and for its end: through the API, over the SQLite store and a
//! folder of files, every byte of which is looked at (guarantee G23).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::Method;
use common::visitor::{Listening, Visitor};
use common::{ADMIN, ALICE, BOB, World, config, name, picture, server_config, text, uuid};
use parlor_blob::Blobs;
use parlor_engine::Config;
use parlor_model::{Agent, AgentName, BlobId, ContactId, Role};
use parlor_server::ServerConfig;
use parlor_store::{AUDIT_START, BlobError, BlobReader, BlobStore, BlobWriter, verify_chain};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::ManualClock;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What stands nowhere by itself: in everything that is planted, and its lower case in what is searched for.
const CANARY: &str = "Zyzzyva7canary";

/// An agent who configures.
const ADAM: &str = "adam-secret";

/// A folder of files that can be made to fail.
#[derive(Debug)]
struct Fragile {
    below: Blobs,
    fails: AtomicBool,
}

#[async_trait::async_trait]
impl BlobStore for Fragile {
    async fn begin(&self, id: BlobId, limit: u64) -> Result<Box<dyn BlobWriter>, BlobError> {
        self.below.begin(id, limit).await
    }
    async fn read(&self, id: BlobId) -> Result<Option<Box<dyn BlobReader>>, BlobError> {
        self.below.read(id).await
    }
    async fn size(&self, id: BlobId) -> Result<Option<u64>, BlobError> {
        self.below.size(id).await
    }
    async fn delete(&self, id: BlobId) -> Result<(), BlobError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(BlobError::backend("the disk is gone"));
        }
        self.below.delete(id).await
    }
}

/// A workspace in a folder.
struct Desk {
    folder: TempDir,
    store: Arc<SqliteStore>,
    blobs: Arc<Fragile>,
    world: World,
}

fn who_is_there() -> (Config, ServerConfig) {
    let (mut config, mut server) = (config(), server_config());
    let adam: AgentName = name("adam");
    config.agents.push(Agent { role: Role::Admin, ..Agent::new(adam.clone()) });
    server.agent_tokens.insert(adam, SecretString::from(ADAM));
    (config, server)
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, blobs, world) = Self::open(folder.path(), ManualClock::new(), 7).await;
        Self { folder, store, blobs, world }
    }

    async fn open(folder: &Path, clock: ManualClock, seed: u64) -> (Arc<SqliteStore>, Arc<Fragile>, World) {
        let store = SqliteStore::open(folder.join("workspace.db"), SqliteOptions::default()).unwrap();
        let store = Arc::new(store);
        let below = Blobs::folder(folder.join("files")).unwrap();
        let blobs = Arc::new(Fragile { below, fails: AtomicBool::new(false) });
        let (config, server) = who_is_there();
        let world =
            World::with_files(Arc::clone(&store) as _, Arc::clone(&blobs) as _, clock, seed, config, server)
                .await;
        (store, blobs, world)
    }

    /// The process ends, and another one begins.
    async fn restarted(self) -> Self {
        let Self { folder, store, blobs, world } = self;
        let clock = world.clock.clone();
        world.engine.stop().await;
        store.close().await.unwrap();
        drop((world, store, blobs));
        let (store, blobs, world) = Self::open(folder.path(), clock, 8).await;
        Self { folder, store, blobs, world }
    }

    /// Files below the folder in which the word, or bytes, stand.
    fn found(&self, needles: &[&[u8]]) -> BTreeSet<PathBuf> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut found = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = fs::read(&path).unwrap();
                let has = |needle: &&[u8]| bytes.windows(needle.len()).any(|part| part == *needle);
                if needles.iter().any(has) || path.to_string_lossy().contains(CANARY) {
                    found.insert(path.strip_prefix(self.folder.path()).unwrap().to_owned());
                }
            }
        }
        found
    }

    /// How many files of attachments there are.
    fn files(&self) -> usize {
        let mut folders = vec![self.folder.path().join("files")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files += 1 }
            }
        }
        files
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let reply = self.world.post(path, token, body).await;
        assert!(reply.status.is_success(), "{path}: {}", String::from_utf8_lossy(&reply.body));
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    async fn erase(&self, contact: &str, token: &str) -> common::Reply {
        let path = format!("/api/contacts/{contact}/erase");
        self.world.post(&path, token, json!({"confirm": contact})).await
    }

    async fn audit_verifies(&self) {
        let records = parlor_store::Store::audit(&*self.store, 0, usize::MAX).await.unwrap();
        verify_chain(0, AUDIT_START, &records).unwrap();
    }
}

/// A contact who said and sent something everywhere.
struct Planted {
    contact: String,
    session: String,
    /// What is in the file that was sent, and in one that was only uploaded.
    sent: Vec<u8>,
    unsent: Vec<u8>,
}

/// The word everywhere that the API and the chat of the web site lead to.
async fn plant(desk: &Desk, listening: &Listening) -> Planted {
    let world = &desk.world;
    world.ready(ALICE).await;
    let hello = json!({"type": "hello", "name": format!("{CANARY} Ann")});
    let (mut browser, welcome) = Visitor::hello(listening, hello).await;
    let session = text(&welcome["token"]);
    let sent = picture(11);
    let unsent = format!("{CANARY} in a text that was never sent").into_bytes();
    for (id, name, bytes) in [(11, format!("{CANARY}.png"), &sent), (12, format!("{CANARY}.txt"), &unsent)] {
        let path = format!("/chat/website/attachments/{}?name={name}", uuid(id));
        world.upload(Method::PUT, &path, &session, bytes).await.expect(201);
    }
    browser.say(json!({"type": "message", "id": uuid(1), "text": format!("My name is {CANARY}")})).await;
    browser.hear_a("accepted").await;
    world.engine.settle().await;
    browser
        .say(json!({"type": "message", "id": uuid(2), "text": format!("Look: {CANARY}"), "attachments": [uuid(11)]}))
        .await;
    browser.hear_a("accepted").await;
    world.engine.settle().await;

    let offer = text(&world.offer(ALICE).await["id"]);
    let accepted = desk.post(&format!("/api/offers/{offer}/accept"), ALICE, json!({})).await;
    let interaction = text(&accepted["interaction"]["id"]);
    let contact = text(&accepted["interaction"]["contact"]["id"]);
    let at = |what: &str| format!("/api/interactions/{interaction}/{what}");
    desk.post(&at("messages"), ALICE, json!({"id": uuid(21), "text": format!("Hello {CANARY}")})).await;
    desk.post(&at("notes"), ALICE, json!({"id": uuid(22), "text": format!("{CANARY} called")})).await;
    let url = format!("https://example.com/{CANARY}");
    desk.post(&at("push-url"), ALICE, json!({"id": uuid(23), "url": url})).await;
    let key = AgentName::new("alice").unwrap();
    let label = parlor_model::Label::new("order").unwrap();
    let value = parlor_interaction::CaseValue::new(format!("order of {CANARY}")).unwrap();
    world
        .engine
        .set_case_data(&key, interaction.parse().unwrap(), label, Some(value), parlor_engine::Once(None))
        .await
        .unwrap();
    let known = world.get(&format!("/api/contacts/{contact}"), ALICE).await.expect(200).json();
    let change = json!({
        "version": known["contact"]["version"],
        "display_name": format!("{CANARY} Ann"),
        "fields": {"company": format!("{CANARY} & Sons")},
    });
    world
        .call(Method::PATCH, &format!("/api/contacts/{contact}"), Some(ALICE), Some(change))
        .await
        .expect(200);
    // An upload of alice that was never sent.
    let path = format!("/api/attachments?id={}&interaction={interaction}&name={CANARY}.txt", uuid(24));
    world.upload(Method::POST, &path, ALICE, &unsent).await.expect(201);
    desk.post(&at("end"), ALICE, json!({})).await;
    desk.post(&at("disposition"), ALICE, json!({"code": "resolved"})).await;
    desk.post(&at("done"), ALICE, json!({})).await;
    drop(browser);
    Planted { contact, session, sent, unsent }
}

#[tokio::test]
async fn g23_no_byte_of_an_erased_contact_is_left_in_the_folder_of_the_workspace() {
    let desk = Desk::new().await;
    let listening = Listening::new(&desk.world.server).await;
    let ann = plant(&desk, &listening).await;
    let ben = desk.world.contact_writes("ben", 31, "Somebody else").await;
    desk.world.contact_sends_picture(&ben, 32).await;
    desk.store.finish_index().await.unwrap();
    let lower = CANARY.to_lowercase();
    let needles = [CANARY.as_bytes(), lower.as_bytes(), &ann.sent[..], &ann.unsent[..]];
    let planted = desk.found(&needles);
    assert!(planted.iter().any(|path| path.ends_with("workspace.db-wal")), "{planted:?}");
    assert_eq!(planted.iter().filter(|path| path.starts_with("files")).count(), 3, "{planted:?}");
    assert_eq!(desk.files(), 6, "three of them, two of ben's, and a thumbnail");

    let erased = desk.erase(&ann.contact, ADMIN).await.expect(200).json();
    assert_eq!(desk.found(&needles), BTreeSet::new());
    assert_eq!(desk.files(), 2, "ben's");
    assert_eq!(erased["contacts"], json!([ann.contact]));
    for part in ["contacts", "points", "messages", "interactions", "history", "requests", "documents"] {
        assert!(erased["rows"][part].as_u64().unwrap() > 0, "{part}: {erased}");
    }
    desk.audit_verifies().await;

    // What is shown has its place, and says nothing.
    let path = format!("/api/contacts/{}/conversation", ann.contact);
    let shown = desk.world.get(&path, ALICE).await.expect(200);
    assert!(!String::from_utf8_lossy(&shown.body).contains(CANARY));
    let kinds: BTreeSet<String> = shown.json()["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| text(&message["content"]["type"]))
        .collect();
    assert_eq!(kinds, ["erased", "system"].map(str::to_owned).into());
    let pushed = desk.world.get("/api/pushed-urls", ALICE).await.expect(200).json();
    assert_eq!(pushed["urls"], json!([]));
    let found = desk.world.get(&format!("/api/search?q={CANARY}"), ALICE).await.expect(200).json();
    assert_eq!(found["hits"], json!([]));
    let found = desk.world.get("/api/search?q=somebody", ALICE).await.expect(200).json();
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "nobody else's is touched");

    // The session is over: whoever has its token is somebody new.
    let path = format!("/chat/website/attachments/{}?name=a.txt", uuid(40));
    desk.world.upload(Method::PUT, &path, &ann.session, b"x").await.refused(401, "not_signed_in");
    // Repeating it does no harm.
    desk.erase(&ann.contact, ADMIN).await.expect(200);
    let desk = desk.restarted().await;
    assert_eq!(desk.found(&needles), BTreeSet::new());
    desk.audit_verifies().await;
    listening.stop().await;
}

#[tokio::test]
async fn g23_files_that_could_not_be_deleted_are_deleted_later() {
    for repeated in [true, false] {
        let desk = Desk::new().await;
        let listening = Listening::new(&desk.world.server).await;
        let ann = plant(&desk, &listening).await;
        listening.stop().await;
        desk.blobs.fails.store(true, Ordering::SeqCst);
        desk.erase(&ann.contact, ADMIN).await.refused(503, "busy");
        let needles = [CANARY.as_bytes(), &ann.sent[..]];
        assert!(desk.found(&needles).iter().all(|path| path.starts_with("files")), "the rest is erased");
        assert_eq!(desk.files(), 4);
        let desk = if repeated {
            desk.blobs.fails.store(false, Ordering::SeqCst);
            desk.erase(&ann.contact, ADMIN).await.expect(200);
            desk
        } else {
            let desk = desk.restarted().await;
            // The engine does it by itself when it starts; asked, it has done it.
            desk.world.engine.delete_erased_files().await.unwrap();
            desk
        };
        assert_eq!(desk.files(), 0, "repeated: {repeated}");
        assert_eq!(desk.found(&needles), BTreeSet::new());
        assert_eq!(desk.world.engine.delete_erased_files().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn g23_an_export_has_everything_with_the_files_and_is_audited() {
    let desk = Desk::new().await;
    let listening = Listening::new(&desk.world.server).await;
    let ann = plant(&desk, &listening).await;
    listening.stop().await;
    desk.world.contact_writes("ben", 31, "Somebody else").await;
    let path = format!("/api/contacts/{}/export", ann.contact);
    for token in [ALICE, ADAM] {
        desk.world.post(&path, token, json!({})).await.refused(403, "denied");
    }
    let export = desk.world.post(&path, ADMIN, json!({})).await.expect(200);
    assert!(!String::from_utf8_lossy(&export.body).contains("Somebody else"));
    let lines: Vec<Value> = String::from_utf8(export.body)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for part in ["contacts", "points", "messages", "interactions", "history", "documents", "files"] {
        let rows: Vec<_> = lines.iter().filter(|line| line["part"] == part).collect();
        assert!(!rows.is_empty(), "{part}");
        assert!(rows.iter().any(|row| row.to_string().contains(CANARY)), "{part}: {rows:?}");
    }
    let file = lines.iter().find(|line| line["part"] == "files").unwrap()["row"]["id"].clone();
    let mut bytes = Vec::new();
    for line in lines.iter().filter(|line| line["file"] == file) {
        bytes.extend(data_encoding::BASE64.decode(text(&line["bytes"]).as_bytes()).unwrap());
    }
    assert!(bytes == ann.sent, "the file as it came");
    let audit = parlor_store::Store::audit(&*desk.store, 0, usize::MAX).await.unwrap();
    let done: Vec<_> = audit.iter().map(|record| (record.actor.as_str(), record.verb.as_str())).collect();
    assert_eq!(done, [("operator", "contact.export")], "who was refused was given nothing");
    let nobody = format!("/api/contacts/{}/export", uuid(99));
    desk.world.post(&nobody, ADMIN, json!({})).await.refused(404, "not_found");
}

#[tokio::test]
async fn g23_only_who_may_erases_only_who_is_meant_and_only_when_work_is_done() {
    let desk = Desk::new().await;
    let (interaction, session) = desk.world.alices_interaction().await;
    let contact = session.contact.to_string();
    for token in [ALICE, BOB] {
        desk.erase(&contact, token).await.refused(403, "denied");
    }
    let path = format!("/api/contacts/{contact}/erase");
    desk.world.post(&path, ADMIN, json!({"confirm": uuid(9)})).await.refused(422, "not_confirmed");
    desk.world.post(&path, ADMIN, json!({})).await.refused(400, "bad_json");
    desk.erase(&contact, ADMIN).await.refused(409, "in_work");
    // What was refused was not done, and whoever was not erased goes on writing.
    desk.world.contact_writes("ann", 5, "Still here").await;
    let known = desk.world.get(&format!("/api/interactions/{interaction}"), ALICE).await.expect(200).json();
    assert_eq!(known["state"], "active");
    desk.erase(&uuid(99), ADMIN).await.refused(404, "not_found");

    desk.post(&format!("/api/interactions/{interaction}/end"), ALICE, json!({})).await;
    desk.post(&format!("/api/interactions/{interaction}/disposition"), ALICE, json!({"code": "resolved"}))
        .await;
    desk.post(&format!("/api/interactions/{interaction}/done"), ALICE, json!({})).await;
    desk.erase(&contact, ADAM).await.expect(200);
    let audit = parlor_store::Store::audit(&*desk.store, 0, usize::MAX).await.unwrap();
    let done: Vec<_> = audit.iter().map(|record| (record.actor.as_str(), record.verb.as_str())).collect();
    assert_eq!(done, [("adam", "contact.erase")]);
    let id: ContactId = contact.parse().unwrap();
    assert_eq!(audit[0].object, format!("contact:{id}"));
    // Nobody writes to them any more, and what they still send is not taken.
    let message = json!({"id": uuid(50), "channel": "website", "text": "Hello?"});
    let written = format!("/api/contacts/{contact}/messages");
    desk.world.post(&written, ALICE, message).await.refused(404, "not_found");
    let inbound = parlor_engine::Inbound::new(
        parlor_model::ProviderMessageId::new(uuid(51)),
        parlor_model::Content::Text { text: parlor_model::MessageText::new("late").unwrap() },
    );
    assert!(desk.world.engine.receive(&session, inbound).await.is_err());
    // Who writes from the same address is somebody new.
    let anew = desk.world.contact_writes("ann", 52, "Hello again").await;
    assert_ne!(anew.contact, session.contact);
}

#[tokio::test]
async fn g23_the_chat_of_an_erased_contact_is_closed() {
    let desk = Desk::new().await;
    let listening = Listening::new(&desk.world.server).await;
    let ann = plant(&desk, &listening).await;
    let hello = json!({"type": "hello", "token": ann.session});
    let (mut browser, _) = Visitor::hello(&listening, hello.clone()).await;
    desk.erase(&ann.contact, ADMIN).await.expect(200);
    assert!(browser.closed().await.is_some(), "the server says goodbye");
    let (_, welcome) = Visitor::hello(&listening, hello).await;
    assert_ne!(welcome["type"], "welcome", "the session is not known any more: {welcome}");
    drop(browser);
    listening.stop().await;
}
