//! An interaction without what decides nothing, so that there is an end of states.
//!
//! What is left out or renamed, and why nothing is lost by it:
//!
//! | what | becomes | because |
//! | --- | --- | --- |
//! | version, epoch, segment | 1 | they only count, for those who look from outside; each step is checked to count on |
//! | moments (since, at, passed) | one moment | no rule asks when something began |
//! | deadlines | one deadline | a command asks for one deadline only, and only whether it is over; each is given before and after |
//! | ids of what is open | [`OPEN`] | an id is made once and asked for equality only |
//! | ids of what is no longer open | [`HANDED`], [`LAPSED`] | likewise; they decide what a late answer is told |
//! | origin, queue, preference, who let it pass | one value | read by routing and by views, never by a rule |
//! | who ended, who closed, who invited, who hands over | one value | read by views only; an owner alone invites and hands over |
//! | the network of a consult with an agent | chat | a call and a chat follow the same rules |
//!
//! The owner, the last owner, who takes part and who is asked, the silence, the open answer, the outcome, what the end
//! left behind, the disposition and the case information stay. [`crate::histories`] puts random histories and their
//! canonical forms side by side and every question to both.

use std::collections::BTreeMap;

use parlor_interaction::{
    Active, Actor, Consult, ConsultStage, ConsultTarget, EndedBy, Handover, Idle, Interaction, Origin,
    Queued, State,
};
use parlor_model::{AgentName, ConsultId, Id, OfferId, TransferId};

use crate::questions::{DEADLINE, NOW};
use crate::support::{at, id, queue};

/// What is open: the offer, the transfer; the first consult, and the next ones after it.
pub(crate) const OPEN: u32 = 10;
/// What was accepted or completed and is why it is where it is.
pub(crate) const HANDED: u32 = 20;
/// The last offer to the first agent that came to nothing, and to the next ones after it.
pub(crate) const LAPSED: u32 = 30;
/// What nobody has heard of.
pub(crate) const FRESH: u32 = 40;

/// The agents there can be.
pub(crate) const AGENTS: [&str; 3] = ["a", "b", "c"];

/// Which agent that is.
pub(crate) fn number_of(agent: &AgentName) -> u32 {
    let place = AGENTS.iter().position(|known| *known == agent.as_str()).unwrap();
    u32::try_from(place).unwrap()
}

/// What the ids of an interaction are called in its canonical form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) offers: BTreeMap<OfferId, OfferId>,
    pub(crate) transfers: BTreeMap<TransferId, TransferId>,
    pub(crate) consults: BTreeMap<ConsultId, ConsultId>,
}

/// The names of all ids that an interaction remembers.
pub(crate) fn names(interaction: &Interaction) -> Names {
    let mut names = Names::default();
    let lapsed = |names: &mut Names, queued: &Queued| {
        for (agent, lapsed) in &queued.lapsed {
            names.offers.insert(lapsed.offer, id(LAPSED + number_of(agent)));
        }
    };
    match &interaction.state {
        State::Queued(queued) => lapsed(&mut names, queued),
        State::Offered(offered) => {
            lapsed(&mut names, &offered.queued);
            names.offers.insert(offered.offer, id(OPEN));
        }
        State::Active(active) => {
            if let Some(transfer) = &active.transfer {
                names.transfers.insert(transfer.id, id(OPEN));
            }
            let mut consults: Vec<_> =
                active.consults.iter().map(|(id, consult)| (order(consult), id)).collect();
            consults.sort_unstable();
            for (number, (_, consult)) in (OPEN..).zip(consults) {
                names.consults.insert(*consult, id(number));
            }
        }
        State::Ended(_) | State::Done(_) => {}
    }
    match interaction.handover {
        Some(Handover::Offer(offer)) => drop(names.offers.insert(offer, id(HANDED))),
        Some(Handover::Transfer(transfer) | Handover::Queue(transfer)) => {
            names.transfers.insert(transfer, id(HANDED));
        }
        Some(Handover::Consult(consult)) => drop(names.consults.insert(consult, id(HANDED))),
        None => {}
    }
    names
}

/// By what consults that are open at the same time are told apart.
fn order(consult: &Consult) -> (&AgentName, Option<&AgentName>, bool) {
    (&consult.by, consult.target.agent(), matches!(consult.stage, ConsultStage::Joined { .. }))
}

