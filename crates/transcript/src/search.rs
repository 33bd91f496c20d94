use std::fmt;

use parlor_model::{Contact, ContactPoint, Content, Message};

use crate::{TranscriptError, normalise};

/// What somebody searches for: words, each of which must be contained (r80).
///
/// A word is contained when it stands anywhere in the text, also inside a longer word. A search without words finds
/// everything. `Debug` hides the words: people search for names and numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchQuery {
    words: Vec<String>,
}

impl SearchQuery {
    /// The longest search, in bytes of UTF-8: longer than any word list a person types, short enough that a request
    /// cannot keep a store busy.
    pub const MAX_BYTES: usize = 256;

    /// The most words of a search.
    pub const MAX_WORDS: usize = 16;

    /// Reads a search, refusing one beyond the limits. For those who can tell a person what is wrong.
    pub fn parse(text: &str) -> Result<Self, TranscriptError> {
        if text.len() > Self::MAX_BYTES {
            return Err(TranscriptError::SearchTooLong { bytes: text.len() });
        }
        let words = words(text);
        if words.len() > Self::MAX_WORDS {
            return Err(TranscriptError::SearchTooManyWords { words: words.len() });
        }
        Ok(Self { words })
    }

    /// Reads a search, ignoring what is beyond the limits. For stores, whose callers have checked it.
    #[must_use]
    pub fn clamped(text: &str) -> Self {
        let mut words = words(&text[..text.floor_char_boundary(Self::MAX_BYTES)]);
        words.truncate(Self::MAX_WORDS);
        Self { words }
    }

    /// The words in [`normalise`]d form, none of them twice.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether a text, given in [`normalise`]d form, contains every word.
    pub fn matches(&self, normalised: &str) -> bool {
        self.words.iter().all(|word| normalised.contains(word.as_str()))
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in normalise(text).split(' ').filter(|word| !word.is_empty()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

impl fmt::Debug for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchQuery({} words)", self.words.len())
    }
}

/// What a search in transcripts looks at: the words of a person in [`normalise`]d form; `None` for entries without
/// any, which only a search without words finds.
pub fn message_search_text(message: &Message) -> Option<String> {
    content_search_text(&message.content)
}

/// The same of a content that stands in no message yet, or no longer.
pub fn content_search_text(content: &Content) -> Option<String> {
    content.text().map(normalise)
}

/// What a search for contacts looks at, in [`normalise`]d form: the name, the values of the free fields, and the
/// names and addresses of the contact points.
pub fn contact_search_text<'a>(
    contact: &Contact,
    points: impl IntoIterator<Item = &'a ContactPoint>,
) -> String {
    let mut text = contact.display_name.clone().unwrap_or_default();
    let mut add = |part: &str| {
        text.push(' ');
        text.push_str(part);
    };
    for value in contact.fields.values() {
        add(value);
    }
    for point in points {
        add(point.display_name.as_deref().unwrap_or_default());
        add(point.key.address.as_str());
    }
    normalise(&text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parlor_model::{
        ChannelKind, ContactId, ContactPointId, Id, InteractionId, LifecycleNotice, MessageText,
        PointAddress, PointKey, SystemNotice, Timestamp,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::order::tests::message;

    fn finds(search: &str, text: &str) -> bool {
        SearchQuery::parse(search).unwrap().matches(&normalise(text))
    }

    #[test]
    fn r80_case_and_accents_do_not_matter() {
        assert!(finds("reunion", "La RÉUNION est à midi"));
        assert!(finds("RÉUNION midi", "La reunion est a midi"));
        assert!(finds("strasse", "Hauptstraße 3"));
        assert!(!finds("reunion demain", "La réunion est à midi"), "every word is needed");
        assert!(finds("uni", "réunion"), "inside a word too");
        assert!(finds("  ", "anything"), "no words, no condition");
        assert!(finds("100%", "100% sure") && !finds("1_0", "100"), "no character is a wildcard");
    }

    #[test]
    fn searches_have_limits() {
        assert!(SearchQuery::parse(&"x".repeat(256)).is_ok());
        assert_eq!(SearchQuery::parse(&"x".repeat(257)), Err(TranscriptError::SearchTooLong { bytes: 257 }));
        let sixteen: Vec<_> = (0..16).map(|n| n.to_string()).collect();
        assert_eq!(SearchQuery::parse(&sixteen.join(" ")).unwrap().words().len(), 16);
        assert_eq!(
            SearchQuery::parse(&format!("{} more", sixteen.join(" "))),
            Err(TranscriptError::SearchTooManyWords { words: 17 })
        );
        assert_eq!(SearchQuery::clamped(&format!("{} more", sixteen.join(" "))).words(), sixteen);
        assert_eq!(SearchQuery::clamped(&"é".repeat(200)).words(), ["e".repeat(128)]);
        assert_eq!(SearchQuery::parse("a A á").unwrap().words(), ["a"], "the same word once");
    }

    #[test]
    fn debug_output_hides_what_was_searched_for() {
        assert!(!format!("{:?}", SearchQuery::clamped("4111")).contains("4111"));
    }

    #[test]
    fn only_the_words_of_people_are_searched() {
        let note = Message {
            content: Content::Note { text: MessageText::new("Très pressé").unwrap() },
            ..message(1, 1, None)
        };
        assert_eq!(message_search_text(&note).as_deref(), Some("tres presse"));
        let system = Message {
            content: Content::System {
                notice: SystemNotice::Lifecycle {
                    interaction: InteractionId::from_uuid(uuid::Uuid::nil()),
                    change: LifecycleNotice::Done,
                },
            },
            ..message(1, 1, None)
        };
        assert_eq!(message_search_text(&system), None);
    }

    #[test]
    fn contacts_are_found_by_name_field_and_address() {
        let contact = Contact {
            id: ContactId::from_uuid(uuid::Uuid::nil()),
            version: 1,
            display_name: Some("Zoë Müller".to_owned()),
            fields: BTreeMap::from([("company".to_owned(), "Café Lumière".to_owned())]),
            created_at: Timestamp::UNIX_EPOCH,
        };
        let point = ContactPoint {
            id: ContactPointId::from_uuid(uuid::Uuid::nil()),
            contact: contact.id,
            key: PointKey {
                kind: ChannelKind::Sms,
                scope: String::new(),
                address: PointAddress::new("+15550001111"),
            },
            display_name: Some("zo".to_owned()),
            created_at: Timestamp::UNIX_EPOCH,
        };
        let text = contact_search_text(&contact, [&point]);
        for (search, found) in [
            ("muller", true),
            ("lumiere zoe", true),
            ("+1555000", true),
            ("company", false),
            ("mullercafe", false),
        ] {
            assert_eq!(SearchQuery::clamped(search).matches(&text), found, "{search}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_found_by_its_own_words_wherever_it_stands(
            text in any::<String>(), before in "[a-z]{0,5}", after in "[a-z]{0,5}",
        ) {
            let search = SearchQuery::clamped(&text);
            prop_assert!(search.matches(&normalise(&text)));
            let longer = format!("{before} {text} {after}");
            prop_assert!(search.matches(&normalise(&longer)));
        }
    }
}
