use std::collections::BTreeMap;

use parlor_model::{AgentName, Label};

use crate::agent::AgentId;

const WORDS: usize = Label::MAX_BYTES.div_ceil(size_of::<u64>());

/// A name as plain words, in the same order as the text: compared and copied without following a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameWords([u64; WORDS]);

impl NameWords {
    /// The text filled up with zeros, which no name contains: different names have different words.
    pub(crate) fn of(name: &AgentName) -> Self {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(name.as_str().as_bytes().chunks(size_of::<u64>())) {
            let mut filled = [0; size_of::<u64>()];
            for (to, &from) in filled.iter_mut().zip(bytes) {
                *to = from;
            }
            *word = u64::from_be_bytes(filled);
        }
        Self(words)
    }
}

/// The numbers of agents by name. Every input names its agent, so a search should not visit the text of each name
/// that it passes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeMap<NameWords, AgentId>);

impl Names {
    pub(crate) fn get(&self, name: &AgentName) -> Option<AgentId> {
        self.0.get(&NameWords::of(name)).copied()
    }

    pub(crate) fn insert(&mut self, name: &AgentName, id: AgentId) {
        self.0.insert(NameWords::of(name), id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_anywhere_are_told_apart() {
        let longest = "x".repeat(Label::MAX_BYTES);
        let almost = format!("{}y", "x".repeat(Label::MAX_BYTES - 1));
        let texts = ["a", "b", "aa", "a0", "agent-10", "agent-100", "agent-1", &longest, &almost];
        let mut names = Names::default();
        let name = |text: &str| AgentName::new(text).unwrap();
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(names.get(&name(text)), None, "{text}");
            names.insert(&name(text), AgentId(number));
        }
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(names.get(&name(text)), Some(AgentId(number)), "{text}");
        }
    }

    #[test]
    fn words_stand_in_the_order_of_names() {
        let mut names =
            ["b", "ab", "abc", "a-very-long-name", "a-very-long-name-2", "a", "9", "a_"].map(|text| {
                let name = AgentName::new(text).unwrap();
                (NameWords::of(&name), name)
            });
        names.sort_by_key(|(words, _)| *words);
        assert!(names.is_sorted_by_key(|(_, name)| name), "{names:?}");
    }
}
