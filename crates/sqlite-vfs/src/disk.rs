use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::fault::{Fault, Operation};
use crate::ffi;
use crate::folder::{Content, Folder, Recorder};
use crate::random::Random;

/// A disk with one folder. Clones are the same disk; it is gone when nobody holds it and no file of it is open.
#[derive(Clone)]
pub struct Disk(Arc<Machine>);

/// The disk behind all its handles.
pub(crate) struct Machine {
    number: u64,
    folder: Mutex<Folder>,
}

/// What a disk held at one moment: all that a loss of power decides about. Cheap to take and to keep.
#[derive(Clone, Debug)]
pub struct Image {
    content: Content,
    changes: u64,
}

/// Every disk that is in use, by its number.
static DISKS: Mutex<BTreeMap<u64, Weak<Machine>>> = Mutex::new(BTreeMap::new());

/// The number of the next disk.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn disks() -> MutexGuard<'static, BTreeMap<u64, Weak<Machine>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    /// An empty disk.
    ///
    /// # Panics
    ///
    /// Panics when SQLite does not take the disks' VFS.
    #[must_use]
    pub fn new() -> Self {
        Self::holding(Content::default())
    }

    fn holding(content: Content) -> Self {
        ffi::register();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let machine = Arc::new(Machine { number, folder: Mutex::new(Folder::new(content)) });
        disks().insert(number, Arc::downgrade(&machine));
        Self(machine)
    }

    /// The path under which SQLite finds a file of this disk, through the VFS of this crate.
    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/{}/{name}", self.0.number))
    }

    /// What the disk holds now.
    pub fn image(&self) -> Image {
        self.0.folder().image()
    }

    /// From now on takes an image before about one in so many operations that change something, as a seed decides. They
    /// are kept until [`recorded`](Self::recorded) is asked for them.
    ///
    /// # Panics
    ///
    /// Panics when `one_in` is 0.
    pub fn record(&self, one_in: u64, seed: u64) {
        assert!(one_in > 0, "one in none is none");
        self.0.folder().recorder = Some(Recorder { random: Random::new(seed), one_in, images: Vec::new() });
    }

    /// The images that were taken; none is taken from now on.
    pub fn recorded(&self) -> Vec<Image> {
        self.0.folder().recorder.take().map(|recorder| recorder.images).unwrap_or_default()
    }

    /// How many operations have changed something. Whoever reads a number that is not above that of an
    /// [image](Image::changes) read it before the image was taken.
    pub fn changes(&self) -> u64 {
        self.0.folder().changes()
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: Operation) -> u64 {
        self.0.folder().count(operation)
    }

    /// How often anything was asked for.
    pub fn operations(&self) -> u64 {
        let folder = self.0.folder();
        Operation::ALL.into_iter().map(|operation| folder.count(operation)).sum()
    }

    /// Plans a failure.
    pub fn fail(&self, fault: Fault) {
        self.0.folder().plan.add(fault);
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.0.folder().plan.clear();
    }

    /// How many operations failed because it was planned.
    pub fn failed(&self) -> u64 {
        self.0.folder().plan.hits()
    }

    /// From now on syncs are answered and nothing is synced: a disk that lies.
    pub fn lie(&self) {
        self.0.folder().lies = true;
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("number", &self.0.number).finish_non_exhaustive()
    }
}

impl Machine {
    /// The disk of a path and the name of the file on it.
    pub(crate) fn of_path(path: &str) -> Option<(Arc<Self>, &str)> {
        let (number, name) = path.strip_prefix('/')?.split_once('/')?;
        let machine = disks().get(&number.parse().ok()?)?.upgrade()?;
        Some((machine, name))
    }

    pub(crate) fn folder(&self) -> MutexGuard<'_, Folder> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        disks().remove(&self.number);
    }
}

impl Image {
    pub(crate) const fn new(content: Content, changes: u64) -> Self {
        Self { content, changes }
    }

    /// How many operations had changed something when it was taken.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether a loss of power would find something that is not synced.
    pub fn has_unsynced(&self) -> bool {
        self.content.has_unsynced()
    }

    /// A disk as this one is after a loss of power at that moment: the seed decides what is left of what was not synced.
    #[must_use]
    pub fn power_cut(&self, seed: u64) -> Disk {
        Disk::holding(self.content.after_power_loss(seed))
    }

    /// A disk as this one is after the death of every process at that moment: the machine goes on, and nothing that was
    /// written is lost.
    #[must_use]
    pub fn process_death(&self) -> Disk {
        Disk::holding(self.content.clone())
    }
}
