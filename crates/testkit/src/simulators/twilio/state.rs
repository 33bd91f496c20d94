//! What the provider has: messages in both directions, files and telephones.

use std::collections::{BTreeMap, BTreeSet};

use parlor_channel::SmsLength;
use parlor_model::Timestamp;
use serde_json::{Value, json};

use super::phones::{PhoneFile, PhoneState};

/// A message that was really accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcceptedSend {
    /// The id that it was given.
    pub sid: String,
    /// Whom it goes to.
    pub to: String,
    /// Whom it is from.
    pub from: String,
    /// What it says.
    pub body: String,
    /// Where its files are.
    pub media_urls: Vec<String>,
    /// Where receipts go.
    pub status_callback: Option<String>,
    /// How far it has come.
    pub status: String,
    /// Whether it failed as soon as it was taken, so that nobody is ever told of it.
    pub failed_at_once: bool,
    /// The receipts that were told of it and taken with a success, in order, repetitions too.
    pub told: Vec<String>,
}

/// A message in either direction.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) sid: String,
    pub(super) outbound: bool,
    pub(super) to: String,
    pub(super) from: String,
    pub(super) body: String,
    pub(super) service: Option<String>,
    /// Addresses of the files of ours, ids of those of a telephone.
    pub(super) media: Vec<String>,
    pub(super) callback: Option<String>,
    pub(super) status: String,
    pub(super) error_code: Option<u32>,
    pub(super) failed_at_once: bool,
    pub(super) told: Vec<String>,
    pub(super) at: Timestamp,
    /// Answered by the provider itself, so that it is none of those that were accepted.
    pub(super) own: bool,
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) messages: Vec<Stored>,
    pub(super) files: BTreeMap<String, PhoneFile>,
    pub(super) phones: BTreeMap<String, PhoneState>,
    /// Who does not want to be written to by whom.
    pub(super) opted_out: BTreeSet<(String, String)>,
    pub(super) attempts: usize,
    pub(super) leaked: usize,
    counted: u64,
}

impl State {
    /// A new id of that kind: the same in every run.
    pub(super) fn next_sid(&mut self, kind: &str) -> String {
        self.counted += 1;
        format!("{kind}{:032x}", self.counted)
    }

    pub(super) fn accepted(&self) -> Vec<AcceptedSend> {
        let accepted = self.messages.iter().filter(|message| message.outbound && !message.own);
        accepted
            .map(|message| AcceptedSend {
                sid: message.sid.clone(),
                to: message.to.clone(),
                from: message.from.clone(),
                body: message.body.clone(),
                media_urls: message.media.clone(),
                status_callback: message.callback.clone(),
                status: message.status.clone(),
                failed_at_once: message.failed_at_once,
                told: message.told.clone(),
            })
            .collect()
    }

    pub(super) fn message(&mut self, sid: &str) -> Option<&mut Stored> {
        self.messages.iter_mut().rev().find(|message| message.sid == sid)
    }

    /// The state of a telephone; one that nobody has spoken of is switched on.
    pub(super) fn phone(&self, number: &str) -> PhoneState {
        self.phones.get(number).copied().unwrap_or_default()
    }
}

/// A moment as the provider writes it (RFC 2822).
pub(super) fn date(at: Timestamp) -> Value {
    at.to_date_time().map_or(Value::Null, |at| at.format("%a, %d %b %Y %H:%M:%S +0000").to_string().into())
}

impl Stored {
    /// The message as the API shows it.
    pub(super) fn to_json(&self, account: &str) -> Value {
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", self.sid);
        let pending = matches!(self.status.as_str(), "accepted" | "scheduled" | "queued");
        // Through a service nobody knows the sender at first, and so not how it is written.
        let segments = if self.service.is_some() && pending { 0 } else { SmsLength::of(&self.body).segments };
        json!({
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": date(self.at),
            "date_sent": if pending { Value::Null } else { date(self.at) },
            "date_updated": date(self.at),
            "direction": if self.outbound { "outbound-api" } else { "inbound" },
            "error_code": self.error_code,
            "error_message": self.error_code.map(|code| format!("error {code}")),
            "from": self.from,
            "messaging_service_sid": self.service,
            "num_media": self.media.len().to_string(),
            "num_segments": segments.to_string(),
            "price": null,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": { "media": format!("{uri}/Media.json") },
            "to": self.to,
            "uri": format!("{uri}.json"),
        })
    }
}
