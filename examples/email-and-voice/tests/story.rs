//! The e-mails that really arrive, what the agent reads of those that do not, and calls that ring and end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod relay;

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use email_and_voice::Outside;
use parlor::channel::{Launch, Launched, OutsideLauncher, VoiceCall, VoiceEndpoint, VoiceGateway};
use parlor::engine::{
    Arrival, ConsultBy, Consulted, ContactSession, ConversationRequest, Engine, EngineError, Inbound, Once,
    Plug, SystemClock,
};
use parlor::model::{
    AgentName, ChannelKind, ChannelName, ClientId, Clock, ConsultId, ContactId, ContactPoint, ContactPointId,
    Content, Id, InteractionId, Medium, MessageText, OutsideMeans, OutsideStage, PointAddress, PointKey,
    ProviderMessageId, SystemNotice, Visibility,
};
use parlor::store::ChangeSet;
use uuid::Uuid;

use crate::relay::Relay;

/// How long anything may take that has to happen.
const SOON: Duration = Duration::from_secs(20);

const FROM: &str = "Support <support@desk.example>";
const SUBJECT: &str = "Your chat with us: été 👋";

struct Desk {
    engine: Engine,
    outside: Arc<Outside>,
    alice: AgentName,
    ann: ContactSession,
    work: InteractionId,
}

impl Desk {
    async fn open(relay: u16) -> Self {
        let outside = Arc::new(Outside::new(relay, FROM, SUBJECT).unwrap());
        let engine = parlor::Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .agent("bob", ["support"])
            .web_chat("website", "support")
            .outside_launcher(outside.clone())
            .voice_gateway(outside.clone())
            .start()
            .await
            .unwrap();
        let alice = AgentName::new("alice").unwrap();
        engine.set_readiness(&alice, &Medium::Chat, true, None).await.unwrap();
        let key = key(ChannelKind::WebChat, "visitor-1");
        let ann = engine.arrive(Arrival::new(ChannelName::new("website").unwrap(), key)).await.unwrap();
        let text = Content::Text { text: MessageText::new("hello").unwrap() };
        engine.receive(&ann, Inbound::new(ProviderMessageId::new("first"), text)).await.unwrap();
        engine.settle().await;
        let offer = engine.my_work(&alice).await.unwrap().1.pop().unwrap();
        let work = engine.accept(&alice, offer.id, Once::default()).await.unwrap().id;
        Self { engine, outside, alice, ann, work }
    }

    /// Another address of Ann's, from somebody's address book, as it stands there.
    async fn files(&self, kind: ChannelKind, address: &str) -> ContactPointId {
        let store = self.engine.store();
        let id = ContactPointId::new(&SystemClock, &**self.engine.ids());
        let mut changes = ChangeSet::at(SystemClock.now());
        changes.points.push(ContactPoint {
            id,
            contact: self.ann.contact,
            key: key(kind, address),
            display_name: None,
            created_at: SystemClock.now(),
        });
        store.commit(changes).await.unwrap();
        id
    }

    async fn launches(&self, means: OutsideMeans, address: &str, id: u128) -> Result<(), EngineError> {
        let (address, id) = (PointAddress::new(address), ClientId(Uuid::from_u128(id)));
        self.engine.launch(&self.alice, self.ann.contact, means, &address, id).await.map(drop)
    }

    /// What the transcript says of calls and e-mails.
    async fn lines(&self) -> Vec<(OutsideMeans, String, OutsideStage)> {
        let request = ConversationRequest::default();
        let seen = self.engine.conversation(&self.alice, self.ann.contact, &request).await.unwrap();
        let lines = seen.messages.into_iter().filter_map(|message| match message.content {
            Content::System { notice: SystemNotice::Outside { agent, by, address, stage } } => {
                assert_eq!((message.visibility, agent.as_str()), (Visibility::Internal, "alice"));
                assert_eq!(message.interaction, Some(self.work));
                Some((by, address.as_str().to_owned(), stage))
            }
            _ => None,
        });
        lines.collect()
    }

