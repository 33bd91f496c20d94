//! Alice talks to a contact, asks Bob for advice behind the scenes, and hands the chat to him: a warm transfer.
//!
//! The contact keeps talking to Alice until Bob has it, and never sees a word of the consult.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use parlor::engine::{Arrival, Consulted, ContactSession, Engine, HandTo, Inbound, Once};
use parlor::model::{
    AgentName, Author, ChannelKind, ChannelName, ClientId, ConsultId, Content, InteractionId,
    LifecycleNotice, Medium, Message, MessageText, PointAddress, PointKey, ProviderMessageId, SystemNotice,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Story {
    engine: Engine,
    alice: AgentName,
    bob: AgentName,
    ann: ContactSession,
    next: u128,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut story = Story::begin().await?;
    let once = Once::default;

    story.contact("I was charged twice.").await?;
    let id = story.accept().await?;
    story.agent(id, "Let me look into that.").await?;

    println!("-- Alice asks Bob for advice");
    let (consult, _) =
        story.engine.consult(&story.alice, id, Consulted::Chat(story.bob.clone()), once()).await?;
    for request in story.engine.my_requests(&story.bob).await? {
        println!("   Bob is asked: {:?} by {}", request.kind, request.by);
    }
    story.engine.join_consult(&story.bob, id, consult, once()).await?;
    story.aside(true, (id, consult), "Can you refund this?").await?;
    story.contact("Are you still there?").await?;
    story.aside(false, (id, consult), "Yes. Hand it to me.").await?;
    story.owner(id).await?;

    println!("-- she completes it as a warm transfer");
    story.engine.complete_consult(&story.alice, id, consult, once()).await?;
    story.owner(id).await?;

    println!("-- Bob wants to give it back; Alice declines, and it stays with him");
    let asked =
        story.engine.transfer(&story.bob, id, HandTo::Agent(story.alice.clone()), None, once()).await?;
    let transfer = asked.transfer.ok_or("no transfer")?.id;
    story.engine.decline_transfer(&story.alice, transfer, once()).await?;
    story.owner(id).await?;

    println!("-- what the agents see");
    story.print(|_| true).await?;
    println!("-- what Ann sees");
    story.print(|message| message.visibility.reaches_contact()).await
}

impl Story {
    async fn begin() -> Outcome<Self> {
        let engine = parlor::Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .agent("bob", ["support"])
            .web_chat("website", "support")
            .start()
            .await?;
        let (alice, bob) = (AgentName::new("alice")?, AgentName::new("bob")?);
        engine.set_readiness(&alice, &Medium::Chat, true, None).await?;
        engine.sign_in(&bob).await?;
        let key = PointKey {
            kind: ChannelKind::WebChat,
            scope: "website".into(),
            address: PointAddress::new("ann"),
        };
        let ann = engine.arrive(Arrival::new(ChannelName::new("website")?, key)).await?;
        Ok(Self { engine, alice, bob, ann, next: 1 })
    }

    fn client_id(&mut self) -> ClientId {
        self.next += 1;
        ClientId(uuid::Uuid::from_u128(self.next))
    }

    async fn contact(&mut self, words: &str) -> Outcome<()> {
        let id = ProviderMessageId::new(self.client_id().to_string());
        let content = Content::Text { text: MessageText::new(words)? };
        self.engine.receive(&self.ann, Inbound::new(id, content)).await?;
        Ok(())
    }

    async fn accept(&self) -> Outcome<InteractionId> {
        self.engine.settle().await;
        let (_, offers) = self.engine.my_work(&self.alice).await?;
        let offer = offers.first().ok_or("no offer")?;
        Ok(self.engine.accept(&self.alice, offer.id, Once::default()).await?.id)
    }

    async fn agent(&mut self, id: InteractionId, words: &str) -> Outcome<()> {
        let client = self.client_id();
        self.engine.send(&self.alice, id, client, MessageText::new(words)?).await?;
        Ok(())
    }

    /// One of the two says something to the other.
    async fn aside(&mut self, alice: bool, of: (InteractionId, ConsultId), words: &str) -> Outcome<()> {
        let (id, consult) = of;
        let client = self.client_id();
        let agent = if alice { &self.alice } else { &self.bob };
        self.engine.write_in_consult(agent, id, consult, client, MessageText::new(words)?).await?;
        Ok(())
    }

    async fn owner(&self, id: InteractionId) -> Outcome<()> {
        let owner = self.engine.interaction(&self.bob, id).await?.owner.ok_or("no owner")?;
        println!("   {owner} has it");
        Ok(())
    }

    async fn print(&self, shows: impl Fn(&Message) -> bool) -> Outcome<()> {
        for message in self.engine.contact_messages(&self.ann, 0, 100).await?.iter().filter(|one| shows(one))
        {
            let who = match &message.author {
                Author::Contact(_) => "Ann".to_owned(),
                Author::Agent(agent) => agent.to_string(),
                Author::Bot(bot) => bot.to_string(),
                Author::System => "--".to_owned(),
            };
            let aside = if message.visibility.reaches_contact() { ' ' } else { '*' };
            println!("{:>2}{aside} {who:<6} {}", message.sequence, words(&message.content));
        }
        Ok(())
    }
}

fn words(content: &Content) -> String {
    let Content::System { notice: SystemNotice::Lifecycle { change, .. } } = content else {
        return content.text().unwrap_or_default().to_owned();
    };
    match change {
        LifecycleNotice::Joined { agent } => format!("{agent} joined"),
        LifecycleNotice::TransferRequested { by, to } => format!("{by} asks {to} to take it"),
        LifecycleNotice::TransferDeclined { agent } => format!("{agent} does not take it"),
        other => format!("{other:?}"),
    }
}
