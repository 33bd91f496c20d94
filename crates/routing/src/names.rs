use std::collections::BTreeMap;

use parlor_model::AgentName;

use crate::agent::AgentId;
use crate::table::{Table, hash_text};

/// The place of a name among all names: a number that compares as the names do, without looking at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameOrder(u64);

impl NameOrder {
    /// How far from the last name a new last one stands, and the same at the other end: there is room for four
    /// thousand million.
    const STRIDE: u64 = 1 << 32;
    const MIDDLE: Self = Self(1 << 63);

    /// A place between two others, where there are others; `None` if there is none left.
    fn between(before: Option<Self>, after: Option<Self>) -> Option<Self> {
        match (before, after) {
            (None, None) => Some(Self::MIDDLE),
            (Some(before), None) => before.0.checked_add(Self::STRIDE).map(Self),
            (None, Some(after)) => after.0.checked_sub(Self::STRIDE).map(Self),
            (Some(before), Some(after)) => {
                let middle = before.0.midpoint(after.0);
                (middle > before.0).then_some(Self(middle))
            }
        }
    }
}

/// The agents by name. Every input names its agent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    agents: Table<AgentId>,
    order: BTreeMap<AgentName, (NameOrder, AgentId)>,
}

impl Names {
    /// The agent with this name; `is_name_of` compares it with that of an agent.
    pub(crate) fn get(&self, name: &AgentName, is_name_of: impl Fn(AgentId) -> bool) -> Option<AgentId> {
        self.agents.find(hash_text(0, name.as_str()), |agent| is_name_of(*agent)).copied()
    }

    /// Adds a new name; `name_of` tells those that are known. Gives its place, and whether that could only be found by giving all of them new ones.
    pub(crate) fn add<'a>(
        &mut self,
        name: &'a AgentName,
        agent: AgentId,
        name_of: impl Fn(AgentId) -> Option<&'a AgentName>,
    ) -> (NameOrder, bool) {
        self.agents.add(agent, |known| {
            hash_text(0, if *known == agent { name } else { name_of(*known).unwrap_or(name) }.as_str())
        });
        let before = self.order.range::<AgentName, _>(..name).next_back().map(|(_, &(order, _))| order);
        let after = self.order.range::<AgentName, _>(name..).next().map(|(_, &(order, _))| order);
        if let Some(order) = NameOrder::between(before, after) {
            self.order.insert(name.clone(), (order, agent));
            return (order, false);
        }
        let mut new = NameOrder::MIDDLE;
        self.order.insert(name.clone(), (new, agent));
        // As far apart as they can be; with fewer than 2^63 names that is more than 1.
        let apart = u64::MAX / (self.order.len() as u64 + 1);
        let mut next = 0;
        for (order, known) in self.order.values_mut() {
            next += apart;
            *order = NameOrder(next);
            if *known == agent {
                new = *order;
            }
        }
        (new, true)
    }

    /// Every agent with the place of their name.
    pub(crate) fn places(&self) -> impl Iterator<Item = (AgentId, NameOrder)> {
        self.order.values().map(|&(order, agent)| (agent, order))
    }
}

#[cfg(test)]
mod tests {
    use parlor_model::Label;

    use super::*;

    fn insert_all(texts: &[String]) -> (Names, Vec<AgentName>, usize) {
        let mut names = Names::default();
        let mut known: Vec<AgentName> = Vec::new();
        let mut renumbered = 0;
        for text in texts {
            let name = AgentName::new(text.as_str()).unwrap();
            let found = names.get(&name, |agent| known[agent.index()] == name);
            assert_eq!(found, None, "{text}");
            renumbered +=
                usize::from(names.add(&name, AgentId::at(known.len()), |agent| known.get(agent.index())).1);
            known.push(name);
        }
        (names, known, renumbered)
    }

    #[track_caller]
    fn assert_in_order(names: &Names, known: &[AgentName]) {
        let mut places: Vec<_> =
            names.places().map(|(agent, order)| (order, &known[agent.index()])).collect();
        assert_eq!(places.len(), known.len());
        places.sort_by_key(|(order, _)| *order);
        assert!(places.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1), "{places:?}");
    }

    #[test]
    fn names_that_differ_anywhere_are_told_apart() {
        let longest = "x".repeat(Label::MAX_BYTES);
        let almost = format!("{}y", "x".repeat(Label::MAX_BYTES - 1));
        let texts = ["a", "b", "aa", "a0", "agent-10", "agent-100", "agent-1", "9", "a_", &longest, &almost];
        let (names, known, _) = insert_all(&texts.map(str::to_owned));
        for (number, name) in known.iter().enumerate() {
            let found = names.get(name, |agent| known[agent.index()] == *name);
            assert_eq!(found, Some(AgentId::at(number)));
        }
        assert_in_order(&names, &known);
    }

    #[test]
    fn names_at_the_ends_always_find_a_place() {
        let numbered = |number: u32| format!("agent-{number:04}");
        let upwards: Vec<String> = (0..2_000).map(numbered).collect();
        let downwards: Vec<String> = (0..2_000).rev().map(numbered).collect();
        for texts in [upwards, downwards] {
            let (names, known, renumbered) = insert_all(&texts);
            assert_in_order(&names, &known);
            assert_eq!(renumbered, 0);
        }
    }

    #[test]
    fn names_that_crowd_together_are_given_new_places() {
        let crowd = (0..500).map(|number| format!("b-{number:04}"));
        let texts: Vec<String> = ["a", "z"].map(str::to_owned).into_iter().chain(crowd).collect();
        let (names, known, renumbered) = insert_all(&texts);
        assert!((1..20).contains(&renumbered), "{renumbered} times");
        assert_in_order(&names, &known);
    }
}
