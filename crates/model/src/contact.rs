use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ChannelKind, ContactId, ContactPointId, Timestamp};

/// A person who writes to us: a set of contact points and what agents know about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Identity.
    pub id: ContactId,
    /// Counts changes; an update names the version it was made from (r92).
    pub version: u64,
    /// The name to show; `None` until somebody gave one. Display falls back to a contact point (r34).
    pub display_name: Option<String>,
    /// Free fields of the contact directory, such as `company` or `language`.
    pub fields: BTreeMap<String, String>,
    /// When the contact was first seen.
    pub created_at: Timestamp,
}

/// One address of a contact on one network.
///
/// A contact is a *set* of these. A phone number is only one kind of them, and not everyone has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    /// Identity; it never changes when contacts are merged.
    pub id: ContactPointId,
    /// The contact who was first seen with it. Merges are followed through [`ContactAlias`] events.
    pub contact: ContactId,
    /// Network, scope and address: unique in a workspace.
    pub key: PointKey,
    /// The name that the network shows for it, such as a profile name.
    pub display_name: Option<String>,
    /// When it was first seen.
    pub created_at: Timestamp,
}

/// What makes a contact point unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PointKey {
    /// The network.
    pub kind: ChannelKind,
    /// Within what the address is unique: empty for addresses that are unique in the world (phone numbers),
    /// else the page, business portfolio or web site that issued it. Opaque; only the adapter that made it reads it.
    pub scope: String,
    /// The address itself.
    pub address: PointAddress,
}

/// An address on a network, opaque to everyone but the adapter of that network.
///
/// `Debug` hides it: it identifies a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PointAddress(String);

impl PointAddress {
    /// Wraps an address as the network gave it.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The address as the network gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PointAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PointAddress({} bytes)", self.0.len())
    }
}

/// Says that two contacts are one person, or takes it back.
///
/// Nothing is moved or rewritten by a merge, so taking it back restores exactly what was (invariant I12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactAlias {
    /// The contact that is shown as the other one.
    pub from: ContactId,
    /// The contact it is shown as; `None` takes the merge back.
    pub into: Option<ContactId>,
    /// When it was said.
    pub at: Timestamp,
}
