//! Who a contact is, and that work on every network is the same work (r11, r15).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use parlor::channel::{
    ByteCount, Capabilities, CapabilitiesId, ChannelProfile, Confidence, Delivery, DeliverySide, Feature,
    HttpClient, HttpError, HttpRequest, HttpResponse, Limit, ProviderTransport, Support, TextLimit,
    Transport, Unit,
};
use parlor::engine::{Arrival, ContactSession, EngineError, HandTo};
use parlor::interaction::{EventName, StateName};
use parlor::model::{ChannelKind, ContactId, Medium, PointAddress, PointKey, ProviderMessageId};

use parlor::twilio::{TwilioAccount, TwilioSettings, sms_capabilities};

use crate::truth;
use crate::world::{World, channel, name, text, words_in};

/// A network that nobody wrote an adapter for: a third party plugs it in.
#[derive(Debug)]
struct Kiosk {
    profile: ChannelProfile,
    capabilities: Capabilities,
}

/// The longest text on a kiosk, in bytes.
const KIOSK_BYTES: u64 = 40;

fn kiosk() -> ChannelKind {
    "kiosk".parse().unwrap()
}

impl Kiosk {
    fn new() -> Self {
        let limit = Limit {
            name: "text".into(),
            value: KIOSK_BYTES,
            unit: Unit::Bytes,
            source: "the screen of a kiosk".into(),
            read_on: "2026-11-21".into(),
            confidence: Confidence::Primary,
        };
        let id = CapabilitiesId { name: "test.kiosk".into(), date: "2026-11-21".into(), revision: 1 };
        let mut profile = ChannelProfile::of(&kiosk());
        profile.delivery = Delivery::Mailbox;
        Self {
            profile,
            capabilities: Capabilities::new(id)
                .with_feature(Feature::Text, Support::Full)
                .with_text_limit(TextLimit::new(limit, ByteCount)),
        }
    }
}

impl Transport for Kiosk {
    fn profile(&self) -> &ChannelProfile {
        &self.profile
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn delivery(&self) -> DeliverySide<'_> {
        DeliverySide::Mailbox
    }
}

/// A network, as far as a test has to know it: what it is called and on what agents are Ready for it.
#[derive(Clone, Debug)]
struct Network {
    /// The crate of its adapter; `None` for what a third party plugs in.
    adapter: Option<&'static str>,
    kind: ChannelKind,
    channel: &'static str,
    media: BTreeSet<Medium>,
}

/// Every network there is an adapter for, and one of a third party.
fn networks() -> Vec<Network> {
    let network = |adapter, kind: ChannelKind, channel| {
        let media = ChannelProfile::of(&kind).readiness;
        Network { adapter, kind, channel, media }
    };
    vec![
        network(Some("webchat"), ChannelKind::WebChat, "website"),
        network(None, kiosk(), "lobby"),
        network(Some("twilio"), ChannelKind::Sms, "mobile"),
    ]
}

/// A provider that takes whatever it is given.
#[derive(Debug)]
struct Takes;

