//! The vocabulary of Parlor.
//!
//! Everything that two crates must agree on is named here, once: ids, contacts and their contact points,
//! channels, message content and visibility, delivery observations, agents and their readiness, and the two
//! sources that the pure crates are given instead of reading them themselves: [`Clock`] and [`IdSource`].
//!
//! This crate knows nothing of async, SQL, HTTP or any provider, and it can read neither the time nor
//! randomness: `chrono` and `uuid` are built without those parts.

mod agent;
mod attachment;
mod channel;
mod client_id;
mod contact;
mod content;
mod delivery;
mod flags;
mod id;
mod kind;
mod label;
mod message;
mod needs;
mod role;
mod source;
mod thread;
mod time;
mod web_address;

pub use agent::{
    Agent, CapacityLimits, CapacityRule, NotReadyReason, QueueName, Readiness, ReadinessState, SkillName,
};
pub use attachment::{
    Attachment, ContentHash, ContentHashError, Dimensions, FileName, MediaType, MediaTypeError, RejectReason,
    RejectedAttachment, Thumbnail,
};
pub use channel::{Account, AccountName, Channel, ChannelName, OfferMode};
pub use client_id::ClientId;
pub use contact::{Contact, ContactAlias, ContactPoint, PointAddress, PointKey};
pub use content::{
    ConsultNotice, Content, LifecycleNotice, MessageText, OutsideMeans, OutsideStage, SendOutcome,
    SystemNotice, TextError,
};
pub use delivery::{DeliveryStage, Observation};
pub use flags::{Deployment, FlagName, Flags};
pub use id::{
    AlertId, AttachmentId, BlobId, ConsultId, ContactId, ContactPointId, Id, InteractionId, MessageId,
    OfferId, OutboxId, ThreadId, TransferId,
};
pub use kind::{ChannelKind, MediaClass, Medium, Visibility};
pub use label::{Label, LabelError};
pub use message::{Author, Message, ProviderMessageId, ProviderPostId};
pub use needs::Needs;
pub use role::{AgentName, Role};
pub use source::{Clock, IdSource};
pub use thread::{Subject, Thread};
pub use time::Timestamp;
pub use web_address::{WebAddress, WebAddressError};
