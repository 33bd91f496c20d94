use std::collections::BTreeMap;

use parlor_model::{AgentName, Label};

use crate::agent::AgentId;

const WORDS: usize = Label::MAX_BYTES.div_ceil(size_of::<u64>());

/// The numbers of agents by name.
///
/// Every input names its agent, so the names are kept as plain words inside the tree: a search then compares without
/// following a pointer to each name that it passes.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<[u64; WORDS], AgentId>);

impl Names {
    pub(crate) fn get(&self, name: &AgentName) -> Option<AgentId> {
        self.0.get(&words(name)).copied()
    }

    pub(crate) fn insert(&mut self, name: &AgentName, id: AgentId) {
        self.0.insert(words(name), id);
    }
}

/// The name filled up with zeros, which no name contains: different names have different words.
fn words(name: &AgentName) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(name.as_str().as_bytes().chunks(size_of::<u64>())) {
        for &byte in bytes {
            *word = (*word << u8::BITS) | u64::from(byte);
        }
    }
    words
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
}
