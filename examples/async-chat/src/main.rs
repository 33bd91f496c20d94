//! A chat that is ended, continued, closed and begun anew.
//!
//! While it is not Done, writing continues the *same* interaction; after Done, the contact's next message begins a
//! *new* one, with all the history. Time is the example's own, so that the transcript is the same on every run.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::sync::Arc;
use std::time::Duration;

use parlor::engine::view::InteractionView;
use parlor::engine::{Arrival, ContactSession, Engine, Inbound, Once};
use parlor::model::{
    AgentName, Author, ChannelKind, ChannelName, ClientId, Content, InteractionId, LifecycleNotice, Medium,
    MessageText, PointAddress, PointKey, ProviderMessageId, SystemNotice,
};
use parlor_testkit::ManualClock;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Story {
    engine: Engine,
    time: ManualClock,
    alice: AgentName,
    ann: ContactSession,
    next: u128,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut story = Story::begin().await?;

    story.contact("My parcel has not arrived.").await?;
    let first = story.accept().await?;
    story.agent(first.id, "Let me find out. I will write to you here.").await?;
    story.engine.end(&story.alice, first.id, Once::default()).await?;

    println!("-- two days later, Alice writes in the ended interaction");
    story.time.advance(Duration::from_hours(48));
    story.agent(first.id, "It is on its way and arrives tomorrow.").await?;
    let again = story.engine.interaction(&story.alice, first.id).await?;
    println!("   same interaction: {}, session {}", again.id == first.id, again.segment);
    story.engine.end(&story.alice, first.id, Once::default()).await?;
    story.engine.mark_done(&story.alice, first.id, Once::default()).await?;

    println!("-- a week later, Ann writes after Done");
    story.time.advance(Duration::from_hours(168));
    story.contact("It has arrived. Thank you!").await?;
    let second = story.accept().await?;
    println!("   new interaction: {}, same thread: {}", second.id != first.id, second.thread == first.thread);

    println!("-- the whole conversation");
    story.print([first.id, second.id]).await
}

impl Story {
    async fn begin() -> Outcome<Self> {
        let time = ManualClock::new();
        let engine = parlor::Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .web_chat("website", "support")
            .manual_time(Arc::new(time.clone()))
            .start()
            .await?;
        let alice = AgentName::new("alice")?;
        let key = PointKey {
            kind: ChannelKind::WebChat,
            scope: "website".into(),
            address: PointAddress::new("ann"),
        };
        let ann = engine.arrive(Arrival::new(ChannelName::new("website")?, key)).await?;
        Ok(Self { engine, time, alice, ann, next: 1 })
    }

    async fn contact(&mut self, words: &str) -> Outcome<()> {
        self.time.advance(Duration::from_secs(5));
        let id = ProviderMessageId::new(self.next.to_string());
        self.next += 1;
        let content = Content::Text { text: MessageText::new(words)? };
        self.engine.receive(&self.ann, Inbound::new(id, content)).await?;
        Ok(())
    }

    async fn agent(&mut self, id: InteractionId, words: &str) -> Outcome<()> {
        self.time.advance(Duration::from_secs(5));
        let client = ClientId(uuid::Uuid::from_u128(self.next));
        self.next += 1;
        self.engine.send(&self.alice, id, client, MessageText::new(words)?).await?;
        Ok(())
    }

    async fn accept(&self) -> Outcome<InteractionView> {
        self.engine.set_readiness(&self.alice, &Medium::Chat, true, None).await?;
        self.engine.settle().await;
        let (_, offers) = self.engine.my_work(&self.alice).await?;
        let offer = offers.first().ok_or("no offer")?;
        Ok(self.engine.accept(&self.alice, offer.id, Once::default()).await?)
    }

    async fn print(&self, interactions: [InteractionId; 2]) -> Outcome<()> {
        for message in self.engine.contact_messages(&self.ann, 0, 100).await? {
            let which =
                interactions.iter().position(|id| Some(*id) == message.interaction).map_or(0, |at| at + 1);
            let who = match &message.author {
                Author::Contact(_) => "Ann".to_owned(),
                Author::Agent(agent) => agent.to_string(),
                Author::Bot(bot) => bot.to_string(),
                Author::System => "--".to_owned(),
            };
            println!(
                "{:>2}  #{which}.{}  {who:<6} {}",
                message.sequence,
                message.segment,
                words(&message.content)
            );
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
        LifecycleNotice::EndedByAgent { agent } => format!("{agent} ended the session"),
        LifecycleNotice::Reactivated => "the interaction goes on".to_owned(),
        LifecycleNotice::Done => "closed for good".to_owned(),
        other => format!("{other:?}"),
    }
}
