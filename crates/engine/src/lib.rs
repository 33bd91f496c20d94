//! Runs Parlor.
//!
//! An [`Engine`] is one workspace: it takes in what contacts write, offers the work to agents, keeps everything in
//! a [`Store`](parlor_store::Store) and tells everybody what concerns them. Every write is *load, decide, commit*:
//! the decision is a pure function (`parlor-interaction`), the commit fails when something changed meanwhile, and
//! then it is decided again.
//!
//! One task, the conductor, makes happen what nobody asks for: it routes (`parlor-routing`), lets offers expire and
//! notices who is gone. Another, the relay, brings what agents wrote to the networks ([`outbox`]). Nothing that was committed depends on it: an engine that starts goes on from the store.

mod after_work;
mod attachments;
mod colleagues;
mod compose;
mod conductor;
mod config;
mod consult;
mod contact_side;
mod decide;
mod decision;
mod desk;
mod draft;
mod emoji;
mod engine;
mod erasure;
mod error;
mod export;
mod feed;
mod fetch;
mod figures;
mod file_links;
mod find;
mod gaps;
mod hand_over;
mod hub;
mod intake;
mod now_and_then;
mod open;
pub mod outbox;
mod outside;
pub mod permission;
mod points;
mod precheck;
mod presence;
mod push;
mod reads;
mod relay;
mod remembered;
mod requests;
mod retention;
mod source;
mod targets;
mod team;
mod together;
pub mod view;
mod ways;
mod what_if;

pub use attachments::{FileRules, OpenAttachment, Opening, Said, UploadWriter, Uploading};
pub use config::{
    ChannelRules, Config, ConfigError, Disposition, MissedOffer, ReplyGoes, Retention, Rules, Timing, Uploads,
};
pub use consult::Consulted;
pub use contact_side::{Arrival, ContactConnection, ContactItem, ContactSession, Inbound, Received};
pub use decision::SendDecision;
pub use desk::{ContactEdit, On, Once};
pub use engine::{Drive, Engine, EngineBuilder, StartError};
pub use erasure::{ErasedContact, ExportedFile};
pub use error::{EngineError, InvalidTarget, OfferGone, Plug};
pub use export::{AssignmentRow, DeadLetterRow, Exports, OutboxRow, TranscriptRow};
pub use feed::{AgentFeed, FeedEvent, FeedItem, Hello};
pub use figures::KpiView;
pub use file_links::FileLink;
pub use find::FindRequest;
pub use hand_over::HandTo;
pub use intake::TakenIn;
pub use reads::{ContactsRequest, ConversationRequest};
pub use requests::{ConsultBy, RequestGone, RequestKind};
pub use retention::Ended;
pub use source::{SystemClock, SystemIds};
pub use targets::{AgentTarget, Obstacle, QueueTarget, Targets};
pub use team::{ColleagueView, TeamAgent, TeamQueue, TeamView, WaitingWork};
pub use what_if::{RuleChanges, WhatIf};
