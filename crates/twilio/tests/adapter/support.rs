//! Requests as the provider makes them, and an account.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method};
use parlor_channel::{Decoded, Forged, VerifiedWebhook, WebhookCodec, WebhookRequest};
use parlor_twilio::{TwilioAccount, TwilioSettings};
use url::form_urlencoded;

pub(crate) const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const SERVICE: &str = "MGbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const TOKEN: &str = "12345";
pub(crate) const URL: &str = "https://hooks.example.test/webhooks/twilio";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn settings() -> TwilioSettings {
    TwilioSettings::new(ACCOUNT, TOKEN.into(), URL.parse().unwrap()).unwrap()
}

pub(crate) fn account() -> TwilioAccount {
    TwilioAccount::new(settings()).unwrap()
}

/// A request as it is on the wire, with whatever signature.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn encode(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// The text that is signed, written down a second time and in another way than the adapter does it.
pub(crate) fn signed_text(url: &str, parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let parts = sorted.iter().map(|(name, value)| format!("{name}{value}"));
    std::iter::once(url.to_owned()).chain(parts).collect()
}

pub(crate) fn sha1(key: &str, text: &str) -> String {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

pub(crate) fn sha256(key: &str, text: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

impl Wire {
    /// A form that is sent by `POST`, without a signature.
    pub(crate) fn post(url: &str, parameters: &[(&str, &str)]) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(FORM));
        Self { method: Method::POST, url: url.to_owned(), headers, body: encode(parameters).into_bytes() }
    }

    /// The same by `GET`, in the address.
    pub(crate) fn get(url: &str, parameters: &[(&str, &str)]) -> Self {
        let join = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{join}{}", encode(parameters));
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Vec::new() }
    }

    pub(crate) fn signed(self, signature: &str) -> Self {
        self.with("x-twilio-signature", signature)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn verify(&self, account: &TwilioAccount) -> Result<(), Forged> {
        VerifiedWebhook::verify(account, self.request()).map(|_| ())
    }

    pub(crate) fn decode(&self, account: &TwilioAccount) -> Decoded {
        account.decode(&VerifiedWebhook::verify(account, self.request()).unwrap())
    }

    fn request(&self) -> WebhookRequest<'_> {
        WebhookRequest { method: &self.method, url: &self.url, headers: &self.headers, body: &self.body }
    }
}

/// What a genuine `POST` of a form decodes to.
pub(crate) fn decoded(parameters: &[(&str, &str)]) -> Decoded {
    decoded_at(URL, parameters)
}

pub(crate) fn decoded_at(url: &str, parameters: &[(&str, &str)]) -> Decoded {
    Wire::post(url, parameters).signed(&sha1(TOKEN, &signed_text(url, parameters))).decode(&account())
}