    async fn consults(&self) -> Vec<(ConsultBy, bool)> {
        let view = self.engine.interaction(&self.alice, self.work).await.unwrap();
        view.consults.iter().map(|consult| (consult.medium, consult.joined)).collect()
    }
}

fn key(kind: ChannelKind, address: &str) -> PointKey {
    let scope = if kind == ChannelKind::WebChat { "website" } else { "" };
    PointKey { kind, scope: scope.to_owned(), address: PointAddress::new(address) }
}

fn launch(address: &str, id: u128) -> Launch {
    Launch::new(
        ClientId(Uuid::from_u128(id)),
        AgentName::new("alice").unwrap(),
        OutsideMeans::Email,
        ContactId::from_uuid(Uuid::from_u128(7)),
        PointAddress::new(address),
    )
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.unwrap()
}

#[tokio::test]
async fn an_email_to_an_address_on_file_arrives_and_says_so() {
    let relay = Relay::start();
    let desk = Desk::open(relay.port).await;
    desk.files(ChannelKind::Email, "ann@example.org").await;
    let actions = desk.engine.available_actions(&desk.alice, desk.ann.contact).await.unwrap();
    let actions: Vec<_> = actions.iter().map(|action| (action.means, action.address.as_str())).collect();
    assert_eq!(actions, [(OutsideMeans::Email, "ann@example.org")]);
    let elsewhere = desk.launches(OutsideMeans::Email, "eve@example.org", 1).await;
    assert!(matches!(elsewhere, Err(EngineError::InvalidTarget { .. })), "{elsewhere:?}");
    for _ in 0..2 {
        desk.launches(OutsideMeans::Email, "ann@example.org", 2).await.unwrap();
    }

    let arrived = relay.arrived();
    assert_eq!(arrived.len(), 1, "once, however often it is asked for");
    let mail = &arrived[0];
    assert_eq!(
        (mail.from.as_str(), &mail.to[..]),
        ("support@desk.example", &["ann@example.org".to_owned()][..])
    );
    assert_eq!(mail.header("To"), ["ann@example.org"]);
    assert_eq!(mail.header("From"), ["Support <support@desk.example>"]);
    assert_eq!(mail.header("Message-ID"), [format!("<{}@desk.example>", Uuid::from_u128(2))]);
    assert!(mail.header("Subject")[0].starts_with("Your chat with us: =?utf-8?b?"), "{mail:?}");
    assert!(mail.body().contains("alice would like to hear from you."), "{mail:?}");
    let line = |stage| (OutsideMeans::Email, "ann@example.org".to_owned(), stage);
    assert_eq!(desk.lines().await, [line(OutsideStage::Started), line(OutsideStage::Sent)]);
}

#[tokio::test]
async fn what_the_relay_refuses_has_failed() {
    let relay = Relay::start();
    let desk = Desk::open(relay.port).await;
    let refused = "ann@refused.example";
    desk.files(ChannelKind::Email, refused).await;
    let failed = desk.launches(OutsideMeans::Email, refused, 1).await;
    assert!(matches!(failed, Err(EngineError::NotCarried { plug: Plug::OutsideLauncher })), "{failed:?}");
    let line = |stage| (OutsideMeans::Email, refused.to_owned(), stage);
    assert_eq!(desk.lines().await, [line(OutsideStage::Started), line(OutsideStage::Failed)]);
    assert_eq!(relay.arrived(), []);

    let error = desk.outside.launch(&launch(refused, 2)).await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.contains("550") && !shown.contains("refused.example"), "{shown}");
    let nobody = Outside::new(relay::unused_port(), FROM, SUBJECT).unwrap();
    let error = nobody.launch(&launch("ann@example.org", 3)).await.unwrap_err();
    assert!(format!("{error:?}").contains("not reached"), "{error:?}");
}

