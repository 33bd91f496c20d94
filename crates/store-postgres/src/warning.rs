/// Something about the server that an operator should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PostgresWarning {
    /// Standbys follow the server, and none of them must confirm: a failover can lose what was answered. With
    /// `synchronous_standby_names` it cannot.
    AsynchronousStandby {
        /// How many.
        standbys: u32,
    },
}
