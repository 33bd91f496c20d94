//! Tells everybody who listens what was committed, in order of position, and what is only of the moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use parlor_channel::ConnectionState;
use parlor_model::{AgentName, ContactId, InteractionId, Message, ThreadId, Timestamp};
use parlor_store::{JournalEntry, JournalRecord};
use tokio::sync::broadcast;

use crate::view::{ContactState, PendingView};

/// How many live items a slow agent's feed may be behind before it reads from the store again.
const AGENT_BUFFER: usize = 1_024;

/// The same for a contact's socket; small, since there may be very many.
const CONTACT_BUFFER: usize = 8;

/// Something that just happened.
#[derive(Clone, Debug)]
pub(crate) enum Live {
    /// It was committed.
    Record(Arc<Published>),
    /// A contact types, or stopped.
    Typing { thread: ThreadId, contact: ContactId, until: Option<Timestamp> },
    /// A contact's connection changed.
    Connection { thread: ThreadId, contact: ContactId, state: ConnectionState },
    /// The pending-response indicator of an interaction changed its colour.
    Pending { interaction: InteractionId, pending: PendingView },
}

/// A journal record and what is needed to decide who must hear of it.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) record: JournalRecord,
    /// The contact of the message's thread.
    pub(crate) contact: Option<ContactId>,
}

/// What a contact's socket is told at once.
#[derive(Clone, Debug)]
pub(crate) enum ForContact {
    Message(Arc<Message>),
    State(ContactState),
    Typing { agent: AgentName, on: bool },
}

#[derive(Debug)]
pub(crate) struct Hub {
    order: Mutex<Order>,
    agents: broadcast::Sender<Live>,
    contacts: Mutex<BTreeMap<ThreadId, broadcast::Sender<ForContact>>>,
}

#[derive(Debug)]
struct Order {
    /// Everything up to and with this position was published.
    published: u64,
    /// Committed, but something before it has not arrived yet.
    waiting: BTreeMap<u64, Arc<Published>>,
}

impl Hub {
    /// A hub that goes on after `position`.
    pub(crate) fn new(position: u64) -> Self {
        Self {
            order: Mutex::new(Order { published: position, waiting: BTreeMap::new() }),
            agents: broadcast::Sender::new(AGENT_BUFFER),
            contacts: Mutex::new(BTreeMap::new()),
        }
    }

    /// Publishes records in order of position; those that come too early wait for those before them.
    pub(crate) fn publish(&self, records: Vec<Published>) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        for published in records {
            if published.record.position > order.published {
                order.waiting.insert(published.record.position, Arc::new(published));
            }
        }
        loop {
            let next = order.published + 1;
            let Some(published) = order.waiting.remove(&next) else {
                break;
            };
            order.published = next;
            self.to_contact(&published);
            // An error only says that nobody listens.
            let _ = self.agents.send(Live::Record(published));
        }
    }

    /// The last position that was published, and whether later ones wait for a gap to be filled.
    pub(crate) fn progress(&self) -> (u64, bool) {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        (order.published, !order.waiting.is_empty())
    }

    /// Tells the agents something that is only of the moment.
    pub(crate) fn tell_agents(&self, live: Live) {
        let _ = self.agents.send(live);
    }

    /// Tells a contact something that is only of the moment.
    pub(crate) fn tell_contact(&self, thread: ThreadId, item: ForContact) {
        self.tell_contact_what_is(thread, || item);
    }

    /// The same for what is asked for only once nobody else can tell the contact anything, so that of two who tell
    /// what is, the one who asked later tells it later.
    pub(crate) fn tell_contact_what_is(&self, thread: ThreadId, item: impl FnOnce() -> ForContact) {
        let contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = contacts.get(&thread) {
            let _ = sender.send(item());
        }
    }

    fn to_contact(&self, published: &Published) {
        if let JournalEntry::Message(message) = &published.record.entry {
            // Also what the contact may not see: the socket tells by the sequence that nothing was left out.
            self.tell_contact(message.thread, ForContact::Message(Arc::clone(message)));
        }
    }

    /// Listens to what agents are told. Everything up to and with the position was published before; the
    /// receiver gets everything after it.
    pub(crate) fn listen(&self) -> (u64, broadcast::Receiver<Live>) {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        (order.published, self.agents.subscribe())
    }

    /// Listens to what the contact of a thread is told.
    pub(crate) fn listen_as_contact(&self, thread: ThreadId) -> broadcast::Receiver<ForContact> {
        let mut contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
        contacts.entry(thread).or_insert_with(|| broadcast::Sender::new(CONTACT_BUFFER)).subscribe()
    }

    /// Ends the connections of the contact of a thread.
    pub(crate) fn dismiss_contact(&self, thread: ThreadId) {
        // Whoever listened hears that nobody speaks any more.
        self.contacts.lock().unwrap_or_else(PoisonError::into_inner).remove(&thread);
    }

    /// Forgets the channel of a thread to which nobody listens any more.
    pub(crate) fn forget_contact(&self, thread: ThreadId) {
        let mut contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
        if contacts.get(&thread).is_some_and(|sender| sender.receiver_count() == 0) {
            contacts.remove(&thread);
        }
    }
}
