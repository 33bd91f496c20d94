//! What agents write goes out by a provider: once, in order, and with one end that is told.

use std::time::Duration;

use parlor::channel::{Happening, LineKind, MayReceive, Receipt, ReceiptStage, Retry, TransportErrorKind};
use parlor::engine::{EngineError, Once, Plug, Said, SendDecision};
use parlor::interaction::StateName;
use parlor::model::{
    ChannelKind, ContactId, Content, DeliveryStage, Id, InteractionId, MessageId, ProviderMessageId,
    SendOutcome, SystemNotice,
};
use parlor::store::OutboxState;

use crate::post::{Answer, Phones, number_key};
use crate::world::{channel, name, text};

const HER: &str = "+15550002222";
const WAIT: Duration = Duration::from_mins(2);

/// Alice talks with somebody who wrote from a number.
async fn talking() -> (Phones, InteractionId) {
    let phones = Phones::new().await;
    phones.ready("alice").await;
    phones.texts(HER, "in-1", "hello").await;
    let id = phones.world.takes("alice").await.id;
    (phones, id)
}

/// What agents are told about sends in her thread, in order.
async fn told(phones: &Phones) -> Vec<(MessageId, SendOutcome, Option<String>)> {
    let session = phones.contact(HER).await;
    let all = phones.engine().contact_messages(&session, 0, 1_000).await.unwrap();
    let sends = all.into_iter().filter_map(|message| match message.content {
        Content::System { notice: SystemNotice::Send { message, outcome, code } } => {
            Some((message, outcome, code))
        }
        _ => None,
    });
    sends.collect()
}

async fn state(phones: &Phones) -> OutboxState {
    phones.outbox().await.last().unwrap().state
}

#[tokio::test]
async fn r100_what_is_written_is_sent_at_once_whoever_is_there() {
    let (phones, id) = talking().await;
    let sent = phones.world.answers("alice", id, "we are on it").await.unwrap();
    assert_eq!(phones.post.asked(), ["we are on it"]);
    assert_eq!(phones.post.last_taken().0.as_uuid(), sent.id.as_uuid(), "the token is the message's own");
    let entry = phones.outbox().await.pop().unwrap();
    assert_eq!((entry.state, entry.attempts), (OutboxState::Accepted, 1));
    assert_eq!(entry.provider_id, Some(ProviderMessageId::new("SM1")));
}

#[tokio::test]
async fn r99_what_nobody_has_read_for_a_month_stays_sent() {
    let (phones, id) = talking().await;
    phones.world.answers("alice", id, "we are on it").await.unwrap();
    phones.world.skip(Duration::from_hours(30 * 24)).await;
    assert_eq!(state(&phones).await, OutboxState::Accepted);
    assert_eq!(phones.post.takes(), 1);
    assert_eq!(told(&phones).await, []);
}

#[tokio::test]
async fn r122_a_wrong_number_of_ours_is_tried_once_and_said() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Refuses(TransportErrorKind::SenderNotAllowed, "21606")]);
    let sent = phones.world.answers("alice", id, "we are on it").await.unwrap();
    phones.world.skip(Duration::from_hours(2)).await;
    assert_eq!(phones.post.asked().len(), 1);
    assert_eq!(state(&phones).await, OutboxState::Rejected);
    let code = Some("sender_not_allowed:21606".to_owned());
    assert_eq!(told(&phones).await, [(sent.id, SendOutcome::Failed, code)]);
}

#[tokio::test]
async fn r131_what_did_not_arrive_is_said_once_however_often_it_is_told() {
    let (phones, id) = talking().await;
    let sent = phones.world.answers("alice", id, "we are on it").await.unwrap();
    let provider_id = phones.post.last_taken().1;
    for code in ["30003", "30003", "30005"] {
        let mut receipt = Receipt::new(ReceiptStage::Reached(DeliveryStage::Failed));
        receipt.provider_id = Some(provider_id.clone());
        receipt.code = Some(code.to_owned());
        phones.told(Happening::Receipt(receipt)).await;
    }
    assert_eq!(told(&phones).await, [(sent.id, SendOutcome::Failed, Some("30003".to_owned()))]);
    assert_eq!(state(&phones).await, OutboxState::Accepted, "the provider did take it");
    let observed = phones.world.store.observations(sent.id).await.unwrap();
    assert_eq!(observed.iter().filter(|one| one.stage == DeliveryStage::Failed).count(), 2);
}

