/// Numbers found by a hash in one step: a search tree of a hundred thousand visits half a dozen places in memory, and
/// most of them are not in the processor's cache.
///
/// There is no order in it and no way to go through it, so nothing can depend on where a number stands. The hash is
/// not keyed: our own ids and the names of the configuration stand in it, which no stranger chooses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// A power of two of them, or none. A number stands in its home or in the first empty cell after it.
    cells: Vec<Cell>,
    taken: usize,
    /// How far the highest bits of a hash have to be shifted to be the place of a cell.
    shift: u32,
}

/// A number, and the upper half of its hash, so that what others stand for is not looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Cell(u64);

impl Cell {
    const HASH: u64 = !0 << 32;

    const fn new(hash: u64, number: usize) -> Self {
        Self(hash & Self::HASH | (number as u64 + 1) & !Self::HASH)
    }

    const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn has(self, hash: u64) -> bool {
        (self.0 ^ hash) & Self::HASH == 0
    }

    const fn number(self) -> usize {
        (self.0 & !Self::HASH) as usize - 1
    }
}

impl Numbers {
    const LEAST_CELLS: usize = 16;

    /// The number with this hash that `is_it`.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let at = self.seek(hash, is_it)?;
        Some(self.cells[at].number())
    }

    /// Adds a number, beside any with the same hash.
    pub(crate) fn add(&mut self, hash: u64, number: usize) {
        // At most three of four are taken, so that empty ones are never far.
        if (self.taken + 1) * 4 > self.cells.len() * 3 {
            self.grow();
        }
        self.taken += 1;
        self.put(Cell::new(hash, number));
    }

    /// Takes a number out. Those behind it that it kept from their home move up, so that no gap hides them.
    pub(crate) fn remove(&mut self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let mut gap = self.seek(hash, is_it)?;
        let number = self.cells[gap].number();
        self.taken -= 1;
        let mut at = gap;
        loop {
            at = self.after(at);
            let cell = self.cells[at];
            if cell.is_empty() {
                self.cells[gap] = cell;
                return Some(number);
            }
            let from_home = at.wrapping_sub(self.home(cell.0)) & (self.cells.len() - 1);
            let from_gap = at.wrapping_sub(gap) & (self.cells.len() - 1);
            if from_home >= from_gap {
                self.cells[gap] = cell;
                gap = at;
            }
        }
    }

    fn seek(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        if self.taken == 0 {
            return None;
        }
        let mut at = self.home(hash);
        loop {
            let cell = self.cells[at];
            if cell.is_empty() {
                return None;
            }
            if cell.has(hash) && is_it(cell.number()) {
                return Some(at);
            }
            at = self.after(at);
        }
    }

    fn put(&mut self, cell: Cell) {
        let mut at = self.home(cell.0);
        while !self.cells[at].is_empty() {
            at = self.after(at);
        }
        self.cells[at] = cell;
    }

    fn grow(&mut self) {
        let cells = (self.cells.len() * 2).max(Self::LEAST_CELLS);
        self.shift = u64::BITS - cells.trailing_zeros();
        let before = std::mem::replace(&mut self.cells, vec![Cell::default(); cells]);
        for cell in before.into_iter().filter(|cell| !cell.is_empty()) {
            self.put(cell);
        }
    }

    /// The highest bits of a hash depend on all that it was made from.
    #[expect(clippy::cast_possible_truncation, reason = "there are no more cells than addresses")]
    const fn home(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    const fn after(&self, at: usize) -> usize {
        (at + 1) & (self.cells.len() - 1)
    }
}

/// Entries found by their hash.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    numbers: Numbers,
    entries: Vec<Option<T>>,
    /// Entries that are not used; the latest is used first, so that what comes after one another lies together.
    unused: Vec<usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { numbers: Numbers::default(), entries: Vec::new(), unused: Vec::new() }
    }
}

impl<T> Table<T> {
    pub(crate) const fn len(&self) -> usize {
        self.entries.len() - self.unused.len()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The entry with this hash that `is_it`.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&T> {
        let number = self.numbers.find(hash, |number| self.entries[number].as_ref().is_some_and(&is_it))?;
        self.entries[number].as_ref()
    }

    pub(crate) fn find_mut(&mut self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&mut T> {
        let number = self.numbers.find(hash, |number| self.entries[number].as_ref().is_some_and(&is_it))?;
        self.entries[number].as_mut()
    }

    /// Adds an entry, beside any that looks like it.
    pub(crate) fn add(&mut self, hash: u64, entry: T) {
        let number = if let Some(unused) = self.unused.pop() {
            self.entries[unused] = Some(entry);
            unused
        } else {
            self.entries.push(Some(entry));
            self.entries.len() - 1
        };
        self.numbers.add(hash, number);
    }

    pub(crate) fn remove(&mut self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let entries = &self.entries;
        let number = self.numbers.remove(hash, |number| entries[number].as_ref().is_some_and(&is_it))?;
        self.unused.push(number);
        self.entries[number].take()
    }
}

/// A number for a text, made eight bytes at a time.
pub(crate) fn hash_text(hash: u64, text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks();
    let hash = words.iter().fold(hash, |hash, word| hash_number(hash, u64::from_le_bytes(*word)));
    // The length stands beside the rest, so that two texts in a row are not taken for two others.
    let rest = rest.iter().fold(text.len() as u64, |word, &byte| word << 8 | u64::from(byte));
    hash_number(hash, rest)
}

pub(crate) const fn hash_number(hash: u64, number: u64) -> u64 {
    /// Odd, without a pattern (from the digits of pi).
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    (hash.rotate_left(5) ^ number).wrapping_mul(FACTOR)
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
                    table.add(hash(key), (key, step));
                    map.insert(key, step);
                }
                prop_assert_eq!(table.len(), map.len());
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
