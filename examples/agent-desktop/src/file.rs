//! The configuration file as it is written.

use std::collections::BTreeMap;
use std::fmt;

use parlor::model::{FlagName, Flags, MediaClass, Medium, OfferMode, Role};
use secrecy::SecretString;
use serde::Deserialize;
use toml::Spanned;

/// Something wrong in a configuration file.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// In which line, counted from 1.
    pub(crate) line: Option<usize>,
    /// What is wrong.
    pub(crate) reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for Mistake {}

/// Finds the line of a place in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a>(pub(crate) &'a str);

impl Lines<'_> {
    pub(crate) fn at(self, offset: usize) -> usize {
        self.0.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    pub(crate) fn mistake<T>(self, value: &Spanned<T>, reason: impl fmt::Display) -> Mistake {
        Mistake { line: Some(self.at(value.span().start)), reason: reason.to_string() }
    }
}

/// Reads a file; unknown keys and values of another type are mistakes.
pub(crate) fn read(text: &str) -> Result<File, Mistake> {
    toml::from_str(text).map_err(|error| Mistake {
        line: error.span().map(|span| Lines(text).at(span.start)),
        reason: reason(error.message()),
    })
}

/// What is wrong with a value, without the value: it may be a secret.
fn reason(message: &str) -> String {
    match message.split_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) public_base_url: Option<Spanned<String>>,
    pub(crate) admin_token: Option<Spanned<SecretString>>,
    pub(crate) timing: TimingTable,
    pub(crate) agents: Vec<Spanned<AgentTable>>,
    pub(crate) queues: Vec<Spanned<QueueTable>>,
    pub(crate) classifier: ClassifierTable,
    pub(crate) flags: Flags,
    pub(crate) policy: PolicyTable,
    pub(crate) dispositions: Vec<DispositionTable>,
    pub(crate) standard_responses: Vec<Spanned<toml::Table>>,
    pub(crate) accounts: Vec<Spanned<AccountTable>>,
    pub(crate) channels: Vec<Spanned<ChannelTable>>,
    pub(crate) chat: ChatTable,
    pub(crate) limits: LimitsTable,
}

/// The web-chat socket.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChatTable {
    /// Whose pages may chat on every web-chat channel, beside our own.
    pub(crate) origins: Vec<Spanned<String>>,
    pub(crate) messages_per_second: Option<Spanned<u32>>,
    pub(crate) message_burst: Option<Spanned<u32>>,
}

/// What strangers may use up; what is absent depends on whether strangers can reach us.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsTable {
    pub(crate) sockets: Option<Spanned<u32>>,
    pub(crate) sockets_per_address: Option<Spanned<u32>>,
    pub(crate) new_chats_per_minute: Option<Spanned<u32>>,
    pub(crate) sign_in_failures: Option<Spanned<u32>>,
    pub(crate) agent_requests_per_second: Option<Spanned<u32>>,
}