#[async_trait::async_trait]
impl HttpClient for Takes {
    async fn send(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        let taken = format!(r#"{{"sid":"SM{}","status":"queued","error_code":null}}"#, "0".repeat(32));
        Ok(HttpResponse::new(http::StatusCode::CREATED, taken))
    }
}

fn texts() -> ProviderTransport {
    let sid = format!("AC{}", "0".repeat(32));
    let webhook = "https://desk.example/webhooks/twilio-main".parse().unwrap();
    let settings = TwilioSettings::new(sid, "a token".into(), webhook).unwrap();
    let account = Arc::new(TwilioAccount::new(settings).unwrap());
    ProviderTransport::new(account.profile(), sms_capabilities().clone(), account, Arc::new(Takes))
}

async fn world() -> World {
    World::building(|builder| {
        builder
            .transport(kiosk(), Arc::new(Kiosk::new()))
            .channel("lobby", kiosk(), "support")
            .transport(ChannelKind::Sms, Arc::new(texts()))
            .channel_of("twilio-main", "mobile", ChannelKind::Sms, "+15550001111", "support")
    })
    .await
}

fn address(network: &Network, of: &str) -> PointKey {
    if network.kind == ChannelKind::Sms {
        let number = of.bytes().fold(0, |number, byte| number * 7 + u32::from(byte));
        return crate::post::number_key(&format!("+1555{number:07}"));
    }
    PointKey { kind: network.kind.clone(), scope: network.channel.to_owned(), address: PointAddress::new(of) }
}

async fn arrives(world: &World, on: &Network, who: &str) -> ContactSession {
    world.engine.arrive(Arrival::new(channel(on.channel), address(on, who))).await.unwrap()
}

async fn ready(world: &World, agent: &str, on: &Network) {
    for medium in &on.media {
        world.engine.set_readiness(&name(agent), medium, true, None).await.unwrap();
    }
    world.engine.settle().await;
}

/// The contact writes; what they wrote is noted.
async fn says(world: &World, who: &ContactSession, words: &str, said: &mut Vec<ProviderMessageId>) {
    let inbound = world.inbound(words);
    said.push(inbound.external_id.clone());
    world.engine.receive(who, inbound).await.unwrap();
    world.engine.settle().await;
}

/// What a conversation came to, in words that are the same on every network.
#[derive(Debug, PartialEq, Eq)]
struct Course {
    events: Vec<EventName>,
    /// What the contact heard, and what an agent reads.
    heard: Vec<String>,
    read: Vec<String>,
    states: Vec<StateName>,
}

/// From the first word to a message after the end, with every verb that agents have: one body for all networks.
async fn a_conversation(world: &World, on: &Network) -> Course {
    let engine = &world.engine;
    let (alice, bob) = (name("alice"), name("bob"));
    let _desks = (world.comes("alice").await, world.comes("bob").await);
    let ann = arrives(world, on, "ann").await;
    let (mut states, mut said) = (Vec::new(), Vec::new());
    says(world, &ann, "hello", &mut said).await;
    states.push(world.state(&ann).await);
    ready(world, "alice", on).await;
    states.push(world.state(&ann).await);
    let work = world.takes("alice").await;
    world.answers("alice", work.id, "how can I help?").await.unwrap();
    says(world, &ann, "where is my parcel?", &mut said).await;
    world.note("alice", work.id, "a regular").await;
    let asked =
        engine.transfer(&alice, work.id, HandTo::Agent(bob.clone()), None, world.once()).await.unwrap();
    engine.accept_transfer(&bob, asked.transfer.unwrap().id, world.once()).await.unwrap();
    engine.settle().await;
    engine.invite(&bob, work.id, &alice, world.once()).await.unwrap();
    engine.join(&alice, work.id, world.once()).await.unwrap();
    world.answers("alice", work.id, "one moment").await.unwrap();
    engine.leave(&alice, work.id, world.once()).await.unwrap();
    world.answers("bob", work.id, "it is on its way").await.unwrap();
    states.push(world.state(&ann).await);
    world.ends("bob", work.id).await.unwrap();
    states.push(world.state(&ann).await);
    ready(world, "bob", on).await;
    says(world, &ann, "thank you", &mut said).await;
    states.push(world.state(&ann).await);
    assert_eq!(world.takes("bob").await.id, work.id, "the same interaction goes on");
    world.answers("bob", work.id, "you are welcome").await.unwrap();
    world.ends("bob", work.id).await.unwrap();
    engine.set_disposition(&bob, work.id, "resolved", world.once()).await.unwrap();
    world.done("bob", work.id).await.unwrap();
    states.push(world.state(&ann).await);
    world.writes("bob", &ann, "one more thing").await.unwrap();
    assert_eq!(truth::findings(world, &said).await, [""; 0], "{on:?}");
    let history = world.store.history(work.id).await.unwrap();
    Course {
        events: history.iter().map(|recorded| recorded.event.name()).collect(),
        heard: world.heard_by(&ann).await,
        read: words_in(&world.reads("bob", &ann).await).into_iter().map(str::to_owned).collect(),
        states,
    }
}

#[tokio::test]
async fn r11_an_address_is_one_contact_and_an_unknown_one_a_new_contact() {
    let world = world().await;
    let [website, lobby, _] = <[Network; 3]>::try_from(networks()).unwrap();
    let ann = arrives(&world, &website, "ann").await;
    world.says(&ann, "hello").await;
    let again = arrives(&world, &website, "ann").await;
    assert_eq!((again.contact, again.point, again.thread), (ann.contact, ann.point, ann.thread));
    let ben = arrives(&world, &website, "ben").await;
    assert_ne!((ben.contact, ben.point), (ann.contact, ann.point), "another address");
    let elsewhere = arrives(&world, &lobby, "ann").await;
    assert_ne!(elsewhere.contact, ann.contact, "the same name on another network proves nothing");
    world.ready("alice").await;
    assert_eq!(world.offer("alice").await.interaction.contact.id, ann.contact);

    // At once, from everywhere.
    let mut found: BTreeSet<ContactId> = BTreeSet::new();
    for session in futures_util::future::join_all((0..20).map(|_| arrives(&world, &website, "cleo"))).await {
        found.insert(session.contact);
    }
    assert_eq!(found.len(), 1);
    assert!(!found.contains(&ann.contact) && !found.contains(&ben.contact));

    // And it is remembered. The kiosk is not plugged in any more.
    let world = world.restarted(|_| {}).await;
    assert_eq!(arrives(&world, &website, "ann").await.contact, ann.contact);
    assert_eq!(world.reads("alice", &ann).await.len(), 1);
}

#[tokio::test]
async fn r15_every_network_is_worked_the_same_way() {
    use StateName::{Active, Done, Ended, Offered, Queued};
    let mut courses = Vec::new();
    for network in networks() {
        let world = world().await;
        let course = a_conversation(&world, &network).await;
        courses.push((network, course));
    }
    let (first, course) = &courses[0];
    assert_eq!(
        course.heard,
        [
            "hello",
            "how can I help?",
            "where is my parcel?",
            "one moment",
            "it is on its way",
            "thank you",
            "you are welcome",
            "one more thing"
        ]
    );
    assert_eq!(course.states, [Queued, Offered, Active, Ended, Offered, Done]);
    for (network, other) in &courses[1..] {
        assert_eq!(other, course, "{network:?} and {first:?}");
    }
}

#[tokio::test]
async fn r15_what_differs_is_what_a_network_can_carry() {
    let long = "a text that is longer than the screen of any kiosk";
    assert!(u64::try_from(long.len()).unwrap() > KIOSK_BYTES);
    for network in networks() {
        let world = world().await;
        let ann = arrives(&world, &network, "ann").await;
        world.says(&ann, "hello").await;
        for medium in [Medium::WhatsApp, Medium::Twitter] {
            let other = world.engine.set_readiness(&name("alice"), &medium, true, None).await;
            assert!(matches!(other, Err(EngineError::NotFound { what: "medium" })), "{other:?}");
        }
        ready(&world, "alice", &network).await;
        let work = world.takes("alice").await;
        let before = world.kept().await;
        let sent = world.answers("alice", work.id, long).await;
        if network.adapter.is_some() {
            sent.unwrap();
            continue;
        }
        let Err(EngineError::Preflight(refusal)) = sent else { panic!("{sent:?}") };
        let said = refusal.to_string();
        assert!(said.contains(&KIOSK_BYTES.to_string()) && said.contains("the screen of a kiosk"), "{said}");
        assert_eq!(world.kept().await, before, "refused before anything was written");
        world.engine.note(&name("alice"), work.id, world.client_id(), text(long)).await.unwrap();
    }
}

/// The crates that are adapters, by the plan of the house.
const ADAPTERS: [&str; 4] = ["webchat", "twilio", "meta", "twitter"];

#[test]
fn r15_no_adapter_is_left_out() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let there: BTreeSet<String> = fs::read_dir(crates)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|folder| ADAPTERS.contains(&folder.as_str()))
        .collect();
    let played: BTreeSet<String> =
        networks().iter().filter_map(|network| network.adapter.map(str::to_owned)).collect();
    assert_eq!(there, played);
}
