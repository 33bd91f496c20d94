//! Calling a contact, writing them an e-mail, and what in a text can be clicked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use parlor::channel::{Launch, Launched, OutsideError, OutsideLauncher};
use parlor::engine::permission::Missing;
use parlor::engine::view::ActionView;
use parlor::engine::{ContactEdit, ContactSession, EngineError, InvalidTarget, Plug};
use parlor::model::{
    ChannelKind, Content, OutsideMeans, OutsideStage, PointAddress, PointKey, Role, SystemNotice, Visibility,
};

use crate::world::{World, agent, name};

/// A telephone and a mail program that note what they are asked to do.
#[derive(Debug)]
struct Programs {
    answer: Option<Launched>,
    asked: Mutex<Vec<Launch>>,
}

#[async_trait]
impl OutsideLauncher for Programs {
    async fn launch(&self, launch: &Launch) -> Result<Launched, OutsideError> {
        self.asked.lock().unwrap().push(launch.clone());
        self.answer.ok_or_else(|| OutsideError::new("the line is engaged"))
    }
}

async fn with_programs(answer: Option<Launched>) -> (World, Arc<Programs>) {
    let programs = Arc::new(Programs { answer, asked: Mutex::default() });
    let world = World::building(|builder| {
        builder
            .configure(|config| {
                agent(config, "carol").role = Role::Admin;
                agent(config, "bob").flags.clickable_endpoints_in_text = false;
            })
            .outside_launcher(Arc::clone(&programs) as _)
    })
    .await;
    (world, programs)
}

impl World {
    async fn files(&self, visitor: &ContactSession, fields: &[(&str, &str)]) {
        let version = self.engine.contact(&name("alice"), visitor.contact).await.unwrap().contact.version;
        let mut edit = ContactEdit::new(visitor.contact, version);
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        edit.fields = Some(fields.collect::<BTreeMap<_, _>>());
        self.engine.edit_contact(&name("alice"), edit).await.unwrap();
    }

    async fn actions(&self, of: &ContactSession) -> Vec<(OutsideMeans, String)> {
        let actions = self.engine.available_actions(&name("alice"), of.contact).await.unwrap();
        actions
            .into_iter()
            .map(|ActionView { means, address, .. }| (means, address.as_str().to_owned()))
            .collect()
    }
}

#[tokio::test]
async fn r55_a_contact_is_called_or_written_to_only_at_what_is_on_file() {
    let (world, _) = with_programs(Some(Launched::Started)).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert_eq!(world.actions(&ann).await, [], "nothing on file, nothing to do");
    world
        .files(&ann, &[("email", "ann@example.org"), ("grade", "gold"), ("site", "https://example.org")])
        .await;
    assert_eq!(world.actions(&ann).await, [(OutsideMeans::Email, "ann@example.org".to_owned())]);

    let engine = &world.engine;
    let before = world.kept().await;
    let other = PointAddress::new("+15550009999");
    let refused =
        engine.launch(&name("alice"), ann.contact, OutsideMeans::Call, &other, world.client_id()).await;
    let reason = InvalidTarget::NotOnFile;
    assert!(
        matches!(&refused, Err(EngineError::InvalidTarget { reason: why }) if *why == reason),
        "{refused:?}"
    );
    let address = PointAddress::new("ann@example.org");
    let denied =
        engine.launch(&name("carol"), ann.contact, OutsideMeans::Email, &address, world.client_id()).await;
    let role = Missing::Role(Role::Agent);
    assert!(matches!(&denied, Err(EngineError::Denied(denial)) if denial.missing == role), "{denied:?}");
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn r56_two_numbers_are_two_calls_and_one_that_stands_twice_is_one() {
    let (world, _) = with_programs(Some(Launched::Started)).await;
    let key =
        PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new("+15550001111") };
    let point = world.knows(key).await;
    let contact = world.store.point(point).await.unwrap().unwrap().contact;
    let edit = |version, fields: &[(&str, &str)]| {
        let mut edit = ContactEdit::new(contact, version);
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        edit.fields = Some(fields.collect());
        edit
    };
    let fields = [("home", "+1 555 000 1111"), ("work", "+1 555 000 2222")];
    world.engine.edit_contact(&name("alice"), edit(1, &fields)).await.unwrap();
    let actions = world.engine.available_actions(&name("alice"), contact).await.unwrap();
    let found: Vec<_> = actions
        .iter()
        .map(|action| (action.address.as_str(), action.point, action.field.as_deref()))
        .collect();
    assert_eq!(found, [("+15550001111", Some(point), None), ("+1 555 000 2222", None, Some("work"))]);
    assert!(actions.iter().all(|action| action.means == OutsideMeans::Call));
}

