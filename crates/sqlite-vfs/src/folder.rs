//! The folder of a disk: names, files, and what is going on with them.

use std::collections::{BTreeMap, BTreeSet};

use crate::disk::Image;
use crate::fault::{Failure, Operation, Plan};
use crate::file::{Fate, File};
use crate::locks::FileLocks;
use crate::memory::Shared;
use crate::random::Random;

/// Which file; a name may come to mean another.
pub(crate) type FileId = u64;

/// What the power takes a part of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    files: BTreeMap<FileId, File>,
    /// What processes see.
    names: BTreeMap<String, FileId>,
    /// On the disk.
    durable_names: BTreeMap<String, FileId>,
    /// Since the folder was synced, in order: a name, and which file it means from then on.
    unsynced_names: Vec<(String, Option<FileId>)>,
    next: FileId,
}

/// A disk that is in use.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) content: Content,
    pub(crate) plan: Plan,
    pub(crate) locks: BTreeMap<FileId, FileLocks>,
    pub(crate) shared: BTreeMap<FileId, Shared>,
    open: BTreeMap<FileId, usize>,
    counts: BTreeMap<Operation, u64>,
    /// Operations that change something.
    changes: u64,
    pub(crate) lies: bool,
    random: Random,
    pub(crate) recorder: Option<Recorder>,
}

/// Takes images while the disk is in use.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) random: Random,
    pub(crate) one_in: u64,
    pub(crate) images: Vec<Image>,
}

/// An operation that fails because a test asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) Failure);

impl Content {
    pub(crate) fn find(&self, name: &str) -> Option<FileId> {
        self.names.get(name).copied()
    }

    pub(crate) fn file(&self, id: FileId) -> Option<&File> {
        self.files.get(&id)
    }

    fn file_mut(&mut self, id: FileId) -> &mut File {
        self.files.entry(id).or_default()
    }

    fn make(&mut self, name: &str) -> FileId {
        let id = self.next;
        self.next += 1;
        self.files.insert(id, File::default());
        self.names.insert(name.to_owned(), id);
        self.unsynced_names.push((name.to_owned(), Some(id)));
        id
    }

    fn remove(&mut self, name: &str) {
        self.names.remove(name);
        self.unsynced_names.push((name.to_owned(), None));
    }

    fn sync_names(&mut self) {
        for (name, id) in std::mem::take(&mut self.unsynced_names) {
            set(&mut self.durable_names, name, id);
        }
    }

    /// Forgets files that have no name, neither now nor after a loss of power, and that nobody has open.
    fn clean_up(&mut self, open: &BTreeMap<FileId, usize>) {
        let Self { files, names, durable_names, unsynced_names, .. } = self;
        let named: BTreeSet<_> = names
            .values()
            .chain(durable_names.values())
            .chain(unsynced_names.iter().filter_map(|(_, id)| id.as_ref()))
            .chain(open.keys())
            .copied()
            .collect();
        files.retain(|id, _| named.contains(id));
    }

    pub(crate) fn after_power_loss(&self, seed: u64) -> Self {
        let mut fate = Fate::new(seed);
        let mut names = self.durable_names.clone();
        let kept = fate.of_names(self.unsynced_names.len());
        for (name, id) in &self.unsynced_names[..kept] {
            set(&mut names, name.clone(), *id);
        }
        let mut files = BTreeMap::new();
        for id in names.values() {
            let bytes = self.files.get(id).map(|file| file.after_power_loss(&mut fate));
            files.insert(*id, File::holding(bytes.unwrap_or_default()));
        }
        Self { files, durable_names: names.clone(), names, unsynced_names: Vec::new(), next: self.next }
    }

    pub(crate) fn has_unsynced(&self) -> bool {
        !self.unsynced_names.is_empty() || self.files.values().any(File::has_unsynced)
    }
}

fn set(names: &mut BTreeMap<String, FileId>, name: String, id: Option<FileId>) {
    match id {
        Some(id) => names.insert(name, id),
        None => names.remove(&name),
    };
}

