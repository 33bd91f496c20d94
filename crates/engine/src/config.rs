use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parlor_channel::OnShow;
use parlor_composer::ChannelOrder;
use parlor_interaction::{DispositionCode, Policy};
use parlor_model::{Agent, AgentName, Channel, ChannelName, Medium, QueueName};
use parlor_routing::{Classifier, QueueRule, RoutingError, RoutingPolicy, RoutingRules};
use parlor_transcript::Thresholds;

use crate::outbox::SendPolicy;

/// What one workspace is configured with. It is checked as a whole by [`Config::check`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// Who answers.
    pub agents: Vec<Agent>,
    /// Where work waits, and what becomes of it there.
    pub queues: Vec<QueueRule>,
    /// Says what the first words of an interaction are about, so that the right agents get it (r10).
    pub classifier: Option<Arc<dyn Classifier>>,
    /// Our endpoints.
    pub channels: Vec<Channel>,
    /// What differs between channels, where it is not as the transport and [`Timing`] say.
    pub channel_rules: BTreeMap<ChannelName, ChannelRules>,
    /// The outcome codes (r30): a tree, each with those that it stands below. Only what nothing stands below is given.
    pub dispositions: Vec<Disposition>,
    /// How long things may take.
    pub timing: Timing,
    /// The rules of the desk.
    pub rules: Rules,
}

/// What one channel has of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelRules {
    /// What Show opens when the contact has answered (r101, r102); `None`: as the transport's profile says.
    pub on_show: Option<OnShow>,
    /// When a pending response turns yellow and red there (r42); `None`: as everywhere.
    pub pending: Option<Thresholds>,
}

/// An outcome code and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// Identity.
    pub code: DispositionCode,
    /// What people read.
    pub name: String,
}

/// How long things may take. The defaults are choices of ours where the manuals give no number; each stands in
/// `docs/manual-decisions.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// How long an agent may think about an offer (r8).
    pub offer_ttl: Duration,
    /// How long a colleague may think about what they are asked: to take an interaction over, to join it or to advise.
    pub transfer_ttl: Duration,
    /// When a pending response turns yellow and red (r42, r43).
    pub pending: Thresholds,
    /// How much longer waiting one step of priority is worth.
    pub priority_step: Duration,
    /// How long a typing notice lasts without a new one (r38).
    pub typing_ttl: Duration,
    /// How long the routing lease runs without being renewed.
    pub routing_lease: Duration,
    /// How long an agent is present without an open feed or a call.
    pub presence_lease: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            offer_ttl: Duration::from_secs(20),
            transfer_ttl: Duration::from_secs(30),
            pending: Thresholds::default(),
            priority_step: RoutingPolicy::DEFAULT_PRIORITY_STEP,
            typing_ttl: Duration::from_secs(10),
            routing_lease: Duration::from_secs(10),
            presence_lease: Duration::from_secs(30),
        }
    }
}

/// The rules of the desk that the manuals leave to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The rules of the interaction machine.
    pub interaction: Policy,
    /// What becomes of an agent who lets an offer pass.
    pub missed_offer: MissedOffer,
    /// Who gets the answer to what was written without an interaction (r101).
    pub reply: ReplyGoes,
    /// When a session ends, its owner becomes NotReady (after work) on the media of its channel that they are Ready
    /// on, until the work is Done or goes on (r13). Default: no.
    pub ended_sets_not_ready: bool,
    /// The words before a web address that an agent asks a contact to open (r64), at most
    /// [`Rules::INVITATION_BYTES`]. Default: in English.
    pub invitation: String,
    /// How many of the emoji that an agent sent last are remembered (r73). Default 30.
    pub recent_emoji: usize,
    /// What becomes of uploaded files.
    pub uploads: Uploads,
    /// How long things are kept.
    pub retention: Retention,
    /// How messages are sent through providers.
    pub sending: SendPolicy,
    /// On which channel a contact is written to when nobody chose one, and how the ways to reach them are listed (r113,
    /// r114).
    pub channels: ChannelOrder,
}

impl Rules {
    /// The most bytes of the words of an invitation. Decided: a sentence or two in any script, and room for the address
    /// in one long SMS.
    pub const INVITATION_BYTES: usize = 500;
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            interaction: Policy::default(),
            missed_offer: MissedOffer::default(),
            reply: ReplyGoes::default(),
            ended_sets_not_ready: false,
            invitation: "Please open this link:".to_owned(),
            recent_emoji: 30,
            uploads: Uploads::default(),
            retention: Retention::default(),
            sending: SendPolicy::default(),
            channels: ChannelOrder::default(),
        }
    }
}

