//! A desk at a message centre whose address is the argument. It answers the first text with a short and then a long one, prints what
//! the contact wrote, and ends when both have arrived.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::sync::Arc;

use custom_transport::Smpp;
use parlor::engine::{ConversationRequest, Engine, Once};
use parlor::model::{
    AccountName, AgentName, ChannelKind, ClientId, ContactId, DeliveryStage, MessageId, MessageText,
};
use tokio::sync::mpsc;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let centre = std::env::args().nth(1).ok_or("the argument is the address of a message centre")?;
    let kind: ChannelKind = "smpp".parse()?;
    let (smpp, line) = Smpp::new(kind.clone(), &centre, ("parlor", "secret08"))?;
    let engine = parlor::Builder::new()
        .queue("support")
        .agent("alice", ["support"])
        .transport(kind.clone(), Arc::new(smpp))
        .channel_of("centre", "texts", kind, "+15550001111", "support")
        .start()
        .await?;
    let alice = AgentName::new("alice")?;
    engine.set_readiness(&alice, &"smpp".parse()?, true, None).await?;

    let (told, mut tells) = mpsc::unbounded_channel();
    let (taking, account) = (engine.clone(), AccountName::new("centre")?);
    tokio::spawn(line.run(move |decoded| {
        let (engine, account, told) = (taking.clone(), account.clone(), told.clone());
        async move {
            let taken = engine.take_in(&account, decoded).await;
            let _ = told.send(());
            taken.is_ok()
        }
    }));

    let offer = loop {
        tells.recv().await.ok_or("the line has ended")?;
        engine.settle().await;
        if let Some(offer) = engine.my_work(&alice).await?.1.pop() {
            break offer;
        }
    };
    let work = engine.accept(&alice, offer.id, Once::default()).await?;
    let contact = work.contact.id;
    for (number, words) in (1..).zip(["It is. é👋".to_owned(), "é👋".repeat(300)]) {
        let id = ClientId(uuid::Uuid::from_u128(number));
        let sent = engine.send(&alice, work.id, id, MessageText::new(words)?).await?.0.id;
        while delivery(&engine, &alice, contact, sent).await? != Some(DeliveryStage::Delivered) {
            tells.recv().await.ok_or("the line has ended")?;
            engine.settle().await;
        }
    }
    let request = ConversationRequest::default();
    let first = engine.conversation(&alice, contact, &request).await?.messages;
    println!("{}", first.first().and_then(|message| message.content.text()).ok_or("nothing was written")?);
    engine.stop().await;
    Ok(())
}

async fn delivery(
    engine: &Engine,
    alice: &AgentName,
    contact: ContactId,
    message: MessageId,
) -> Outcome<Option<DeliveryStage>> {
    let request = ConversationRequest::default();
    let seen = engine.conversation(alice, contact, &request).await?.messages;
    Ok(seen.into_iter().find(|other| other.id == message).and_then(|found| found.delivery))
}