#[tokio::test]
async fn r129_a_number_on_file_is_written_to_first() {
    let (phones, _, id) = first_message(None).await;
    assert_eq!(phones.world.see("alice", id).await.state, StateName::Active);
    phones.world.answers("alice", id, "good morning").await.unwrap();
    assert_eq!(phones.post.asked(), ["good morning"]);
}

/// Somebody is on file with a number, and alice begins a conversation there.
async fn first_message(line: Option<LineKind>) -> (Phones, ContactId, InteractionId) {
    let phones = Phones::new().await;
    if let Some(line) = line {
        phones.post.knows_line(HER, line);
    }
    let point = phones.world.knows(number_key(HER)).await;
    let contact = phones.world.store.point(point).await.unwrap().unwrap().contact;
    phones.engine().sign_in(&name("alice")).await.unwrap();
    let opened = phones
        .engine()
        .open_interaction(&name("alice"), contact, &channel("phone"), Once(None))
        .await
        .unwrap();
    (phones, contact, opened.id)
}

async fn check_of(phones: &Phones, contact: ContactId) -> Option<LineKind> {
    let shown = phones.engine().contact(&name("alice"), contact).await.unwrap();
    shown.ways[0].check.as_ref().map(|check| check.line)
}

#[tokio::test]
async fn r130_a_line_that_takes_no_texts_is_warned_of_before_the_first_message() {
    let (phones, contact, id) = first_message(Some(LineKind::Landline)).await;
    let refused = phones.world.answers("alice", id, "good morning").await;
    assert!(matches!(refused, Err(EngineError::NotSmsCapable { line: LineKind::Landline })), "{refused:?}");
    assert_eq!((phones.post.asked().len(), phones.outbox().await.len()), (0, 0), "nothing was sent");
    assert_eq!(check_of(&phones, contact).await, Some(LineKind::Landline), "and it is shown");
    let again = phones
        .engine()
        .write_to_contact(&name("alice"), contact, &channel("phone"), phones.world.client_id(), text("hi"))
        .await;
    assert!(matches!(again, Err(EngineError::NotSmsCapable { .. })), "{again:?}");
    assert_eq!(phones.post.looked_up(), [HER], "what is known is not asked again");

    let said = Said::from(text("good morning")).anyway();
    phones.engine().send(&name("alice"), id, phones.world.client_id(), said).await.unwrap();
    phones.engine().settle().await;
    assert_eq!(phones.post.asked(), ["good morning"]);
    phones.world.answers("alice", id, "are you there?").await.unwrap();
    assert_eq!(phones.post.asked().len(), 2, "one warning is enough");
}

#[tokio::test]
async fn r130_nobody_is_warned_of_a_number_that_takes_texts_or_that_nothing_is_known_of() {
    for line in [Some(LineKind::Mobile), Some(LineKind::Unknown), None] {
        let (phones, contact, id) = first_message(line).await;
        phones.world.answers("alice", id, "good morning").await.unwrap();
        assert_eq!(phones.post.asked(), ["good morning"], "{line:?}");
        assert_eq!(check_of(&phones, contact).await, line);
    }
}

#[tokio::test]
async fn r130_who_wrote_from_a_number_is_answered_there_without_a_question() {
    let (phones, id) = talking().await;
    phones.post.knows_line(HER, LineKind::Landline);
    phones.world.answers("alice", id, "we are on it").await.unwrap();
    assert_eq!(phones.post.looked_up().len(), 0);
}

#[tokio::test]
async fn r130_a_number_is_looked_up_again_when_an_agent_asks() {
    let (phones, contact, _) = first_message(Some(LineKind::Landline)).await;
    let engine = phones.engine();
    let point = phones.world.store.points_of(contact).await.unwrap()[0].id;
    let found = engine.validate_point(&name("alice"), point).await.unwrap();
    assert_eq!((found.line, found.state), (LineKind::Landline, MayReceive::No));
    phones.post.knows_line(HER, LineKind::Mobile);
    let found = engine.validate_point(&name("alice"), point).await.unwrap();
    assert_eq!(found.state, MayReceive::Yes);
    assert_eq!(check_of(&phones, contact).await, Some(LineKind::Mobile), "the warning is gone");
    // A quarter of a year later nobody knows.
    phones.world.skip(Duration::from_hours(91 * 24)).await;
    assert_eq!(check_of(&phones, contact).await, None);
    let chat = phones.world.visitor("she").await;
    let refused = engine.validate_point(&name("alice"), chat.point).await;
    assert!(matches!(refused, Err(EngineError::NotPlugged { plug: Plug::NumberLookup })), "{refused:?}");
}

