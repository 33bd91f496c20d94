//! What people are shown: serialisable projections, the same in answers and in the feed.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor_channel::{ConnectionState, LineKind, MayReceive};
use parlor_composer::Span;
use parlor_interaction::{CaseValue, DispositionCode, Outcome, StateName, Supervision};
use parlor_model::{
    AgentName, AlertId, ChannelKind, ChannelName, ConsultId, ContactId, ContactPointId, Content,
    DeliveryStage, Flags, InteractionId, Label, MediaClass, Medium, MessageId, OfferId, OutsideMeans,
    PointAddress, QueueName, Role, ThreadId, Timestamp, TransferId, Visibility,
};
use parlor_store::OutboxState;
use parlor_transcript::Colour;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::error::OfferGone;
use crate::requests::{ConsultBy, RequestGone, RequestKind};

/// An agent's own state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Me {
    /// Who.
    pub agent: AgentName,
    /// What they may do.
    pub role: Role,
    /// Whether they are logged in.
    pub signed_in: bool,
    /// Readiness on every medium that some channel asks for.
    pub readiness: BTreeMap<Medium, ReadinessView>,
    /// What they hold of each class.
    pub load: BTreeMap<MediaClass, LoadView>,
    /// What they are enabled for.
    pub flags: Flags,
    /// The durations a client needs.
    pub timing: TimingView,
    /// The outcome codes there are.
    pub dispositions: Vec<DispositionView>,
    /// The channels there are.
    pub channels: Vec<ChannelView>,
    /// The engine's time, so that a client with another clock shows right durations.
    pub now: Timestamp,
}

/// Readiness on one medium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadinessView {
    /// Takes work.
    pub ready: bool,
    /// Why not: `logged_in`, `missed_offer`, `after_work`, or a reason code of the workspace.
    pub reason: Option<String>,
    /// Since when; `None` when it was never said.
    pub since: Option<Timestamp>,
}

/// What an agent holds of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LoadView {
    /// Held.
    pub used: u32,
    /// At the most.
    pub limit: u32,
}

/// Durations in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TimingView {
    /// When a pending response turns yellow.
    pub pending_warning_ms: u64,
    /// When it turns red.
    pub pending_overdue_ms: u64,
    /// How long a typing notice lasts.
    pub typing_ttl_ms: u64,
    /// How long an offer lasts.
    pub offer_ttl_ms: u64,
    /// How long a colleague is asked.
    pub transfer_ttl_ms: u64,
}

/// An outcome code (r30): a path, such as `sales/lost/price`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DispositionView {
    /// Identity.
    pub code: DispositionCode,
    /// What people read.
    pub name: String,
    /// Whether nothing stands below it, so that it may be given.
    pub leaf: bool,
}

/// A channel's name and network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelView {
    /// Identity.
    pub name: ChannelName,
    /// The network.
    pub kind: ChannelKind,
    /// What agents may attach to what they write there; `None` where they may attach nothing (r84, r85).
    pub attachments: Option<crate::attachments::FileRules>,
    /// Whether a text there travels in parts, so that a writer wants to know how many it has.
    pub counted: bool,
}

/// What an agent is told of a text while they write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComposeView {
    /// How much of each limit it uses up.
    pub counts: Vec<CountView>,
    /// In how many parts it travels and is charged, where it may be several.
    pub parts: Option<PartsView>,
    /// What in it can be clicked (r57).
    pub spans: Vec<Span>,
}

/// How much of a limit a text uses up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountView {
    /// Which limit.
    pub name: String,
    /// What is counted.
    pub unit: String,
    /// How much of it the text has.
    pub count: u64,
    /// How much it may have.
    pub limit: u64,
}

/// The parts in which a text travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartsView {
    /// What they are.
    pub unit: String,
    /// How many there are.
    pub count: u64,
    /// In what the text is written, on which their length depends.
    pub alphabet: Option<&'static str>,
    /// How many more units of it fit before there is one more.
    pub left: Option<u64>,
}

/// A contact, as short as possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactRef {
    /// Identity.
    pub id: ContactId,
    /// What to show; never empty (r34).
    pub display_name: String,
}

