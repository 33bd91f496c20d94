//! Who signed a webhook (`X-Twilio-Signature`), as the provider's own helper libraries check it.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use http::Method;
use http::header::CONTENT_TYPE;
use parlor_channel::{Forged, WebhookRequest};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::form;

/// The signature itself.
pub(crate) const SIGNATURE: &str = "x-twilio-signature";

/// With which key and how it was made; only accounts with keys of their own send it (public beta of 2026).
pub(crate) const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// The parameter of the address that has the hash of a body that is no form.
const BODY_HASH: &str = "bodySHA256";

/// The secrets of an account that may have signed.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The token, and the one that takes its place when tokens are rotated.
    pub(crate) tokens: Vec<SecretString>,
    /// Keys by their names. Where there are any, nothing else is taken: who can leave the name out would choose the weaker
    /// secret.
    pub(crate) shared: BTreeMap<String, SecretString>,
}

/// How the hash was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

impl Keys {
    /// Whether one of the keys signed exactly this.
    pub(crate) fn authenticate(&self, request: &WebhookRequest<'_>) -> Result<(), Forged> {
        let signature = request.only_header(SIGNATURE).ok_or(Forged::Unsigned)?;
        let settings = Settings::of(request)?;
        let parameters = signed_parameters(request)?;
        let mut genuine = false;
        for key in self.candidates(&settings)? {
            for url in urls(request.url) {
                // No way out before all are tried: how long it takes says nothing about which of them it was.
                genuine |= matches(settings.algorithm, key, &url, &parameters, signature);
            }
        }
        if genuine { Ok(()) } else { Err(Forged::WrongSignature) }
    }

    /// The secrets that may have been used.
    fn candidates(&self, settings: &Settings<'_>) -> Result<Vec<&SecretString>, Forged> {
        match (settings.key, self.shared.is_empty()) {
            (Some(name), _) => self.shared.get(name).map(|key| vec![key]).ok_or(Forged::WrongKey),
            (None, true) => Ok(self.tokens.iter().collect()),
            (None, false) => Err(Forged::WrongKey),
        }
    }
}

/// What the request says about how it was signed.
struct Settings<'a> {
    key: Option<&'a str>,
    algorithm: Algorithm,
}

impl<'a> Settings<'a> {
    fn of(request: &'a WebhookRequest<'_>) -> Result<Self, Forged> {
        let mut settings = Self { key: None, algorithm: Algorithm::Sha1 };
        if !request.headers.contains_key(SETTINGS) {
            return Ok(settings);
        }
        let text = request.only_header(SETTINGS).ok_or(Forged::WrongKey)?;
        let mut seen = BTreeSet::new();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').ok_or(Forged::WrongKey)?;
            let (name, value) = (name.trim(), value.trim());
            if !seen.insert(name) {
                return Err(Forged::WrongKey);
            }
            match (name, value) {
                ("key", key) => settings.key = Some(key),
                ("algorithm", "HMAC_SHA1") => settings.algorithm = Algorithm::Sha1,
                ("algorithm", "HMAC_SHA256") => settings.algorithm = Algorithm::Sha256,
                ("algorithm", _) => return Err(Forged::WrongKey),
                // More may be said one day; it changes nothing that is checked here.
                (_, _) => {}
            }
        }
        Ok(settings)
    }
}

/// The parameters behind the address: each name with its distinct values, sorted by their bytes.
type Parameters = BTreeMap<String, BTreeSet<String>>;

/// What is signed besides the address: the parameters of a form; nothing of a `GET`, whose address has them, nor of any
/// other body, of which the address has the hash.
fn signed_parameters(request: &WebhookRequest<'_>) -> Result<Parameters, Forged> {
    let mut parameters = Parameters::new();
    if request.method == Method::GET || request.body.is_empty() {
        return if request.body.is_empty() { Ok(parameters) } else { Err(Forged::WrongBody) };
    }
    if is_form(request) {
        for (name, value) in form::pairs(request.body) {
            parameters.entry(name).or_default().insert(value);
        }
        return Ok(parameters);
    }
    let mut stated =
        form::pairs(request.query().as_bytes()).filter(|(name, _)| name == BODY_HASH).map(|(_, hash)| hash);
    let (Some(stated), None) = (stated.next(), stated.next()) else {
        return Err(Forged::WrongBody);
    };
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(request.body));
    if bool::from(hash.as_bytes().ct_eq(stated.as_bytes())) { Ok(parameters) } else { Err(Forged::WrongBody) }
}

/// Whether the body is a form.
pub(crate) fn is_form(request: &WebhookRequest<'_>) -> bool {
    let kind = request.only_header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case(form::CONTENT_TYPE)
}

/// The address as it was called, and the other form of it that the signing side may have used: without its port, or with
/// the one that it means.
fn urls(called: &str) -> Vec<String> {
    let called = called.split('#').next().unwrap_or_default();
    let mut urls = vec![called.to_owned()];
    let Some((scheme, rest)) = called.split_once("://") else {
        return urls;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // The colons of an address of IPv6 stand in brackets, those of a password before an `@`.
    let host = authority.rfind([']', '@']).map_or(0, |at| at + 1);
    if let Some(colon) = authority[host..].rfind(':') {
        urls.push(format!("{scheme}://{}{path}", &authority[..host + colon]));
    } else if let Some(port) = default_port(scheme) {
        urls.push(format!("{scheme}://{authority}:{port}{path}"));
    }
    urls
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

/// Compares in constant time.
fn matches(
    algorithm: Algorithm,
    key: &SecretString,
    url: &str,
    parameters: &Parameters,
    signature: &str,
) -> bool {
    let expected = match algorithm {
        Algorithm::Sha1 => sign::<Hmac<Sha1>>(key, url, parameters),
        Algorithm::Sha256 => sign::<Hmac<Sha256>>(key, url, parameters),
    };
    // The text is compared and not what it stands for: of the same bytes there is one form, and no other is taken.
    bool::from(expected.as_bytes().ct_eq(signature.as_bytes()))
}

fn sign<M: Mac + KeyInit>(key: &SecretString, url: &str, parameters: &Parameters) -> String {
    // HMAC takes keys of any length, so there is always one; without it nothing is ever equal to the empty text.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(url.as_bytes());
    for (name, values) in parameters {
        for value in values {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    BASE64.encode(&mac.finalize().into_bytes())
}