#[tokio::test]
async fn g07_what_a_person_sends_again_after_days_is_sent() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Nothing]);
    let sent = phones.world.answers("alice", id, "one").await.unwrap();
    phones.world.skip(WAIT).await;
    phones.world.skip(Duration::from_mins(6)).await;
    assert_eq!(state(&phones).await, OutboxState::NeedsDecision);
    phones.world.skip(Duration::from_hours(3 * 24)).await;
    let again =
        phones.engine().decide_send(&name("alice"), sent.id, SendDecision::SendAgain, Once(None)).await;
    again.unwrap();
    phones.engine().settle().await;
    assert_eq!(state(&phones).await, OutboxState::Accepted);
    assert_eq!(phones.post.asked(), ["one", "one"]);
}

#[tokio::test]
async fn receipts_of_what_others_sent_are_not_kept_for_ever() {
    let (phones, _) = talking().await;
    let parked = async || phones.world.store.documents("parked_receipts").await.unwrap().len();
    for number in 0..3 {
        let id = ProviderMessageId::new(format!("SM9{number}"));
        phones.receipt(&id, DeliveryStage::Delivered).await;
    }
    assert_eq!(parked().await, 3);
    phones.world.skip(Duration::from_hours(7 * 24)).await;
    phones.texts(HER, "in-2", "hello again").await;
    // It is done beside the answer to the provider.
    while parked().await > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn g06_what_the_provider_has_of_an_undecided_message_is_not_taken_for_its_twin() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::TakesSilently, Answer::Nothing]);
    phones.world.answers("alice", id, "ok").await.unwrap();
    phones.world.skip(WAIT).await;
    phones.world.skip(Duration::from_mins(6)).await;
    assert_eq!(state(&phones).await, OutboxState::NeedsDecision);
    // From now on the provider says what it has, and knows no more than the words.
    phones.post.keeps_a_list_of_words();
    phones.world.answers("alice", id, "ok").await.unwrap();
    phones.world.skip(WAIT).await;
    phones.world.skip(Duration::from_mins(6)).await;
    let states: Vec<_> = phones.outbox().await.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [OutboxState::NeedsDecision; 2], "it has one, and nobody knows which");
}

#[tokio::test]
async fn g07_what_nobody_waits_for_any_more_is_not_sent_again() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Nothing]);
    let sent = phones.world.answers("alice", id, "one").await.unwrap();
    phones.world.skip(WAIT).await;
    phones.world.skip(Duration::from_mins(6)).await;
    phones.world.skip(Duration::from_hours(7 * 24)).await;
    let again =
        phones.engine().decide_send(&name("alice"), sent.id, SendDecision::SendAgain, Once(None)).await;
    assert!(matches!(again, Err(EngineError::TooOldToSend)), "{again:?}");
    assert_eq!(state(&phones).await, OutboxState::NeedsDecision);
    phones.engine().decide_send(&name("alice"), sent.id, SendDecision::Discard, Once(None)).await.unwrap();
    assert_eq!(state(&phones).await, OutboxState::Discarded);
}

#[tokio::test]
async fn g06_messages_of_a_thread_go_out_one_after_the_other() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Later(Retry::Backoff), Answer::Later(Retry::After(Duration::from_secs(30)))]);
    for words in ["one", "two", "three"] {
        phones.world.answers("alice", id, words).await.unwrap();
    }
    assert_eq!(phones.post.asked(), ["one"], "what waits holds up those after it");
    phones.world.skip(Duration::from_secs(5)).await;
    assert_eq!(phones.post.asked(), ["one", "one"]);
    phones.world.skip(Duration::from_secs(29)).await;
    assert_eq!(phones.post.asked().len(), 2, "the provider said when");
    phones.world.skip(Duration::from_secs(1)).await;
    assert_eq!(phones.post.asked()[2..], ["one", "two", "three"]);
    assert_eq!(phones.post.takes(), 3);
}

