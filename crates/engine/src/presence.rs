//! Who is there at the moment: agents by a lease, contacts by their open sockets, and who types.
//!
//! Nothing here is stored. After a restart agents have one lease to come back in, and contacts are unknown until
//! their browsers reconnect.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use parlor_channel::ConnectionState;
use parlor_model::{AgentName, ContactId, ThreadId, Timestamp};

#[derive(Debug, Default)]
pub(crate) struct Presence {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    agents: BTreeMap<AgentName, AgentPresence>,
    contacts: BTreeMap<ThreadId, ContactPresence>,
    typing: BTreeMap<ThreadId, Typing>,
}

#[derive(Debug, Default)]
struct AgentPresence {
    feeds: usize,
    until: Option<Timestamp>,
    watching: Option<ContactId>,
    watches_team: bool,
}

#[derive(Debug, Default)]
struct ContactPresence {
    sockets: usize,
    left: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Typing {
    pub(crate) contact: ContactId,
    pub(crate) until: Timestamp,
}

impl Presence {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews an agent's lease; gives whether they had none.
    pub(crate) fn touch(&self, agent: &AgentName, now: Timestamp, lease: Duration) -> bool {
        let mut inner = self.lock();
        let presence = inner.agents.entry(agent.clone()).or_default();
        let absent = presence.feeds == 0 && presence.until.is_none();
        presence.until = Some(now + lease);
        absent
    }

    /// An agent's feed was opened: the lease runs on until it is closed. Gives whether they had none.
    pub(crate) fn feed_opened(&self, agent: &AgentName) -> bool {
        let mut inner = self.lock();
        let presence = inner.agents.entry(agent.clone()).or_default();
        let absent = presence.feeds == 0 && presence.until.is_none();
        presence.feeds += 1;
        absent
    }

    /// An agent's feed was closed: from now on the lease counts.
    pub(crate) fn feed_closed(&self, agent: &AgentName, now: Timestamp, lease: Duration) {
        let mut inner = self.lock();
        let presence = inner.agents.entry(agent.clone()).or_default();
        presence.feeds = presence.feeds.saturating_sub(1);
        presence.until = Some(now + lease);
    }

    /// Takes out the agents whose lease is over.
    pub(crate) fn take_expired(&self, now: Timestamp) -> Vec<AgentName> {
        let mut inner = self.lock();
        let expired: Vec<AgentName> = inner
            .agents
            .iter()
            .filter(|(_, presence)| presence.feeds == 0 && presence.until.is_some_and(|until| until <= now))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &expired {
            inner.agents.remove(name);
        }
        expired
    }

    /// Forgets an agent who logged out; open feeds stay counted.
    pub(crate) fn signed_out(&self, agent: &AgentName) {
        let mut inner = self.lock();
        if let Some(presence) = inner.agents.get_mut(agent) {
            presence.until = None;
            presence.watching = None;
            presence.watches_team = false;
        }
    }

    /// When the next agent's lease is over.
    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.lock()
            .agents
            .values()
            .filter(|presence| presence.feeds == 0)
            .filter_map(|presence| presence.until)
            .min()
    }

    pub(crate) fn watch(&self, agent: &AgentName, contact: Option<ContactId>) {
        self.lock().agents.entry(agent.clone()).or_default().watching = contact;
    }

    pub(crate) fn watches(&self, agent: &AgentName, contact: ContactId) -> bool {
        self.lock().agents.get(agent).is_some_and(|presence| presence.watching == Some(contact))
    }

    pub(crate) fn watch_team(&self, agent: &AgentName, on: bool) {
        self.lock().agents.entry(agent.clone()).or_default().watches_team = on;
    }

    pub(crate) fn watches_team(&self, agent: &AgentName) -> bool {
        self.lock().agents.get(agent).is_some_and(|presence| presence.watches_team)
    }

    /// A contact's socket was opened; gives the new state.
    pub(crate) fn contact_connected(&self, thread: ThreadId) -> ConnectionState {
        let mut inner = self.lock();
        let presence = inner.contacts.entry(thread).or_default();
        presence.sockets += 1;
        presence.left = false;
        presence.state()
    }

    /// A contact's socket was closed; gives the new state.
    pub(crate) fn contact_disconnected(&self, thread: ThreadId) -> ConnectionState {
        let mut inner = self.lock();
        let Some(presence) = inner.contacts.get_mut(&thread) else {
            return ConnectionState::Disconnected;
        };
        presence.sockets = presence.sockets.saturating_sub(1);
        let state = presence.state();
        if presence.sockets == 0 {
            // Nobody is kept in memory for having been here once.
            inner.contacts.remove(&thread);
        }
        state
    }

    /// A contact ended the session, or came back to it by writing; gives the state when it changed.
    pub(crate) fn contact_left(&self, thread: ThreadId, left: bool) -> Option<ConnectionState> {
        let mut inner = self.lock();
        let presence = inner.contacts.get_mut(&thread)?;
        let before = presence.state();
        presence.left = left;
        let after = presence.state();
        (before != after).then_some(after)
    }

    /// Whether a contact is there; `None` when none of their sockets is open.
    pub(crate) fn connection(&self, thread: ThreadId) -> Option<ConnectionState> {
        self.lock().contacts.get(&thread).map(ContactPresence::state)
    }

    /// Somebody types until then; gives whether that is news.
    pub(crate) fn types(&self, thread: ThreadId, typing: Typing) -> bool {
        self.lock().typing.insert(thread, typing).is_none()
    }

    /// Somebody stopped typing; gives whether they did type.
    pub(crate) fn stops_typing(&self, thread: ThreadId) -> bool {
        self.lock().typing.remove(&thread).is_some()
    }

    /// Takes out those who have not gone on typing.
    pub(crate) fn take_silent(&self, now: Timestamp) -> Vec<(ThreadId, Typing)> {
        let mut inner = self.lock();
        let silent: Vec<(ThreadId, Typing)> = inner
            .typing
            .iter()
            .filter(|(_, typing)| typing.until <= now)
            .map(|(thread, typing)| (*thread, *typing))
            .collect();
        for (thread, _) in &silent {
            inner.typing.remove(thread);
        }
        silent
    }

    pub(crate) fn next_silence(&self) -> Option<Timestamp> {
        self.lock().typing.values().map(|typing| typing.until).min()
    }
}

impl ContactPresence {
    fn state(&self) -> ConnectionState {
        if self.left {
            ConnectionState::Left
        } else if self.sockets > 0 {
            ConnectionState::Connected
        } else {
            ConnectionState::Disconnected
        }
    }
}
