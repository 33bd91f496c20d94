//! Every request that the adapter makes, by way of a proxy that knows the provider's specification and answers 4xx or 5xx when
//! one of the two sides breaks it.
//!
//! `PARLOR_TWILIO_API` and `PARLOR_TWILIO_LOOKUPS` name the proxies, `PARLOR_TWILIO_ACCOUNT` and `PARLOR_TWILIO_TOKEN` the account.
#![expect(clippy::print_stdout, reason = "it says what it did")]

use std::env;
use std::error::Error;
use std::sync::Arc;

use parlor_channel::{DeliverySide, LineKind, NumberLookup, Outbound, ProviderTransport, Push, Transport};
use parlor_model::{
    Attachment, AttachmentId, BlobId, ChannelKind, ChannelName, Content, ContentHash, FileName, Id,
    MediaType, MessageId, MessageText, OutboxId, PointAddress, PointKey, Timestamp, Visibility,
};
use parlor_testkit::simulators::LoopbackClient;
use parlor_twilio::{TwilioAccount, TwilioLookup, TwilioSettings, sms_capabilities};
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error>>;

const THEIRS: &str = "+14155550100";
const OURS: &str = "+15550001111";
const SERVICE: &str = "MG00000000000000000000000000000001";

fn outbound(number: u128, from: &str, content: Content) -> Outcome<Outbound> {
    Ok(Outbound::new(
        OutboxId::from_uuid(Uuid::from_u128(number)),
        MessageId::from_uuid(Uuid::from_u128(number)),
        ChannelName::new("sms")?,
        from.to_owned(),
        PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new(THEIRS) },
        Visibility::Private,
        content,
    ))
}

fn text(words: &str) -> Outcome<Content> {
    Ok(Content::Text { text: MessageText::new(words)? })
}

fn pictures(count: u128) -> Outcome<Content> {
    let picture = |number| {
        Ok(Attachment {
            id: AttachmentId::from_uuid(Uuid::from_u128(number)),
            blob: BlobId::from_uuid(Uuid::from_u128(number)),
            name: FileName::clean("a.png"),
            media_type: MediaType::new("image/png")?,
            bytes: 10,
            sha256: ContentHash::new([0; 32]),
            dimensions: None,
            thumbnail: None,
        })
    };
    let attachments = (0..count).map(picture).collect::<Outcome<Vec<_>>>()?;
    Ok(Content::Attached { text: None, attachments })
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let account = env::var("PARLOR_TWILIO_ACCOUNT")?;
    let token = env::var("PARLOR_TWILIO_TOKEN")?;
    let webhook = "https://desk.example/webhooks/twilio-main?tenant=a#rc=5&rp=all".parse()?;
    let mut settings = TwilioSettings::new(account, token.into(), webhook)?;
    settings.base_url = env::var("PARLOR_TWILIO_API")?.parse()?;
    settings.lookup_base_url = env::var("PARLOR_TWILIO_LOOKUPS")?.parse()?;
    settings.outbound_mms = true;
    let account = Arc::new(TwilioAccount::new(settings)?);
    let http = Arc::new(LoopbackClient::new());
    let profile = account.profile();
    let transport =
        ProviderTransport::new(profile, sms_capabilities().clone(), Arc::clone(&account) as _, http.clone());
    let DeliverySide::Push(push) = transport.delivery() else {
        return Err("it pushes".into());
    };
    let push: &dyn Push = push;
    let mut many = outbound(4, OURS, pictures(10)?)?;
    many.files =
        (0..10).map(|file| format!("https://desk.example/files/{file}").parse()).collect::<Result<_, _>>()?;
    let mut one = outbound(5, SERVICE, pictures(1)?)?;
    one.files = vec!["https://desk.example/files/1".parse()?];
    let sends = [
        outbound(1, OURS, text("Hello")?)?,
        outbound(2, SERVICE, text("Grüße, „Welt“ 😀 & more = 100%")?)?,
        outbound(3, OURS, text(&"long ".repeat(300))?)?,
        many,
        one,
    ];
    for send in &sends {
        let receipt = push.send(send).await?;
        let found = push.look_up(send, Timestamp::UNIX_EPOCH).await?;
        if found.as_ref() != receipt.provider_ids.first() {
            return Err(format!("{:?} was not found again", send.outbox).into());
        }
    }
    let lookup = TwilioLookup::new(account, http);
    let facts = lookup.look_up_number(&PointAddress::new(THEIRS)).await?;
    if facts.line != LineKind::Mobile {
        return Err(format!("{THEIRS} is {:?}", facts.line).into());
    }
    println!("{} messages sent and found, a number looked up", sends.len());
    Ok(())
}