#[tokio::test]
async fn r55_a_launch_leaves_its_lines_and_is_started_once() {
    for (answer, lines) in [
        (Some(Launched::Started), vec![OutsideStage::Started]),
        (Some(Launched::Sent), vec![OutsideStage::Started, OutsideStage::Sent]),
        (None, vec![OutsideStage::Started, OutsideStage::Failed]),
    ] {
        let (world, programs) = with_programs(answer).await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        world.files(&ann, &[("email", "ann@example.org")]).await;
        let (address, id) = (PointAddress::new("ann@example.org"), world.client_id());
        let launch = || {
            let (engine, address) = (world.engine.clone(), address.clone());
            let contact = ann.contact;
            async move { engine.launch(&name("alice"), contact, OutsideMeans::Email, &address, id).await }
        };
        for _ in 0..2 {
            let launched = launch().await;
            match answer {
                Some(_) => assert_eq!(launched.unwrap().interaction, Some(work.id)),
                None => {
                    assert!(matches!(launched, Err(EngineError::NotCarried { plug: Plug::OutsideLauncher })));
                }
            }
        }
        assert_eq!(programs.asked.lock().unwrap().len(), 1, "the repetition starts nothing");
        let kept = world.reads("alice", &ann).await;
        let kept: Vec<_> = kept
            .iter()
            .filter_map(|message| match &message.content {
                Content::System { notice: SystemNotice::Outside { agent, by, address: at, stage } } => {
                    assert_eq!((agent, *by, at), (&name("alice"), OutsideMeans::Email, &address));
                    assert_eq!(message.visibility, Visibility::Internal);
                    Some(*stage)
                }
                _ => None,
            })
            .collect();
        assert_eq!(kept, lines);
        assert_eq!(world.heard_by(&ann).await, ["hello"]);
    }
}

#[tokio::test]
async fn r55_a_launch_that_is_repeated_is_answered_whatever_is_on_file_by_then() {
    let (world, programs) = with_programs(Some(Launched::Sent)).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    world.files(&ann, &[("email", "ann@example.org")]).await;
    let (alice, address, id) = (name("alice"), PointAddress::new("ann@example.org"), world.client_id());
    let launch = || world.engine.launch(&alice, ann.contact, OutsideMeans::Email, &address, id);
    let first = launch().await.unwrap();
    world.files(&ann, &[]).await;
    assert_eq!(launch().await.unwrap(), first);
    assert_eq!(programs.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn r55_without_a_launcher_it_is_refused_and_says_what_is_missing() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    world.files(&ann, &[("phone", "+15550001111")]).await;
    let before = world.kept().await;
    let address = PointAddress::new("+15550001111");
    let refused = world
        .engine
        .launch(&name("alice"), ann.contact, OutsideMeans::Call, &address, world.client_id())
        .await;
    assert!(matches!(refused, Err(EngineError::NotPlugged { plug: Plug::OutsideLauncher })), "{refused:?}");
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn r57_numbers_and_addresses_in_a_text_can_be_clicked_where_the_account_has_that() {
    let (world, _) = with_programs(None).await;
    let mut desks = [world.comes("alice").await, world.comes("bob").await];
    let ann = world.visitor("ann").await;
    for agent in ["alice", "bob"] {
        world.engine.set_assigned(&name(agent), ann.contact, true).await.unwrap();
    }
    for desk in &mut desks {
        desk.news().await;
    }
    let words = "👍🏽 שלום +1 555 000 1111 ✉ ann@example.org";
    world.says(&ann, words).await;
    let clicks = |message: &parlor::engine::view::MessageView| {
        let text = message.content.text().unwrap().to_owned();
        message.spans.iter().map(|span| text[span.start..span.end].to_owned()).collect::<Vec<_>>()
    };
    for (agent, expected) in [("alice", vec!["+1 555 000 1111", "ann@example.org"]), ("bob", vec![])] {
        let read = world.reads(agent, &ann).await;
        assert_eq!(clicks(&read[0]), expected, "{agent}");
    }
    for (desk, expected) in desks.iter_mut().zip([2, 0]) {
        let told = desk.events_named("message").await;
        match &told[0] {
            parlor::engine::FeedEvent::Message(message) => assert_eq!(message.spans.len(), expected),
            other => panic!("{other:?}"),
        }
    }
}
