use std::borrow::Cow;

use parlor_model::{
    Attachment, AttachmentId, ClientId, ContentHash, Dimensions, FileName, MediaType, MessageId, MessageText,
    Timestamp, WebAddress,
};
use serde::{Serialize, Serializer};

use crate::{ContactName, ErrorCode, SessionToken};

/// What the server says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The answer to the hello.
    Welcome {
        /// The token to keep.
        #[serde(serialize_with = "exposed")]
        token: SessionToken,
        /// What we call the contact; `None` as long as nobody has said.
        contact: Option<ContactName>,
        /// The last sequence of the transcript, visible to the contact or not.
        latest: u64,
        /// How it stands with the contact's interaction.
        state: ContactState,
        /// How long a notice that somebody types lasts without a new one (r38), in milliseconds.
        typing_ttl_ms: u64,
        /// What files the contact may send; `None` where they may send none.
        #[serde(skip_serializing_if = "Option::is_none")]
        attachments: Option<FrameFileRules>,
    },
    /// An entry of the transcript that the contact may see.
    Message {
        /// Its place. Entries that only agents see leave gaps.
        sequence: u64,
        /// Its id; for messages of the contact the one that the browser made.
        id: MessageId,
        /// Who wrote it.
        author: FrameAuthor,
        /// What it says.
        content: FrameContent,
        /// When we took it in.
        at: Timestamp,
    },
    /// A message of the contact is durable.
    Accepted {
        /// The id that the browser made.
        id: ClientId,
        /// Its place in the transcript.
        sequence: u64,
        /// When we took it in.
        at: Timestamp,
    },
    /// How it stands with the contact's interaction has changed.
    State {
        /// How it stands.
        state: ContactState,
        /// The agent who has it, under the name that contacts see.
        agent: Option<String>,
    },
    /// An agent types, or has stopped.
    Typing {
        /// Whether they type.
        on: bool,
        /// Who, under the name that contacts see.
        name: String,
    },
    /// A frame was refused and had no effect.
    Error {
        /// Why, for programs.
        code: ErrorCode,
        /// Why, for people.
        detail: Cow<'static, str>,
        /// The message it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<ClientId>,
        /// When trying again makes sense, in milliseconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

/// How it stands with a contact's interaction, as far as the contact is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// There is none.
    #[default]
    None,
    /// It waits; also while it is offered to an agent.
    Queued,
    /// An agent has it.
    Active,
    /// The session is over; also when the work is Done. Writing goes on with it or begins another.
    Ended,
}

/// Who wrote an entry, as the contact sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FrameAuthor {
    /// The contact.
    Me,
    /// An agent.
    Agent {
        /// The name that contacts see.
        name: String,
    },
    /// An automaton.
    Bot {
        /// Its name.
        name: String,
    },
    /// Nobody: something happened.
    System,
}

/// What files a contact may send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FrameFileRules {
    /// The types that are taken.
    pub types: Vec<MediaType>,
    /// The most bytes of one file.
    pub largest: u64,
    /// The most files of one message.
    pub most: usize,
}

/// A file, as the contact sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FrameAttachment {
    /// By what it is fetched.
    pub id: AttachmentId,
    /// What it is called.
    pub name: FileName,
    /// What it is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub bytes: u64,
    /// The hash of its bytes.
    pub sha256: ContentHash,
    /// How large it is, when it is a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Dimensions>,
    /// Whether there is a small picture of it.
    pub thumbnail: bool,
}

impl From<&Attachment> for FrameAttachment {
    fn from(attachment: &Attachment) -> Self {
        Self {
            id: attachment.id,
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            bytes: attachment.bytes,
            sha256: attachment.sha256,
            dimensions: attachment.dimensions,
            thumbnail: attachment.thumbnail.is_some(),
        }
    }
}

/// What an entry says, as the contact sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FrameContent {
    /// What somebody wrote. It is plain text and must be shown as such.
    Text {
        /// The text.
        text: MessageText,
    },
    /// Files, with or without words.
    Attached {
        /// What was written with them.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<MessageText>,
        /// The files, in their order.
        attachments: Vec<FrameAttachment>,
    },
    /// A web address that an agent asks the contact to open (r64).
    PushedUrl {
        /// The address: `http:` or `https:`, never anything else.
        url: WebAddress,
        /// The invitation in words, with the address in it.
        text: MessageText,
    },
    /// Something happened; the browser gives it words.
    System(ContactNotice),
    /// Something that a browser has no form for.
    Unsupported {
        /// What it was called where it came from.
        kind: String,
    },
    /// Something that was erased; its place stays.
    Erased,
}

/// What of the course of an interaction a contact is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum ContactNotice {
    /// An agent came.
    Joined {
        /// The name that contacts see.
        agent: String,
    },
    /// An agent went.
    Left {
        /// The name that contacts see.
        agent: String,
    },
    /// The session ended.
    Ended {
        /// Who ended it.
        by: EndedBy,
    },
    /// The session goes on.
    Reactivated,
}

/// Who ended a session, as the contact sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The contact.
    Me,
    /// An agent.
    Agent,
    /// A rule.
    System,
}

impl ServerFrame {
    /// The frame as it travels.
    #[expect(clippy::missing_panics_doc, reason = "nothing in a frame can fail to be written")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("frames have text keys and no part that can fail")
    }
}

/// The one place where a token is written out: to the browser that it belongs to.
fn exposed<S: Serializer>(token: &SessionToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&token.expose())
}