impl Folder {
    pub(crate) fn new(content: Content) -> Self {
        Self {
            content,
            plan: Plan::default(),
            locks: BTreeMap::new(),
            shared: BTreeMap::new(),
            open: BTreeMap::new(),
            counts: BTreeMap::new(),
            changes: 0,
            lies: false,
            random: Random::new(0),
            recorder: None,
        }
    }

    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    pub(crate) fn count(&self, operation: Operation) -> u64 {
        self.counts.get(&operation).copied().unwrap_or(0)
    }

    pub(crate) fn image(&self) -> Image {
        Image::new(self.content.clone(), self.changes)
    }

    /// Counts an operation, and fails it when that was planned.
    pub(crate) fn meet(&mut self, operation: Operation) -> Result<(), Failed> {
        *self.counts.entry(operation).or_default() += 1;
        self.plan.meet(operation).map_or(Ok(()), |failure| Err(Failed(failure)))
    }

    /// Takes an image, when it is time to, before something changes.
    fn will_change(&mut self) {
        let is_time = self.recorder.as_mut().is_some_and(|recorder| recorder.random.one_in(recorder.one_in));
        if is_time {
            let image = self.image();
            if let Some(recorder) = &mut self.recorder {
                recorder.images.push(image);
            }
        }
        self.changes += 1;
    }

    /// Opens a file, making it when it is not there and may be.
    pub(crate) fn open(&mut self, name: &str, may_make: bool) -> Result<Option<(FileId, bool)>, Failed> {
        self.meet(Operation::Open)?;
        let (id, is_new) = match self.content.find(name) {
            Some(id) => (id, false),
            None if may_make => {
                self.will_change();
                (self.content.make(name), true)
            }
            None => return Ok(None),
        };
        *self.open.entry(id).or_default() += 1;
        Ok(Some((id, is_new)))
    }

    pub(crate) fn close(&mut self, id: FileId) {
        if let Some(number) = self.open.get_mut(&id) {
            *number -= 1;
            if *number == 0 {
                self.open.remove(&id);
                self.content.clean_up(&self.open);
            }
        }
    }

    /// Removes a name; `false` when there was none.
    pub(crate) fn delete(&mut self, name: &str, durably: bool) -> Result<bool, Failed> {
        self.meet(Operation::Delete)?;
        if self.content.find(name).is_none() {
            return Ok(false);
        }
        self.will_change();
        self.content.remove(name);
        if durably {
            self.sync_names();
        }
        Ok(true)
    }

    /// Makes the names in the folder durable.
    pub(crate) fn sync_names(&mut self) {
        if !self.lies {
            self.content.sync_names();
            self.content.clean_up(&self.open);
        }
    }

    pub(crate) fn write(&mut self, id: FileId, at: usize, bytes: &[u8]) -> Result<(), Failed> {
        let met = self.meet(Operation::Write);
        if met == Err(Failed(Failure::Short)) {
            self.will_change();
            self.content.file_mut(id).write(at, &bytes[..bytes.len() / 2]);
        }
        met?;
        self.will_change();
        self.content.file_mut(id).write(at, bytes);
        Ok(())
    }

    pub(crate) fn truncate(&mut self, id: FileId, len: usize) -> Result<(), Failed> {
        self.meet(Operation::Truncate)?;
        self.will_change();
        self.content.file_mut(id).truncate(len);
        Ok(())
    }

    pub(crate) fn sync(&mut self, id: FileId, with_names: bool) -> Result<(), Failed> {
        let met = self.meet(Operation::Sync);
        self.will_change();
        if met.is_err() {
            let seed = self.random.next();
            self.content.file_mut(id).sync_in_vain(seed);
        }
        met?;
        if !self.lies {
            self.content.file_mut(id).sync();
        }
        if with_names {
            self.sync_names();
        }
        Ok(())
    }
}
