use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    AgentName, Attachment, ConsultId, InteractionId, MessageId, PointAddress, RejectedAttachment, WebAddress,
};

/// Text as a person wrote it.
///
/// Kept exactly, except that NUL becomes U+FFFD (several databases and every C library refuse it). It is never
/// markup: whoever shows it must show it as plain text. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageText(String);

impl MessageText {
    /// The longest text that is stored, in bytes of UTF-8 (reliability limit "text 65,536 bytes stored").
    pub const MAX_BYTES: usize = 65_536;

    /// Checks and wraps what somebody wrote.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let mut text = text.into();
        if text.trim().is_empty() {
            return Err(TextError::Empty);
        }
        if text.contains('\0') {
            text = text.replace('\0', "\u{FFFD}");
        }
        if text.len() > Self::MAX_BYTES {
            return Err(TextError::TooLong { bytes: text.len() });
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageText({} bytes)", self.0.len())
    }
}

impl TryFrom<String> for MessageText {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl From<MessageText> for String {
    fn from(text: MessageText) -> Self {
        text.0
    }
}

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing but white space.
    #[error("a message must not be empty")]
    Empty,
    /// More than [`MessageText::MAX_BYTES`].
    #[error("the text has {bytes} bytes; the limit is {}", MessageText::MAX_BYTES)]
    TooLong {
        /// How many bytes were given.
        bytes: usize,
    },
}

/// What an entry of a transcript says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// What a person wrote to the other side.
    Text {
        /// The text.
        text: MessageText,
    },
    /// Files that one side gives the other, with or without words (r84, r123).
    Attached {
        /// What was written with them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<MessageText>,
        /// The files, in the order in which they were sent.
        attachments: Vec<Attachment>,
    },
    /// A web address that an agent asks the contact to open (r64).
    PushedUrl {
        /// The address.
        url: WebAddress,
        /// The whole invitation, with the address in it: what a network sends that has no form for a link of its own.
        text: MessageText,
    },
    /// A remark between agents (r31).
    Note {
        /// The text.
        text: MessageText,
    },
    /// What agents tell each other in a consult; no contact ever sees it (r53).
    Consult {
        /// In which consult.
        consult: ConsultId,
        /// The text.
        text: MessageText,
    },
    /// What a supervisor tells the agents while they talk with the contact; no contact ever sees it.
    Whisper {
        /// The text.
        text: MessageText,
    },
    /// Something Parlor has to say; user interfaces give it words.
    System {
        /// What happened.
        notice: SystemNotice,
    },
    /// Something a network sent that Parlor has no form for; kept, shown as such, never lost (r154).
    Unsupported {
        /// The network's own name for it.
        kind: String,
        /// The raw text.
        raw: MessageText,
    },
    /// Something that was erased, with everything in it: its place stays, so that nothing after it moves.
    Erased,
}

impl Content {
    /// The words of a person in it, for search and previews.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text }
            | Self::PushedUrl { url: _, text }
            | Self::Note { text }
            | Self::Consult { consult: _, text }
            | Self::Whisper { text } => Some(text.as_str()),
            Self::Attached { text, attachments: _ } => text.as_ref().map(MessageText::as_str),
            Self::System { .. } | Self::Unsupported { .. } | Self::Erased => None,
        }
    }

    /// What stands for it in one line of a list: its words, or what the first file is called.
    pub fn headline(&self) -> Option<&str> {
        self.text().or_else(|| self.attachments().first().map(|attachment| attachment.name.as_str()))
    }

    /// The files in it, in their order.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            Self::Attached { text: _, attachments } => attachments,
            Self::Text { .. }
            | Self::PushedUrl { .. }
            | Self::Note { .. }
            | Self::Consult { .. }
            | Self::Whisper { .. }
            | Self::System { .. }
            | Self::Unsupported { .. }
            | Self::Erased => &[],
        }
    }

    /// Whether it is what one side says or gives to the other, which can stand as the last ones in a list.
    pub const fn is_said(&self) -> bool {
        match self {
            Self::Text { .. } | Self::Attached { .. } | Self::PushedUrl { .. } => true,
            Self::Note { .. }
            | Self::Consult { .. }
            | Self::Whisper { .. }
            | Self::System { .. }
            | Self::Unsupported { .. }
            | Self::Erased => false,
        }
    }

    /// The name of its form as it stands in stores and APIs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Attached { .. } => "attached",
            Self::PushedUrl { .. } => "pushed_url",
            Self::Note { .. } => "note",
            Self::Consult { .. } => "consult",
            Self::Whisper { .. } => "whisper",
            Self::System { .. } => "system",
            Self::Unsupported { .. } => "unsupported",
            Self::Erased => "erased",
        }
    }
}

/// What Parlor says in a transcript. Codes and values only: the words belong to the user interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SystemNotice {
    /// The state of an interaction changed.
    Lifecycle {
        /// Which interaction.
        interaction: InteractionId,
        /// How.
        change: LifecycleNotice,
    },
    /// A file of the contact was not taken (r127).
    AttachmentRejected(RejectedAttachment),
    /// A consult without an interaction began or ended (r54).
    Consult {
        /// Which consult.
        consult: ConsultId,
        /// How.
        change: ConsultNotice,
    },
    /// An agent calls the contact or writes them an e-mail, outside Parlor (r55).
    Outside {
        /// Who.
        agent: AgentName,
        /// How the contact is reached.
        by: OutsideMeans,
        /// At which number or address.
        address: PointAddress,
        /// What came of it so far.
        stage: OutsideStage,
    },
    /// What became of a message to the contact, where agents must know (r131).
    Send {
        /// Which message.
        message: MessageId,
        /// What.
        outcome: SendOutcome,
        /// Why, in one word, with the provider's code behind a colon where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// The contact sent files that are being fetched from the network.
    FilesAwaited {
        /// How many.
        count: u32,
    },
}

