use parlor_model::{AgentName, Author, Content, LifecycleNotice, Message, MessageId, SystemNotice};

use crate::{ContactNotice, EndedBy, FrameAuthor, FrameContent, ServerFrame};

/// What of a transcript entry the contact may see: a frame, or `None` for one that is not theirs to see.
///
/// Hidden are every entry that is [`Internal`](parlor_model::Visibility::Internal), notes whatever their visibility
/// (r31), and the notice that work is Done: that is the agents' business, the contact saw the end. So is every form
/// of content or notice that has no rule here yet.
///
/// `agent_name` gives the name under which contacts know an agent.
pub fn visible(message: &Message, agent_name: impl Fn(&AgentName) -> String) -> Option<ServerFrame> {
    if !message.visibility.reaches_contact() {
        return None;
    }
    let content = match &message.content {
        Content::Text { text } => FrameContent::Text { text: text.clone() },
        Content::Attached { text, attachments } => FrameContent::Attached {
            text: text.clone(),
            attachments: attachments.iter().map(Into::into).collect(),
        },
        Content::PushedUrl { url, text } => FrameContent::PushedUrl { url: url.clone(), text: text.clone() },
        Content::System { notice: SystemNotice::Lifecycle { change, .. } } => {
            FrameContent::System(notice(change, &agent_name)?)
        }
        // The raw text stays with us: it is for people who know the network that sent it.
        Content::Unsupported { kind, .. } => FrameContent::Unsupported { kind: kind.clone() },
        Content::Erased => FrameContent::Erased,
        // Notes, and whatever was added to the vocabulary without a rule here.
        _ => return None,
    };
    let author = match &message.author {
        // A thread is the exchange with one contact point, so whoever wrote as a contact is this contact.
        Author::Contact(_) => FrameAuthor::Me,
        Author::Agent(name) => FrameAuthor::Agent { name: agent_name(name) },
        Author::Bot(label) => FrameAuthor::Bot { name: label.as_str().to_owned() },
        Author::System => FrameAuthor::System,
    };
    Some(ServerFrame::Message {
        sequence: message.sequence,
        id: shown_id(message),
        author,
        content,
        at: message.at,
    })
}

/// The id of an entry: of the contact's own messages the one that their browser made, by which it knows them again.
fn shown_id(message: &Message) -> MessageId {
    let made_by_browser = match &message.author {
        Author::Contact(_) => message.provider_id.as_ref().and_then(|id| id.as_str().parse().ok()),
        Author::Agent(_) | Author::Bot(_) | Author::System => None,
    };
    made_by_browser.unwrap_or(message.id)
}

fn notice(change: &LifecycleNotice, agent_name: impl Fn(&AgentName) -> String) -> Option<ContactNotice> {
    Some(match change {
        LifecycleNotice::Joined { agent } => ContactNotice::Joined { agent: agent_name(agent) },
        LifecycleNotice::Left { agent } => ContactNotice::Left { agent: agent_name(agent) },
        LifecycleNotice::EndedByAgent { .. } => ContactNotice::Ended { by: EndedBy::Agent },
        LifecycleNotice::EndedByContact => ContactNotice::Ended { by: EndedBy::Me },
        LifecycleNotice::EndedBySystem => ContactNotice::Ended { by: EndedBy::System },
        LifecycleNotice::Reactivated => ContactNotice::Reactivated,
        // Done, and whatever was added to the vocabulary without a rule here.
        _ => return None,
    })
}
