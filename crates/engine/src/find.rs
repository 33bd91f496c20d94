//! What agents look for in everything that was said.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use parlor_model::{AgentName, Author, ContactId, Message, Visibility};
use parlor_store::{MessageSearch, StoreError};

use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::permission::{Actor, Object, Verb, may};
use crate::reads::{LARGEST_PAGE, cursor, search};
use crate::view::{ContactRef, FoundView, HitView};

/// Asks for messages of all contacts that contain words (r80).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FindRequest {
    /// Every word of this is contained. Without a word nothing is found.
    pub words: String,
    /// The `before` of the page before: what is older.
    pub before: Option<String>,
    /// How many at the most; cut to 200.
    pub limit: Option<usize>,
    /// Only messages with this visibility (r89).
    pub filter: Option<Visibility>,
}

impl Engine {
    /// Looks for words in the conversations of all contacts, the newest message first (r80).
    ///
    /// Only for those who may read them all: those with the Communication view.
    pub async fn find(&self, agent: &AgentName, request: &FindRequest) -> Result<FoundView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ReadCommunication, Object::Contact)?;
        let before = cursor(request.before.as_deref())?;
        let Some(words) = search(Some(&request.words)) else { return Ok(FoundView::default()) };
        let query = MessageSearch {
            before,
            visibility: request.filter.into_iter().collect(),
            ..MessageSearch::new(words, request.limit.unwrap_or(50).clamp(1, LARGEST_PAGE))
        };
        let page = self.inner.store.search(&query).await?;
        let before = page.messages.last().filter(|_| page.more).map(|last| last.position.to_string());
        let mut names: BTreeMap<ContactId, ContactRef> = BTreeMap::new();
        let mut hits = Vec::with_capacity(page.messages.len());
        for message in &page.messages {
            let contact = match self.inner.contact_of(message).await? {
                None => None,
                Some(id) => Some(match names.entry(id) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(unknown) => unknown.insert(self.inner.contact_ref(id).await?).clone(),
                }),
            };
            hits.push(HitView { message: self.inner.message_view(message, Some(agent)).await?, contact });
        }
        Ok(FoundView { hits, before })
    }
}

impl Inner {
    /// In whose conversation a message stands; below a post, that of the contact who wrote it.
    async fn contact_of(&self, message: &Message) -> Result<Option<ContactId>, StoreError> {
        if let Some(contact) = self.thread(message.thread).await?.and_then(|info| info.contact) {
            return Ok(Some(contact));
        }
        let Author::Contact(point) = &message.author else { return Ok(None) };
        match self.store.point(*point).await? {
            Some(point) => Ok(Some(self.store.resolve_contact(point.contact).await?)),
            None => Ok(None),
        }
    }
}
