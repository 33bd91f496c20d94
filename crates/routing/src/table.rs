use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// Entries found by a hash in one step: a search tree of a hundred thousand visits half a dozen places in memory, and
/// most of them are not in the processor's cache.
///
/// There is no order in it and no way to go through it, so nothing can depend on where an entry stands. The hash is
/// not keyed: our own ids and the names of the configuration stand in it, which no stranger chooses.
///
/// An entry is a small number that leads to what has the hash, so that more of the table stays in the cache. What it leads
/// to is looked at when the table grows, and to tell it from what has nearly the same hash.
#[derive(Clone, Debug)]
pub(crate) struct Table<T>(HashTable<Entry<T>>);

#[derive(Clone, Debug)]
struct Entry<T> {
    /// Half of the hash, so that hardly anything else is looked at.
    half: u32,
    it: T,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<T> Table<T> {
    /// The entry with this hash that `is_it`.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&T> {
        let half = half(hash);
        self.0.find(hash, |entry| entry.half == half && is_it(&entry.it)).map(|entry| &entry.it)
    }

    /// Adds an entry, beside any that looks like it.
    pub(crate) fn add(&mut self, it: T, hash_of: impl Fn(&T) -> u64) {
        let hash = hash_of(&it);
        let again = |entry: &Entry<T>| hash_of(&entry.it);
        // Half empty: then a search seldom meets anything but what it looks for, and what is removed leaves no mark.
        if self.0.capacity() < 2 * self.0.len() {
            self.0.reserve(self.0.len() + 1, again);
        }
        self.0.insert_unique(hash, Entry { half: half(hash), it }, again);
    }

    pub(crate) fn remove(&mut self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let half = half(hash);
        let found = self.0.find_entry(hash, |entry| entry.half == half && is_it(&entry.it)).ok()?;
        Some(found.remove().0.it)
    }
}

/// Bits that hardly decide where an entry stands.
const fn half(hash: u64) -> u32 {
    let [_, _, _, a, b, c, d, _] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// A number for a text that follows what another number stands for.
pub(crate) fn hash_text(before: u64, text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    before.hash(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

/// The same for a number.
pub(crate) fn hash_number(before: u64, number: u64) -> u64 {
    let mut hasher = FxHasher::default();
    before.hash(&mut hasher);
    number.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// All hashes are among a few, so that many meet.
    fn hash(key: u8) -> u64 {
        u64::from(key % 8) << 61 | u64::from(key % 2) << 32
    }

    proptest! {
        #[test]
        fn a_table_finds_what_a_map_finds(steps in proptest::collection::vec((any::<u8>(), any::<bool>()), 0..200)) {
            let (mut table, mut map) = (Table::default(), BTreeMap::new());
            for (step, (key, add)) in (0..).zip(steps) {
                let removed = table.remove(hash(key), |entry: &(u8, u32)| entry.0 == key);
                prop_assert_eq!(removed.map(|entry| entry.1), map.remove(&key));
                if add {
                    table.add((key, step), |entry: &(u8, u32)| hash(entry.0));
                    map.insert(key, step);
                }
                for key in 0..=u8::MAX {
                    let found = table.find(hash(key), |entry| entry.0 == key);
                    prop_assert_eq!(found.map(|entry| entry.1), map.get(&key).copied());
                }
            }
        }
    }

    #[test]
    fn texts_that_differ_hash_differently() {
        let texts = ["", "a", "b", "aa", "agent-1", "agent-10", "agent-11", "agent-100", "agent-00"];
        let hashes: std::collections::BTreeSet<u64> = texts.iter().map(|text| hash_text(0, text)).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}
