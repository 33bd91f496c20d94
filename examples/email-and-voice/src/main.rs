//! Alice calls a contact, writes them an e-mail, and asks Bob for advice by telephone. The argument is the port of a mail relay.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;
use std::sync::Arc;

use email_and_voice::Outside;
use parlor::engine::{Arrival, Consulted, ContactEdit, ConversationRequest, Inbound, Once};
use parlor::model::{
    AgentName, ChannelKind, ChannelName, ClientId, Content, Medium, MessageText, PointAddress, PointKey,
    ProviderMessageId, SystemNotice,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let relay = std::env::args().nth(1).map_or(Ok(25), |port| port.parse())?;
    let outside = Arc::new(Outside::new(relay, "Support <support@desk.example>", "Your chat with us")?);
    let builder = parlor::Builder::new().queue("support").web_chat("website", "support");
    let builder = builder.agent("alice", ["support"]).agent("bob", ["support"]);
    let engine = builder.outside_launcher(outside.clone()).voice_gateway(outside.clone()).start().await?;
    let (alice, bob) = (AgentName::new("alice")?, AgentName::new("bob")?);
    engine.sign_in(&bob).await?;
    engine.set_readiness(&alice, &Medium::Chat, true, None).await?;

    let (kind, address) = (ChannelKind::WebChat, PointAddress::new("visitor-1"));
    let key = PointKey { kind, scope: "website".into(), address };
    let ann = engine.arrive(Arrival::new(ChannelName::new("website")?, key)).await?;
    let text = Content::Text { text: MessageText::new("Call me, or write to me.")? };
    engine.receive(&ann, Inbound::new(ProviderMessageId::new("first"), text)).await?;
    engine.settle().await;
    let offer = engine.my_work(&alice).await?.1.pop().ok_or("no offer")?;
    let work = engine.accept(&alice, offer.id, Once::default()).await?.id;
    let mut edit = ContactEdit::new(ann.contact, engine.contact(&alice, ann.contact).await?.contact.version);
    let fields =
        [("e-mail", "ann@example.org"), ("old e-mail", "ann@refused.example"), ("phone", "+1 555 000 2001")];
    edit.fields = Some(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    engine.edit_contact(&alice, edit).await?;

    for (number, action) in (1..).zip(engine.available_actions(&alice, ann.contact).await?) {
        let id = ClientId(uuid::Uuid::from_u128(number));
        // What came of it stands in the transcript, a failure too.
        drop(engine.launch(&alice, ann.contact, action.means, &action.address, id).await);
    }
    let (consult, _) = engine.consult(&alice, work, Consulted::Voice(bob.clone()), Once::default()).await?;
    println!("Bob's telephone rings: {}", engine.my_requests(&bob).await?.len() == 1);
    engine.join_consult(&bob, work, consult, Once::default()).await?;
    engine.end_consult(&alice, work, consult, Once::default()).await?;
    outside.is_over(consult).await;
    println!("and is still again");
    for message in engine.conversation(&alice, ann.contact, &ConversationRequest::default()).await?.messages {
        if let Content::System { notice: SystemNotice::Outside { agent, by, address, stage } } =
            message.content
        {
            println!("{agent}: {by:?} {}: {stage:?}", address.as_str());
        }
    }
    Ok(())
}
