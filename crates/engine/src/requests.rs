//! What colleagues ask of an agent: to take an interaction over, to join it, to advise. Read from the interaction itself,
//! so that nothing can be asked that it does not know of.

use std::collections::BTreeSet;

use parlor_interaction::{Active, ConsultStage, ConsultTarget, Event, Interaction, State};
use parlor_model::{AgentName, Id, InteractionId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

/// What a colleague asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// To take it over (r48).
    Transfer,
    /// To join (r49).
    Conference,
    /// To advise (r50, r51).
    Consult,
}

/// How a consult is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultBy {
    /// In writing.
    Chat,
    /// By telephone.
    Voice,
}

/// Why a request is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestGone {
    /// The agent said yes.
    Accepted,
    /// The agent said no.
    Declined,
    /// Its time was up.
    Expired,
    /// It was taken back.
    Cancelled,
    /// The interaction went on without it.
    Withdrawn,
}

/// A request that waits for an agent's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenRequest {
    pub(crate) kind: RequestKind,
    pub(crate) id: Uuid,
    pub(crate) by: AgentName,
    pub(crate) expires_at: Timestamp,
    /// How a consult would be held.
    pub(crate) medium: Option<ConsultBy>,
}

/// Names a request among those of an interaction.
pub(crate) type RequestKey = (RequestKind, Uuid);

impl OpenRequest {
    pub(crate) const fn key(&self) -> RequestKey {
        (self.kind, self.id)
    }
}

impl ConsultBy {
    /// How a consult of this target is held.
    pub(crate) const fn of(target: &ConsultTarget) -> Self {
        match target {
            ConsultTarget::Chat { .. } => Self::Chat,
            ConsultTarget::VoiceAgent { .. } | ConsultTarget::VoiceContact { .. } => Self::Voice,
        }
    }
}

/// What an agent is asked in an interaction.
pub(crate) fn requests_to(interaction: &Interaction, agent: &AgentName) -> Vec<OpenRequest> {
    match &interaction.state {
        State::Active(active) => requests_in(active, interaction.id, agent),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => Vec::new(),
    }
}

/// Everybody who is asked something in an interaction and has not answered.
pub(crate) fn asked(interaction: &Interaction) -> BTreeSet<AgentName> {
    let State::Active(active) = &interaction.state else {
        return BTreeSet::new();
    };
    let transfer = active.transfer.iter().map(|transfer| &transfer.to);
    let consulted = active.consults.values().filter_map(|consult| match consult.stage {
        ConsultStage::Asked { .. } => consult.target.agent(),
        ConsultStage::Joined { .. } => None,
    });
    transfer.chain(active.invitations.keys()).chain(consulted).cloned().collect()
}

fn requests_in(active: &Active, interaction: InteractionId, agent: &AgentName) -> Vec<OpenRequest> {
    let transfer =
        active.transfer.iter().filter(|transfer| transfer.to == *agent).map(|transfer| OpenRequest {
            kind: RequestKind::Transfer,
            id: transfer.id.as_uuid(),
            by: transfer.by.clone(),
            expires_at: transfer.expires_at,
            medium: None,
        });
    let invitation = active.invitations.get(agent).map(|invitation| OpenRequest {
        kind: RequestKind::Conference,
        id: interaction.as_uuid(),
        by: invitation.by.clone(),
        expires_at: invitation.expires_at,
        medium: None,
    });
    let consults = active.consults.iter().filter(|(_, consult)| consult.target.agent() == Some(agent));
    let consults = consults.filter_map(|(id, consult)| match consult.stage {
        ConsultStage::Asked { expires_at } => Some(OpenRequest {
            kind: RequestKind::Consult,
            id: id.as_uuid(),
            by: consult.by.clone(),
            expires_at,
            medium: Some(ConsultBy::of(&consult.target)),
        }),
        ConsultStage::Joined { .. } => None,
    });
    transfer.chain(invitation).chain(consults).collect()
}

/// The request to an agent that an event made.
pub(crate) fn made(id: InteractionId, event: &Event, agent: &AgentName) -> Option<RequestKey> {
    match event {
        Event::TransferRequested { transfer, to, .. } if to == agent => {
            Some((RequestKind::Transfer, transfer.as_uuid()))
        }
        Event::Invited { agent: asked, .. } if asked == agent => {
            Some((RequestKind::Conference, id.as_uuid()))
        }
        Event::ConsultStarted { consult, target, .. } if target.agent() == Some(agent) => {
            Some((RequestKind::Consult, consult.as_uuid()))
        }
        _ => None,
    }
}

/// The request that an event answered, if it was to the agent, and how.
pub(crate) fn answered(
    id: InteractionId,
    event: &Event,
    agent: &AgentName,
) -> Option<(RequestKey, RequestGone)> {
    let transfer =
        |transfer: &parlor_model::TransferId, gone| Some(((RequestKind::Transfer, transfer.as_uuid()), gone));
    let consult =
        |consult: &parlor_model::ConsultId, gone| Some(((RequestKind::Consult, consult.as_uuid()), gone));
    let conference =
        |asked: &AgentName, gone| (asked == agent).then(|| ((RequestKind::Conference, id.as_uuid()), gone));
    match event {
        Event::TransferAccepted { transfer: of, .. } => transfer(of, RequestGone::Accepted),
        Event::TransferDeclined { transfer: of, .. } => transfer(of, RequestGone::Declined),
        Event::TransferExpired { transfer: of } => transfer(of, RequestGone::Expired),
        Event::TransferCancelled { transfer: of, .. } => transfer(of, RequestGone::Cancelled),
        Event::ConsultJoined { consult: of } => consult(of, RequestGone::Accepted),
        Event::ConsultEnded { consult: of, by } if by.as_ref() == Some(agent) => {
            consult(of, RequestGone::Declined)
        }
        Event::ConsultEnded { consult: of, .. } => consult(of, RequestGone::Cancelled),
        Event::ConsultExpired { consult: of } => consult(of, RequestGone::Expired),
        Event::MemberJoined { agent: asked, .. } => conference(asked, RequestGone::Accepted),
        Event::InvitationDeclined { agent: asked } => conference(asked, RequestGone::Declined),
        Event::InvitationExpired { agent: asked } => conference(asked, RequestGone::Expired),
        Event::InvitationCancelled { agent: asked, .. } => conference(asked, RequestGone::Cancelled),
        _ => None,
    }
}

/// Whether an event may take requests with it that it does not name.
pub(crate) const fn may_withdraw(event: &Event) -> bool {
    matches!(
        event,
        Event::Ended { .. }
            | Event::TransferredToQueue { .. }
            | Event::TransferAccepted { .. }
            | Event::ConsultCompleted { .. }
            | Event::MemberJoined { .. }
            | Event::MemberLeft { .. }
    )
}
