//! Text messages through the engine: one comes in, the answer leaves, and its receipt comes back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod centre;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use custom_transport::Smpp;
use parlor::engine::view::MessageView;
use parlor::engine::{ContactsRequest, ConversationRequest, Engine, EngineError, Once};
use parlor::model::{
    AccountName, AgentName, ChannelKind, ClientId, ContactId, DeliveryStage, InteractionId, Medium,
    MessageText,
};
use parlor::store::OutboxState;
use parlor_testkit::transport_suite::{NetworkMode, PlayedNetwork};
use rusmpp::CommandStatus;
use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::MessageDeliveryRequestTlvValue;
use rusmpp::types::{AnyOctetString, COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, Ton};
use uuid::Uuid;

use crate::centre::{Centre, LOGIN};

/// How long anything may take that has to happen.
const SOON: Duration = Duration::from_secs(20);

const OURS: &str = "15550001111";
const HERS: &str = "14155550100";

/// The bits of the class that make a delivery a receipt (§5.2.12).
const RECEIPT: u8 = 0b100;

struct Desk {
    centre: Centre,
    engine: Engine,
    alice: AgentName,
    /// Whether what comes in can be kept.
    keeps: Arc<AtomicBool>,
}

impl Desk {
    async fn open(mode: NetworkMode) -> Self {
        let centre = Centre::start(mode).await;
        let kind: ChannelKind = "smpp".parse().unwrap();
        let (smpp, line) = Smpp::new(kind.clone(), &centre.address, LOGIN).unwrap();
        let engine = parlor::Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .transport(kind.clone(), Arc::new(smpp))
            .channel_of("centre", "texts", kind, &format!("+{OURS}"), "support")
            .start()
            .await
            .unwrap();
        let (account, keeps) = (AccountName::new("centre").unwrap(), Arc::new(AtomicBool::new(true)));
        let (taking, may_keep) = (engine.clone(), Arc::clone(&keeps));
        tokio::spawn(line.run(move |decoded| {
            let (engine, account, keeps) = (taking.clone(), account.clone(), Arc::clone(&may_keep));
            async move { keeps.load(Ordering::SeqCst) && engine.take_in(&account, decoded).await.is_ok() }
        }));
        let alice = AgentName::new("alice").unwrap();
        engine.set_readiness(&alice, &"smpp".parse::<Medium>().unwrap(), true, None).await.unwrap();
        Self { centre, engine, alice, keeps }
    }

    async fn delivers(&self, sms: DeliverSm) -> CommandStatus {
        tokio::time::timeout(SOON, self.centre.delivers(sms)).await.unwrap()
    }

    async fn accepts(&self) -> (InteractionId, ContactId) {
        self.engine.settle().await;
        let offer = self.engine.my_work(&self.alice).await.unwrap().1.pop().unwrap();
        let work = self.engine.accept(&self.alice, offer.id, Once::default()).await.unwrap();
        (work.id, work.contact.id)
    }

    async fn writes(&self, to: InteractionId, words: &str) -> Result<(), EngineError> {
        let text = MessageText::new(words).unwrap();
        self.engine.send(&self.alice, to, ClientId(Uuid::from_u128(1)), text).await?;
        self.engine.settle().await;
        Ok(())
    }

    async fn reads(&self, contact: ContactId) -> Vec<MessageView> {
        let request = ConversationRequest::default();
        self.engine.conversation(&self.alice, contact, &request).await.unwrap().messages
    }

    async fn words(&self) -> Vec<String> {
        let contacts = self.engine.contacts(&self.alice, &ContactsRequest::default()).await.unwrap().contacts;
        let mut words = Vec::new();
        for contact in contacts {
            let said = self.reads(contact.id).await;
            words.extend(said.iter().filter_map(|message| message.content.text()).map(str::to_owned));
        }
        words
    }

    async fn delivery(&self, contact: ContactId, words: &str) -> (Option<DeliveryStage>, OutboxState) {
        let seen = self.reads(contact).await;
        let message = seen.iter().find(|message| message.content.text() == Some(words)).unwrap();
        (message.delivery, message.send.as_ref().unwrap().state)
    }
}

