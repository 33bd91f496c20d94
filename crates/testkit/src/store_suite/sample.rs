use std::collections::BTreeMap;
use std::time::Duration;

use parlor_interaction::{Command, Context, EndedBy, Interaction, Origin, Policy, Start, Transition};
use parlor_model::{
    AgentName, Author, ChannelKind, ChannelName, ClientId, Contact, ContactId, ContactPoint, ContactPointId,
    Content, Id, IdSource, LifecycleNotice, MediaClass, MessageText, Needs, OfferId, PointAddress, PointKey,
    ProviderPostId, QueueName, Subject, SystemNotice, Thread, ThreadId, Timestamp, Visibility,
};
use parlor_store::{
    ChangeSet, ContactWrite, InboxEntry, InboxKey, InteractionWrite, LoadChange, NewMessage, Request,
    RequestKey, Store,
};
use uuid::Uuid;

use super::expect::kept;
use crate::{ManualClock, SeededIds};

/// Makes values that fit together: everything it makes has another id and another time.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    clock: ManualClock,
    ids: SeededIds,
}

/// A contact with one web-chat address and the thread of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The contact.
    pub contact: Contact,
    /// Its only address.
    pub point: ContactPoint,
    /// The thread of that address.
    pub thread: Thread,
}

impl Visitor {
    /// The contact as the author of a message.
    pub const fn author(&self) -> Author {
        Author::Contact(self.point.id)
    }

    /// Adds what makes the contact, the address and the thread to a change.
    pub fn add_to(&self, changes: &mut ChangeSet) {
        changes.contacts.push(ContactWrite { contact: self.contact.clone(), expected_version: 0 });
        changes.points.push(self.point.clone());
        changes.threads.push(self.thread.clone());
    }
}

impl Sample {
    /// Samples of the first seed, beginning at [`ManualClock::START`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next moment. It is never a whole millisecond for long, so that a store that cuts moments is found out.
    pub fn now(&self) -> Timestamp {
        self.clock.advance(Duration::from_micros(1_001))
    }

    /// A new id.
    pub fn id<I: Id>(&self) -> I {
        I::new(&self.clock, &self.ids)
    }

    /// A new UUID that is no id of ours.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.ids.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// An empty change, decided at the next moment.
    pub fn change(&self) -> ChangeSet {
        ChangeSet::at(self.now())
    }

    /// A contact whom nobody has named.
    pub fn contact(&self) -> Contact {
        Contact {
            id: self.id(),
            version: 0,
            display_name: None,
            fields: BTreeMap::new(),
            created_at: self.now(),
        }
    }

    /// A web-chat address of a contact.
    pub fn point(&self, contact: ContactId) -> ContactPoint {
        ContactPoint {
            id: self.id(),
            contact,
            key: PointKey {
                kind: ChannelKind::WebChat,
                scope: "website".to_owned(),
                address: PointAddress::new(self.uuid().to_string()),
            },
            display_name: None,
            created_at: self.now(),
        }
    }

    /// The thread of an address on the channel `website`.
    pub fn direct(&self, point: ContactPointId) -> Thread {
        self.thread(Subject::Direct(point))
    }

    /// A thread below a post.
    pub fn post(&self) -> Thread {
        self.thread(Subject::Post(ProviderPostId::new(self.uuid().to_string())))
    }

    fn thread(&self, subject: Subject) -> Thread {
        Thread { id: self.id(), channel: channel("website"), subject, created_at: self.now() }
    }

    /// A contact with an address and a thread, in no store yet.
    pub fn visitor(&self) -> Visitor {
        let contact = self.contact();
        let point = self.point(contact.id);
        let thread = self.direct(point.id);
        Visitor { contact, point, thread }
    }

    /// A contact with an address and a thread, committed.
    ///
    /// # Panics
    ///
    /// Panics when the store refuses it.
    pub async fn visitor_in(&self, store: &dyn Store) -> Visitor {
        let mut visitor = self.visitor();
        let mut changes = self.change();
        visitor.add_to(&mut changes);
        kept(store.commit(changes).await);
        visitor.contact.version = 1;
        visitor
    }

    /// A text to or from the contact.
    pub fn text(&self, thread: ThreadId, author: Author, text: &str) -> NewMessage {
        self.entry(thread, author, Visibility::Private, Content::Text { text: words(text) })
    }

    /// A text of the visitor.
    pub fn says(&self, visitor: &Visitor, text: &str) -> NewMessage {
        self.text(visitor.thread.id, visitor.author(), text)
    }

    /// A text of an agent to the visitor.
    pub fn answer(&self, visitor: &Visitor, agent: &AgentName, text: &str) -> NewMessage {
        self.text(visitor.thread.id, Author::Agent(agent.clone()), text)
    }

    /// A note of an agent.
    pub fn note(&self, thread: ThreadId, agent: &AgentName, text: &str) -> NewMessage {
        self.entry(
            thread,
            Author::Agent(agent.clone()),
            Visibility::Internal,
            Content::Note { text: words(text) },
        )
    }

