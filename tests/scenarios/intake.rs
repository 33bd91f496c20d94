//! What a provider tells becomes part of the workspace: all of it, once.

use std::time::Duration;

use parlor::channel::{
    DecodeIssue, Decoded, Endpoint, Happening, MediaFetchError, MediaReference, WebhookEvent,
};
use parlor::engine::TakenIn;
use parlor::model::{
    AgentName, Author, ChannelKind, Content, DeliveryStage, Message, ProviderMessageId, RejectReason,
    SystemNotice,
};

use crate::post::{OURS, Phones, message};

const HER: &str = "+15550002222";

async fn transcript(phones: &Phones) -> Vec<Message> {
    let session = phones.contact(HER).await;
    let all = phones.engine().contact_messages(&session, 0, 1_000).await.unwrap();
    let is_lifecycle = |message: &Message| {
        matches!(message.content, Content::System { notice: SystemNotice::Lifecycle { .. } })
    };
    all.into_iter().filter(|message| !is_lifecycle(message)).collect()
}

fn event(happening: Happening, address: &str) -> WebhookEvent {
    let endpoint = Endpoint { kind: ChannelKind::Sms, addresses: vec![address.to_owned()] };
    WebhookEvent { endpoint, happening, raw: format!("raw of {address}").into_bytes() }
}

fn picture(location: &str) -> MediaReference {
    MediaReference { location: location.to_owned(), declared: None, name: None }
}

/// The smallest picture there is.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(2, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn phones() -> Phones {
    crate::post::Phones::with_files().await
}

#[tokio::test]
async fn r120_a_text_message_is_work_like_any_other() {
    let phones = Phones::new().await;
    phones.ready("alice").await;
    phones.texts(HER, "in-1", "hello").await;
    let offer = phones.world.offer("alice").await;
    let taken = phones.world.accept("alice", offer.id).await.unwrap();
    phones.world.answers("alice", taken.id, "hi").await.unwrap();
    assert_eq!(phones.post.asked(), ["hi"]);
    let said = transcript(&phones).await;
    assert_eq!(said[0].content.text(), Some("hello"));
    assert_eq!(said[0].provider_id, Some(ProviderMessageId::new("in-1")));
    assert_eq!(said[1].author, Author::Agent(AgentName::new("alice").unwrap()));
}

#[tokio::test]
async fn g02_a_message_is_taken_in_once_and_every_element_is_counted() {
    let phones = Phones::new().await;
    let one = || event(Happening::Message(Box::new(message(HER, "in-1", "one"))), OURS);
    let two = event(Happening::Message(Box::new(message(HER, "in-2", "two"))), OURS);
    let stray = event(Happening::Message(Box::new(message(HER, "in-3", "three"))), "+15550003333");
    let issue = DecodeIssue { reason: "no number".to_owned(), raw: b"bad".to_vec() };
    let taken = phones.hears(Decoded { events: vec![one(), one(), stray, two], issues: vec![issue] }).await;
    assert_eq!(taken, TakenIn { appended: 2, duplicate: 1, dead: 2 });
    let words: Vec<_> =
        transcript(&phones).await.iter().map(|message| message.content.text().unwrap().to_owned()).collect();
    assert_eq!(words, ["one", "two"]);
    let dead = phones.world.store.dead_letters(0, 10).await.unwrap();
    let dead: Vec<_> = dead.iter().map(|letter| (letter.account.as_str(), letter.raw.as_slice())).collect();
    assert_eq!(dead, [("exchange", b"raw of +15550003333".as_slice()), ("exchange", b"bad".as_slice())]);
    assert_eq!(phones.hears(Decoded { events: vec![one()], issues: Vec::new() }).await.duplicate, 1);
    let phones = phones.restarted().await;
    assert_eq!(phones.hears(Decoded { events: vec![one()], issues: Vec::new() }).await.duplicate, 1);
}

#[tokio::test]
async fn r128_the_number_that_wrote_is_kept_as_it_was_given() {
    let phones = Phones::new().await;
    phones.texts("+44 7700 900123", "in-1", "hello").await;
    let point = phones.world.store.point_by_key(&crate::post::number_key("+44 7700 900123")).await.unwrap();
    assert_eq!(point.unwrap().key.address.as_str(), "+44 7700 900123");
}