fn utf16(words: &str) -> Vec<u8> {
    words.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn delivery(coding: DataCoding, body: &[u8]) -> DeliverSm {
    let (from, to) = (HERS.to_owned(), OURS.to_owned());
    let sms = DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr(COctetString::from_string(from).unwrap())
        .dest_addr_ton(Ton::International)
        .destination_addr(COctetString::from_string(to).unwrap())
        .esm_class(EsmClass::from(0))
        .data_coding(coding);
    if let Ok(short) = OctetString::from_slice(body) {
        return sms.short_message(short).build();
    }
    let payload = AnyOctetString::from_slice(body).into();
    sms.push_tlv(MessageDeliveryRequestTlvValue::MessagePayload(payload)).build()
}

fn receipt(id: &str, state: &str) -> DeliverSm {
    let words = format!(
        "id:{id} sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:{state} err:000 text:It is"
    );
    let mut sms = delivery(DataCoding::McSpecific, words.as_bytes());
    sms.esm_class = EsmClass::from(RECEIPT);
    sms
}

#[tokio::test]
async fn a_text_is_answered_and_the_answer_is_known_to_have_arrived() {
    let desk = Desk::open(NetworkMode::Accepts).await;
    let told = desk.delivers(delivery(DataCoding::Ucs2, &utf16("Is this one of yours? é👋"))).await;
    assert_eq!(told, CommandStatus::EsmeRok);
    let (work, contact) = desk.accepts().await;
    assert_eq!(desk.words().await, ["Is this one of yours? é👋"]);
    let view = desk.engine.interaction(&desk.alice, work).await.unwrap();
    assert_eq!((view.kind.as_str(), view.point.unwrap().address), ("smpp", format!("+{HERS}")));

    desk.writes(work, "It is").await.unwrap();
    let accepted = desk.centre.accepted().pop().unwrap();
    assert_eq!((accepted.to, accepted.words.as_str()), (format!("+{HERS}"), "It is"));
    let id = accepted.id.as_str();
    assert_eq!(desk.delivery(contact, "It is").await, (Some(DeliveryStage::Sent), OutboxState::Accepted));
    for (state, stage) in [
        ("ENROUTE", DeliveryStage::Sent),
        ("DELIVRD", DeliveryStage::Delivered),
        ("DELIVRD", DeliveryStage::Delivered),
        ("UNKNOWN", DeliveryStage::Delivered),
    ] {
        assert_eq!(desk.delivers(receipt(id, state)).await, CommandStatus::EsmeRok);
        assert_eq!(desk.delivery(contact, "It is").await, (Some(stage), OutboxState::Accepted), "{state}");
    }
}

#[tokio::test]
async fn a_receipt_may_have_a_field_for_the_id_and_tells_a_failure() {
    let desk = Desk::open(NetworkMode::Accepts).await;
    desk.delivers(delivery(DataCoding::Ucs2, &utf16("hello"))).await;
    let (work, contact) = desk.accepts().await;
    desk.writes(work, "It is").await.unwrap();
    let id = desk.centre.accepted().pop().unwrap().id;
    let mut sms = receipt("0", "UNDELIV");
    let field = COctetString::from_string(id.as_str().to_owned()).unwrap();
    sms.push_tlv(MessageDeliveryRequestTlvValue::ReceiptedMessageId(field));
    assert_eq!(desk.delivers(sms).await, CommandStatus::EsmeRok);
    assert_eq!(desk.delivery(contact, "It is").await, (Some(DeliveryStage::Failed), OutboxState::Accepted));
}

#[tokio::test]
async fn what_is_not_durable_is_not_confirmed() {
    let desk = Desk::open(NetworkMode::Accepts).await;
    desk.keeps.store(false, Ordering::SeqCst);
    let sms = delivery(DataCoding::Ucs2, &utf16("hello"));
    assert_eq!(desk.delivers(sms.clone()).await, CommandStatus::EsmeRxTAppn, "the centre keeps it");
    assert_eq!(desk.words().await, [""; 0]);
    desk.keeps.store(true, Ordering::SeqCst);
    assert_eq!(desk.delivers(sms).await, CommandStatus::EsmeRok);
    assert_eq!(desk.words().await, ["hello"]);
}

#[tokio::test]
async fn words_come_in_every_alphabet_and_length_that_is_read() {
    let desk = Desk::open(NetworkMode::Accepts).await;
    let long = "é👋".repeat(500);
    for (coding, body) in [
        (DataCoding::McSpecific, b"plain".to_vec()),
        (DataCoding::Latin1, b"caf\xe9".to_vec()),
        (DataCoding::Ucs2, utf16(&long)),
        (DataCoding::Ucs2, vec![0, b'a', 0xd8, 0x3d, 0]),
    ] {
        assert_eq!(desk.delivers(delivery(coding, &body)).await, CommandStatus::EsmeRok);
    }
    assert_eq!(
        desk.words().await,
        ["plain", "café", long.as_str(), "a\u{fffd}\0".replace('\0', "\u{fffd}").as_str()]
    );
    assert_eq!(desk.engine.totals().await.unwrap().messages, 4);
    // For a number that nobody has here: kept, and not asked for again.
    let mut strange = delivery(DataCoding::Ucs2, &utf16("hello"));
    strange.destination_addr = COctetString::from_string("15559999999".to_owned()).unwrap();
    assert_eq!(desk.delivers(strange).await, CommandStatus::EsmeRok);
    assert_eq!(desk.words().await.len(), 4);
}

#[tokio::test]
async fn a_long_answer_is_one_message_and_a_longer_one_is_refused_at_home() {
    let desk = Desk::open(NetworkMode::Accepts).await;
    desk.delivers(delivery(DataCoding::Ucs2, &utf16("hello"))).await;
    let (work, _) = desk.accepts().await;
    let refused = desk.writes(work, &"é".repeat(8_543)).await;
    assert!(
        matches!(&refused, Err(EngineError::Preflight(why)) if why.to_string().contains("TS 23.040")),
        "{refused:?}"
    );
    assert_eq!(desk.centre.attempts(), 0);
    let long = "👋".repeat(8_542);
    desk.writes(work, &long).await.unwrap();
    assert_eq!(desk.centre.accepted().pop().unwrap().words, long);
}

#[tokio::test]
async fn who_is_refused_is_told_so_to_the_agent() {
    let desk = Desk::open(NetworkMode::Refuses).await;
    desk.delivers(delivery(DataCoding::Ucs2, &utf16("hello"))).await;
    let (work, contact) = desk.accepts().await;
    desk.writes(work, "It is").await.unwrap();
    assert_eq!(desk.delivery(contact, "It is").await, (Some(DeliveryStage::Failed), OutboxState::Rejected));
    let seen = desk.reads(contact).await;
    let message = seen.iter().find_map(|message| message.send.as_ref()).unwrap();
    assert_eq!(message.reason.as_deref(), Some("recipient:0000000B"));
}

#[tokio::test]
async fn a_line_that_breaks_is_bound_again() {
    let desk = Desk::open(NetworkMode::Accepts).await;
    for (number, words) in (1..).zip(["one", "two"]) {
        assert_eq!(desk.delivers(delivery(DataCoding::Ucs2, &utf16(words))).await, CommandStatus::EsmeRok);
        assert_eq!(desk.centre.times_bound(), number);
        desk.centre.hangs_up();
    }
    assert_eq!(desk.words().await, ["one", "two"]);
}

#[test]
fn credentials_that_do_not_fit_are_refused() {
    let kind: ChannelKind = "smpp".parse().unwrap();
    assert!(Smpp::new(kind.clone(), "localhost:2775", ("parlor", "nine char")).is_err());
    assert!(Smpp::new(kind, "localhost:2775", ("sixteen letters.", "secret")).is_err());
}
