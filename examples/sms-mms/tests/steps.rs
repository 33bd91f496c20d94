//! What each of the four texts comes to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use parlor::engine::ConversationRequest;
use parlor::engine::view::{InteractionView, MessageView};
use parlor::model::{
    Content, DeliveryStage, Dimensions, RejectReason, SendOutcome, SystemNotice, Visibility,
};
use parlor::store::OutboxState;
use parlor_testkit::simulators::{PhoneFile, PhoneState, SendMode};
use sms_mms::Desk;

const OURS: &str = "+15550001111";
const THEIRS: &str = "+15550002001";

fn file(bytes: &[u8]) -> PhoneFile {
    PhoneFile { media_type: Some("image/png".to_owned()), bytes: bytes.to_vec() }
}

async fn seen(desk: &Desk, work: &InteractionView) -> Vec<MessageView> {
    let request = ConversationRequest::default();
    desk.engine.conversation(&desk.alice, work.contact.id, &request).await.unwrap().messages
}

/// What agents are told of sends, and the message that it is about.
fn told(seen: &[MessageView]) -> Vec<(SendOutcome, Option<String>)> {
    let told = seen.iter().filter_map(|message| match &message.content {
        Content::System { notice: SystemNotice::Send { message: about, outcome, code } } => {
            assert_eq!(message.visibility, Visibility::Internal, "it is nothing for the contact");
            assert!(seen.iter().any(|other| other.id == *about));
            Some((outcome.clone(), code.clone()))
        }
        _ => None,
    });
    told.collect()
}

fn written<'a>(seen: &'a [MessageView], words: &str) -> &'a MessageView {
    seen.iter().find(|message| message.content.text() == Some(words)).unwrap()
}

#[tokio::test]
async fn two_pictures_come_with_their_words_and_the_answer_arrives() {
    let desk = Desk::open().await.unwrap();
    let pictures =
        [file(include_bytes!("../pictures/chair.png")), file(include_bytes!("../pictures/leg.png"))];
    let sid = desk.twilio.text(THEIRS, OURS, "My chair is broken.", &pictures).await.unwrap();
    let work = desk.accepts().await.unwrap();
    assert_eq!(work.point.as_ref().unwrap().address, THEIRS);
    desk.twilio.tell_again(&sid).await.unwrap();
    desk.writes(work.id, "A new one is on its way.", &[("sent", None), ("delivered", None)]).await.unwrap();

    let seen = seen(&desk, &work).await;
    assert_eq!(seen.iter().filter(|message| message.author.kind == "contact").count(), 2, "{seen:?}");
    written(&seen, "My chair is broken.");
    let came: Vec<_> = seen.iter().flat_map(|message| message.content.attachments()).collect();
    let sizes: Vec<_> =
        came.iter().map(|file| (file.media_type.as_str(), file.dimensions.unwrap())).collect();
    assert_eq!(
        sizes,
        [
            ("image/png", Dimensions { width: 64, height: 48 }),
            ("image/png", Dimensions { width: 48, height: 32 })
        ]
    );
    assert!(came.iter().all(|file| file.thumbnail.is_some()));
    assert_eq!(desk.twilio.leaked_credentials(), 0, "the host of the files is not given them");
    let answer = written(&seen, "A new one is on its way.");
    assert_eq!(answer.delivery, Some(DeliveryStage::Delivered));
    let phone = &desk.twilio.phones()[0];
    assert_eq!(phone.messages.last().unwrap().text, "A new one is on its way.");
    assert_eq!(told(&seen), []);
}

#[tokio::test]
async fn words_are_shown_although_the_file_with_them_is_not_taken() {
    let desk = Desk::open().await.unwrap();
    desk.twilio.text(THEIRS, OURS, "Look at mine!", &[file(b"MZ: this is no picture")]).await.unwrap();
    let work = desk.accepts().await.unwrap();
    let seen = seen(&desk, &work).await;
    assert_eq!(written(&seen, "Look at mine!").author.kind, "contact");
    let rejected: Vec<_> = seen
        .iter()
        .filter_map(|message| match &message.content {
            Content::System { notice: SystemNotice::AttachmentRejected(file) } => Some(file.reason),
            _ => None,
        })
        .collect();
    assert_eq!(rejected, [RejectReason::TypeNotAllowed]);
    assert!(seen.iter().all(|message| message.content.attachments().is_empty()));
}

#[tokio::test]
async fn a_number_that_takes_no_texts_is_told_to_the_agent_and_not_tried_again() {
    let desk = Desk::open().await.unwrap();
    let work = desk.opens(THEIRS).await.unwrap();
    desk.twilio.plan([SendMode::Refuse { status: 400, code: 21_614 }]);
    desk.writes(work.id, "Your parcel is here.", &[]).await.unwrap();
    let seen = seen(&desk, &work).await;
    let message = written(&seen, "Your parcel is here.");
    assert_eq!(message.delivery, Some(DeliveryStage::Failed));
    let send = message.send.as_ref().unwrap();
    assert_eq!((send.state, send.attempts), (OutboxState::Rejected, 1));
    assert_eq!(send.reason.as_deref(), Some("recipient:21614"));
    assert_eq!(told(&seen), [(SendOutcome::Failed, Some("recipient:21614".to_owned()))]);
    assert_eq!((desk.twilio.attempts(), desk.twilio.accepted().len()), (1, 0));
}

#[tokio::test]
async fn what_does_not_arrive_is_one_line_however_often_it_is_said() {
    let desk = Desk::open().await.unwrap();
    desk.twilio.set_phone(THEIRS, PhoneState::Off);
    desk.twilio.text(THEIRS, OURS, "Call me back.", &[]).await.unwrap();
    let work = desk.accepts().await.unwrap();
    let off = ("undelivered", Some(30_003));
    desk.writes(work.id, "When does it suit you?", &[("sent", None), off, off, off]).await.unwrap();
    let before = seen(&desk, &work).await;
    let message = written(&before, "When does it suit you?");
    assert_eq!(message.delivery, Some(DeliveryStage::Failed));
    assert_eq!(message.send.as_ref().unwrap().state, OutboxState::Accepted, "the provider had taken it");
    assert_eq!(told(&before), [(SendOutcome::Failed, Some("30003".to_owned()))]);

    // It arrived after all: that counts more, and nothing is told again.
    let sid = desk.twilio.accepted().pop().unwrap().sid;
    desk.twilio.report(&sid, "delivered", None).await.unwrap();
    let after = seen(&desk, &work).await;
    assert_eq!(written(&after, "When does it suit you?").delivery, Some(DeliveryStage::Delivered));
    assert_eq!(told(&after), told(&before));
}

#[test]
fn it_prints_the_committed_transcript() {
    let output = Command::new(env!("CARGO_BIN_EXE_sms-mms")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed, include_str!("transcript.txt"));
}
