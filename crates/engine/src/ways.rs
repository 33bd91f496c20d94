//! How a contact can be reached, and on which channel when nobody chose one (r112 to r117).

use std::collections::BTreeMap;

use parlor_channel::outside_means;
use parlor_model::{
    Agent, ChannelKind, ChannelName, Contact, ContactId, ContactPoint, ContactPointId, Subject, Thread,
};
use parlor_store::StoreError;
use parlor_store::personal::erased_address;

use crate::engine::Inner;
use crate::outside::on_file;
use crate::permission::{Actor, Object, Verb, may};
use crate::view::{PointCheck, WayAction, WayView};

impl Inner {
    /// Every way to reach a contact, in the order in which they are listed (r114): each address at which there ever was an
    /// exchange (r115), and every number and e-mail address on file with what can be started there (r116).
    pub(crate) fn ways(
        &self,
        agent: &Agent,
        contact: &Contact,
        points: &[ContactPoint],
        threads: &[Thread],
        mut checks: BTreeMap<ContactPointId, PointCheck>,
    ) -> Vec<WayView> {
        let allowed = |verb| may(Actor::Agent(agent), verb, Object::Contact).is_ok();
        let opens = allowed(Verb::OpenInteraction);
        let outside = if allowed(Verb::LaunchOutside) { on_file(contact, points) } else { Vec::new() };
        let mut ways = Vec::new();
        for point in points.iter().filter(|point| point.key.address != erased_address(point.id)) {
            let used = self.used_channels(point, threads);
            let first = match (used.is_empty(), outside_means(&point.key)) {
                (false, _) => Vec::new(),
                // Where nothing was ever said, only what has a number can be written to first (r129).
                (true, Some(_)) => self.first_channels(point),
                (true, None) => continue,
            };
            let opened = used.iter().chain(&first).filter(|_| opens).cloned().map(WayAction::open);
            let launched = outside.iter().filter(|action| action.point == Some(point.id));
            let actions = opened.chain(launched.map(|action| WayAction::outside(action.means))).collect();
            ways.push(WayView {
                kind: Some(point.key.kind.clone()),
                address: point.key.address.clone(),
                point: Some(point.id),
                field: None,
                channels: used,
                actions,
                check: checks.remove(&point.id),
            });
        }
        ways.sort_by_key(|way| way.kind.as_ref().map(|kind| self.directory.rules.channels.place(kind)));
        ways.extend(outside.into_iter().filter(|action| action.field.is_some()).map(|action| WayView {
            kind: None,
            address: action.address,
            point: None,
            field: action.field,
            channels: Vec::new(),
            actions: vec![WayAction::outside(action.means)],
            check: None,
        }));
        ways
    }

    /// The threads of a contact, the one in which something was said last at the end.
    pub(crate) async fn threads_by_use(&self, contact: ContactId) -> Result<Vec<Thread>, StoreError> {
        let mut used = Vec::new();
        for thread in self.store.threads_of(contact).await? {
            let last = self.store.last_messages(thread.id, 1).await?;
            used.push((last.last().map(|message| message.position), thread));
        }
        // Of those in which nothing was said, the order in which they began stays.
        used.sort_by_key(|(last, _)| *last);
        Ok(used.into_iter().map(|(_, thread)| thread).collect())
    }

    /// On which of our channels there was an exchange with an address, the last first.
    fn used_channels(&self, point: &ContactPoint, threads: &[Thread]) -> Vec<ChannelName> {
        let theirs = threads.iter().rev().filter(|thread| thread.subject == Subject::Direct(point.id));
        let ours = theirs.filter(|thread| self.directory.channel(&thread.channel).is_some());
        ours.map(|thread| thread.channel.clone()).collect()
    }

    /// From which of our channels an address can be written to first.
    fn first_channels(&self, point: &ContactPoint) -> Vec<ChannelName> {
        let channels = self.directory.channels();
        let reach = channels.filter(|channel| channel.kind == point.key.kind && self.pushes_on(channel));
        reach.map(|channel| channel.name.clone()).collect()
    }

    /// The channel on which a contact is written to when nobody chose one (r113): the last on which there was an exchange on
    /// the network that comes first, or our first channel there. Where we are not on that network at all it is the channel
    /// of the last exchange. With the address, where there was an exchange.
    pub(crate) fn default_channel(
        &self,
        threads: &[Thread],
    ) -> (Option<ChannelName>, Option<ContactPointId>) {
        let mut met: Vec<(ChannelKind, ChannelName, ContactPointId)> = Vec::new();
        for thread in threads.iter().rev() {
            match (&thread.subject, self.directory.channel(&thread.channel)) {
                (Subject::Direct(point), Some(channel)) => {
                    met.push((channel.kind.clone(), channel.name.clone(), *point));
                }
                (Subject::Direct(_), None) | (Subject::Post(_), _) => {}
            }
        }
        let sessions: Vec<_> = met.iter().map(|(kind, _, _)| kind.clone()).collect();
        let kind = self.directory.rules.channels.default_kind(&sessions);
        if let Some((_, channel, point)) = met.iter().find(|(met, _, _)| met == kind) {
            return (Some(channel.clone()), Some(*point));
        }
        if let Some(ours) = self.directory.channels().find(|channel| channel.kind == *kind) {
            return (Some(ours.name.clone()), None);
        }
        met.into_iter().next().map(|(_, channel, point)| (channel, point)).unzip()
    }
}
