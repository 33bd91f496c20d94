//! One file: what is on the disk, what processes see, and what was written since the last sync.

use std::sync::Arc;

use crate::random::Random;

/// What the disk writes at once, in bytes.
pub const SECTOR: usize = 512;

/// A file. Cloning it is cheap: the bytes are shared until one of the two writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    /// On the disk.
    durable: Arc<Vec<u8>>,
    /// What whoever reads sees.
    current: Arc<Vec<u8>>,
    /// Since the last sync, in order.
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Arc<[u8]> },
    Truncate(usize),
}

/// What becomes of what was not synced.
#[derive(Debug)]
pub(crate) struct Fate {
    random: Random,
    mood: Mood,
}

/// How a cut treats all files: purely random losses would hardly ever lose all of much, or keep all of it.
#[derive(Clone, Copy, Debug)]
enum Mood {
    /// Nothing is kept.
    Lost,
    /// Everything is kept.
    Kept,
    /// What was written first is kept, up to some moment.
    Begun,
    /// So many sectors in 16 are kept, wherever they are, and one in eight of the others is torn.
    Scattered(u64),
}

/// What becomes of one sector.
enum Sector {
    Kept,
    Lost,
    Torn,
}

impl File {
    pub(crate) fn len(&self) -> usize {
        self.current.len()
    }

    /// Fills the buffer from `at`; gives how many bytes there were.
    pub(crate) fn read(&self, at: usize, buffer: &mut [u8]) -> usize {
        let there = self.current.get(at..).unwrap_or(&[]);
        let read = there.len().min(buffer.len());
        buffer[..read].copy_from_slice(&there[..read]);
        read
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        overwrite(Arc::make_mut(&mut self.current), at, bytes);
        self.unsynced.push(Change::Write { at, bytes: bytes.into() });
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        Arc::make_mut(&mut self.current).resize(len, 0);
        self.unsynced.push(Change::Truncate(len));
    }

    pub(crate) fn sync(&mut self) {
        if self.unsynced.is_empty() {
            return;
        }
        let durable = Arc::make_mut(&mut self.durable);
        for change in self.unsynced.drain(..) {
            match change {
                Change::Write { at, bytes } => overwrite(durable, at, &bytes),
                Change::Truncate(len) => durable.resize(len, 0),
            }
        }
    }

    /// A sync that fails: each sector made it or did not, and nobody will try again. Whoever reads sees no difference.
    pub(crate) fn sync_in_vain(&mut self, seed: u64) {
        self.durable = Arc::new(self.after_power_loss(&mut Fate::new(seed)));
        self.unsynced.clear();
    }

    /// Whether a loss of power would decide about anything.
    pub(crate) fn has_unsynced(&self) -> bool {
        !self.unsynced.is_empty()
    }

    /// What is there after the power was lost.
    pub(crate) fn after_power_loss(&self, fate: &mut Fate) -> Vec<u8> {
        let mut kept = self.durable.to_vec();
        let begun = fate.random.below(self.unsynced.len() as u64 + 1);
        for (number, change) in (0..).zip(&self.unsynced) {
            match change {
                Change::Truncate(len) => {
                    if fate.keeps(number < begun) {
                        kept.resize(*len, 0);
                    }
                }
                Change::Write { at, bytes } => {
                    for (at, part) in sectors(*at, bytes) {
                        match fate.of_sector(number < begun) {
                            Sector::Kept => overwrite(&mut kept, at, part),
                            Sector::Lost => {}
                            Sector::Torn => overwrite(&mut kept, at, &fate.tear(part)),
                        }
                    }
                }
            }
        }
        kept
    }

    /// A file that holds these bytes, durably.
    pub(crate) fn holding(bytes: Vec<u8>) -> Self {
        let bytes = Arc::new(bytes);
        Self { durable: Arc::clone(&bytes), current: bytes, unsynced: Vec::new() }
    }
}