#[tokio::test]
async fn r123_pictures_of_a_message_come_with_it_in_their_order() {
    let phones = phones().await;
    phones.post.has_file("a", vec![Ok(png())]);
    phones.post.has_file("b", vec![Err(MediaFetchError::Later), Ok(png())]);
    let mut mms = message(HER, "in-1", "look");
    mms.media = vec![picture("a"), picture("b")];
    phones.told(Happening::Message(Box::new(mms.clone()))).await;
    assert_eq!(transcript(&phones).await.len(), 1, "the words do not wait for the pictures");
    phones.world.skip(Duration::from_secs(10)).await;
    let said = transcript(&phones).await;
    let [words, pictures] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(words.content.text(), Some("look"));
    assert_eq!((words.provider_id.is_some(), pictures.provider_id.is_some()), (true, false));
    let files = pictures.content.attachments();
    assert_eq!(files.len(), 2);
    assert_eq!(files[0].name.as_str(), "attachment 1");
    assert_eq!(files[1].name.as_str(), "attachment 2");
    // Told again, nothing comes again.
    phones.told(Happening::Message(Box::new(mms))).await;
    phones.world.skip(Duration::from_secs(10)).await;
    assert_eq!(transcript(&phones).await.len(), 2);
}

#[tokio::test]
async fn r123_pictures_alone_are_work_at_once_and_follow() {
    let phones = phones().await;
    phones.ready("alice").await;
    phones.post.has_file("a", vec![Err(MediaFetchError::Later), Ok(png())]);
    let mut mms = message(HER, "in-1", "");
    mms.media = vec![picture("a")];
    phones.told(Happening::Message(Box::new(mms))).await;
    phones.world.takes("alice").await;
    let awaited = transcript(&phones).await;
    assert_eq!(awaited[0].content, Content::System { notice: SystemNotice::FilesAwaited { count: 1 } });
    // The process dies meanwhile.
    let phones = phones.restarted().await;
    phones.world.skip(Duration::from_secs(10)).await;
    let said = transcript(&phones).await;
    assert_eq!(said.len(), 2);
    assert_eq!(said[1].content.attachments().len(), 1);
    assert_eq!(said[1].provider_id, Some(ProviderMessageId::new("in-1")));
    assert_eq!(said[1].interaction, said[0].interaction);
}

#[tokio::test]
async fn r127_a_bad_picture_is_said_and_the_words_are_there() {
    let phones = phones().await;
    phones.post.has_file("broken", vec![Ok(b"\x89PNG\r\n\x1a\nand nothing else".to_vec())]);
    phones.post.has_file("large", vec![Ok(vec![0; 2_000_000])]);
    let mut mms = message(HER, "in-1", "look");
    mms.media = vec![picture("broken"), picture("large"), picture("gone")];
    phones.told(Happening::Message(Box::new(mms))).await;
    phones.world.skip(Duration::from_secs(5)).await;
    let said = transcript(&phones).await;
    assert_eq!(said[0].content.text(), Some("look"));
    let reasons: Vec<RejectReason> = said[1..]
        .iter()
        .map(|message| match &message.content {
            Content::System { notice: SystemNotice::AttachmentRejected(rejected) } => rejected.reason,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reasons, [RejectReason::Damaged, RejectReason::TooLarge, RejectReason::Unavailable]);
}

#[tokio::test]
async fn r127_a_picture_that_never_comes_is_given_up_and_said() {
    let phones = phones().await;
    phones.post.has_file("a", vec![Err(MediaFetchError::Later)]);
    let mut mms = message(HER, "in-1", "look");
    mms.media = vec![picture("a")];
    phones.told(Happening::Message(Box::new(mms))).await;
    for _ in 0..20 {
        phones.world.skip(Duration::from_mins(1)).await;
    }
    let said = transcript(&phones).await;
    let Content::System { notice: SystemNotice::AttachmentRejected(rejected) } = &said[1].content else {
        panic!("{said:?}")
    };
    assert_eq!((said.len(), rejected.reason), (2, RejectReason::Unavailable));
    phones.world.skip(Duration::from_hours(1)).await;
    assert_eq!(transcript(&phones).await.len(), 2);
}

#[tokio::test]
async fn g08_receipts_in_any_order_give_the_same() {
    let phones = Phones::new().await;
    phones.ready("alice").await;
    phones.texts(HER, "in-1", "hello").await;
    let id = phones.world.takes("alice").await.id;
    let sent = phones.world.answers("alice", id, "hi").await.unwrap();
    let provider_id = phones.post.last_taken().1;
    for stage in [DeliveryStage::Read, DeliveryStage::Sent, DeliveryStage::Delivered, DeliveryStage::Read] {
        phones.receipt(&provider_id, stage).await;
    }
    let session = phones.contact(HER).await;
    let shown = phones.world.reads("alice", &session).await;
    let shown = shown.into_iter().find(|message| message.id == sent.id).unwrap();
    assert_eq!(shown.delivery, Some(DeliveryStage::Read));
}
