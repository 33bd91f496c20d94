//! What kind of line a number is.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use http::StatusCode;
use parlor_channel::{
    Certainty, HttpClient, HttpError, HttpRequest, HttpResponse, LineKind, MayReceive, NumberFacts,
    NumberLookup, TransportErrorKind,
};
use parlor_model::PointAddress;
use parlor_twilio::TwilioLookup;

use crate::support::account;

fn facts(body: &str) -> NumberFacts {
    account().lookup_facts(&HttpResponse::new(StatusCode::OK, body)).unwrap()
}

fn line(kind: &str) -> NumberFacts {
    facts(&format!(
        r#"{{"phone_number":"+14155550100","country_code":"US","valid":true,"validation_errors":[],
            "line_type_intelligence":{{"type":"{kind}","carrier_name":"A Carrier","error_code":null}}}}"#
    ))
}

#[test]
fn r130_a_line_in_the_ground_takes_no_texts() {
    for (kind, line_kind, may) in [
        ("mobile", LineKind::Mobile, MayReceive::Yes),
        ("fixedVoip", LineKind::Voip, MayReceive::Yes),
        ("nonFixedVoip", LineKind::Voip, MayReceive::Yes),
        ("personal", LineKind::Personal, MayReceive::Yes),
        ("landline", LineKind::Landline, MayReceive::No),
        ("tollFree", LineKind::Special, MayReceive::Unknown),
        ("premium", LineKind::Special, MayReceive::Unknown),
        ("sharedCost", LineKind::Special, MayReceive::Unknown),
        ("uan", LineKind::Special, MayReceive::Unknown),
        ("voicemail", LineKind::Special, MayReceive::Unknown),
        ("pager", LineKind::Special, MayReceive::Unknown),
        ("unknown", LineKind::Unknown, MayReceive::Unknown),
        ("quantum", LineKind::Unknown, MayReceive::Unknown),
    ] {
        let facts = line(kind);
        assert_eq!((facts.line, facts.may_receive_texts()), (line_kind, may), "{kind}");
        assert_eq!((facts.carrier.as_deref(), facts.country.as_deref()), (Some("A Carrier"), Some("US")));
    }
}

#[test]
fn r130_what_is_not_known_is_never_a_good_number() {
    for body in [
        r#"{"valid":true,"line_type_intelligence":{"type":"mobile","error_code":60601}}"#,
        r#"{"valid":true,"line_type_intelligence":null}"#,
        r#"{"valid":true}"#,
        "{}",
    ] {
        assert_eq!(facts(body).may_receive_texts(), MayReceive::Unknown, "{body}");
    }
    assert_eq!(facts(r#"{"valid":false}"#).line, LineKind::NoNumber);
    let look = |status: u16, body: &str| {
        account().lookup_facts(&HttpResponse::new(StatusCode::from_u16(status).unwrap(), body))
    };
    assert_eq!(look(404, r#"{"code":20404}"#).unwrap().may_receive_texts(), MayReceive::No);
    for (status, body, kind) in [
        (404, "<html>", TransportErrorKind::Provider),
        (401, r#"{"code":20003}"#, TransportErrorKind::Unauthorized),
        (429, r#"{"code":20429}"#, TransportErrorKind::RateLimited),
        (500, "", TransportErrorKind::Provider),
        (302, "", TransportErrorKind::Provider),
        (200, "", TransportErrorKind::UnreadableAnswer),
    ] {
        assert_eq!(look(status, body).unwrap_err().kind, kind, "{status} {body}");
    }
}

/// Keeps what it is asked and answers from a list.
#[derive(Debug)]
struct Line {
    asked: Mutex<Vec<HttpRequest>>,
    answer: Option<&'static str>,
}

#[async_trait]
impl HttpClient for Line {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.asked.lock().unwrap().push(request);
        match self.answer {
            Some(body) => Ok(HttpResponse::new(StatusCode::OK, body)),
            None => Err(HttpError::new(Certainty::Uncertain)),
        }
    }
}

fn look_up(client: &Arc<Line>, address: &str) -> Result<NumberFacts, TransportErrorKind> {
    let lookup: Arc<dyn NumberLookup> =
        Arc::new(TwilioLookup::new(Arc::new(account()), Arc::clone(client) as _));
    let address = PointAddress::new(address);
    let mut looking = pin!(lookup.look_up_number(&address));
    match looking.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(found) => found.map_err(|error| error.kind),
        Poll::Pending => panic!("nothing here waits"),
    }
}

#[test]
fn a_number_is_asked_for_once_and_nothing_else_ever() {
    let client = Arc::new(Line {
        asked: Mutex::default(),
        answer: Some(r#"{"line_type_intelligence":{"type":"mobile"}}"#),
    });
    assert_eq!(look_up(&client, "+14155550100"), Ok(NumberFacts::new(LineKind::Mobile)));
    for other in ["12345", "Parlor", "whatsapp:+14155550100", "+1/../../2010-04-01/Accounts"] {
        assert_eq!(look_up(&client, other), Ok(NumberFacts::new(LineKind::Unknown)), "{other}");
    }
    let asked = client.asked.lock().unwrap();
    let [request] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(
        request.url.as_str(),
        "https://lookups.twilio.com/v2/PhoneNumbers/+14155550100?Fields=line_type_intelligence"
    );
    let silent = Arc::new(Line { asked: Mutex::default(), answer: None });
    assert_eq!(look_up(&silent, "+14155550100"), Err(TransportErrorKind::Network));
}