impl Fate {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mood = match random.below(8) {
            0 => Mood::Lost,
            1 => Mood::Kept,
            2 | 3 => Mood::Begun,
            _ => Mood::Scattered(1 + random.below(15)),
        };
        Self { random, mood }
    }

    /// How many of these changes of names are kept; they reach the disk in order.
    pub(crate) fn of_names(&mut self, number: usize) -> usize {
        match self.mood {
            Mood::Lost => 0,
            Mood::Kept => number,
            Mood::Begun | Mood::Scattered(_) => {
                usize::try_from(self.random.below(number as u64 + 1)).unwrap_or(number)
            }
        }
    }

    fn keeps(&mut self, is_begun: bool) -> bool {
        match self.mood {
            Mood::Lost => false,
            Mood::Kept => true,
            Mood::Begun => is_begun,
            Mood::Scattered(parts) => self.random.below(16) < parts,
        }
    }

    fn of_sector(&mut self, is_begun: bool) -> Sector {
        let tears = matches!(self.mood, Mood::Scattered(_)) && self.random.one_in(8);
        match (self.keeps(is_begun), tears) {
            (_, true) => Sector::Torn,
            (true, false) => Sector::Kept,
            (false, false) => Sector::Lost,
        }
    }

    /// A beginning of the bytes, and then anything.
    fn tear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut torn = bytes.to_vec();
        let intact = usize::try_from(self.random.below(bytes.len() as u64)).unwrap_or(0);
        let zeros = self.random.one_in(2);
        for byte in &mut torn[intact..] {
            *byte = if zeros { 0 } else { self.random.next().to_le_bytes()[0] };
        }
        torn
    }
}

fn overwrite(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}

/// The parts of a write, by the sector they are in.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR - at % SECTOR).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    let rest =
        rest.chunks(SECTOR).enumerate().map(move |(number, part)| (at + first + number * SECTOR, part));
    std::iter::once((at, head)).filter(|(_, head)| !head.is_empty()).chain(rest)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn outcomes(file: &File) -> BTreeSet<Vec<u8>> {
        (0..2_000).map(|seed| file.after_power_loss(&mut Fate::new(seed))).collect()
    }

    #[test]
    fn what_was_synced_is_there_whatever_the_seed() {
        let mut file = File::default();
        file.write(100, &[1; 3_000]);
        file.truncate(2_000);
        file.sync();
        assert!(!file.has_unsynced());
        let mut expected = vec![0; 100];
        expected.extend([1; 1_900]);
        assert_eq!(outcomes(&file), BTreeSet::from([expected]));
    }

    #[test]
    fn a_sector_that_was_not_synced_is_kept_lost_or_torn() {
        let mut file = File::holding(vec![1; 3 * SECTOR]);
        file.write(SECTOR, &[2; SECTOR]);
        let all = outcomes(&file);
        let with = |bytes: [u8; SECTOR]| [[1; SECTOR], bytes, [1; SECTOR]].concat();
        assert!(all.contains(&with([1; SECTOR])), "lost");
        assert!(all.contains(&with([2; SECTOR])), "kept");
        let torn = |bytes: &Vec<u8>| {
            let sector = &bytes[SECTOR..2 * SECTOR];
            sector.starts_with(&[2; 4]) && sector.ends_with(&[0; 4])
        };
        assert!(all.iter().any(torn), "torn");
        let beside = |bytes: &Vec<u8>| bytes[..SECTOR] == [1; SECTOR] && bytes[2 * SECTOR..] == [1; SECTOR];
        assert!(all.iter().all(beside), "nothing beside it is touched");
    }

    #[test]
    fn sectors_of_one_write_have_fates_of_their_own() {
        let mut file = File::holding(vec![1; 2 * SECTOR]);
        file.write(0, &[2; 2 * SECTOR]);
        let halves: BTreeSet<_> = outcomes(&file).iter().map(|bytes| (bytes[0], bytes[SECTOR])).collect();
        assert!(halves.is_superset(&BTreeSet::from([(1, 1), (1, 2), (2, 1), (2, 2)])));
    }

    #[test]
    fn a_later_write_may_survive_an_earlier_one() {
        let mut file = File::holding(vec![0; 4 * SECTOR]);
        file.write(0, &[1]);
        file.write(2 * SECTOR, &[2]);
        assert!(outcomes(&file).iter().any(|bytes| bytes[0] == 0 && bytes[2 * SECTOR] == 2));
    }

    #[test]
    fn a_failed_sync_is_not_made_good_by_the_next_one() {
        let lost = (0..100).find_map(|seed| {
            let mut file = File::holding(vec![1; SECTOR]);
            file.write(0, &[2; SECTOR]);
            file.sync_in_vain(seed);
            file.sync();
            let mut byte = [0];
            file.read(0, &mut byte);
            assert_eq!(byte, [2], "whoever reads sees what was written");
            let durable = file.after_power_loss(&mut Fate::new(0));
            (durable == [1; SECTOR]).then_some(())
        });
        assert!(lost.is_some());
    }

    #[test]
    fn writes_are_cut_at_the_borders_of_sectors() {
        let bytes: Vec<u8> = vec![7; 1_100];
        let parts: Vec<_> = sectors(500, &bytes).map(|(at, part)| (at, part.len())).collect();
        assert_eq!(parts, [(500, 12), (512, 512), (1_024, 512), (1_536, 64)]);
        assert_eq!(sectors(512, &bytes[..512]).count(), 1);
    }
}