/// A contact point, as short as possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PointView {
    /// Identity.
    pub id: ContactPointId,
    /// The network.
    pub kind: ChannelKind,
    /// The address as the network gave it.
    pub address: String,
    /// Our endpoint at which they use it; `None` when they never have.
    pub channel: Option<ChannelName>,
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InteractionView {
    /// Identity.
    pub id: InteractionId,
    /// Its thread.
    pub thread: ThreadId,
    /// Our endpoint.
    pub channel: ChannelName,
    /// The network.
    pub kind: ChannelKind,
    /// Where it waits or waited.
    pub queue: QueueName,
    /// Who it is with.
    pub contact: ContactRef,
    /// On which address; `None` below a post.
    pub point: Option<PointView>,
    /// Its state.
    pub state: StateName,
    /// Counts what happened to it.
    pub version: u64,
    /// Which session: 1 at first, one more with each reactivation.
    pub segment: u32,
    /// Who has it; while Ended, who had it last.
    pub owner: Option<AgentName>,
    /// Who else takes part.
    pub members: Vec<AgentName>,
    /// To whom it is being handed over (r48).
    pub transfer: Option<TransferView>,
    /// Who is asked to join (r49).
    pub invitations: Vec<InvitationView>,
    /// Who is asked for advice (r50 to r53).
    pub consults: Vec<ConsultView>,
    /// Who watches or helps.
    pub supervisors: Vec<SupervisorView>,
    /// Since when it has been in its state.
    pub since: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
    /// How its session ended.
    pub ended: Option<EndedView>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Whether an answer is due, and how urgently.
    pub pending: Option<PendingView>,
    /// Whether the contact is there (r35).
    pub connection: ConnectionState,
    /// The last lines (r46).
    pub tail: Vec<TailView>,
    /// Time in its state.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// The outcome code that was given.
    pub disposition: Option<DispositionCode>,
    /// Since when it is parked.
    pub parked: Option<Timestamp>,
    /// The case information (r32).
    pub case: BTreeMap<Label, CaseValue>,
}

/// A hand-over that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransferView {
    /// Identity.
    pub id: TransferId,
    /// Who hands it over.
    pub by: AgentName,
    /// Who should take it.
    pub to: AgentName,
    /// Until when.
    pub expires_at: Timestamp,
}

/// An invitation that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvitationView {
    /// Who is asked.
    pub agent: AgentName,
    /// Who asks.
    pub by: AgentName,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Somebody is asked for advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsultView {
    /// Identity.
    pub id: ConsultId,
    /// Who asks.
    pub by: AgentName,
    /// How.
    pub medium: ConsultBy,
    /// Who is asked, when it is an agent.
    pub agent: Option<AgentName>,
    /// Which address is called, when it is somebody outside.
    pub point: Option<ContactPointId>,
    /// Whether they have answered.
    pub joined: bool,
    /// Until when they are asked; `None` once they have answered.
    pub expires_at: Option<Timestamp>,
}

/// Somebody watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupervisorView {
    /// Who.
    pub agent: AgentName,
    /// How.
    pub mode: Supervision,
}

/// What a colleague asks an agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestView {
    /// What.
    pub kind: RequestKind,
    /// Of a transfer or a consult its id, of an invitation that of the interaction.
    pub id: Uuid,
    /// Who asks.
    pub by: AgentName,
    /// Until when.
    pub expires_at: Timestamp,
    /// How a consult would be held.
    pub medium: Option<ConsultBy>,
    /// About what.
    pub interaction: InteractionView,
}

/// What a colleague asked is no longer open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestGoneView {
    /// What it was.
    pub kind: RequestKind,
    /// Which.
    pub id: Uuid,
    /// About what.
    pub interaction: InteractionId,
    /// Why.
    pub reason: RequestGone,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndedView {
    /// `contact`, `agent` or `system`.
    pub by: &'static str,
    /// Which agent.
    pub agent: Option<AgentName>,
    /// When.
    pub at: Timestamp,
}

/// A pending response (r40 to r43).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingView {
    /// Since when an answer is due.
    pub since: Timestamp,
    /// How urgently.
    pub colour: Colour,
    /// Whether the indicator flashes.
    pub flashing: bool,
    /// For how long.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
}

/// A line of a transcript, shortened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TailView {
    /// Who wrote it.
    pub author: AuthorView,
    /// The beginning of it.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// Who wrote something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorView {
    /// `contact`, `agent`, `bot` or `system`.
    pub kind: &'static str,
    /// Which one, for people and bots.
    pub name: Option<String>,
}

