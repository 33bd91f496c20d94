use std::borrow::Cow;

use parlor_model::{ClientId, MessageText, TextError};
use serde::de::value::StringDeserializer;
use serde::de::{Error, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use crate::{Acknowledged, ContactName, ErrorCode, FrameRefusal, Limits, SessionToken};

/// What a browser says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// The first frame of a connection.
    Hello {
        /// The token that it kept; without one a new session begins.
        token: Option<SessionToken>,
        /// The last sequence that it has.
        after: u64,
        /// What the contact calls themselves.
        name: Option<ContactName>,
    },
    /// The contact writes.
    Message {
        /// Made by the browser, so that it can say the same again.
        id: ClientId,
        /// What was written; `None` only where there are files.
        text: Option<MessageText>,
        /// The files that go with it, by the ids under which the browser uploaded them.
        attachments: Vec<ClientId>,
    },
    /// The contact types, or has stopped. What they type is no part of it, even when a browser sends it (r39).
    Typing {
        /// Whether they type.
        on: bool,
    },
    /// How far the contact has received and been shown the transcript.
    Seen(Acknowledged),
    /// The contact ends the session.
    End,
}

/// Of a frame only its type; whatever else it has is skipped without being kept.
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Hello {
    token: Option<String>,
    after: Option<u64>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(deserialize_with = "hyphenated")]
    id: ClientId,
    text: Option<String>,
    attachments: Option<Vec<UploadId>>,
}

/// The id of an upload.
#[derive(Deserialize)]
#[serde(transparent)]
struct UploadId(#[serde(deserialize_with = "hyphenated")] ClientId);

#[derive(Deserialize)]
struct MessageIdOnly {
    #[serde(deserialize_with = "hyphenated")]
    id: ClientId,
}

#[derive(Deserialize)]
struct Typing {
    on: bool,
}

#[derive(Deserialize)]
struct Seen {
    delivered: u64,
    read: u64,
}

/// Length of a UUID with its hyphens; only this one of its forms is taken, so that a browser finds its id again.
const HYPHENATED_UUID: usize = 36;

fn hyphenated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ClientId, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() != HYPHENATED_UUID {
        return Err(D::Error::custom("not a UUID with hyphens"));
    }
    let text: StringDeserializer<D::Error> = text.into_deserializer();
    ClientId::deserialize(text)
}

impl ClientFrame {
    /// Reads a frame.
    ///
    /// Fields that a frame does not have are skipped, whatever is in them and however deep; unknown types are
    /// refused. No refusal repeats anything that the frame said.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, FrameRefusal> {
        if text.len() > limits.frame_bytes {
            return Err(FrameRefusal::new(
                ErrorCode::FrameTooLarge,
                format!("a frame has at most {} bytes", limits.frame_bytes),
            ));
        }
        // The reader would take an array for an object with its fields in order.
        if !text.trim_start().starts_with('{') {
            return Err(bad_frame("a frame is a JSON object"));
        }
        let tag: Tag<'_> =
            serde_json::from_str(text).map_err(|_| bad_frame("a frame is a JSON object with a `type`"))?;
        match tag.kind.as_ref() {
            "hello" => hello(text, limits),
            "message" => message(text, limits),
            "typing" => {
                let Typing { on } = body(text, "typing has `on`, true or false")?;
                Ok(Self::Typing { on })
            }
            "seen" => {
                let Seen { delivered, read } = body(text, "seen has `delivered` and `read`, both sequences")?;
                Ok(Self::Seen(Acknowledged::new(delivered, read)))
            }
            "end" => Ok(Self::End),
            _ => Err(bad_frame("there is no frame of this type")),
        }
    }
}

fn bad_frame(detail: &'static str) -> FrameRefusal {
    FrameRefusal::new(ErrorCode::BadFrame, detail)
}

/// The fields of a frame whose type is known. The reader's own error is not passed on, because it quotes the frame.
fn body<'a, T: Deserialize<'a>>(text: &'a str, detail: &'static str) -> Result<T, FrameRefusal> {
    serde_json::from_str(text).map_err(|_| bad_frame(detail))
}

fn hello(text: &str, limits: &Limits) -> Result<ClientFrame, FrameRefusal> {
    let hello: Hello = body(text, "hello may have `token`, a text, `after`, a sequence, and `name`, a text")?;
    let token = hello
        .token
        .map(|token| SessionToken::parse(&token))
        .transpose()
        // The same answer as for a token that nobody has, so that the browser forgets it and begins again.
        .map_err(|_| FrameRefusal::new(ErrorCode::UnknownToken, "nobody has a session of this token"))?;
    Ok(ClientFrame::Hello {
        // Without a session there is nothing that the browser could have.
        after: if token.is_some() { hello.after.unwrap_or(0) } else { 0 },
        token,
        name: hello.name.and_then(|name| ContactName::clean(&name, limits.name_characters)),
    })
}

fn message(text: &str, limits: &Limits) -> Result<ClientFrame, FrameRefusal> {
    let Message { id, text, attachments } =
        body(text, "message has `id`, a UUID, and `text`, a text, or `attachments`, UUIDs").map_err(
            |refusal| {
                // A text can be unreadable (half of a surrogate pair) while the id is fine; the browser needs to know
                // which of its messages will never be accepted.
                match serde_json::from_str(text) {
                    Ok(MessageIdOnly { id }) => refusal.about(id),
                    Err(_) => refusal,
                }
            },
        )?;
    let too_long = || {
        FrameRefusal::new(
            ErrorCode::TextTooLong,
            format!("a text has at most {} bytes", limits.text_bytes.min(MessageText::MAX_BYTES)),
        )
        .about(id)
    };
    let attachments: Vec<ClientId> =
        attachments.unwrap_or_default().into_iter().map(|UploadId(id)| id).collect();
    if attachments.len() > limits.attachments {
        let detail = format!("a message has at most {} files", limits.attachments);
        return Err(FrameRefusal::new(ErrorCode::TooManyAttachments, detail).about(id));
    }
    let Some(text) = text.filter(|text| attachments.is_empty() || !text.trim().is_empty()) else {
        if attachments.is_empty() {
            return Err(bad_frame("message has `text`, a text, or `attachments`, UUIDs").about(id));
        }
        return Ok(ClientFrame::Message { id, text: None, attachments });
    };
    let text = MessageText::new(text).map_err(|error| match error {
        TextError::Empty => FrameRefusal::new(ErrorCode::TextEmpty, error.to_string()).about(id),
        TextError::TooLong { .. } => too_long(),
        // A reason that was added to the vocabulary later.
        other => FrameRefusal::new(ErrorCode::BadFrame, other.to_string()).about(id),
    })?;
    if text.as_str().len() > limits.text_bytes {
        return Err(too_long());
    }
    Ok(ClientFrame::Message { id, text: Some(text), attachments })
}
