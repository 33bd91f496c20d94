//! The locks on a file, and those on the memory that its connections share.

use std::collections::BTreeMap;

/// Who holds something: one open file of one connection.
pub(crate) type Handle = u64;

/// How firmly a connection holds a file, as SQLite counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    #[default]
    None,
    Shared,
    Reserved,
    Pending,
    Exclusive,
}

/// Locks on a file.
#[derive(Debug, Default)]
pub(crate) struct FileLocks(BTreeMap<Handle, Level>);

impl FileLocks {
    /// Whether it was given.
    pub(crate) fn lock(&mut self, handle: Handle, wanted: Level) -> bool {
        let own = self.0.get(&handle).copied().unwrap_or_default();
        if own >= wanted {
            return true;
        }
        let others = self
            .0
            .iter()
            .filter(|(other, _)| **other != handle)
            .map(|(_, level)| *level)
            .max()
            .unwrap_or_default();
        let (given, now) = match wanted {
            Level::None => (true, own),
            Level::Shared => (others < Level::Pending, Level::Shared),
            Level::Reserved | Level::Pending => (others < Level::Reserved, wanted),
            // Whoever waits for the last reader keeps new ones out meanwhile.
            Level::Exclusive if others == Level::None => (true, Level::Exclusive),
            Level::Exclusive if others == Level::Shared => {
                self.0.insert(handle, Level::Pending);
                (false, Level::Pending)
            }
            Level::Exclusive => (false, own),
        };
        if given {
            self.0.insert(handle, now);
        }
        given
    }

    pub(crate) fn unlock(&mut self, handle: Handle, to: Level) {
        if to == Level::None {
            self.0.remove(&handle);
        } else {
            self.0.insert(handle, to);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.0.values().any(|level| *level >= Level::Reserved)
    }
}

/// Locks on the slots of shared memory.
#[derive(Debug, Default)]
pub(crate) struct SlotLocks(BTreeMap<(usize, Handle), bool>);

impl SlotLocks {
    /// Whether all of the slots were given.
    pub(crate) fn lock(&mut self, handle: Handle, slots: std::ops::Range<usize>, exclusively: bool) -> bool {
        let is_free = |slot: usize| {
            let mut holders = self.0.range((slot, 0)..=(slot, Handle::MAX));
            holders.all(|((_, other), exclusive)| *other == handle || !(exclusively || *exclusive))
        };
        if !slots.clone().all(is_free) {
            return false;
        }
        for slot in slots {
            self.0.insert((slot, handle), exclusively);
        }
        true
    }

    pub(crate) fn unlock(&mut self, handle: Handle, slots: std::ops::Range<usize>) {
        for slot in slots {
            self.0.remove(&(slot, handle));
        }
    }

    pub(crate) fn unlock_all(&mut self, handle: Handle) {
        self.0.retain(|(_, holder), _| *holder != handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writes_while_others_read() {
        let mut locks = FileLocks::default();
        assert!(locks.lock(1, Level::Shared) && locks.lock(2, Level::Shared));
        assert!(locks.lock(1, Level::Reserved));
        assert!(locks.is_reserved());
        assert!(!locks.lock(2, Level::Reserved));
        assert!(!locks.lock(1, Level::Exclusive), "somebody reads");
        assert!(!locks.lock(3, Level::Shared), "and nobody else begins to");
        locks.unlock(2, Level::None);
        assert!(locks.lock(1, Level::Exclusive));
        locks.unlock(1, Level::Shared);
        assert!(locks.lock(3, Level::Shared));
        assert!(!locks.is_reserved());
    }

    #[test]
    fn a_slot_has_many_readers_or_one_writer() {
        let mut locks = SlotLocks::default();
        assert!(locks.lock(1, 3..4, false) && locks.lock(2, 3..4, false));
        assert!(!locks.lock(1, 2..5, true));
        locks.unlock(2, 3..4);
        assert!(locks.lock(1, 2..5, true));
        assert!(!locks.lock(2, 4..5, false));
        locks.unlock_all(1);
        assert!(locks.lock(2, 0..8, true));
    }
}
