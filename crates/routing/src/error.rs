use parlor_model::{QueueName, SkillName};

/// Why something is refused by this crate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoutingError {
    /// A policy without a cool-down: work that the only Ready agent lets pass would come back to them at once, for
    /// ever.
    #[error("reoffer_after must be longer than zero")]
    NoCoolDown,
    /// A step of priority that is worth no waiting would make no difference.
    #[error("priority_step must be longer than zero")]
    NoPriorityStep,
    /// Two rules for one queue.
    #[error("there are two rules for queue {queue}")]
    QueueTwice {
        /// The queue.
        queue: QueueName,
    },
    /// A rule is to be changed that there is not.
    #[error("queue {queue} is not configured")]
    NotConfigured {
        /// Which queue.
        queue: QueueName,
    },
    /// A rule names a queue that has no rule of its own.
    #[error("queue {queue} names queue {unknown}, which is not configured")]
    UnknownQueue {
        /// Whose rule.
        queue: QueueName,
        /// The queue that there is not.
        unknown: QueueName,
    },
    /// Closed queues overflow into each other in a circle, or into themselves.
    #[error("queues overflow in a circle, from {queue} back to it")]
    CyclicOverflow {
        /// A queue of the circle.
        queue: QueueName,
    },
    /// More rings than [`QueueRule::MAX_RINGS`](crate::QueueRule::MAX_RINGS).
    #[error("queue {queue} has {rings} rings; the limit is {}", crate::QueueRule::MAX_RINGS)]
    TooManyRings {
        /// Whose rule.
        queue: QueueName,
        /// How many it has.
        rings: usize,
    },
    /// A ring that work would reach at once.
    #[error("ring {ring} of queue {queue} must be reached after more than zero")]
    NoStay {
        /// Whose rule.
        queue: QueueName,
        /// Which ring, counted from 1.
        ring: usize,
    },
    /// A ring that relaxes nothing.
    #[error("ring {ring} of queue {queue} changes nothing")]
    EmptyRing {
        /// Whose rule.
        queue: QueueName,
        /// Which ring, counted from 1.
        ring: usize,
    },
    /// A ring asks for a skill more than once: it cannot be dropped and lowered.
    #[error("ring {ring} of queue {queue} both drops and lowers {skill}")]
    DroppedAndLowered {
        /// Whose rule.
        queue: QueueName,
        /// Which ring, counted from 1.
        ring: usize,
        /// The skill.
        skill: SkillName,
    },
    /// The last agent would be waited for after they are no longer preferred.
    #[error("queue {queue} holds work for longer than it prefers the last agent")]
    HoldOutlastsPreference {
        /// Whose rule.
        queue: QueueName,
    },
    /// Business hours that cannot be read.
    #[error("business hours: {part:?} {reason}")]
    Hours {
        /// The part that is wrong.
        part: String,
        /// Why.
        reason: &'static str,
    },
}

impl RoutingError {
    /// The reason as it stands in APIs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoCoolDown => "no_cool_down",
            Self::NoPriorityStep => "no_priority_step",
            Self::QueueTwice { .. } => "queue_twice",
            Self::NotConfigured { .. } | Self::UnknownQueue { .. } => "unknown_queue",
            Self::CyclicOverflow { .. } => "cyclic_overflow",
            Self::TooManyRings { .. } => "too_many_rings",
            Self::NoStay { .. } => "no_stay",
            Self::EmptyRing { .. } => "empty_ring",
            Self::DroppedAndLowered { .. } => "dropped_and_lowered",
            Self::HoldOutlastsPreference { .. } => "hold_outlasts_preference",
            Self::Hours { .. } => "hours",
        }
    }

    /// The queue whose rule is refused, if it is about one.
    pub const fn queue(&self) -> Option<&QueueName> {
        match self {
            Self::NoCoolDown | Self::NoPriorityStep | Self::Hours { .. } => None,
            Self::QueueTwice { queue }
            | Self::NotConfigured { queue }
            | Self::UnknownQueue { queue, .. }
            | Self::CyclicOverflow { queue }
            | Self::TooManyRings { queue, .. }
            | Self::NoStay { queue, .. }
            | Self::EmptyRing { queue, .. }
            | Self::DroppedAndLowered { queue, .. }
            | Self::HoldOutlastsPreference { queue } => Some(queue),
        }
    }
}
