use std::time::Duration;

/// How a [`PostgresStore`](crate::PostgresStore) uses the server. The defaults suit a workspace of any size.
///
/// What decides about durability is no option: every session commits with `synchronous_commit = on` or stronger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The schema that holds the workspace: 1 to 63 of `a-z`, `0-9` and `_`, not beginning with a digit or `pg_`. It is
    /// made when there is none. Default `parlor`.
    pub schema: String,
    /// How many changes may wait for the writer before a commit is answered
    /// [`Busy`](parlor_store::StoreError::Busy); at least 1. Default 4,096.
    pub queue: usize,
    /// How many changes share one transaction at the most; at least 1. Default 256: from about 100 on, a larger group
    /// makes no message cheaper, only the first one later, and other nodes wait for its end.
    pub group: usize,
    /// How many connections read; at least 1. Default 4. One more writes, and one keeps the search index.
    pub readers: usize,
    /// How long a read waits for a connection before it is answered [`Busy`](parlor_store::StoreError::Busy).
    /// Default 5 s.
    pub reader_wait: Duration,
    /// How long one connection attempt may take. Default 5 s.
    pub connect_timeout: Duration,
    /// How long one statement may take on the server. Default 5 s.
    pub statement_timeout: Duration,
    /// How long one statement waits for a lock, such as that of another node's transaction. Default 2 s.
    pub lock_timeout: Duration,
    /// How long the server keeps a transaction in which nothing is asked: what a node that hangs can hold up the others.
    /// Default 5 s.
    pub idle_in_transaction_timeout: Duration,
    /// How long a transaction may take as seen from here, after which its connection is given up. Default 30 s.
    pub transaction_timeout: Duration,
    /// How long after a commit what was written is indexed for searches. Default 250 ms: a burst is indexed in large
    /// batches, and never on the way to an answer. Searches see every commit all the same. `None` leaves the index to the
    /// other nodes, and searches read what is not in it.
    pub index_pause: Option<Duration>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "parlor".to_owned(),
            queue: 4_096,
            group: 256,
            readers: 4,
            reader_wait: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
            idle_in_transaction_timeout: Duration::from_secs(5),
            transaction_timeout: Duration::from_secs(30),
            index_pause: Some(Duration::from_millis(250)),
        }
    }
}

impl PostgresOptions {
    /// The defaults for a workspace in a schema of that name.
    #[must_use]
    pub fn in_schema(schema: impl Into<String>) -> Self {
        Self { schema: schema.into(), ..Self::default() }
    }
}