/// What becomes of uploaded files. How large each may be is the channel's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploads {
    /// How long a file that was uploaded waits for the message that it is for. Default 24 h: a browser that lost its
    /// connection comes back within a day or not at all.
    pub kept: Duration,
    /// How many bytes one contact may upload in [`within`](Self::within) (threat T28). Default 1 GB. Text is taken on.
    pub per_contact: u64,
    /// In which time, in whole days. Default 30 days.
    pub within: Duration,
}

impl Default for Uploads {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            kept: Duration::from_secs(DAY),
            per_contact: 1_000_000_000,
            within: Duration::from_secs(30 * DAY),
        }
    }
}

/// How long things are kept, counted from when they came in. Default: as long as the workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// What was said, with its files. Its place stays. What belongs to work that is not Done is kept until it is.
    pub messages: Option<Duration>,
    /// The bytes of what could not be understood.
    pub dead_letters: Option<Duration>,
}

impl Retention {
    /// Whether anything ends at all.
    pub(crate) const fn ends_anything(self) -> bool {
        self.messages.is_some() || self.dead_letters.is_some()
    }
}

/// What becomes of an agent who lets an offer pass (RONA).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedOffer {
    /// They stay Ready; the same work is not offered to them again for one `offer_ttl`.
    #[default]
    StayReady,
    /// They become NotReady on the media of the work until they say Ready again.
    NotReady,
}

/// Who gets the contact's answer to what an agent wrote without an interaction (r101).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyGoes {
    /// The agent who wrote is alerted, while they are logged in; otherwise it goes to the queue.
    #[default]
    ToAgent,
    /// A new interaction waits in the channel's queue.
    ToQueue,
}

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The same name stands twice.
    #[error("{what} {name:?} is configured twice")]
    Twice {
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        name: String,
    },
    /// A name is used that is not configured.
    #[error("{user} names {what} {name:?}, which is not configured")]
    Unknown {
        /// Who uses it.
        user: String,
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        name: String,
    },
    /// A name that Parlor uses itself.
    #[error("no channel can have the name {channel}")]
    Reserved {
        /// Which one.
        channel: ChannelName,
    },
    /// A duration is zero.
    #[error("{name} must be longer than zero")]
    Zero {
        /// Which one.
        name: &'static str,
    },
    /// The rules of the queues make no sense.
    #[error(transparent)]
    Routing(#[from] RoutingError),
    /// Sessions of silent contacts end after they were noticed, and they are never noticed.
    #[error("idle_end needs idle_notice")]
    IdleEndAlone,
    /// The words of the invitation to open an address are too long, or not one line.
    #[error("the invitation is one line of at most {} bytes", Rules::INVITATION_BYTES)]
    Invitation,
    /// A channel asks for no readiness, so that nobody could ever be offered its work by being Ready.
    #[error("channel {channel} asks for no readiness")]
    NoReadiness {
        /// Which one.
        channel: ChannelName,
    },
}

