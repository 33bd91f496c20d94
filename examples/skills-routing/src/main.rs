//! Work finds whoever can do it, and says why when it waits.
//!
//! First words are classified, so an upset contact gets the agent who calms people down though another is idle longer.
//! A queue asks for good Spanish; after a minute any Spanish will do. While it is closed, its work goes elsewhere.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::sync::Arc;
use std::time::Duration;

use parlor::engine::{AgentFeed, Arrival, Config, Engine, Inbound, Once};
use parlor::model::{
    AgentName, ChannelKind, ChannelName, Content, Label, Medium, MessageText, PointAddress, PointKey,
    ProviderMessageId, QueueName, SkillName, Timestamp,
};
use parlor::routing::{Exclusion, Keyword, KeywordClassifier, QueueRule, Ring};
use parlor_testkit::ManualClock;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The story begins on a Monday at nine, when `spanish` opens.
fn rules(config: &mut Config) -> Outcome<()> {
    let (calming, spanish) = (SkillName::new("calming")?, SkillName::new("spanish")?);
    config.classifier = Some(Arc::new(KeywordClassifier {
        rules: vec![Keyword {
            words: vec!["terrible".to_owned(), "my money back".to_owned()],
            sentiment: Some(Label::new("negative")?),
            skills: [(calming.clone(), 1)].into(),
            ..Keyword::default()
        }],
    }));
    let any_spanish =
        Ring { after: Duration::from_mins(1), lowers: [(spanish.clone(), 1)].into(), ..Ring::default() };
    config.queues.push(QueueRule {
        skills: [(spanish.clone(), 3)].into(),
        hours: Some("UTC; mon-fri 09:00-17:00".parse()?),
        overflow: Some(QueueName::new("support")?),
        rings: vec![any_spanish],
        ..QueueRule::new(QueueName::new("spanish")?)
    });
    // Alice, Bob and Carlos.
    config.agents[1].skills = [(calming, 1), (spanish.clone(), 2)].into();
    config.agents[2].skills = [(spanish, 3)].into();
    Ok(())
}

struct Story {
    engine: Engine,
    time: ManualClock,
    /// Open desks keep their agents present.
    desks: Vec<AgentFeed>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    // A Monday, 09:00 UTC.
    let time = ManualClock::new();
    time.set(Timestamp::from_micros(1_767_603_600_000_000));
    let mut wrong = Ok(());
    let engine = parlor::Builder::new()
        .queue("support")
        .agent("alice", ["support", "spanish"])
        .agent("bob", ["support", "spanish"])
        .agent("carlos", ["support"])
        .web_chat("website", "support")
        .web_chat("sitio", "spanish")
        .configure(|config| wrong = rules(config))
        .manual_time(Arc::new(time.clone()))
        .start()
        .await?;
    wrong?;
    let mut story = Story { engine, time, desks: Vec::new() };
    for agent in ["alice", "bob", "carlos"] {
        story.ready(agent).await?;
    }

    println!("-- Ann is upset");
    story.says("ann", "website", "This is terrible. I want my money back!").await?;
    println!("-- Ben asks something");
    story.says("ben", "website", "When are you open?").await?;
    println!("-- Carmen writes in Spanish");
    story.says("carmen", "sitio", "Hola, tengo una pregunta.").await?;
    println!("-- a minute later");
    story.time.advance(Duration::from_mins(1));
    story.accept().await?;
    println!("-- in the evening, Diego writes");
    story.time.advance(Duration::from_hours(9));
    story.says("diego", "sitio", "Hola?").await
}

impl Story {
    async fn ready(&mut self, agent: &str) -> Outcome<()> {
        self.time.advance(Duration::from_secs(1));
        let agent = AgentName::new(agent)?;
        self.engine.set_readiness(&agent, &Medium::Chat, true, None).await?;
        self.desks.push(self.engine.feed(&agent, None).await?);
        Ok(())
    }

    /// A contact writes; prints who is asked, or why nobody is.
    async fn says(&self, contact: &str, channel: &str, words: &str) -> Outcome<()> {
        let address = PointAddress::new(contact);
        let key = PointKey { kind: ChannelKind::WebChat, scope: "website".into(), address };
        let session = self.engine.arrive(Arrival::new(ChannelName::new(channel)?, key)).await?;
        let content = Content::Text { text: MessageText::new(words)? };
        self.engine.receive(&session, Inbound::new(ProviderMessageId::new(contact), content)).await?;
        self.engine.settle().await;
        let alice = AgentName::new("alice")?;
        if self.accept().await? == 0
            && let Some(work) = self.engine.contact(&alice, session.contact).await?.interactions.first()
            && let Some(why) = self.engine.explain(&alice, work.id).await?
        {
            println!("   waits in {}, place {} of {}", why.queue, why.position.position, why.position.of);
            for verdict in &why.verdicts {
                let reasons: Vec<_> = verdict.exclusions.iter().map(reason).collect();
                println!("   not {}: {}", verdict.agent, reasons.join("; "));
            }
        }
        Ok(())
    }

    /// Everybody accepts what they are offered.
    async fn accept(&self) -> Outcome<usize> {
        self.engine.settle().await;
        let mut accepted = 0;
        for agent in ["alice", "bob", "carlos"] {
            let agent = AgentName::new(agent)?;
            for offer in self.engine.my_work(&agent).await?.1 {
                println!("   offered to {agent}");
                self.engine.accept(&agent, offer.id, Once::default()).await?;
                accepted += 1;
            }
        }
        Ok(accepted)
    }
}

fn reason(exclusion: &Exclusion) -> String {
    match exclusion {
        Exclusion::MissingSkill { skill, required, has_grade } => {
            format!("needs {skill} {required}, has {}", has_grade.unwrap_or(0))
        }
        Exclusion::RingNotReached { ring, at } => format!("would do in ring {ring}, from {at}"),
        other => format!("{other:?}"),
    }
}
