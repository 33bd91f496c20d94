//! The power is cut at any moment.

use parlor_sqlite_vfs::{Disk, Image};

use crate::check::{check, check_file};
use crate::history::{History, WRITERS, write};
use crate::{is_deep, open, run};

/// One in so many operations of a history is a moment of a cut.
const MOMENTS: u64 = 8;

/// One in so many operations of a reopening is a moment of a second cut.
const SECOND_MOMENTS: u64 = 25;

/// What was tried.
#[derive(Debug, Default)]
struct Tried {
    cuts: u64,
    /// Of them, in the middle of a reopening.
    second: u64,
    /// Of them, when something was not synced.
    unsynced: u64,
    /// Of them, when the file had no schema yet.
    migrating: u64,
    /// Of them, with changes on the disk that had not been answered.
    ahead: u64,
}

impl Tried {
    /// Opens what a cut left, looks at everything, writes on, closes, and cuts that too.
    fn cut(&mut self, image: &Image, history: &History, seed: u64, is_first: bool) -> Result<(), String> {
        let after = image.power_cut(seed);
        self.cuts += 1;
        self.unsynced += u64::from(image.has_unsynced());
        if is_first {
            after.record(SECOND_MOMENTS, seed);
        } else {
            self.second += 1;
        }
        let continued = run(self.look(&after, history, image.changes(), seed))?;
        check_file(&after)?;
        if is_first {
            let images = after.recorded();
            // One of them; another one the next time.
            let chosen = usize::try_from(seed).unwrap_or(0) % images.len().max(1);
            if let Some(image) = images.get(chosen) {
                self.cut(image, &continued, seed.rotate_left(7), false)?;
            }
        }
        Ok(())
    }

    async fn look(
        &mut self,
        disk: &Disk,
        history: &History,
        upto: u64,
        seed: u64,
    ) -> Result<History, String> {
        let store = open(disk).map_err(|error| format!("it cannot be opened: {error:?}"))?;
        let there = check(history, &store, upto).await?;
        let answered =
            |asked: &&std::sync::Arc<crate::history::Asked>| asked.answered.is_some_and(|at| at <= upto);
        let answered: usize =
            history.writers.iter().map(|writer| writer.asked.iter().filter(answered).count()).sum();
        self.ahead += u64::from(there.iter().sum::<usize>() > answered);
        self.migrating += u64::from(answered == 0);
        // Work goes on.
        let mut history = history.continued(&there);
        let writer = usize::try_from(seed).unwrap_or(0) % WRITERS;
        if !history.ask(writer, &store, disk).await {
            return Err("it does not write any more".to_owned());
        }
        store.close().await.map_err(|error| format!("{error:?}"))?;
        Ok(history)
    }

    fn add(&mut self, other: &Self) {
        self.cuts += other.cuts;
        self.second += other.second;
        self.unsynced += other.unsynced;
        self.migrating += other.migrating;
        self.ahead += other.ahead;
    }
}

/// Writes histories and cuts them, until there were as many cuts as wanted. Every so many-th seed is one's own.
fn cut_histories(first: u64, step: usize, cuts: u64) -> Tried {
    let mut tried = Tried::default();
    for seed in (first..).step_by(step) {
        if tried.cuts >= cuts {
            break;
        }
        let (history, images) = write(&Disk::new(), MOMENTS, seed);
        for (number, image) in images.iter().enumerate() {
            let cut = seed << 32 | number as u64;
            if let Err(finding) = tried.cut(image, &history, cut, true) {
                panic!("history {seed}, cut {number} after {} changes: {finding}", image.changes());
            }
        }
    }
    tried
}

#[test]
fn g01_g13_what_was_answered_survives_the_loss_of_power() {
    let cuts = std::env::var("PARLOR_CUTS")
        .map_or(if is_deep() { 1_000_000 } else { 10_000 }, |cuts| cuts.parse().unwrap());
    let mut tried = Tried::default();
    std::thread::scope(|scope| {
        let halves = [1, 2].map(|first| scope.spawn(move || cut_histories(first, 2, cuts / 2)));
        for half in halves {
            tried.add(&half.join().unwrap());
        }
    });
    println!("{tried:?}");
    assert!(tried.second > cuts / 10, "{tried:?}");
    assert!(tried.unsynced > cuts / 2, "{tried:?}");
    assert!(tried.migrating > cuts / 100, "{tried:?}");
    assert!(tried.ahead > cuts / 100, "{tried:?}");
}
