use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;
use std::sync::Arc;

use parlor_interaction::{Interaction, Recorded};
use parlor_model::{
    AgentName, AlertId, ChannelName, Contact, ContactId, ContactPoint, ContactPointId, DeliveryStage, Id,
    InteractionId, Message, MessageId, Observation, OfferId, OutboxId, PointKey, Subject, Thread, ThreadId,
    Timestamp,
};
use uuid::Uuid;

use crate::{
    Acknowledged, AgentState, Alert, AuditRecord, ConsentEntry, DeadLetter, Document, DocumentKey,
    DocumentOwner, InboxKey, JournalRecord, Lease, LeaseName, OfferRecord, OutboxEntry, Request, RequestKey,
    TimerKey,
};

/// Where an inbox key stands.
pub(super) type InboxPlace = [u64; 2];

/// Everything that the store holds: one map a kind of row, and the indexes over them.
///
/// All of them are maps, also lists and sets, so that one small undo log can take back any write.
#[derive(Default)]
#[expect(
    clippy::zero_sized_map_values,
    reason = "sets are maps too, so that the undo log has one kind of entry"
)]
pub(super) struct Tables {
    /// By a keyed hash of the key: it names people, and must stay when they are erased.
    pub(super) inbox: BTreeMap<InboxPlace, Option<MessageId>>,
    inbox_secrets: [RandomState; 2],
    pub(super) requests: BTreeMap<RequestKey, Request>,

    pub(super) contacts: BTreeMap<ContactId, Contact>,
    /// Those that stand in no list any more.
    pub(super) erased: BTreeMap<ContactId, ()>,
    pub(super) points: BTreeMap<ContactPointId, ContactPoint>,
    pub(super) point_by_key: BTreeMap<PointKey, ContactPointId>,
    pub(super) points_of: BTreeMap<(ContactId, ContactPointId), ()>,
    /// The contact as whom another one is shown, one step at a time.
    pub(super) shown_as: BTreeMap<ContactId, ContactId>,
    /// The same from the other side: (shown as, contact).
    pub(super) merged: BTreeMap<(ContactId, ContactId), ()>,

    pub(super) threads: BTreeMap<ThreadId, Thread>,
    pub(super) thread_by_subject: BTreeMap<(ChannelName, Subject), ThreadId>,
    /// The direct threads of a point, and the post threads that it wrote in.
    pub(super) threads_of: BTreeMap<(ContactPointId, ThreadId), ()>,

    pub(super) interactions: BTreeMap<InteractionId, Interaction>,
    /// What happened, by the position of its journal record.
    pub(super) histories: BTreeMap<(InteractionId, u64), Arc<Recorded>>,
    /// By the position of the first event: the order in which they were made.
    pub(super) interactions_of: BTreeMap<(ThreadId, u64), InteractionId>,
    pub(super) open_interaction: BTreeMap<ThreadId, InteractionId>,
    pub(super) open_interactions: BTreeMap<InteractionId, ()>,
    pub(super) offers: BTreeMap<OfferId, OfferRecord>,

    pub(super) messages: BTreeMap<(ThreadId, u64), Arc<Message>>,
    pub(super) place_of: BTreeMap<MessageId, (ThreadId, u64)>,
    pub(super) observations: BTreeMap<Observation, ()>,
    pub(super) acknowledged: BTreeMap<ThreadId, Acknowledged>,
    pub(super) outbox: BTreeMap<OutboxId, OutboxEntry>,
    pub(super) timers: BTreeMap<TimerKey, Timestamp>,

    pub(super) agents: BTreeMap<AgentName, AgentState>,
    pub(super) read_markers: BTreeMap<(AgentName, ThreadId), u64>,
    pub(super) assigned: BTreeMap<(AgentName, ContactId), ()>,
    pub(super) alerts: BTreeMap<AlertId, Alert>,
    pub(super) last_alert: BTreeMap<(AgentName, ThreadId), AlertId>,

    pub(super) documents: BTreeMap<DocumentKey, Document>,
    pub(super) document_owners: BTreeMap<DocumentKey, DocumentOwner>,
    /// By point and place in its ledger.
    pub(super) consent: BTreeMap<(ContactPointId, u64), ConsentEntry>,
    pub(super) dead_letters: BTreeMap<u64, DeadLetter>,
    pub(super) leases: BTreeMap<LeaseName, Lease>,
    pub(super) audit: BTreeMap<u64, AuditRecord>,

    /// Only ever appended to, when everything else of a change is done.
    pub(super) journal: Vec<JournalRecord>,
}

impl Tables {
    /// Where an inbox key stands.
    pub(super) fn inbox_place(&self, key: &InboxKey) -> InboxPlace {
        [self.inbox_secrets[0].hash_one(key), self.inbox_secrets[1].hash_one(key)]
    }

