//! Addresses that agents put on file (r136).

use std::sync::Arc;

use parlor_address::PhoneNumber;
use parlor_channel::outside_means;
use parlor_composer::SpanKind;
use parlor_model::{
    AgentName, ChannelKind, ContactId, ContactPoint, ContactPointId, OutsideMeans, PointAddress, PointKey,
};

use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, InvalidTarget};
use crate::permission::{Actor, Verb, may};
use crate::reads::point_view;
use crate::view::PointView;

impl Engine {
    /// Puts a number or an e-mail address on file for a contact, so that they can be written to there first (r129, r136).
    /// One that is on file already is given as it is, however it was typed.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidTarget`] for what is no number with its country (`+44 20 …`) and no e-mail address, and on
    /// networks whose addresses only they can give; [`EngineError::OfAnotherContact`] for that of somebody else.
    pub async fn add_point(
        &self,
        agent: &AgentName,
        contact: ContactId,
        kind: &ChannelKind,
        typed: &str,
    ) -> Result<PointView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        let object = self.inner.contact_object(agent, contact).await?;
        may(Actor::Agent(configured), Verb::EditContact, object)?;
        let key =
            key_of(kind, typed).ok_or(EngineError::InvalidTarget { reason: InvalidTarget::NoAddress })?;
        let point =
            until_decided!(self.inner.try_add_point(contact, &key).await).map_err(Attempt::into_error)?;
        Ok(point_view(&point, None))
    }
}

/// The address in the one form in which the network tells it too, so that whoever writes from there is this contact.
fn key_of(kind: &ChannelKind, typed: &str) -> Option<PointKey> {
    let typed = typed.trim();
    let key = |address: &str| PointKey {
        kind: kind.clone(),
        scope: String::new(),
        address: PointAddress::new(address),
    };
    if let Ok(number) = PhoneNumber::parse(typed, None) {
        let key = key(number.as_str());
        return (outside_means(&key) == Some(OutsideMeans::Call)).then_some(key);
    }
    let is_email = parlor_composer::whole(typed).is_some_and(|span| span.kind == SpanKind::Email);
    let key = key(&typed.to_lowercase());
    (is_email && outside_means(&key) == Some(OutsideMeans::Email)).then_some(key)
}

impl Inner {
    async fn try_add_point(
        self: &Arc<Self>,
        contact: ContactId,
        key: &PointKey,
    ) -> Result<ContactPoint, Attempt> {
        self.known_contact(contact).await?;
        let contact = self.store.resolve_contact(contact).await?;
        if let Some(known) = self.store.point_by_key(key).await? {
            let of = self.store.resolve_contact(known.contact).await?;
            return if of == contact {
                Ok(known)
            } else {
                Err(EngineError::OfAnotherContact { contact: of }.into())
            };
        }
        let now = self.now();
        let point = ContactPoint {
            id: self.new_id::<ContactPointId>(),
            contact,
            key: key.clone(),
            display_name: None,
            created_at: now,
        };
        let mut draft = Draft::new(now);
        draft.changes.points.push(point.clone());
        self.attempt(draft).await?;
        Ok(point)
    }
}