#[tokio::test]
async fn g06_an_old_message_is_not_sent_any_more() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Later(Retry::Backoff); 1].into_iter().cycle().take(200));
    let sent = phones.world.answers("alice", id, "one").await.unwrap();
    for _ in 0..40 {
        phones.world.skip(Duration::from_hours(1)).await;
    }
    assert_eq!(state(&phones).await, OutboxState::Expired);
    assert_eq!(told(&phones).await, [(sent.id, SendOutcome::Failed, Some("too_old".to_owned()))]);
    let tries = phones.post.asked().len();
    phones.world.skip(Duration::from_hours(48)).await;
    assert_eq!(phones.post.asked().len(), tries);
}

#[tokio::test]
async fn g07_what_may_have_been_sent_is_not_sent_again_until_a_person_says_so() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Nothing]);
    let sent = phones.world.answers("alice", id, "one").await.unwrap();
    assert_eq!(state(&phones).await, OutboxState::Uncertain);
    phones.world.answers("alice", id, "two").await.unwrap();
    phones.world.skip(WAIT - Duration::from_secs(1)).await;
    assert_eq!(phones.post.asked(), ["one"], "nothing overtakes it while a receipt may come");
    phones.world.skip(Duration::from_secs(1)).await;
    assert_eq!(phones.post.asked(), ["one", "two"]);
    let entry = async || {
        let entry = phones.world.store.outbox_entry(Id::from_uuid(sent.id.as_uuid())).await;
        entry.unwrap().unwrap().state
    };
    assert_eq!(entry().await, OutboxState::NeedsDecision);
    let may_have = |code: &str| (sent.id, SendOutcome::MayHaveBeenSent, Some(code.to_owned()));
    assert_eq!(told(&phones).await, [may_have("network")]);

    let alice = name("alice");
    let again = phones.world.once();
    for _ in 0..2 {
        phones.engine().decide_send(&alice, sent.id, SendDecision::SendAgain, again).await.unwrap();
        phones.engine().settle().await;
    }
    assert_eq!(phones.post.asked(), ["one", "two", "one"], "once, however often it is asked");
    assert_eq!(entry().await, OutboxState::Accepted);
    assert_eq!(told(&phones).await[1..], [(sent.id, SendOutcome::SentAgain { by: alice.clone() }, None)]);
    let late = phones.engine().decide_send(&alice, sent.id, SendDecision::Discard, phones.world.once()).await;
    assert!(matches!(late, Err(EngineError::NothingToDecide)), "{late:?}");
    assert!(!phones.world.store.audit(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn g06_a_person_gives_up_what_may_have_been_sent() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Nothing]);
    let sent = phones.world.answers("alice", id, "one").await.unwrap();
    let early = phones.engine().decide_send(&name("alice"), sent.id, SendDecision::Discard, Once(None)).await;
    assert!(matches!(early, Err(EngineError::NothingToDecide)), "a receipt may come yet: {early:?}");
    phones.world.skip(WAIT).await;
    let bobs = phones.engine().decide_send(&name("bob"), sent.id, SendDecision::Discard, Once(None)).await;
    assert!(matches!(bobs, Err(EngineError::Denied(_) | EngineError::NotFound { .. })), "{bobs:?}");
    phones.engine().decide_send(&name("alice"), sent.id, SendDecision::Discard, Once(None)).await.unwrap();
    phones.world.skip(Duration::from_hours(2)).await;
    assert_eq!(state(&phones).await, OutboxState::Discarded);
    assert_eq!(phones.post.asked(), ["one"]);
}

#[tokio::test]
async fn g07_a_refusal_of_the_second_try_says_nothing_of_the_first() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::TakesSilently, Answer::Refuses(TransportErrorKind::Content, "30007")]);
    let sent = phones.world.answers("alice", id, "one").await.unwrap();
    phones.world.skip(WAIT).await;
    phones.engine().decide_send(&name("alice"), sent.id, SendDecision::SendAgain, Once(None)).await.unwrap();
    phones.engine().settle().await;
    assert_eq!(state(&phones).await, OutboxState::NeedsDecision, "it is not said to be refused");
    let id = phones.post.last_taken().1;
    phones.receipt(&id, DeliveryStage::Delivered).await;
    // The receipt names an id that no answer gave us; the token of the next one does.
    let mut receipt = Receipt::new(ReceiptStage::Reached(DeliveryStage::Read));
    receipt.token = Some(phones.post.last_taken().0);
    receipt.provider_id = Some(id);
    phones.told(Happening::Receipt(receipt)).await;
    assert_eq!(state(&phones).await, OutboxState::Accepted);
}