    /// The newest position; 0 when nothing was journaled yet.
    pub(super) fn position(&self) -> u64 {
        self.journal.len() as u64
    }

    /// The newest sequence of a thread; 0 when it has no entry.
    pub(super) fn sequence(&self, thread: ThreadId) -> u64 {
        self.messages_of(thread, 0).next_back().map_or(0, |message| message.sequence)
    }

    /// The entries of a thread with a sequence above `after`, in order.
    pub(super) fn messages_of(
        &self,
        thread: ThreadId,
        after: u64,
    ) -> impl DoubleEndedIterator<Item = &Message> {
        let range = (Bound::Excluded((thread, after)), Bound::Included((thread, u64::MAX)));
        self.messages.range(range).map(|(_, message)| &**message)
    }

    /// Everything that was observed about a message, in the order of its stages.
    pub(super) fn observations_of(&self, message: MessageId) -> impl Iterator<Item = &Observation> {
        // The least there can be: of the first stage, at the earliest moment, without a reason.
        let least = Observation {
            message,
            stage: DeliveryStage::Sent,
            at: Timestamp::from_micros(i64::MIN),
            reason: None,
        };
        self.observations
            .range(least..)
            .map(|(observation, ())| observation)
            .take_while(move |observation| observation.message == message)
    }

    /// How far a contact has acknowledged a thread; zeros when never.
    pub(super) fn acknowledged(&self, thread: ThreadId) -> Acknowledged {
        let never = Acknowledged { thread, delivered: 0, read: 0 };
        self.acknowledged.get(&thread).copied().unwrap_or(never)
    }

    /// How far an agent has read a thread; 0 when never.
    pub(super) fn read_marker(&self, agent: &AgentName, thread: ThreadId) -> u64 {
        self.read_markers.get(&(agent.clone(), thread)).copied().unwrap_or(0)
    }

    /// The contact as whom this one is shown; itself when there is none.
    pub(super) fn resolve(&self, contact: ContactId) -> ContactId {
        let mut shown = contact;
        // Ends, because a commit refuses an alias that closes a circle.
        while let Some(next) = self.shown_as.get(&shown) {
            shown = *next;
        }
        shown
    }

    /// Whether a thread is with a contact who was erased.
    pub(super) fn is_of_erased(&self, thread: &Thread) -> bool {
        let Subject::Direct(point) = &thread.subject else { return false };
        self.points.get(point).is_some_and(|point| self.erased.contains_key(&point.contact))
    }

    /// The contact and all those that are shown as it, directly or through others.
    pub(super) fn family(&self, contact: ContactId) -> Vec<ContactId> {
        let mut family = vec![contact];
        let mut next = 0;
        while let Some(&member) = family.get(next) {
            family.extend(keys_of(&self.merged, member, Id::from_uuid(Uuid::nil())));
            next += 1;
        }
        family
    }

    /// The points of a contact and of those shown as it, oldest first.
    pub(super) fn points(&self, contact: ContactId) -> Vec<&ContactPoint> {
        let mut points: Vec<_> = self
            .family(contact)
            .into_iter()
            .flat_map(|member| keys_of(&self.points_of, member, Id::from_uuid(Uuid::nil())))
            .filter_map(|id| self.points.get(&id))
            .collect();
        points.sort_by_key(|point| (point.created_at, point.id));
        points
    }

    /// The threads of a contact, oldest first.
    pub(super) fn threads(&self, contact: ContactId) -> Vec<&Thread> {
        let mut threads: Vec<_> = self
            .points(contact)
            .into_iter()
            .flat_map(|point| keys_of(&self.threads_of, point.id, Id::from_uuid(Uuid::nil())))
            .filter_map(|id| self.threads.get(&id))
            .collect();
        threads.sort_by_key(|thread| (thread.created_at, thread.id));
        // A post thread is there once for each point that wrote in it.
        threads.dedup_by_key(|thread| thread.id);
        threads
    }
}

/// The second halves of the keys that begin with `first`; `least` is the least second half there can be.
pub(super) fn keys_of<A: Copy + Ord, B: Copy + Ord, V>(
    map: &BTreeMap<(A, B), V>,
    first: A,
    least: B,
) -> impl Iterator<Item = B> {
    map.range((first, least)..).map(|(key, _)| *key).take_while(move |(a, _)| *a == first).map(|(_, b)| b)
}

/// The range of keys above `after`, or of all.
pub(super) fn above<K>(after: Option<K>) -> (Bound<K>, Bound<K>) {
    (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

impl fmt::Debug for Tables {
    /// Sizes only: the rest is what people wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables")
            .field("contacts", &self.contacts.len())
            .field("threads", &self.threads.len())
            .field("interactions", &self.interactions.len())
            .field("messages", &self.messages.len())
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
