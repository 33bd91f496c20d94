//! Gives out what is to be sent.

use std::collections::{BTreeMap, BTreeSet};

use parlor_model::{OutboxId, ThreadId};

use super::tables::Tables;
use crate::{OutboxClaim, OutboxEntry, OutboxLease, OutboxState, SENDER_LOST};

impl Tables {
    pub(super) fn claim_outbox(&mut self, claim: &OutboxClaim) -> Vec<OutboxEntry> {
        self.give_up_lost(claim);
        let mut claimed = self.due(claim);
        claimed.truncate(claim.limit);
        claimed
            .into_iter()
            .filter_map(|id| {
                let entry = self.outbox.get_mut(&id)?;
                entry.state = OutboxState::Sending;
                entry.attempts += 1;
                entry.version += 1;
                entry.lease =
                    Some(OutboxLease { worker: claim.worker.clone(), until: claim.now + claim.ttl });
                Some(entry.clone())
            })
            .collect()
    }

    /// Whoever sent it has not said what came of it in time: it may have been sent.
    fn give_up_lost(&mut self, claim: &OutboxClaim) {
        for entry in self.outbox.values_mut().filter(|entry| entry.state == OutboxState::Sending) {
            if entry.lease.as_ref().is_none_or(|lease| lease.until <= claim.now) {
                entry.state = OutboxState::Uncertain;
                entry.version += 1;
                entry.lease = None;
                entry.reason = Some(SENDER_LOST.to_owned());
            }
        }
    }

    /// The first entry of each thread in which nothing is on its way, when it is due; in order.
    fn due(&self, claim: &OutboxClaim) -> Vec<OutboxId> {
        let is_in_flight =
            |entry: &&OutboxEntry| matches!(entry.state, OutboxState::Sending | OutboxState::Uncertain);
        let blocked: BTreeSet<ThreadId> =
            self.outbox.values().filter(is_in_flight).map(|entry| entry.thread).collect();
        let mut first: BTreeMap<ThreadId, (u64, OutboxId)> = BTreeMap::new();
        for entry in self.outbox.values().filter(|entry| entry.state == OutboxState::Pending) {
            let place = self.place_of.get(&entry.message).and_then(|place| self.messages.get(place));
            let order = (place.map_or(0, |message| message.position), entry.id);
            let first = first.entry(entry.thread).or_insert(order);
            *first = order.min(*first);
        }
        let is_due = |id: &OutboxId| self.outbox.get(id).is_some_and(|entry| entry.not_before <= claim.now);
        let mut due: Vec<_> = first
            .into_iter()
            .filter(|(thread, (_, id))| !blocked.contains(thread) && is_due(id))
            .map(|(_, order)| order)
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id).collect()
    }
}