#[tokio::test]
async fn nobody_slips_in_a_header_or_another_recipient() {
    for subject in ["Hello\r\nBcc: eve@example.org", "Hello\nBcc: eve@example.org", "Hello\rX", "\0"] {
        assert!(Outside::new(25, FROM, subject).is_err(), "{subject:?}");
    }
    assert!(Outside::new(25, "support@desk.example\r\nBcc: eve@example.org", SUBJECT).is_err());

    let relay = Relay::start();
    let desk = Desk::open(relay.port).await;
    for (number, address) in (1..).zip([
        "ann@example.org\r\nBcc: eve@example.org",
        "ann@example.org\nBcc: eve@example.org",
        "\"ann\r\nBcc: eve\"@example.org",
        "ann@example.org>\r\nRCPT TO:<eve@example.org",
        "ann@example.org, eve@example.org",
        "Ann <ann@example.org>",
        "ann",
    ]) {
        desk.files(ChannelKind::Email, address).await;
        let refused = desk.launches(OutsideMeans::Email, address, number).await;
        assert!(matches!(refused, Err(EngineError::NotCarried { .. })), "{address:?}: {refused:?}");
        let last = desk.lines().await.pop().unwrap();
        assert_eq!(last, (OutsideMeans::Email, address.to_owned(), OutsideStage::Failed));
        let error = format!("{:?}", desk.outside.launch(&launch(address, number + 100)).await.unwrap_err());
        assert!(!error.contains("ann"), "{error}");
    }
    assert_eq!(relay.arrived(), []);
    assert_eq!(relay.commands(), [""; 0], "the relay was not even asked");
}

#[tokio::test]
async fn a_call_is_started_and_one_that_is_asked_for_again_is_not() {
    let desk = Desk::open(relay::unused_port()).await;
    desk.files(ChannelKind::Sms, "+15550002001").await;
    for _ in 0..2 {
        desk.launches(OutsideMeans::Call, "+15550002001", 1).await.unwrap();
    }
    assert_eq!(desk.lines().await, [(OutsideMeans::Call, "+15550002001".to_owned(), OutsideStage::Started)]);
    // The launcher itself knows a repetition, too: the relay is not there, and is not asked.
    let nobody = Outside::new(relay::unused_port(), FROM, SUBJECT).unwrap();
    nobody.launch(&launch("ann@example.org", 2)).await.unwrap_err();
    assert_eq!(nobody.launch(&launch("ann@example.org", 2)).await.unwrap(), Launched::Started);
}

#[tokio::test]
async fn an_expert_outside_is_asked_by_telephone() {
    let desk = Desk::open(relay::unused_port()).await;
    let number = desk.files(ChannelKind::Sms, "+15550003001").await;
    let nobody = desk.files(ChannelKind::Email, "expert@example.org").await;
    let ask =
        |point| desk.engine.consult(&desk.alice, desk.work, Consulted::VoiceContact(point), Once::default());
    assert!(matches!(ask(nobody).await, Err(EngineError::InvalidTarget { .. })), "it has no number");
    let (consult, _) = ask(number).await.unwrap();
    assert_eq!(desk.consults().await, [(ConsultBy::Voice, false)]);
    soon(desk.outside.picks_up(&desk.engine, consult)).await.unwrap();
    assert_eq!(desk.consults().await, [(ConsultBy::Voice, true)]);
    desk.engine.end_consult(&desk.alice, desk.work, consult, Once::default()).await.unwrap();
    soon(desk.outside.is_over(consult)).await;
    assert_eq!(desk.consults().await, []);
}

#[tokio::test]
async fn a_call_that_was_hung_up_before_it_began_does_not_ring() {
    let desk = Desk::open(relay::unused_port()).await;
    let bob = AgentName::new("bob").unwrap();
    let consult = ConsultId::from_uuid(Uuid::from_u128(1));
    let call = VoiceCall::new(consult, desk.work, desk.alice.clone(), VoiceEndpoint::Agent(bob));
    desk.outside.hang_up(consult).await;
    desk.outside.call(&call).await.unwrap();
    soon(desk.outside.is_over(consult)).await;
    assert!(desk.outside.picks_up(&desk.engine, consult).await.is_err());
}

#[test]
fn it_prints_the_committed_transcript() {
    let relay = Relay::start();
    let output =
        Command::new(env!("CARGO_BIN_EXE_email-and-voice")).arg(relay.port.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), include_str!("transcript.txt"));
    assert_eq!(relay.arrived().len(), 1);
}