impl Config {
    /// Checks that names are unique and known, and that durations make sense.
    pub fn check(&self) -> Result<(), ConfigError> {
        unique("agent", self.agents.iter().map(|agent| agent.name.as_str()))?;
        unique("queue", self.queues.iter().map(|queue| queue.name.as_str()))?;
        unique("channel", self.channels.iter().map(|channel| channel.name.as_str()))?;
        unique("disposition", self.dispositions.iter().map(|one| one.code.as_str()))?;
        for Disposition { code, .. } in &self.dispositions {
            if let Some(parent) = code.parent()
                && !self.dispositions.iter().any(|known| known.code.as_str() == parent)
            {
                return Err(ConfigError::Unknown {
                    user: format!("disposition {code}"),
                    what: "disposition",
                    name: parent.to_owned(),
                });
            }
        }
        let queues: BTreeSet<&QueueName> = self.queues.iter().map(|queue| &queue.name).collect();
        for agent in &self.agents {
            for queue in &agent.queues {
                known(&queues, queue, || format!("agent {}", agent.name))?;
            }
        }
        for channel in &self.channels {
            known(&queues, &channel.queue, || format!("channel {}", channel.name))?;
            if channel.name.as_str() == crate::colleagues::CHANNEL {
                return Err(ConfigError::Reserved { channel: channel.name.clone() });
            }
            if channel.readiness.is_empty() {
                return Err(ConfigError::NoReadiness { channel: channel.name.clone() });
            }
        }
        for channel in self.channel_rules.keys() {
            if !self.channels.iter().any(|known| known.name == *channel) {
                let (user, what) = ("channel_rules".to_owned(), "channel");
                return Err(ConfigError::Unknown { user, what, name: channel.to_string() });
            }
        }
        let Policy { idle_notice, idle_end, .. } = &self.rules.interaction;
        if idle_end.is_some() && idle_notice.is_none() {
            return Err(ConfigError::IdleEndAlone);
        }
        let invitation = &self.rules.invitation;
        if invitation.len() > Rules::INVITATION_BYTES || invitation.chars().any(char::is_control) {
            return Err(ConfigError::Invitation);
        }
        let timing = &self.timing;
        for (name, duration) in [
            ("offer_ttl", timing.offer_ttl),
            ("transfer_ttl", timing.transfer_ttl),
            ("typing_ttl", timing.typing_ttl),
            ("routing_lease", timing.routing_lease),
            ("presence_lease", timing.presence_lease),
        ] {
            if duration.is_zero() {
                return Err(ConfigError::Zero { name });
            }
        }
        self.routing()?;
        Ok(())
    }

    /// The rules of routing.
    fn routing(&self) -> Result<RoutingRules, RoutingError> {
        let policy = RoutingPolicy::default()
            .with_reoffer_after(self.timing.offer_ttl)?
            .with_priority_step(self.timing.priority_step)?;
        RoutingRules::new(policy, self.queues.iter().cloned())
    }
}

fn unique<'a>(what: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), ConfigError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ConfigError::Twice { what, name: name.to_owned() });
        }
    }
    Ok(())
}

fn known(
    queues: &BTreeSet<&QueueName>,
    queue: &QueueName,
    user: impl Fn() -> String,
) -> Result<(), ConfigError> {
    if queues.contains(queue) {
        return Ok(());
    }
    Err(ConfigError::Unknown { user: user(), what: "queue", name: queue.to_string() })
}

/// The configuration, indexed for the engine's own use.
#[derive(Debug)]
pub(crate) struct Directory {
    agents: BTreeMap<AgentName, Agent>,
    queues: BTreeSet<QueueName>,
    channels: BTreeMap<ChannelName, Channel>,
    media: BTreeSet<Medium>,
    channel_rules: BTreeMap<ChannelName, ChannelRules>,
    pub(crate) dispositions: Vec<Disposition>,
    pub(crate) routing: RoutingRules,
    pub(crate) classifier: Option<Arc<dyn Classifier>>,
    pub(crate) timing: Timing,
    pub(crate) rules: Rules,
}

impl Directory {
    pub(crate) fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            routing: config.routing()?,
            classifier: config.classifier,
            media: config.channels.iter().flat_map(|channel| channel.readiness.iter().cloned()).collect(),
            queues: config.queues.into_iter().map(|queue| queue.name).collect(),
            agents: config.agents.into_iter().map(|agent| (agent.name.clone(), agent)).collect(),
            channels: config.channels.into_iter().map(|channel| (channel.name.clone(), channel)).collect(),
            channel_rules: config.channel_rules,
            dispositions: config.dispositions,
            timing: config.timing,
            rules: config.rules,
        })
    }

    pub(crate) fn agent(&self, name: &AgentName) -> Option<&Agent> {
        self.agents.get(name)
    }

    pub(crate) fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    pub(crate) fn has_queue(&self, name: &QueueName) -> bool {
        self.queues.contains(name)
    }

    pub(crate) fn channel(&self, name: &ChannelName) -> Option<&Channel> {
        self.channels.get(name)
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.values()
    }

    /// What a channel has of its own.
    pub(crate) fn channel_rules(&self, name: &ChannelName) -> ChannelRules {
        self.channel_rules.get(name).copied().unwrap_or_default()
    }

    /// Whether nothing stands below an outcome code, so that agents may give it.
    pub(crate) fn is_leaf(&self, code: &DispositionCode) -> bool {
        self.dispositions.iter().all(|other| other.code.parent() != Some(code.as_str()))
    }

    /// Every medium that some channel asks for: what an agent can be Ready on.
    pub(crate) fn media(&self) -> &BTreeSet<Medium> {
        &self.media
    }
}