/// An offer to an agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfferView {
    /// Identity.
    pub id: OfferId,
    /// To whom.
    pub agent: AgentName,
    /// Until when.
    pub expires_at: Timestamp,
    /// Of what.
    pub interaction: InteractionView,
}

/// A transcript entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageView {
    /// Identity.
    pub id: MessageId,
    /// Its thread.
    pub thread: ThreadId,
    /// Our endpoint.
    pub channel: ChannelName,
    /// The network.
    pub kind: ChannelKind,
    /// Whose thread.
    pub contact: Option<ContactId>,
    /// During which interaction it was written.
    pub interaction: Option<InteractionId>,
    /// Which session of it.
    pub segment: u32,
    /// Place in the thread.
    pub sequence: u64,
    /// Place in the workspace.
    pub position: u64,
    /// Who wrote it.
    pub author: AuthorView,
    /// The entry it answers.
    pub parent: Option<MessageId>,
    /// Who may see it.
    pub visibility: Visibility,
    /// What was written.
    pub content: Content,
    /// When we took it in.
    pub at: Timestamp,
    /// When the provider says it was written.
    pub provider_time: Option<Timestamp>,
    /// Whether it stands before messages that were taken in earlier.
    pub late: bool,
    /// How far it has come, for messages to the contact.
    pub delivery: Option<DeliveryStage>,
    /// How far the sending of it is, where it is sent by a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<SendView>,
    /// What in its text can be clicked, where the agent's account has that (r57).
    pub spans: Vec<Span>,
}

/// How far the sending of a message is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SendView {
    /// How far.
    pub state: OutboxState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it is where it is, in one word, with the provider's code behind a colon where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A chat between colleagues: a consult without an interaction (r54).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsultThreadView {
    /// Identity.
    pub id: ConsultId,
    /// Where its entries stand.
    pub thread: ThreadId,
    /// Who asked.
    pub by: AgentName,
    /// Who is asked.
    pub agent: AgentName,
    /// Since when.
    pub started_at: Timestamp,
    /// Who ended it.
    pub ended_by: Option<AgentName>,
    /// When.
    pub ended_at: Option<Timestamp>,
}

/// Something that an agent can start outside Parlor to reach a contact (r55, r56).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionView {
    /// How.
    #[serde(rename = "action")]
    pub means: OutsideMeans,
    /// At which number or address.
    pub address: PointAddress,
    /// Which contact point that is.
    pub point: Option<ContactPointId>,
    /// In which field it stands instead.
    pub field: Option<String>,
}

/// A way to reach a contact (r114 to r117).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WayView {
    /// The network; `None` for what stands in a field.
    pub kind: Option<ChannelKind>,
    /// The number or address.
    pub address: PointAddress,
    /// Which contact point that is.
    pub point: Option<ContactPointId>,
    /// In which field it stands instead.
    pub field: Option<String>,
    /// On which of our channels there was an exchange with it, the last first; empty where there never was (r115).
    pub channels: Vec<ChannelName>,
    /// What the agent can start there (r116, r117).
    pub actions: Vec<WayAction>,
    /// What was found out about it, where it was asked (r130).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<PointCheck>,
}

/// What was found out about a number (r130).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PointCheck {
    /// Whether it can receive texts.
    pub state: MayReceive,
    /// What kind of line it is.
    pub line: LineKind,
    /// Whose network it is in.
    pub carrier: Option<String>,
    /// In which country, as two letters.
    pub country: Option<String>,
    /// When it was asked.
    pub checked_at: Timestamp,
}

/// Something that an agent can start at an address of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WayAction {
    /// What: `open_interaction`, `call` or `email`.
    pub action: &'static str,
    /// On which of our channels an interaction would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelName>,
}

impl WayAction {
    pub(crate) const fn open(channel: ChannelName) -> Self {
        Self { action: "open_interaction", channel: Some(channel) }
    }

    pub(crate) const fn outside(means: OutsideMeans) -> Self {
        let action = match means {
            OutsideMeans::Call => "call",
            OutsideMeans::Email => "email",
        };
        Self { action, channel: None }
    }
}

