use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Clock, IdSource};

/// What every generated id can do.
///
/// Ids are UUID version 7, so that rows made together lie together in an index. Their order is *not* an order
/// of events: use `sequence` or `position` for that.
pub trait Id: Copy + Ord + fmt::Debug + fmt::Display + FromStr + Send + Sync + 'static {
    /// Wraps an existing UUID, for stores and for ids that a client made.
    fn from_uuid(uuid: Uuid) -> Self;

    /// The bare UUID.
    fn as_uuid(&self) -> Uuid;

    /// Makes a new id from the given time and randomness.
    fn new(clock: &dyn Clock, ids: &dyn IdSource) -> Self {
        let mut random = [0; 10];
        ids.fill(&mut random);
        Self::from_uuid(
            uuid::Builder::from_unix_timestamp_millis(clock.now().unix_millis(), &random).into_uuid(),
        )
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl Id for $name {
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A person who writes to us.
    ContactId;
    /// One address of a contact on one network.
    ContactPointId;
    /// A lasting exchange on one channel with one contact point, or below one post.
    ThreadId;
    /// One handled piece of work inside a thread.
    InteractionId;
    /// One entry of a transcript.
    MessageId;
    /// A timed proposal of an interaction to one agent.
    OfferId;
    /// A pending hand-over of an interaction.
    TransferId;
    /// A colleague being asked for advice.
    ConsultId;
    /// One entry of the outbox.
    OutboxId;
    /// One thing an agent is told.
    AlertId;
    /// A file that somebody attached, sent or not.
    AttachmentId;
    /// Bytes that are kept outside the store.
    BlobId;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[derive(Debug)]
    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_700_000_000_123)
        }
    }

    impl IdSource for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xAB);
        }
    }

    #[test]
    fn an_id_is_a_version_7_uuid_of_the_given_time() {
        let id = ContactId::new(&Fixed, &Fixed);
        assert_eq!(id.as_uuid().get_version_num(), 7);
        assert!(id.to_string().starts_with("018bcfe5-687b-7"), "{id}");
        assert_eq!(id.to_string().parse::<ContactId>(), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        assert_eq!(format!("{id:?}"), format!("ContactId({id})"));
    }
}
