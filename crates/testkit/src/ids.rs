use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parlor_model::IdSource;

/// A source of ids that gives the same ones for the same seed.
///
/// For tests only: it is predictable. Clones share the sequence, so that no two of them give the same id.
#[derive(Clone, Debug)]
pub struct SeededIds {
    state: Arc<AtomicU64>,
}

impl SeededIds {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: Arc::new(AtomicU64::new(seed)) }
    }

    /// The next eight bytes: `SplitMix64`, whose state only ever counts up, so that threads can share it.
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.state.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl Default for SeededIds {
    fn default() -> Self {
        Self::new(0)
    }
}

impl IdSource for SeededIds {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn take(ids: &SeededIds, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        ids.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_gives_the_same_sequence_every_time() {
        assert_eq!(take(&SeededIds::new(7), 21), take(&SeededIds::new(7), 21));
        assert_ne!(take(&SeededIds::new(7), 21), take(&SeededIds::new(8), 21));
    }

    #[test]
    fn the_first_value_is_that_of_the_published_generator() {
        assert_eq!(take(&SeededIds::new(0), 8), 0xE220_A839_7B1D_CDAF_u64.to_le_bytes());
    }

    #[test]
    fn clones_never_give_the_same_bytes() {
        let one = SeededIds::new(1);
        let other = one.clone();
        let seen: BTreeSet<_> = (0..1_000).flat_map(|_| [take(&one, 10), take(&other, 10)]).collect();
        assert_eq!(seen.len(), 2_000);
    }
}
