use std::time::Duration;

/// How a [`SqliteStore`](crate::SqliteStore) uses memory, disk and threads. The defaults suit a workspace of any size
/// on a server with a gigabyte of memory to spare.
///
/// What decides about durability is no option: the file is always written with `synchronous = FULL`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// How many changes may wait for the writer before a commit is answered
    /// [`Busy`](parlor_store::StoreError::Busy); at least 1. Default 4,096: a fifth of a second of work at 20,000
    /// messages a second.
    pub queue: usize,
    /// How many changes share one transaction at the most; at least 1. Default 512: from about 100 on, a larger group
    /// makes no message cheaper, only the first one later.
    pub group: usize,
    /// How many threads read; at least 1. Default 4.
    pub readers: usize,
    /// How many reads may wait for a thread before one is answered [`Busy`](parlor_store::StoreError::Busy); at least 1.
    /// Default 1,024.
    pub read_queue: usize,
    /// From this size on the write-ahead log is emptied into the file, in bytes. Default 64 MiB: large enough that the
    /// log is reused rather than grown, small enough that opening after a crash takes a fraction of a second.
    pub wal_target: u64,
    /// The write-ahead log does not grow beyond this, in bytes; at least twice `wal_target`. While somebody reads an old
    /// state for so long that the log cannot be emptied, commits are answered
    /// [`Busy`](parlor_store::StoreError::Busy) from here on. Default 256 MiB.
    pub wal_limit: u64,
    /// Page cache of the writer, in bytes. Default 64 MiB.
    pub writer_cache: u64,
    /// Page cache of each reader, in bytes. Default 8 MiB.
    pub reader_cache: u64,
    /// How much of the file each reader maps into memory, in bytes; 0 maps nothing. Default 1 GiB; it costs address
    /// space, and memory only for what is read.
    pub reader_map: u64,
    /// The file does not grow beyond this, in bytes; a commit that needs more fails. `None`, the default, leaves the limit
    /// to the disk.
    pub file_limit: Option<u64>,
    /// How long a connection waits for another process, such as a back-up, to release the file. Default 5 s.
    pub busy_timeout: Duration,
    /// How long after a commit what was written is indexed for searches. Default 250 ms: a burst is indexed in large
    /// batches, and never on the way to an answer. Searches see every commit all the same. `None` leaves the index as it
    /// is, and searches read what is not in it.
    pub index_pause: Option<Duration>,
    /// Whether the whole file is checked when it was not closed in order. Default true. It reads the whole file: about a
    /// second a gigabyte.
    pub check_after_crash: bool,
    /// The name of an SQLite VFS that the process has registered, through which the file is opened instead of the file
    /// system: one that encrypts, say, or one that fails for a test. The path is then whatever that VFS understands, the
    /// file is made by it, nothing but the VFS keeps another process away, and the file counts as not closed in order
    /// whenever it is opened. `None`, the default, is a file of the operating system.
    pub vfs: Option<String>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            queue: 4_096,
            group: 512,
            readers: 4,
            read_queue: 1_024,
            wal_target: 64 << 20,
            wal_limit: 256 << 20,
            writer_cache: 64 << 20,
            reader_cache: 8 << 20,
            reader_map: 1 << 30,
            file_limit: None,
            busy_timeout: Duration::from_secs(5),
            index_pause: Some(Duration::from_millis(250)),
            check_after_crash: true,
            vfs: None,
        }
    }
}
