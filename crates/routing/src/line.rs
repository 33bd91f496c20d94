//! A sorted map for lines: nearly everything is added at the end and taken from the front.

use std::collections::VecDeque;

/// Entries in the order of their keys, each key once, in pieces of a bounded length.
///
/// A search tree finds the front by going down from its root, and moves what stands behind it forward. Here the front
/// is one step away and nothing moves. Elsewhere at most one piece moves, and it is found by halving.
#[derive(Clone, Debug)]
pub(crate) struct Line<K, V> {
    /// The first piece; empty only if there are no others.
    head: Piece<K, V>,
    /// The others. None is empty.
    rest: VecDeque<Piece<K, V>>,
    len: usize,
}

type Piece<K, V> = VecDeque<(K, V)>;

/// The longest piece: long enough that there are few of them, short enough that moving half of one is quick.
const LONGEST: usize = 64;
/// A piece that becomes shorter is joined with one beside it, if both together are not longer than [`JOINED`].
const SHORTEST: usize = LONGEST / 4;
/// Well below [`LONGEST`], so that pieces that were joined are not split again at once.
const JOINED: usize = LONGEST / 2;

impl<K, V> Default for Line<K, V> {
    fn default() -> Self {
        Self { head: VecDeque::new(), rest: VecDeque::new(), len: 0 }
    }
}

impl<K: Ord + Copy, V> Line<K, V> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The entry with the least key.
    pub(crate) fn first(&self) -> Option<&(K, V)> {
        self.head.front()
    }

    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        let first = self.head.pop_front()?;
        self.len -= 1;
        self.keep_head();
        Some(first)
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let piece = self.piece(self.piece_of(key))?;
        let at = piece.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        piece.get(at).map(|(_, value)| value)
    }

    /// Adds an entry; one with the same key is replaced.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let last = self.rest.back_mut().unwrap_or(&mut self.head);
        if last.back().is_none_or(|(last, _)| *last < key) {
            self.len += 1;
            if last.len() < LONGEST {
                last.push_back((key, value));
            } else {
                self.rest.push_back(VecDeque::from([(key, value)]));
            }
            return;
        }
        let number = self.piece_of(&key);
        let Some(piece) = self.piece_mut(number) else { return };
        let at = match piece.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(at) => {
                piece[at].1 = value;
                return;
            }
            Err(at) => at,
        };
        piece.insert(at, (key, value));
        if piece.len() > LONGEST {
            let second_half = piece.split_off(LONGEST / 2);
            self.rest.insert(number, second_half);
        }
        self.len += 1;
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let number = self.piece_of(key);
        let piece = self.piece_mut(number)?;
        let at = piece.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        let (_, value) = piece.remove(at)?;
        let left = piece.len();
        self.len -= 1;
        match number.checked_sub(1) {
            None => self.keep_head(),
            Some(in_rest) if left == 0 => drop(self.rest.remove(in_rest)),
            Some(_) => {}
        }
        if (1..SHORTEST).contains(&left) && !self.join(number) && number > 0 {
            self.join(number - 1);
        }
        Some(value)
    }

    /// Everything, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.head.iter().chain(self.rest.iter().flatten())
    }

    /// How many stand before a key.
    pub(crate) fn before(&self, key: &K) -> usize {
        let number = self.piece_of(key);
        let whole: usize = (0..number).filter_map(|number| self.piece(number)).map(VecDeque::len).sum();
        let within = self.piece(number).map(|piece| piece.partition_point(|(known, _)| known < key));
        whole + within.unwrap_or(0)
    }

    /// The number of the first piece that ends with this key or behind it; 0 is the head.
    fn piece_of(&self, key: &K) -> usize {
        let ends_before = |piece: &Piece<K, V>| piece.back().is_some_and(|(last, _)| last < key);
        if ends_before(&self.head) { 1 + self.rest.partition_point(ends_before) } else { 0 }
    }

    fn piece(&self, number: usize) -> Option<&Piece<K, V>> {
        match number.checked_sub(1) {
            None => Some(&self.head),
            Some(in_rest) => self.rest.get(in_rest),
        }
    }

    fn piece_mut(&mut self, number: usize) -> Option<&mut Piece<K, V>> {
        match number.checked_sub(1) {
            None => Some(&mut self.head),
            Some(in_rest) => self.rest.get_mut(in_rest),
        }
    }

    /// Puts the next piece in the place of an empty head.
    fn keep_head(&mut self) {
        if self.head.is_empty()
            && let Some(next) = self.rest.pop_front()
        {
            self.head = next;
        }
    }

    /// Joins a piece with the next if that makes no long one; gives whether it did.
    fn join(&mut self, number: usize) -> bool {
        let Some((one, next)) = self.piece(number).zip(self.piece(number + 1)) else { return false };
        if one.len() + next.len() > JOINED {
            return false;
        }
        if let Some(mut next) = self.rest.remove(number)
            && let Some(piece) = self.piece_mut(number)
        {
            piece.append(&mut next);
        }
        true
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
            prop_assert!(line.head.len() <= LONGEST && line.head.is_empty() <= line.rest.is_empty());
            prop_assert!(line.rest.iter().all(|piece| (1..=LONGEST).contains(&piece.len())));
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
        assert!(line.rest.len() < 2 * 200 / SHORTEST, "{} further pieces", line.rest.len());
    }
}
