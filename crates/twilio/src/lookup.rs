use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, StatusCode};
use parlor_address::AddressForm;
use parlor_channel::{
    Certainty, HttpClient, HttpRequest, HttpResponse, LineKind, NumberFacts, NumberLookup, TransportError,
    TransportErrorKind,
};
use parlor_model::PointAddress;
use serde::Deserialize;

use crate::{KnownError, TwilioAccount};

impl TwilioAccount {
    /// The request that asks what kind of line a number is. It costs money; `None` for what is no phone number.
    pub fn lookup_request(&self, address: &PointAddress) -> Option<HttpRequest> {
        let number = address.as_str();
        if AddressForm::of(number) != AddressForm::Number {
            return None;
        }
        let mut request =
            self.request(Method::GET, &self.settings.lookup_base_url, &["v2", "PhoneNumbers", number]);
        request.url.set_query(Some("Fields=line_type_intelligence"));
        Some(request)
    }

    /// What the answer to it says.
    ///
    /// # Errors
    ///
    /// When nothing was looked up. Nothing is known of the number then; it is not a wrong one.
    pub fn lookup_facts(&self, response: &HttpResponse) -> Result<NumberFacts, TransportError> {
        let code =
            || serde_json::from_slice::<Problem>(&response.body).ok().map(|problem| problem.code.to_string());
        if response.status == StatusCode::NOT_FOUND && code().as_deref() == Some(NO_SUCH_NUMBER) {
            return Ok(NumberFacts::new(LineKind::NoNumber));
        }
        if response.status != StatusCode::OK {
            let code = code();
            let known = code.as_deref().and_then(KnownError::of);
            let kind = known.map_or(TransportErrorKind::Provider, |known| known.kind);
            let error = TransportError::new(kind, Certainty::NotSent);
            return Err(match code {
                Some(code) => error.with_provider_code(code),
                None => error,
            });
        }
        let looked_up: LookedUp = serde_json::from_slice(&response.body)
            .map_err(|_| TransportError::new(TransportErrorKind::UnreadableAnswer, Certainty::NotSent))?;
        if looked_up.valid == Some(false) {
            return Ok(NumberFacts::new(LineKind::NoNumber));
        }
        let line = looked_up.line_type_intelligence.unwrap_or_default();
        // A number of a country that needs an approval comes with a code here and a type that means nothing.
        let kind = match (&line.error_code, line.kind.as_deref()) {
            (None, Some(kind)) => line_kind(kind),
            (None, None) | (Some(_), _) => LineKind::Unknown,
        };
        let mut facts = NumberFacts::new(kind);
        facts.carrier = line.carrier_name.filter(|name| !name.is_empty());
        facts.country = looked_up.country_code.filter(|country| !country.is_empty());
        Ok(facts)
    }
}

/// Says that it is no number (the provider's OpenAPI document of Lookups 2).
const NO_SUCH_NUMBER: &str = "20404";

/// The provider's types of lines (its OpenAPI document of Lookups 2).
fn line_kind(kind: &str) -> LineKind {
    match kind {
        "mobile" => LineKind::Mobile,
        "fixedVoip" | "nonFixedVoip" => LineKind::Voip,
        "personal" => LineKind::Personal,
        "landline" => LineKind::Landline,
        "tollFree" | "premium" | "sharedCost" | "uan" | "voicemail" | "pager" => LineKind::Special,
        _ => LineKind::Unknown,
    }
}

#[derive(Deserialize)]
struct Problem {
    code: u32,
}

#[derive(Deserialize)]
struct LookedUp {
    #[serde(default)]
    valid: Option<bool>,
    #[serde(default)]
    country_code: Option<String>,
    #[serde(default)]
    line_type_intelligence: Option<Line>,
}

#[derive(Default, Deserialize)]
struct Line {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    carrier_name: Option<String>,
    #[serde(default)]
    error_code: Option<u32>,
}

/// Looks numbers up at Twilio, by whatever client it is given.
pub struct TwilioLookup {
    account: Arc<TwilioAccount>,
    http: Arc<dyn HttpClient>,
}

impl TwilioLookup {
    /// Looks numbers up for an account.
    pub fn new(account: Arc<TwilioAccount>, http: Arc<dyn HttpClient>) -> Self {
        Self { account, http }
    }
}

impl fmt::Debug for TwilioLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TwilioLookup").field(&self.account).finish()
    }
}

#[async_trait]
impl NumberLookup for TwilioLookup {
    async fn look_up_number(&self, address: &PointAddress) -> Result<NumberFacts, TransportError> {
        let Some(request) = self.account.lookup_request(address) else {
            return Ok(NumberFacts::new(LineKind::Unknown));
        };
        let response = self.http.send(request).await.map_err(|error| {
            TransportError::new(TransportErrorKind::Network, Certainty::NotSent).with_source(error)
        })?;
        self.account.lookup_facts(&response)
    }
}