/// What became of a message to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SendOutcome {
    /// It was not sent, or did not arrive.
    Failed,
    /// Nobody knows whether it was sent: a person says what becomes of it.
    MayHaveBeenSent,
    /// A person said that it be sent again.
    SentAgain {
        /// Who.
        by: AgentName,
    },
    /// A person gave it up.
    Discarded {
        /// Who.
        by: AgentName,
    },
}

impl SendOutcome {
    /// The name as it stands in APIs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::MayHaveBeenSent => "may_have_been_sent",
            Self::SentAgain { .. } => "sent_again",
            Self::Discarded { .. } => "discarded",
        }
    }
}

/// A change of a consult without an interaction that its transcript shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConsultNotice {
    /// It began.
    Started {
        /// Who asked.
        by: AgentName,
        /// Who is asked.
        agent: AgentName,
    },
    /// It is over.
    Ended {
        /// Who ended it.
        by: AgentName,
    },
}

/// How a contact is reached outside Parlor (r55).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideMeans {
    /// By telephone.
    Call,
    /// By e-mail.
    Email,
}

/// How far a call or an e-mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideStage {
    /// It was begun.
    Started,
    /// It was sent.
    Sent,
    /// It did not come about.
    Failed,
}

/// A change of an interaction that its transcript shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LifecycleNotice {
    /// An agent took it.
    Joined {
        /// Who.
        agent: AgentName,
    },
    /// An agent left it.
    Left {
        /// Who.
        agent: AgentName,
    },
    /// The agent ended the session.
    EndedByAgent {
        /// Who.
        agent: AgentName,
    },
    /// The contact ended the session.
    EndedByContact,
    /// The session was ended by a rule.
    EndedBySystem,
    /// A new session of the same interaction began (r25): the segment boundary.
    Reactivated,
    /// Closed for good.
    Done,
    /// The contact has been silent since an agent answered (r22).
    ContactSilent,
    /// Its owner put it aside.
    Parked {
        /// Who.
        agent: AgentName,
    },
    /// It is no longer put aside.
    Unparked,
    /// Its owner hands it to a colleague, who is asked and does not have it yet (r48).
    TransferRequested {
        /// Who hands it over.
        by: AgentName,
        /// Who is asked.
        to: AgentName,
    },
    /// The colleague did not take it, or is gone: it stays with its owner.
    TransferDeclined {
        /// Who.
        agent: AgentName,
    },
    /// The colleague did not answer in time: it stays with its owner.
    TransferExpired,
    /// Its owner kept it after all.
    TransferCancelled {
        /// Who.
        agent: AgentName,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_exactly_but_for_nul() {
        assert_eq!(MessageText::new(" a\u{202e}b<script> ").unwrap().as_str(), " a\u{202e}b<script> ");
        assert_eq!(MessageText::new("a\0b").unwrap().as_str(), "a\u{FFFD}b");
    }

    #[test]
    fn text_is_refused_when_empty_or_too_long() {
        assert_eq!(MessageText::new(" \n"), Err(TextError::Empty));
        assert!(MessageText::new("x".repeat(65_536)).is_ok());
        assert_eq!(MessageText::new("x".repeat(65_537)), Err(TextError::TooLong { bytes: 65_537 }));
    }

    #[test]
    fn debug_output_hides_what_people_wrote() {
        let content = Content::Text { text: MessageText::new("my card is 4111").unwrap() };
        assert!(!format!("{content:?}").contains("4111"));
    }

    #[test]
    fn serialised_form_is_stable() {
        let content = Content::System {
            notice: SystemNotice::Lifecycle {
                interaction: crate::Id::from_uuid(uuid::Uuid::nil()),
                change: LifecycleNotice::EndedByContact,
            },
        };
        assert_eq!(
            serde_json::to_string(&content).unwrap(),
            r#"{"type":"system","notice":{"lifecycle":{"interaction":"00000000-0000-0000-0000-000000000000","change":"ended_by_contact"}}}"#
        );
    }

    #[test]
    fn files_read_back_as_themselves_and_old_texts_stay_readable() {
        let old: Content = serde_json::from_str(r#"{"type":"text","text":"hello"}"#).unwrap();
        assert_eq!((old.text(), old.attachments()), (Some("hello"), &[][..]));
        let json = r#"{"type":"attached","attachments":[{"id":"00000000-0000-0000-0000-000000000001","blob":"00000000-0000-0000-0000-000000000002","name":"chair.png","media_type":"image/png","bytes":7,"sha256":"0000000000000000000000000000000000000000000000000000000000000000"}]}"#;
        let content: Content = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&content).unwrap(), json);
        assert_eq!(content.text(), None);
        assert_eq!(content.headline(), Some("chair.png"));
        assert!(content.is_said());
        assert!(!format!("{content:?}").contains("chair"));
    }

    #[test]
    fn a_rejected_file_is_said_in_a_notice() {
        let rejected = crate::RejectedAttachment {
            name: Some(crate::FileName::clean("a.svg")),
            reason: crate::RejectReason::TypeNotAllowed,
        };
        let content = Content::System { notice: SystemNotice::AttachmentRejected(rejected) };
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(
            json,
            r#"{"type":"system","notice":{"attachment_rejected":{"name":"a.svg","reason":"type_not_allowed"}}}"#
        );
        assert_eq!(serde_json::from_str::<Content>(&json).unwrap(), content);
    }
}