#[tokio::test]
async fn g07_a_receipt_with_our_token_ends_the_doubt() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::TakesSilently]);
    phones.world.answers("alice", id, "one").await.unwrap();
    assert_eq!(state(&phones).await, OutboxState::Uncertain);
    let (token, provider_id) = phones.post.last_taken();
    let mut receipt = Receipt::new(ReceiptStage::Reached(DeliveryStage::Delivered));
    (receipt.token, receipt.provider_id) = (Some(token), Some(provider_id.clone()));
    assert_eq!(phones.told(Happening::Receipt(receipt)).await.appended, 1);
    let entry = phones.outbox().await.pop().unwrap();
    assert_eq!((entry.state, entry.provider_id), (OutboxState::Accepted, Some(provider_id)));
    phones.world.skip(WAIT * 2).await;
    assert_eq!((phones.post.asked().len(), told(&phones).await.len()), (1, 0));
}

#[tokio::test]
async fn g07_the_providers_list_ends_the_doubt() {
    let (phones, id) = talking().await;
    phones.post.keeps_a_list();
    phones.post.will([Answer::TakesSilently]);
    phones.world.answers("alice", id, "one").await.unwrap();
    phones.world.skip(WAIT).await;
    assert_eq!(state(&phones).await, OutboxState::Accepted);
    assert_eq!(told(&phones).await, []);
}

#[tokio::test]
async fn g06_another_message_of_the_same_words_is_not_this_one() {
    let (phones, id) = talking().await;
    phones.post.keeps_a_list_of_words();
    phones.post.will([Answer::Takes, Answer::Nothing]);
    phones.world.answers("alice", id, "ok").await.unwrap();
    let second = phones.world.answers("alice", id, "ok").await.unwrap();
    phones.world.skip(WAIT).await;
    assert_eq!(state(&phones).await, OutboxState::NeedsDecision, "the list has the first");
    assert_eq!(told(&phones).await[0].0, second.id);
}

#[tokio::test]
async fn g06_what_was_being_sent_on_a_channel_that_is_gone_comes_to_a_person() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Hangs]);
    let said = parlor::model::MessageText::new("one").unwrap();
    phones.engine().send(&name("alice"), id, phones.world.client_id(), said).await.unwrap();
    tokio::select! {
        () = phones.engine().settle() => panic!("the send does not come back"),
        () = phones.post.is_asked() => {}
    }
    let post = std::sync::Arc::new(phones.post.clone());
    let world = phones
        .world
        .restarted_with(|builder| {
            builder.transport(ChannelKind::Sms, post).channel_of(
                "exchange",
                "another",
                ChannelKind::Sms,
                "+15550007777",
                "support",
            )
        })
        .await;
    for _ in 0..3 {
        world.skip(Duration::from_mins(1)).await;
    }
    assert_eq!(world.store.outbox(None, 10).await.unwrap()[0].state, OutboxState::NeedsDecision);
}

#[tokio::test]
async fn whoever_says_stop_gets_nothing_of_what_waits() {
    use parlor::channel::{ConsentWish, ConsentWord};
    let (phones, id) = talking().await;
    phones.post.will([Answer::Nothing]);
    let first = phones.world.answers("alice", id, "one").await.unwrap();
    phones.world.answers("alice", id, "two").await.unwrap();
    let mut stop = crate::post::message(HER, "in-2", "STOP");
    stop.consent = Some(ConsentWord { wish: ConsentWish::Stop, answered: true });
    phones.told(Happening::Message(Box::new(stop))).await;
    phones.world.skip(WAIT).await;
    assert_eq!(phones.post.asked(), ["one"]);
    assert_eq!(state(&phones).await, OutboxState::Rejected);
    let again =
        phones.engine().decide_send(&name("alice"), first.id, SendDecision::SendAgain, Once(None)).await;
    assert!(matches!(again, Err(EngineError::OptedOut)), "{again:?}");
}

