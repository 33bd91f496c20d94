use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use parlor_model::{AgentName, ConsultId, ContactPointId, InteractionId, PointAddress};

/// Carries calls: the embedder's telephony. Parlor keeps the consult and says when to call and when to hang up; it never
/// hears a word.
///
/// # Contract
///
/// * [`call`](Self::call) begins to ring and returns. Whoever answers is told to the engine by the embedder: an agent
///   joins the consult as they do in a chat, somebody outside is reported with `Engine::call_answered`, and a call
///   that ended by itself with `Engine::call_ended`.
/// * [`hang_up`](Self::hang_up) ends a call, whether it rings or is talked through. It may come for a call that is over
///   already, and even before `call` has returned: such a call MUST NOT ring on.
/// * Neither an error nor anything that is logged contains the number.
#[async_trait]
pub trait VoiceGateway: fmt::Debug + Send + Sync + 'static {
    /// Begins a call.
    async fn call(&self, call: &VoiceCall) -> Result<(), OutsideError>;

    /// Ends a call.
    async fn hang_up(&self, consult: ConsultId);
}

/// A call that an agent makes for advice (r50).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VoiceCall {
    /// The consult it belongs to; also its token: one consult is one call.
    pub consult: ConsultId,
    /// During which interaction.
    pub interaction: InteractionId,
    /// Who calls.
    pub by: AgentName,
    /// Who is called.
    pub to: VoiceEndpoint,
}

impl VoiceCall {
    /// A call.
    pub const fn new(
        consult: ConsultId,
        interaction: InteractionId,
        by: AgentName,
        to: VoiceEndpoint,
    ) -> Self {
        Self { consult, interaction, by, to }
    }
}

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VoiceEndpoint {
    /// A colleague, at the telephone that the embedder knows them by.
    Agent(AgentName),
    /// Somebody outside.
    Contact {
        /// Which of their addresses.
        point: ContactPointId,
        /// The number.
        number: PointAddress,
    },
}

/// Why a call or an e-mail did not come about.
#[derive(Debug, thiserror::Error)]
#[error("it was not carried")]
pub struct OutsideError {
    /// What lies beneath, for logs. It never contains a number or an address.
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl OutsideError {
    /// Wraps what lies beneath.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}
