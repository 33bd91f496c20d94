use std::collections::BTreeMap;
use std::fmt;

use data_encoding::BASE64;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use parlor_channel::{ChannelProfile, HttpRequest};
use parlor_model::ChannelKind;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::sid::is_sid;
use crate::signature::Keys;

/// Where the API is (providers' OpenAPI document of the 2010 API).
const API: &str = "https://api.twilio.com";

/// Where numbers are looked up (providers' OpenAPI document of Lookups 2).
const LOOKUPS: &str = "https://lookups.twilio.com";

/// What is to be said about an account.
#[derive(Clone)]
pub struct TwilioSettings {
    /// The account: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// Its secret, with which requests are made and, where there are no [`shared_keys`](Self::shared_keys), webhooks signed.
    pub auth_token: SecretString,
    /// The secret that will take its place; webhooks may be signed with either while it does.
    pub auth_token_next: Option<SecretString>,
    /// Keys for signing webhooks by their names (`webhooks_sharedkey_…`). Where there is one, a webhook that is signed with
    /// anything else is forged.
    pub shared_keys: BTreeMap<String, SecretString>,
    /// The Messaging Service (`MG…`) that all messages go through, if they do.
    pub messaging_service_sid: Option<String>,
    /// Where our webhook is, as the provider calls it: exactly what was registered there, with any query. A fragment with
    /// connection overrides (`#rc=5&rp=all`) is given to the provider with each message and is never signed.
    pub webhook_url: Url,
    /// Where the API is.
    pub base_url: Url,
    /// Where numbers are looked up.
    pub lookup_base_url: Url,
    /// Hosts that files may be fetched from besides those of the provider.
    pub media_hosts: Vec<String>,
    /// Whether agents may send files. Off, as the manual has it (r85).
    pub outbound_mms: bool,
}

impl TwilioSettings {
    /// An account with everything else as it usually is.
    pub fn new(
        account_sid: impl Into<String>,
        auth_token: SecretString,
        webhook_url: Url,
    ) -> Result<Self, TwilioError> {
        let address = |text: &str| Url::parse(text).map_err(|_| TwilioError::Address);
        Ok(Self {
            account_sid: account_sid.into(),
            auth_token,
            auth_token_next: None,
            shared_keys: BTreeMap::new(),
            messaging_service_sid: None,
            webhook_url,
            base_url: address(API)?,
            lookup_base_url: address(LOOKUPS)?,
            media_hosts: Vec::new(),
            outbound_mms: false,
        })
    }
}

impl fmt::Debug for TwilioSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioSettings").field("account_sid", &self.account_sid).finish_non_exhaustive()
    }
}

/// Why settings are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TwilioError {
    /// The account is not one.
    #[error("an account is AC and 32 hexadecimal digits")]
    AccountSid,
    /// The Messaging Service is not one.
    #[error("a Messaging Service is MG and 32 hexadecimal digits")]
    MessagingServiceSid,
    /// A secret has nothing in it, so that everybody would know it.
    #[error("a secret is empty")]
    EmptySecret,
    /// An address cannot be called.
    #[error("an address is not an http or https address with a host")]
    Address,
}

/// An account at Twilio, with its secrets: reads its webhooks and writes requests to its API.
///
/// It does nothing by itself; [`ProviderTransport`](parlor_channel::ProviderTransport) carries what it writes. `Debug` shows
/// no secret.
pub struct TwilioAccount {
    pub(crate) settings: TwilioSettings,
    pub(crate) keys: Keys,
}

impl TwilioAccount {
    /// Checks and keeps what is said about an account.
    pub fn new(settings: TwilioSettings) -> Result<Self, TwilioError> {
        if !is_sid("AC", &settings.account_sid) {
            return Err(TwilioError::AccountSid);
        }
        if settings.messaging_service_sid.as_ref().is_some_and(|sid| !is_sid("MG", sid)) {
            return Err(TwilioError::MessagingServiceSid);
        }
        let tokens: Vec<_> = [Some(&settings.auth_token), settings.auth_token_next.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        let mut secrets = tokens.iter().chain(settings.shared_keys.values());
        if secrets.any(|secret| secret.expose_secret().trim().is_empty()) {
            return Err(TwilioError::EmptySecret);
        }
        for address in [&settings.webhook_url, &settings.base_url, &settings.lookup_base_url] {
            if !matches!(address.scheme(), "http" | "https") || address.cannot_be_a_base() {
                return Err(TwilioError::Address);
            }
        }
        let keys = Keys { tokens, shared: settings.shared_keys.clone() };
        Ok(Self { settings, keys })
    }

    /// What was said about it.
    pub const fn settings(&self) -> &TwilioSettings {
        &self.settings
    }

    /// The rules of work for text messages of this account: those of the manuals, with files where they are switched on.
    pub fn profile(&self) -> ChannelProfile {
        let mut profile = ChannelProfile::of(&ChannelKind::Sms);
        profile.outbound_image = self.settings.outbound_mms;
        profile
    }

    /// A request to one of the provider's services with our credentials.
    pub(crate) fn request(&self, method: Method, base: &Url, path: &[&str]) -> HttpRequest {
        let mut url = base.clone();
        url.set_query(None);
        url.set_fragment(None);
        // Addresses that cannot have a path were refused when the account was made.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        HttpRequest::new(method, url)
            .with_header(AUTHORIZATION, self.authorization())
            .with_header(ACCEPT, HeaderValue::from_static("application/json"))
    }

    /// A request to the 2010 API about this account.
    pub(crate) fn api(&self, method: Method, path: &[&str]) -> HttpRequest {
        let account = ["2010-04-01", "Accounts", &self.settings.account_sid];
        self.request(method, &self.settings.base_url, &[&account[..], path].concat())
    }

    fn authorization(&self) -> HeaderValue {
        let credentials =
            format!("{}:{}", self.settings.account_sid, self.settings.auth_token.expose_secret());
        let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(credentials.as_bytes())))
            .unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for TwilioAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioAccount")
            .field("account_sid", &self.settings.account_sid)
            .finish_non_exhaustive()
    }
}
