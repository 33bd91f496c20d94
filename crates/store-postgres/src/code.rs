//! The numbers and names that stand for closed sets of values in the tables. They are written down forever: a new value
//! gets a new code, and none is ever used again.

use std::borrow::Cow;

use parlor_model::{Content, DeliveryStage, MessageText, Visibility};
use parlor_store::{AlertKind, ConsentState, OutboxState};

use crate::row::Unreadable;

/// Who wrote a message.
pub(crate) mod author {
    /// The contact point that the thread is with.
    pub(crate) const SUBJECT: i16 = 0;
    /// Another contact point.
    pub(crate) const CONTACT: i16 = 1;
    /// An agent.
    pub(crate) const AGENT: i16 = 2;
    /// An automaton.
    pub(crate) const BOT: i16 = 3;
    /// Parlor itself.
    pub(crate) const SYSTEM: i16 = 4;
}

/// What a record of the table `journal` is about.
pub(crate) mod journal {
    pub(crate) const ACKNOWLEDGED: i16 = 1;
    pub(crate) const AGENT: i16 = 2;
    pub(crate) const CONTACT: i16 = 3;
    pub(crate) const READ: i16 = 4;
    pub(crate) const ASSIGNMENT: i16 = 5;
}

mod content {
    pub(super) const TEXT: i16 = 0;
    pub(super) const NOTE: i16 = 1;
    /// Everything that is more than a text: the body is the JSON of the whole content.
    pub(super) const STRUCTURED: i16 = 2;
    /// What was erased; without a body.
    pub(super) const ERASED: i16 = 3;
}

/// The kind of a message that was erased.
pub(crate) const ERASED: i16 = content::ERASED;

pub(crate) const fn visibility(visibility: Visibility) -> i16 {
    match visibility {
        Visibility::Private => 0,
        Visibility::Public => 1,
        // The index `messages_by_point` and the count of unread messages name this number.
        Visibility::Internal => 2,
    }
}

pub(crate) const fn visibility_of(code: i16) -> Result<Visibility, Unreadable> {
    match code {
        0 => Ok(Visibility::Private),
        1 => Ok(Visibility::Public),
        2 => Ok(Visibility::Internal),
        _ => Err(Unreadable("visibility")),
    }
}

pub(crate) const fn stage(stage: DeliveryStage) -> i16 {
    match stage {
        DeliveryStage::Sent => 0,
        DeliveryStage::Failed => 1,
        DeliveryStage::Delivered => 2,
        DeliveryStage::Read => 3,
    }
}

pub(crate) const fn stage_of(code: i16) -> Result<DeliveryStage, Unreadable> {
    match code {
        0 => Ok(DeliveryStage::Sent),
        1 => Ok(DeliveryStage::Failed),
        2 => Ok(DeliveryStage::Delivered),
        3 => Ok(DeliveryStage::Read),
        _ => Err(Unreadable("delivery stage")),
    }
}

/// The kind and the body of a message.
pub(crate) fn content(content: &Content) -> Result<(i16, Cow<'_, str>), serde_json::Error> {
    Ok(match content {
        Content::Text { text } => (content::TEXT, text.as_str().into()),
        Content::Note { text } => (content::NOTE, text.as_str().into()),
        Content::Erased => (content::ERASED, "".into()),
        other => (content::STRUCTURED, serde_json::to_string(other)?.into()),
    })
}

pub(crate) fn content_of(kind: i16, body: String) -> Result<Content, Unreadable> {
    let unreadable = Unreadable("content of a message");
    let text = |body| MessageText::new(body).map_err(|_| unreadable);
    match kind {
        content::TEXT => Ok(Content::Text { text: text(body)? }),
        content::NOTE => Ok(Content::Note { text: text(body)? }),
        content::ERASED => Ok(Content::Erased),
        content::STRUCTURED => serde_json::from_str(&body).map_err(|_| unreadable),
        _ => Err(unreadable),
    }
}

pub(crate) fn outbox_state_of(name: &str) -> Result<OutboxState, Unreadable> {
    OutboxState::ALL
        .into_iter()
        .find(|state| state.as_str() == name)
        .ok_or(Unreadable("state of an outbox entry"))
}

pub(crate) const fn consent_state(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Given => "given",
        ConsentState::Withdrawn => "withdrawn",
    }
}

pub(crate) fn consent_state_of(name: &str) -> Result<ConsentState, Unreadable> {
    match name {
        "given" => Ok(ConsentState::Given),
        "withdrawn" => Ok(ConsentState::Withdrawn),
        _ => Err(Unreadable("state of a consent")),
    }
}

pub(crate) fn alert_kind_of(name: &str) -> Result<AlertKind, Unreadable> {
    match name {
        "reply_arrived" => Ok(AlertKind::ReplyArrived),
        _ => Err(Unreadable("kind of an alert")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_what_it_stands_for() {
        for each in [Visibility::Private, Visibility::Public, Visibility::Internal] {
            assert_eq!(visibility_of(visibility(each)), Ok(each));
        }
        for each in
            [DeliveryStage::Sent, DeliveryStage::Failed, DeliveryStage::Delivered, DeliveryStage::Read]
        {
            assert_eq!(stage_of(stage(each)), Ok(each));
        }
        for each in OutboxState::ALL {
            assert_eq!(outbox_state_of(each.as_str()), Ok(each));
        }
        for each in [ConsentState::Given, ConsentState::Withdrawn] {
            assert_eq!(consent_state_of(consent_state(each)), Ok(each));
        }
        assert_eq!(alert_kind_of(AlertKind::ReplyArrived.as_str()), Ok(AlertKind::ReplyArrived));
        assert_eq!(visibility_of(9), Err(Unreadable("visibility")));
    }

    #[test]
    fn every_content_reads_back_as_itself() {
        let text = || MessageText::new("a 'text' with \"quotes\" {and braces}").unwrap();
        let contents = [
            Content::Text { text: text() },
            Content::Note { text: text() },
            Content::Erased,
            Content::Unsupported { kind: "a \0 sticker".to_owned(), raw: text() },
        ];
        for each in contents {
            let (kind, body) = content(&each).unwrap();
            assert!(!body.contains('\0'), "PostgreSQL would refuse it");
            assert_eq!(content_of(kind, body.into_owned()), Ok(each));
        }
        assert!(content_of(2, "{}".to_owned()).is_err());
        assert!(content_of(77, "a".to_owned()).is_err());
    }
}
