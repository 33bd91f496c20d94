use std::collections::BTreeMap;

use parlor_model::{AgentName, ConsultId, MediaClass, OfferId, Timestamp, TransferId};
use serde::{Deserialize, Serialize};

use crate::{Command, Interaction, State};

/// What the world has to do because of a transition.
///
/// Effects are the difference between two snapshots, never stored and never decided: whatever way led from one to
/// the other, room is taken and given back exactly once and no timer outlives its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Less weighs on an agent.
    Release {
        /// Who.
        agent: AgentName,
        /// The kind of room.
        class: MediaClass,
        /// How much.
        weight: u32,
    },
    /// More weighs on an agent. If they have no room, the whole transition must not be committed.
    Hold {
        /// Who.
        agent: AgentName,
        /// The kind of room.
        class: MediaClass,
        /// How much.
        weight: u32,
    },
    /// A timer is no longer needed.
    CancelTimer {
        /// Which.
        timer: Timer,
    },
    /// A timer is needed, or has a new time.
    SetTimer {
        /// Which.
        timer: Timer,
        /// When it is due.
        at: Timestamp,
    },
    /// It no longer waits to be offered.
    LeaveQueue,
    /// It waits to be offered.
    EnterQueue,
}

/// A timer of an interaction. It belongs to a state; leaving the state cancels it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// An offer expires.
    Offer(OfferId),
    /// A transfer expires.
    Transfer(TransferId),
    /// Nobody answered a consult.
    Consult(ConsultId),
    /// An agent did not answer an invitation.
    Invitation(AgentName),
    /// An Ended interaction closes by itself.
    AutoDone,
    /// The agents are told that the contact is silent.
    IdleNotice,
    /// The session of a contact who is silent ends.
    IdleEnd,
}

impl Timer {
    /// The command to give when it is due. Given too early or too late, it changes nothing.
    pub fn command(&self) -> Command {
        match self {
            Self::Offer(offer) => Command::Expire { offer: *offer },
            Self::Transfer(transfer) => Command::ExpireTransfer { transfer: *transfer },
            Self::Consult(consult) => Command::ExpireConsult { consult: *consult },
            Self::Invitation(agent) => Command::ExpireInvitation { agent: agent.clone() },
            Self::AutoDone => Command::AutoDone,
            Self::IdleNotice => Command::NoticeIdle,
            Self::IdleEnd => Command::EndIdle,
        }
    }
}

/// What leads from the world of `before` to the world of `after`: releases first, so that room is free before it is
/// taken.
pub(crate) fn difference(before: Option<&Interaction>, after: &Interaction) -> Vec<Effect> {
    let held = before.map(Interaction::holdings).unwrap_or_default();
    let holds = after.holdings();
    let class = after.class;
    let less = held.iter().filter_map(|(agent, &weight)| {
        let now = holds.get(agent).copied().unwrap_or(0);
        (now < weight).then(|| Effect::Release { agent: agent.clone(), class, weight: weight - now })
    });
    let more = holds.iter().filter_map(|(agent, &weight)| {
        let was = held.get(agent).copied().unwrap_or(0);
        (was < weight).then(|| Effect::Hold { agent: agent.clone(), class, weight: weight - was })
    });

    let ran = before.map(Interaction::timers).unwrap_or_default();
    let runs = after.timers();
    let cancelled = ran
        .keys()
        .filter(|timer| !runs.contains_key(timer))
        .map(|timer| Effect::CancelTimer { timer: timer.clone() });
    let set = runs
        .iter()
        .filter(|&(timer, at)| ran.get(timer) != Some(at))
        .map(|(timer, &at)| Effect::SetTimer { timer: timer.clone(), at });

    let waited = before.is_some_and(Interaction::waits);
    let queue = match (waited, after.waits()) {
        (true, false) => Some(Effect::LeaveQueue),
        (false, true) => Some(Effect::EnterQueue),
        (true, true) | (false, false) => None,
    };
    less.chain(more).chain(cancelled).chain(set).chain(queue).collect()
}

impl Interaction {
    /// How much it weighs on whom, in its class. Nobody is named with a weight of 0, and nobody at all while it is
    /// parked.
    ///
    /// An offer weighs on the agent who is asked, so that accepting it needs no further room; likewise a transfer
    /// and an invitation. However many places an agent has in one interaction, it weighs on them once. Consults and
    /// supervision weigh nothing (r54).
    pub fn holdings(&self) -> BTreeMap<AgentName, u32> {
        let mut holdings: BTreeMap<AgentName, u32> = match &self.state {
            State::Queued(_) | State::Done(_) => BTreeMap::new(),
            State::Offered(offered) => BTreeMap::from([(offered.agent.clone(), self.weight)]),
            State::Active(active) => {
                active.holders().into_iter().map(|agent| (agent.clone(), self.weight)).collect()
            }
            State::Ended(ended) => self.last_owner.iter().map(|agent| (agent.clone(), ended.holds)).collect(),
        };
        holdings.retain(|_, weight| *weight > 0);
        holdings
    }

    /// The timers that run, and when they are due.
    pub fn timers(&self) -> BTreeMap<Timer, Timestamp> {
        match &self.state {
            State::Queued(_) | State::Done(_) => BTreeMap::new(),
            State::Offered(offered) => BTreeMap::from([(Timer::Offer(offered.offer), offered.expires_at)]),
            State::Active(active) => active.timers(),
            State::Ended(ended) => ended.done_at.map(|at| (Timer::AutoDone, at)).into_iter().collect(),
        }
    }

    /// Whether it waits to be offered.
    const fn waits(&self) -> bool {
        matches!(self.state, State::Queued(_))
    }
}

impl crate::Active {
    fn timers(&self) -> BTreeMap<Timer, Timestamp> {
        let transfer =
            self.transfer.iter().map(|transfer| (Timer::Transfer(transfer.id), transfer.expires_at));
        let consults = self.consults.iter().filter_map(|(consult, asked)| match asked.stage {
            crate::ConsultStage::Asked { expires_at } => Some((Timer::Consult(*consult), expires_at)),
            crate::ConsultStage::Joined { .. } => None,
        });
        let invitations = self
            .invitations
            .iter()
            .map(|(agent, invitation)| (Timer::Invitation(agent.clone()), invitation.expires_at));
        let idle = self.idle.and_then(|idle| match idle {
            crate::Idle::Watched { notice_at } => Some((Timer::IdleNotice, notice_at)),
            crate::Idle::Noticed { end_at } => end_at.map(|at| (Timer::IdleEnd, at)),
        });
        transfer.chain(consults).chain(invitations).chain(idle).collect()
    }
}
