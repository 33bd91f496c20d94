//! A contact writes, an agent answers: Parlor on one page.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use parlor::engine::{Arrival, Inbound, Once};
use parlor::model::{
    AgentName, ChannelKind, ChannelName, ClientId, Content, Medium, MessageText, PointAddress, PointKey,
    ProviderMessageId,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = parlor::Builder::new()
        .queue("support")
        .agent("alice", ["support"])
        .web_chat("website", "support")
        .start()
        .await?;
    let alice = AgentName::new("alice")?;

    // A visitor writes. The message is kept before `receive` returns; the work waits for somebody who is Ready.
    let key = PointKey {
        kind: ChannelKind::WebChat,
        scope: "website".into(),
        address: PointAddress::new("visitor-1"),
    };
    let visitor = engine.arrive(Arrival::new(ChannelName::new("website")?, key)).await?;
    let text = Content::Text { text: MessageText::new("Is anybody there?")? };
    engine.receive(&visitor, Inbound::new(ProviderMessageId::new("first"), text)).await?;

    // Alice becomes Ready and is offered it.
    engine.set_readiness(&alice, &Medium::Chat, true, None).await?;
    engine.settle().await;
    let (_, offers) = engine.my_work(&alice).await?;
    let interaction = engine.accept(&alice, offers.first().ok_or("no offer")?.id, Once::default()).await?;
    engine
        .send(&alice, interaction.id, ClientId(uuid::Uuid::from_u128(1)), MessageText::new("I am!")?)
        .await?;

    for message in engine.contact_messages(&visitor, 0, 100).await? {
        let who = if message.author.is_contact() { "visitor" } else { "desk" };
        println!("{} {who}: {}", message.sequence, message.content.text().unwrap_or("(alice joined)"));
    }
    engine.stop().await;
    Ok(())
}