/// A contact in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactSummary {
    /// Identity.
    pub id: ContactId,
    /// What to show.
    pub display_name: String,
    /// Messages that the agent has not read; absent rather than 0 (r108).
    pub unread: Option<u64>,
    /// Channels on which the contact is at the moment (r110).
    pub active_channels: Vec<ChannelName>,
    /// The newest text.
    pub last: Option<TailView>,
    /// Whether the contact stands in the agent's list.
    pub assigned: bool,
    /// Place of the newest activity: the order of the list.
    pub activity: u64,
}

/// A page of contacts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactPage {
    /// Those with the newest activity first.
    pub contacts: Vec<ContactSummary>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<String>,
}

/// Everything about a contact but the conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactView {
    /// Who they are.
    pub contact: ContactDetails,
    /// Their addresses.
    pub points: Vec<PointView>,
    /// How they can be reached, in the order in which it is listed (r114).
    pub ways: Vec<WayView>,
    /// The channel on which they are written to when nobody chose one (r113); `None` for somebody with whom there was no
    /// exchange, where there is no web chat either.
    pub default_channel: Option<ChannelName>,
    /// At which of their addresses there: that of the last exchange; `None` where there was none.
    pub default_point: Option<ContactPointId>,
    /// Their threads.
    pub threads: Vec<ThreadView>,
    /// Their interactions, newest first.
    pub interactions: Vec<InteractionView>,
    /// Messages that the agent has not read.
    pub unread: Option<u64>,
    /// Channels on which they are at the moment.
    pub active_channels: Vec<ChannelName>,
    /// Whether they stand in the agent's list.
    pub assigned: bool,
}

/// Who a contact is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactDetails {
    /// Identity.
    pub id: ContactId,
    /// Counts changes; an update names the one it was made from.
    pub version: u64,
    /// What to show.
    pub display_name: String,
    /// Free fields.
    pub fields: BTreeMap<String, String>,
    /// When they were first seen.
    pub created_at: Timestamp,
}

/// A thread of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThreadView {
    /// Identity.
    pub id: ThreadId,
    /// Our endpoint.
    pub channel: ChannelName,
    /// The network.
    pub kind: ChannelKind,
    /// Whether the contact is there.
    pub connection: ConnectionState,
}

/// A page of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConversationView {
    /// Oldest first.
    pub messages: Vec<MessageView>,
    /// Where the page before begins; `None` when there is nothing older.
    pub before: Option<String>,
    /// Where what comes after begins; may be asked again later for what is new by then.
    pub after: String,
}

/// Messages that were found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FoundView {
    /// Newest first.
    pub hits: Vec<HitView>,
    /// Where the page after this one begins; `None` when nothing older was found.
    pub before: Option<String>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HitView {
    /// The message.
    pub message: MessageView,
    /// In whose conversation it stands; `None` for what nobody but colleagues wrote below a post.
    pub contact: Option<ContactRef>,
}

/// Something an agent is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertView {
    /// Identity.
    pub id: AlertId,
    /// What: `reply_arrived`.
    pub kind: &'static str,
    /// About whom.
    pub contact: ContactRef,
    /// In which thread.
    pub thread: ThreadId,
    /// On which channel.
    pub channel: ChannelName,
    /// What "Show" opens: `communication` or `interaction` (r101, r102).
    pub on_show: &'static str,
    /// How many messages the agent has not read.
    pub count: u64,
    /// When.
    pub at: Timestamp,
}

/// A change of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryView {
    /// Which message; `None` where the contact acknowledges a mailbox: then everything up to the sequence.
    pub message: Option<MessageId>,
    /// In which thread.
    pub thread: ThreadId,
    /// Its place there.
    pub sequence: u64,
    /// How far.
    pub delivery: DeliveryStage,
}

/// An offer that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferGoneView {
    /// Which.
    pub id: OfferId,
    /// Of what.
    pub interaction: InteractionId,
    /// Why.
    pub reason: OfferGone,
}

/// What a contact is told of the state of their chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactState {
    /// How far the work on their messages is.
    pub stage: ContactStage,
    /// Who has it.
    pub agent: Option<AgentName>,
}

/// The states of an interaction, as far as a contact may know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactStage {
    /// Nothing is open.
    None,
    /// It waits; an offer to an agent is nobody else's business.
    Queued,
    /// An agent has it.
    Active,
    /// The session is over.
    Ended,
}

impl ContactStage {
    /// The stage as it stands in frames.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Queued => "queued",
            Self::Active => "active",
            Self::Ended => "ended",
        }
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