/// The canonical form.
pub(crate) fn canon(interaction: &Interaction) -> Interaction {
    let names = names(interaction);
    let mut canon = interaction.clone();
    (canon.version, canon.epoch, canon.segment) = (1, 1, 1);
    (canon.queue, canon.origin, canon.created_at) = (queue("support"), Origin::Inbound, at(NOW));
    canon.unanswered_since = canon.unanswered_since.map(|_| at(NOW));
    canon.handover = canon.handover.map(|handover| match handover {
        Handover::Offer(_) => Handover::Offer(id(HANDED)),
        Handover::Transfer(_) => Handover::Transfer(id(HANDED)),
        Handover::Queue(_) => Handover::Queue(id(HANDED)),
        Handover::Consult(_) => Handover::Consult(id(HANDED)),
    });
    match &mut canon.state {
        State::Queued(queued) => canon_queued(queued, &names),
        State::Offered(offered) => {
            (offered.offer, offered.offered_at, offered.expires_at) = (id(OPEN), at(NOW), at(DEADLINE));
            canon_queued(&mut offered.queued, &names);
        }
        State::Active(active) => canon_active(active, &names),
        State::Ended(ended) => {
            (ended.by, ended.at) = (EndedBy::System, at(NOW));
            ended.done_at = ended.done_at.map(|_| at(DEADLINE));
        }
        State::Done(done) => {
            (done.by, done.at) = (Actor::System, at(NOW));
            (done.ended_by, done.ended_at) = (EndedBy::System, at(NOW));
        }
    }
    canon
}

fn canon_queued(queued: &mut Queued, names: &Names) {
    (queued.since, queued.preferred) = (at(NOW), None);
    queued.passed.clear();
    for lapsed in queued.lapsed.values_mut() {
        lapsed.offer = names.offers[&lapsed.offer];
    }
}

fn canon_active(active: &mut Active, names: &Names) {
    active.since = at(NOW);
    active.parked = active.parked.map(|_| at(NOW));
    active.idle = active.idle.map(|idle| match idle {
        Idle::Watched { .. } => Idle::Watched { notice_at: at(DEADLINE) },
        Idle::Noticed { end_at } => Idle::Noticed { end_at: end_at.map(|_| at(DEADLINE)) },
    });
    for invitation in active.invitations.values_mut() {
        invitation.by = active.owner.clone();
        invitation.expires_at = at(DEADLINE);
    }
    if let Some(transfer) = &mut active.transfer {
        (transfer.id, transfer.by, transfer.expires_at) = (id(OPEN), active.owner.clone(), at(DEADLINE));
    }
    let consults = std::mem::take(&mut active.consults);
    active.consults = consults
        .into_iter()
        .map(|(consult, asked)| {
            let target = match asked.target {
                ConsultTarget::Chat { agent } | ConsultTarget::VoiceAgent { agent } => {
                    ConsultTarget::Chat { agent }
                }
                ConsultTarget::VoiceContact { point: _ } => ConsultTarget::VoiceContact { point: id(4) },
            };
            let stage = match asked.stage {
                ConsultStage::Asked { .. } => ConsultStage::Asked { expires_at: at(DEADLINE) },
                ConsultStage::Joined { .. } => ConsultStage::Joined { since: at(NOW) },
            };
            (names.consults[&consult], Consult { by: asked.by, target, stage })
        })
        .collect();
}

/// The canonical form with other agents in the places of these: the first of `agents` stands where `a` stood.
pub(crate) fn with_agents(interaction: &Interaction, agents: &[&str]) -> Interaction {
    let json = serde_json::to_string(interaction).unwrap();
    let mut renamed = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(quote) = rest.find('"') {
        let (before, from) = rest.split_at(quote);
        renamed.push_str(before);
        let name = AGENTS.iter().position(|name| from[1..].starts_with(&format!("{name}\"")));
        let until = if let Some(place) = name {
            renamed.extend(["\"", agents[place], "\""]);
            3
        } else {
            renamed.push('"');
            1
        };
        rest = &from[until..];
    }
    renamed.push_str(rest);
    canon(&serde_json::from_str(&renamed).unwrap())
}

/// An id from its number, for questions.
pub(crate) fn ids<I: Id>(numbers: &[u32]) -> Vec<I> {
    numbers.iter().map(|number| id(*number)).collect()
}
