//! What every test of this crate needs: names, ids and moments that can be read in a failure.

use std::time::Duration;

use parlor_interaction::{Origin, Start};
use parlor_model::{AgentName, ChannelName, Id, MediaClass, Needs, QueueName, Timestamp};

/// An id whose last digits are `number`.
pub(crate) fn id<I: Id>(number: u32) -> I {
    let text = format!("00000000-0000-7000-8000-{number:012}");
    text.parse().unwrap_or_else(|_| panic!("{text} is an id"))
}

/// The agent of this name.
pub(crate) fn agent(name: &str) -> AgentName {
    AgentName::new(name).unwrap()
}

/// The queue of this name.
pub(crate) fn queue(name: &str) -> QueueName {
    QueueName::new(name).unwrap()
}

/// So many seconds after the beginning of the test.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
}

/// An interaction of the given weight in the queue `support`.
pub(crate) fn start(origin: Origin, weight: u32) -> Start {
    Start {
        id: id(1),
        thread: id(2),
        channel: ChannelName::new("website").unwrap(),
        point: Some(id(3)),
        queue: queue("support"),
        class: MediaClass::Live,
        weight,
        origin,
        preferred: None,
        needs: Needs::default(),
    }
}
