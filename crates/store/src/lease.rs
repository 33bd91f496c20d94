use parlor_model::Timestamp;
use serde::{Deserialize, Serialize};

/// Names something that only one node may do at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseName(pub String);

impl LeaseName {
    /// The lease of the node that routes.
    pub fn routing() -> Self {
        Self("routing".to_owned())
    }
}

/// A lease as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What for.
    pub name: LeaseName,
    /// Which node holds it.
    pub holder: String,
    /// One more each time it is given to a node that did not hold it: the fencing token.
    pub epoch: u64,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
}

/// Makes a commit fail unless the lease is still held under that epoch (guarantee G15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// Which lease.
    pub lease: LeaseName,
    /// The epoch under which the writer holds it.
    pub epoch: u64,
}