    /// A notice of Parlor.
    pub fn notice(&self, thread: ThreadId) -> NewMessage {
        let notice =
            SystemNotice::Lifecycle { interaction: self.id(), change: LifecycleNotice::EndedByContact };
        self.entry(thread, Author::System, Visibility::Private, Content::System { notice })
    }

    /// An entry of any kind, outside of an interaction.
    pub fn entry(
        &self,
        thread: ThreadId,
        author: Author,
        visibility: Visibility,
        content: Content,
    ) -> NewMessage {
        NewMessage {
            id: self.id(),
            thread,
            interaction: None,
            segment: 1,
            author,
            parent: None,
            visibility,
            content,
            provider_time: None,
            provider_id: None,
        }
    }

    /// A change that writes these messages.
    pub fn writing(&self, messages: impl IntoIterator<Item = NewMessage>) -> ChangeSet {
        let mut changes = self.change();
        changes.messages.extend(messages);
        changes
    }

    /// A new interaction that waits in its queue.
    pub fn started(&self, visitor: &Visitor) -> InteractionWrite {
        let start = Start {
            id: self.id(),
            thread: visitor.thread.id,
            channel: visitor.thread.channel.clone(),
            point: Some(visitor.point.id),
            queue: queue("support"),
            class: MediaClass::Live,
            weight: 1,
            origin: Origin::Inbound,
            preferred: None,
            needs: Needs::default(),
        };
        write(0, Interaction::start(start, self.now()))
    }

    /// What a command makes of an interaction.
    ///
    /// # Panics
    ///
    /// Panics when the interaction refuses it.
    pub fn next(&self, interaction: &Interaction, command: &Command) -> InteractionWrite {
        let context = Context { now: self.now(), policy: &Policy::default() };
        match interaction.handle(command, context) {
            Ok(transition) => write(interaction.version, transition),
            Err(error) => panic!("a sample asks for the impossible: {error}"),
        }
    }

    /// An interaction that waits, offered to an agent.
    pub fn offered(&self, interaction: &Interaction, offer: OfferId, agent: &AgentName) -> InteractionWrite {
        let expires_at = self.now() + Duration::from_secs(20);
        let agent = agent.clone();
        self.next(interaction, &Command::Offer { offer, agent, expires_at, auto: false })
    }

    /// An interaction that waits, closed for good because the contact left: two events at once.
    pub fn abandoned(&self, interaction: &Interaction) -> InteractionWrite {
        self.next(interaction, &Command::End { by: EndedBy::Contact })
    }

    /// A change that writes an interaction.
    pub fn moving(&self, write: InteractionWrite) -> ChangeSet {
        let mut changes = self.change();
        changes.interactions.push(write);
        changes
    }

    /// A new interaction of the visitor, committed.
    ///
    /// # Panics
    ///
    /// Panics when the store refuses it.
    pub async fn started_in(&self, store: &dyn Store, visitor: &Visitor) -> Interaction {
        let write = self.started(visitor);
        let interaction = write.interaction.clone();
        kept(store.commit(self.moving(write)).await);
        interaction
    }

    /// An inbound event that was never seen before.
    pub fn inbox_key(&self) -> InboxKey {
        InboxKey {
            scope: "website".to_owned(),
            kind: "message".to_owned(),
            provider_time: None,
            external_id: self.uuid().to_string(),
        }
    }

    /// A change that takes an inbound event and writes the message made from it.
    pub fn receiving(&self, key: &InboxKey, message: NewMessage) -> ChangeSet {
        let mut changes = self.change();
        changes.inbox.push(InboxEntry { key: key.clone(), message: Some(message.id) });
        changes.messages.push(message);
        changes
    }

    /// A write of an agent's client that was never seen before.
    pub fn request(&self, agent: &AgentName) -> Request {
        let mut fingerprint = [0; 32];
        self.ids.fill(&mut fingerprint);
        Request {
            key: RequestKey { agent: agent.clone(), id: ClientId(self.uuid()) },
            fingerprint,
            resource: self.uuid(),
            at: self.now(),
        }
    }

    /// A change that takes room on an agent, or gives it back.
    pub fn loading(&self, agent: &AgentName, class: MediaClass, delta: i64, limit: u32) -> ChangeSet {
        let mut changes = self.change();
        changes.loads.push(LoadChange { agent: agent.clone(), class, delta, limit });
        changes
    }
}

fn write(expected_version: u64, transition: Transition) -> InteractionWrite {
    InteractionWrite { interaction: transition.interaction, expected_version, events: transition.events }
}

/// The name of an agent.
pub(super) fn agent(name: &str) -> AgentName {
    AgentName::new(name).expect("the suite's names are valid")
}

pub(super) fn channel(name: &str) -> ChannelName {
    ChannelName::new(name).expect("the suite's names are valid")
}

fn queue(name: &str) -> QueueName {
    QueueName::new(name).expect("the suite's names are valid")
}

pub(super) fn words(text: &str) -> MessageText {
    MessageText::new(text).expect("the suite's texts are valid")
}
