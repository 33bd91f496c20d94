//! A sorted map for lines: nearly everything is added at the end and taken from the front.

use std::collections::VecDeque;

/// Entries in the order of their keys, each key once, in pieces of a bounded length.
///
/// A search tree finds the front by going down from its root, and moves what stands behind it forward. Here the front
/// is two steps away and nothing moves, so that taking it visits two places in memory. Elsewhere at most one piece
/// moves, and it is found by halving.
#[derive(Clone, Debug)]
pub(crate) struct Line<K, V> {
    /// None is empty.
    pieces: VecDeque<VecDeque<(K, V)>>,
    len: usize,
}

/// The longest piece: long enough that there are few of them, short enough that moving half of one is quick.
const LONGEST: usize = 64;
/// A piece that becomes shorter is joined with one beside it, if both together are not longer than [`JOINED`].
const SHORTEST: usize = LONGEST / 4;
/// Well below [`LONGEST`], so that pieces that were joined are not split again at once.
const JOINED: usize = LONGEST / 2;

impl<K, V> Default for Line<K, V> {
    fn default() -> Self {
        Self { pieces: VecDeque::new(), len: 0 }
    }
}

impl<K: Ord + Copy, V> Line<K, V> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The entry with the least key.
    pub(crate) fn first(&self) -> Option<&(K, V)> {
        self.pieces.front()?.front()
    }

    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        let piece = self.pieces.front_mut()?;
        let first = piece.pop_front();
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        self.len -= usize::from(first.is_some());
        first
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let piece = self.pieces.get(self.piece_of(key))?;
        let at = piece.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        piece.get(at).map(|(_, value)| value)
    }

    /// Adds an entry; one with the same key is replaced.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.last().is_none_or(|last| last < key) {
            self.len += 1;
            match self.pieces.back_mut().filter(|piece| piece.len() < LONGEST) {
                Some(piece) => piece.push_back((key, value)),
                None => self.pieces.push_back(VecDeque::from([(key, value)])),
            }
            return;
        }
        let number = self.piece_of(&key);
        let Some(piece) = self.pieces.get_mut(number) else { return };
        let at = match piece.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(at) => {
                piece[at].1 = value;
                return;
            }
            Err(at) => at,
        };
        self.len += 1;
        piece.insert(at, (key, value));
        if piece.len() > LONGEST {
            let rest = piece.split_off(LONGEST / 2);
            self.pieces.insert(number + 1, rest);
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let number = self.piece_of(key);
        let piece = self.pieces.get_mut(number)?;
        let at = piece.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        let (_, value) = piece.remove(at)?;
        self.len -= 1;
        let left = piece.len();
        if left == 0 {
            self.pieces.remove(number);
        } else if left < SHORTEST && !self.join(number) && number > 0 {
            self.join(number - 1);
        }
        Some(value)
    }

    /// Joins a piece with the next if that makes no long one; gives whether it did.
    fn join(&mut self, number: usize) -> bool {
        let Some((one, next)) = self.pieces.get(number).zip(self.pieces.get(number + 1)) else { return false };
        if one.len() + next.len() > JOINED {
            return false;
        }
        if let Some(mut next) = self.pieces.remove(number + 1) {
            self.pieces[number].append(&mut next);
        }
        true
    }

    /// Everything, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.pieces.iter().flatten()
    }

    /// How many stand before a key.
    pub(crate) fn before(&self, key: &K) -> usize {
        let number = self.piece_of(key);
        let whole: usize = self.pieces.iter().take(number).map(VecDeque::len).sum();
        let within = self.pieces.get(number).map(|piece| piece.partition_point(|(known, _)| known < key));
        whole + within.unwrap_or(0)
    }

    fn last(&self) -> Option<K> {
        Some(self.pieces.back()?.back()?.0)
    }

    /// The number of the first piece that ends with this key or behind it.
    fn piece_of(&self, key: &K) -> usize {
        self.pieces.partition_point(|piece| piece.back().is_some_and(|(last, _)| last < key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u16),
        Append,
        Remove(u16),
        Pop,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => (0..600_u16).prop_map(Step::Insert),
            2 => Just(Step::Append),
            3 => (0..600_u16).prop_map(Step::Remove),
            1 => Just(Step::Pop),
        ];
        // Long enough for pieces to be split, to become short and to be joined.
        prop::collection::vec(step, 0..1_500)
    }

    proptest! {
        #[test]
        fn a_line_is_a_map(steps in steps()) {
            let (mut line, mut map) = (Line::default(), BTreeMap::new());
            let mut end = 1_000;
            for (value, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Insert(key) => {
                        line.insert(key, value);
                        map.insert(key, value);
                    }
                    Step::Append => {
                        end += 1;
                        line.insert(end, value);
                        map.insert(end, value);
                    }
                    Step::Remove(key) => prop_assert_eq!(line.remove(&key), map.remove(&key)),
                    Step::Pop => prop_assert_eq!(line.pop_first(), map.pop_first()),
                }
                prop_assert_eq!(line.len(), map.len());
                prop_assert_eq!(line.first().copied(), map.first_key_value().map(|(&key, &value)| (key, value)));
            }
            prop_assert!(line.iter().copied().eq(map.iter().map(|(&key, &value)| (key, value))));
            prop_assert!(line.pieces.iter().all(|piece| (1..=LONGEST).contains(&piece.len())));
            for key in 0..=end {
                prop_assert_eq!(line.get(&key), map.get(&key));
                prop_assert_eq!(line.before(&key), map.range(..key).count());
            }
        }
    }

    #[test]
    fn what_is_left_of_many_does_not_stand_in_many_pieces() {
        let mut line = Line::default();
        for key in 0..10_000 {
            line.insert(key, ());
        }
        for key in (0..10_000).filter(|key| key % 50 != 0) {
            line.remove(&key);
        }
        assert_eq!(line.len(), 200);
        assert!(line.pieces.len() <= 2 * 200 / SHORTEST, "{} pieces", line.pieces.len());
    }
}
