//! Four texts and what becomes of them, as the agent sees it.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use parlor::engine::ConversationRequest;
use parlor::engine::view::{InteractionView, MessageView};
use parlor::model::{Content, SystemNotice as Notice};
use parlor_testkit::simulators::{PhoneFile, SendMode};
use sms_mms::{Desk, Outcome};

#[tokio::main]
async fn main() -> Outcome<()> {
    let (desk, ours) = (Desk::open().await?, "+15550001111");
    let file = |bytes: &[u8]| PhoneFile { media_type: Some("image/png".into()), bytes: bytes.into() };
    let chair = file(include_bytes!("../pictures/chair.png"));
    let leg = file(include_bytes!("../pictures/leg.png"));
    desk.twilio.text("+15550002001", ours, "My chair is broken.", &[chair, leg]).await?;
    let ann = desk.accepts().await?;
    desk.writes(ann.id, "A new one is on its way.", &[("sent", None), ("delivered", None)]).await?;
    show("Ann sends two pictures", &desk, &ann).await?;
    desk.twilio.text("+15550002002", ours, "Look at mine!", &[file(b"MZ: this is no picture")]).await?;
    show("Ben sends a file that is no picture", &desk, &desk.accepts().await?).await?;
    let cleo = desk.opens("+15550002003").await?;
    desk.twilio.plan([SendMode::Refuse { status: 400, code: 21_614 }]);
    desk.writes(cleo.id, "Your parcel is here.", &[]).await?;
    show("Cleo's number is a line in the ground", &desk, &cleo).await?;
    let dan = desk.opens("+15550002004").await?;
    desk.writes(dan.id, "When may we call you?", &[("sent", None), ("undelivered", Some(30_003))]).await?;
    show("Dan's telephone is off", &desk, &dan).await
}

async fn show(happened: &str, desk: &Desk, work: &InteractionView) -> Outcome<()> {
    println!("-- {happened}");
    let request = ConversationRequest::default();
    for message in desk.engine.conversation(&desk.alice, work.contact.id, &request).await?.messages {
        println!("{:>8}: {}", message.author.kind, said(&message));
    }
    Ok(())
}

fn said(message: &MessageView) -> String {
    let Content::System { notice } = &message.content else {
        let words = message.content.text().map(str::to_owned).into_iter();
        let files = message.content.attachments().iter().map(|file| format!("[{}]", file.media_type));
        let delivery = message.delivery.map(|stage| format!("({})", stage.as_str()));
        return words.chain(files).chain(delivery).collect::<Vec<_>>().join(" ");
    };
    match notice {
        Notice::AttachmentRejected(file) => format!("a file was not taken: {}", file.reason.as_str()),
        Notice::Send { outcome, code, .. } => format!("{outcome:?} {}", code.as_deref().unwrap_or_default()),
        _ => "alice joined".to_owned(),
    }
}