#[tokio::test]
async fn g07_a_process_that_dies_in_the_middle_of_a_send_does_not_send_it_again() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Hangs]);
    let said = parlor::model::MessageText::new("one").unwrap();
    let sent = phones.engine().send(&name("alice"), id, phones.world.client_id(), said).await.unwrap().0;
    tokio::select! {
        () = phones.engine().settle() => panic!("the send does not come back"),
        () = phones.post.is_asked() => {}
    }
    assert_eq!(phones.post.asked(), ["one"]);
    let phones = phones.restarted().await;
    assert_eq!(state(&phones).await, OutboxState::Sending, "its lease runs");
    phones.world.skip(Duration::from_mins(1)).await;
    assert_eq!(state(&phones).await, OutboxState::Uncertain, "never pending");
    phones.world.skip(WAIT).await;
    assert_eq!(state(&phones).await, OutboxState::NeedsDecision);
    assert_eq!(phones.post.asked(), ["one"]);
    assert_eq!(
        told(&phones).await,
        [(sent.id, SendOutcome::MayHaveBeenSent, Some("interrupted".to_owned()))]
    );
}

#[tokio::test]
async fn g08_a_receipt_that_comes_before_the_answer_is_kept_for_it() {
    let (phones, id) = talking().await;
    let unknown = ProviderMessageId::new("SM1");
    assert_eq!(phones.receipt(&unknown, DeliveryStage::Delivered).await.appended, 1);
    assert_eq!(phones.receipt(&unknown, DeliveryStage::Delivered).await.duplicate, 1);
    let sent = phones.world.answers("alice", id, "one").await.unwrap();
    let stages: Vec<_> =
        phones.world.store.observations(sent.id).await.unwrap().into_iter().map(|one| one.stage).collect();
    assert!(
        stages.contains(&DeliveryStage::Delivered) && stages.contains(&DeliveryStage::Sent),
        "{stages:?}"
    );
}

#[tokio::test]
async fn nobodys_receipt_is_about_the_messages_of_another_account() {
    let phones = Phones::on(std::sync::Arc::new(parlor::store::MemoryStore::new()), |builder| {
        builder.channel_of("other", "other-phone", parlor::model::ChannelKind::Sms, "+15550009999", "support")
    })
    .await;
    phones.ready("alice").await;
    phones.texts(HER, "in-1", "hello").await;
    let id = phones.world.takes("alice").await.id;
    phones.post.will([Answer::TakesSilently]);
    phones.world.answers("alice", id, "one").await.unwrap();
    let mut receipt = Receipt::new(ReceiptStage::Reached(DeliveryStage::Delivered));
    receipt.token = Some(phones.post.last_taken().0);
    let endpoint = parlor::channel::Endpoint {
        kind: parlor::model::ChannelKind::Sms,
        addresses: vec!["+15550009999".to_owned()],
    };
    let event =
        parlor::channel::WebhookEvent { endpoint, happening: Happening::Receipt(receipt), raw: Vec::new() };
    let decoded = parlor::channel::Decoded { events: vec![event], issues: Vec::new() };
    let other = parlor::model::AccountName::new("other").unwrap();
    phones.engine().take_in(&other, decoded).await.unwrap();
    assert_eq!(state(&phones).await, OutboxState::Uncertain);
}

#[tokio::test]
async fn whoever_said_stop_is_not_written_to_until_they_say_start() {
    use parlor::channel::{ConsentWish, ConsentWord};
    let (phones, id) = talking().await;
    let says = async |word: &str, wish, number: &str| {
        let mut message = crate::post::message(HER, number, word);
        message.consent = Some(ConsentWord { wish, answered: true });
        phones.told(Happening::Message(Box::new(message))).await
    };
    assert_eq!(says("STOP", ConsentWish::Stop, "in-2").await.appended, 1);
    let kept = phones.world.kept().await;
    let refused = phones.world.answers("alice", id, "but").await;
    assert!(matches!(refused, Err(EngineError::OptedOut)), "{refused:?}");
    assert_eq!(phones.world.kept().await, kept, "nothing is kept of it");
    assert_eq!(phones.post.asked(), Vec::<String>::new());
    says("START", ConsentWish::Start, "in-3").await;
    phones.world.answers("alice", id, "welcome back").await.unwrap();
    assert_eq!(phones.post.asked(), ["welcome back"]);
}

#[tokio::test]
async fn a_provider_that_says_that_somebody_opted_out_is_believed() {
    let (phones, id) = talking().await;
    phones.post.will([Answer::Refuses(TransportErrorKind::OptedOut, "21610")]);
    phones.world.answers("alice", id, "one").await.unwrap();
    let refused = phones.world.answers("alice", id, "two").await;
    assert!(matches!(refused, Err(EngineError::OptedOut)), "{refused:?}");
    assert_eq!(phones.post.asked(), ["one"]);
}
