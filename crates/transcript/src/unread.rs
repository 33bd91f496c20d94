use parlor_model::Message;

/// Whether a message beyond an agent's read marker counts as unread (r107).
///
/// Only what the contact wrote to us does: agents' own and other agents' messages, notes, automata and Parlor's
/// own notices never count.
pub const fn counts_as_unread(message: &Message) -> bool {
    message.author.is_contact() && message.visibility.reaches_contact()
}

#[cfg(test)]
mod tests {
    use parlor_model::{AgentName, Author, ContactPointId, Id, Label, Visibility};

    use super::*;
    use crate::order::tests::message;

    #[test]
    fn r107_only_the_contacts_own_messages_count() {
        let contact = Author::Contact(ContactPointId::from_uuid(uuid::Uuid::nil()));
        let table = [
            (contact.clone(), Visibility::Private, true),
            (contact.clone(), Visibility::Public, true),
            (contact, Visibility::Internal, false),
            (Author::Agent(AgentName::new("alice").unwrap()), Visibility::Private, false),
            (Author::Agent(AgentName::new("alice").unwrap()), Visibility::Internal, false),
            (Author::Bot(Label::new("greeter").unwrap()), Visibility::Private, false),
            (Author::System, Visibility::Private, false),
        ];
        for (author, visibility, counts) in table {
            let entry = parlor_model::Message { author: author.clone(), visibility, ..message(1, 1, None) };
            assert_eq!(counts_as_unread(&entry), counts, "{author:?} {visibility:?}");
        }
    }
}
