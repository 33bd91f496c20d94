//! The laws, as functions over anything that behaves like a matcher, so that a wrong one can be shown to them.

use std::collections::BTreeSet;

use parlor_model::Timestamp;
use parlor_routing::{Decision, Input, Matcher, RoutingPolicy};

use crate::reference::Reference;
use crate::rules::queue_rules;

/// What happened, and when.
pub(crate) type Script = Vec<(Timestamp, Input)>;

/// Anything that decides like a matcher.
pub(crate) trait Subject {
    fn handle(&mut self, input: &Input, now: Timestamp) -> Vec<Decision>;
}

impl Subject for Matcher {
    fn handle(&mut self, input: &Input, now: Timestamp) -> Vec<Decision> {
        Self::handle(self, input, now)
    }
}

/// The linear reference, under the rules of [`crate::rules::matcher`].
pub(crate) fn reference() -> Reference {
    Reference::new(RoutingPolicy::default(), queue_rules())
}

/// Makes the decisions of the linear reference, in the same order.
pub(crate) fn decides_like_the_reference(subject: &mut dyn Subject, script: &Script) -> Result<(), String> {
    let mut reference = reference();
    for (step, (now, input)) in script.iter().enumerate() {
        let expected = reference.handle(input, *now);
        let got = subject.handle(input, *now);
        if got != expected {
            return Err(format!("step {step}, {input:?}: decided {got:?} instead of {expected:?}"));
        }
    }
    Ok(())
}

/// Offers only work that waits, each at most once until it arrives again.
pub(crate) fn offers_what_waits_once(subject: &mut dyn Subject, script: &Script) -> Result<(), String> {
    follow(subject, script, |_, _| Ok(()))
}

/// Offers only to agents who have room for it, what is not settled included (I3).
pub(crate) fn keeps_capacity(subject: &mut dyn Subject, script: &Script) -> Result<(), String> {
    follow(subject, script, |known, decision| {
        let Decision::Offer { interaction, agent } = decision;
        let (work, agent) = (&known.waiting()[interaction], known.agents().get(agent));
        let fits = agent.is_some_and(|agent| known.has_room(work, agent));
        fits.then_some(()).ok_or_else(|| format!("{decision:?}: no room: {agent:?}"))
    })
}

/// Offers only to agents who can take it.
pub(crate) fn asks_the_eligible(subject: &mut dyn Subject, script: &Script) -> Result<(), String> {
    follow(subject, script, |known, decision| {
        let Decision::Offer { interaction, agent } = decision;
        let (work, agent) = (&known.waiting()[interaction], known.agents().get(agent));
        let eligible = agent.is_some_and(|agent| known.is_eligible(work, agent));
        eligible.then_some(()).ok_or_else(|| format!("{decision:?}: not eligible"))
    })
}

/// After each input no work waits beside an agent who could take it (I4).
pub(crate) fn strands_nothing(subject: &mut dyn Subject, script: &Script) -> Result<(), String> {
    let mut known = reference();
    for (step, (now, input)) in script.iter().enumerate() {
        known.learn(input, *now);
        for decision in subject.handle(input, *now) {
            known.accept(&decision);
        }
        if let Some(missed) = known.next() {
            return Err(format!("step {step}, {input:?}: left undone: {missed:?}"));
        }
    }
    Ok(())
}

/// Makes the same decisions when the agents log in, and stand in a start, in the opposite order.
pub(crate) fn ignores_the_order_of_agents(
    make: &dyn Fn() -> Box<dyn Subject>,
    script: &Script,
) -> Result<(), String> {
    let (mut forwards, mut backwards) = (make(), make());
    // Each agent once, before there is work.
    let mut names = BTreeSet::new();
    let first_words: Vec<_> = script
        .iter()
        .filter(|(_, input)| matches!(input, Input::AgentChanged(agent) if names.insert(agent.name.clone())))
        .collect();
    for (now, input) in &first_words {
        forwards.handle(input, *now);
    }
    for (now, input) in first_words.iter().rev() {
        backwards.handle(input, *now);
    }
    for (step, (now, input)) in script.iter().enumerate() {
        let (one, other) = (forwards.handle(input, *now), backwards.handle(&turned(input), *now));
        if one != other {
            return Err(format!("step {step}, {input:?}: {one:?} or {other:?}"));
        }
    }
    Ok(())
}

/// The same start with everything given in the opposite order; any other input as it is.
fn turned(input: &Input) -> Input {
    match input.clone() {
        Input::Started { mut agents, mut work } => {
            agents.reverse();
            work.reverse();
            Input::Started { agents, work }
        }
        other => other,
    }
}

/// Runs a script beside the plain knowledge of what waits and who is there, and checks each decision against it.
fn follow(
    subject: &mut dyn Subject,
    script: &Script,
    check: impl Fn(&Reference, &Decision) -> Result<(), String>,
) -> Result<(), String> {
    let mut known = reference();
    for (step, (now, input)) in script.iter().enumerate() {
        known.learn(input, *now);
        for decision in subject.handle(input, *now) {
            let Decision::Offer { interaction, .. } = &decision;
            if !known.waiting().contains_key(interaction) {
                return Err(format!("step {step}, {input:?}: {decision:?} does not wait"));
            }
            check(&known, &decision).map_err(|fault| format!("step {step}, {input:?}: {fault}"))?;
            known.accept(&decision);
        }
    }
    Ok(())
}