/// In milliseconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TimingTable {
    pub(crate) offer_ttl: Option<Spanned<u64>>,
    pub(crate) transfer_ttl: Option<Spanned<u64>>,
    pub(crate) outbox_uncertain: Option<Spanned<u64>>,
    pub(crate) routing_lease: Option<Spanned<u64>>,
    pub(crate) presence_lease: Option<Spanned<u64>>,
    pub(crate) priority_step: Option<Spanned<u64>>,
    pub(crate) pending_warning: Option<Spanned<u64>>,
    pub(crate) pending_overdue: Option<Spanned<u64>>,
    pub(crate) typing_ttl: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentTable {
    pub(crate) name: Spanned<String>,
    pub(crate) token: Spanned<SecretString>,
    #[serde(default)]
    pub(crate) role: Role,
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, u8>,
    /// Without it, every queue.
    pub(crate) queues: Option<Vec<Spanned<String>>>,
    pub(crate) capacity: Option<Spanned<BTreeMap<MediaClass, u32>>>,
    #[serde(default)]
    pub(crate) auto_ready: Vec<Medium>,
    #[serde(default)]
    pub(crate) flags: BTreeMap<FlagName, bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueTable {
    pub(crate) name: Spanned<String>,
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, u8>,
    pub(crate) priority: Option<i32>,
    pub(crate) hours: Option<Spanned<String>>,
    pub(crate) overflow: Option<Spanned<String>>,
    /// Milliseconds; without it only while the queue is closed.
    pub(crate) overflow_after: Option<Spanned<u64>>,
    #[serde(default)]
    pub(crate) rings: Vec<Spanned<RingTable>>,
    #[serde(default)]
    pub(crate) sticky: StickyTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingTable {
    /// Milliseconds in the ring before.
    pub(crate) after: Spanned<u64>,
    #[serde(default)]
    pub(crate) drops: Vec<String>,
    #[serde(default)]
    pub(crate) lowers: BTreeMap<String, u8>,
    #[serde(default)]
    pub(crate) also: Vec<Spanned<String>>,
}

/// In milliseconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StickyTable {
    pub(crate) expires_after: Option<u64>,
    pub(crate) hold: u64,
}

/// What words mean; see `parlor::routing::Keyword`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClassifierTable {
    pub(crate) keywords: Vec<parlor::routing::Keyword>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PolicyTable {
    pub(crate) ended_holds: Option<parlor::interaction::EndedHolds>,
    pub(crate) ended_sets_not_ready: bool,
    pub(crate) disposition_mandatory: bool,
    pub(crate) case_editable: Option<bool>,
    /// Milliseconds; 0 is never.
    pub(crate) auto_done: u64,
    pub(crate) auto_done_abandoned: Option<bool>,
    /// Milliseconds; 0 is never.
    pub(crate) idle_notice: u64,
    /// Milliseconds more; 0 is never.
    pub(crate) idle_end: u64,
    pub(crate) missed_offer: Option<Spanned<String>>,
    pub(crate) reply: Option<Spanned<String>>,
    pub(crate) invitation: Option<String>,
    pub(crate) recent_emojis: Option<u16>,
    pub(crate) default_channels: Option<Vec<Spanned<String>>>,
    pub(crate) contact_channels: Option<Vec<Spanned<String>>>,
    // Of the message box: accepted, so that one file serves every build; nothing reads it yet.
    #[serde(rename = "post_countdown_at")]
    pub(crate) _post_countdown_at: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DispositionTable {
    pub(crate) code: Spanned<String>,
    pub(crate) name: String,
}

/// Credentials at a provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountTable {
    pub(crate) name: Spanned<String>,
    pub(crate) provider: Spanned<String>,
    pub(crate) base_url: Option<Spanned<String>>,
    pub(crate) lookup_base_url: Option<Spanned<String>>,
    pub(crate) account_sid: Option<Spanned<String>>,
    pub(crate) auth_token: Option<Spanned<SecretString>>,
    pub(crate) auth_token_next: Option<Spanned<SecretString>>,
    /// By their names, `webhooks_sharedkey_…`.
    #[serde(default)]
    pub(crate) shared_keys: BTreeMap<String, Spanned<SecretString>>,
    pub(crate) messaging_service_sid: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelTable {
    pub(crate) name: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    pub(crate) account: Option<Spanned<String>>,
    pub(crate) address: Option<String>,
    pub(crate) queue: Spanned<String>,
    pub(crate) offer: Option<OfferMode>,
    pub(crate) readiness: Option<Spanned<Vec<Medium>>>,
    pub(crate) media_class: Option<MediaClass>,
    pub(crate) on_show: Option<Spanned<parlor::channel::OnShow>>,
    pub(crate) outbound_image: Option<Spanned<bool>>,
    /// In milliseconds; absent: as `[timing]` says.
    pub(crate) pending_warning: Option<Spanned<u64>>,
    pub(crate) pending_overdue: Option<Spanned<u64>>,
    pub(crate) followers_only: Option<Spanned<bool>>,
    /// Whose pages may chat, beside our own.
    #[serde(default)]
    pub(crate) origins: Vec<Spanned<String>>,
}
