//! Who signed a webhook: the provider's own vectors, what else is genuine, and what is not.

use std::collections::BTreeMap;

use parlor_channel::Forged;
use parlor_twilio::{TwilioAccount, TwilioError, TwilioSettings};
use proptest::prelude::*;

use crate::support::{ACCOUNT, SERVICE, TOKEN, URL, Wire, account, settings, sha1, sha256, signed_text};

/// The address and the parameters of the provider's documentation and of the tests of its helper libraries.
const CALLED: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const CALL: [(&str, &str); 5] = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
];
const SIGNED: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const SIGNED_WITH_PORT: &str = "kvajT1Ptam85bY51eRf/AJRuM3w=";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

fn keyed(keys: &[(&str, &str)]) -> TwilioAccount {
    let shared_keys = keys.iter().map(|&(name, key)| (name.to_owned(), key.into())).collect();
    TwilioAccount::new(TwilioSettings { shared_keys, ..settings() }).unwrap()
}

#[test]
fn the_providers_own_vectors_are_genuine() {
    for (url, signature) in [
        (CALLED, SIGNED),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", SIGNED_WITH_PORT),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ] {
        assert_eq!(Wire::post(url, &CALL).signed(signature).verify(&account()), Ok(()), "{url}");
    }
    let repeated = [
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ];
    let signed = Wire::post(CALLED, &repeated).signed("IK+Dwps556ElfBT0I3Rgjkr1wJU=");
    assert_eq!(signed.verify(&account()), Ok(()));
    let signed = Wire::post(CALLED, &CALL).signed("033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=");
    assert_eq!(signed.with(SETTINGS, "algorithm=HMAC_SHA256").verify(&account()), Ok(()));
}

/// The body that is no form, and its hash, of the provider's documentation.
const JSON: &[u8] = br#"{"property": "value", "boolean": true}"#;
const JSON_HASH: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

fn json(query: &str) -> Wire {
    let mut wire = Wire::post(&format!("{CALLED}{query}"), &[]);
    wire.headers.insert("content-type", "application/json; charset=utf-8".parse().unwrap());
    wire.body = JSON.to_vec();
    wire
}

#[test]
fn a_body_that_is_no_form_is_signed_by_its_hash() {
    let genuine = json(&format!("&bodySHA256={JSON_HASH}")).signed("a9nBmqA0ju/hNViExpshrM61xv4=");
    assert_eq!(genuine.verify(&account()), Ok(()));
    let mut other_body = genuine.clone();
    other_body.body.push(b' ');
    assert_eq!(other_body.verify(&account()), Err(Forged::WrongBody));
    // Each of these has a signature that fits its address: it is the body that nothing speaks for.
    for query in [
        String::new(),
        "&bodySHA256=".to_owned(),
        format!("&bodySHA256={}", JSON_HASH.to_uppercase()),
        format!("&bodySHA256={JSON_HASH}&bodySHA256={JSON_HASH}"),
        format!("&bodysha256={JSON_HASH}"),
    ] {
        let wire = json(&query);
        let signature = sha1(TOKEN, &wire.url);
        assert_eq!(wire.signed(&signature).verify(&account()), Err(Forged::WrongBody), "{query}");
    }
    let mut text = json("");
    text.headers.insert("content-type", "text/plain".parse().unwrap());
    let signature = sha1(TOKEN, &text.url);
    assert_eq!(text.signed(&signature).verify(&account()), Err(Forged::WrongBody));
}

#[test]
fn every_shape_of_a_genuine_request_is_genuine() {
    let message: &[(&str, &str)] = &[
        ("MessageSid", "SM0"),
        ("AccountSid", ACCOUNT),
        ("From", "+14155550100"),
        ("To", "+15005550006"),
        ("Body", "  Grüße, „Welt“ 😀 & = + % \u{fffd}  "),
        ("FromCity", ""),
    ];
    let more = |added: &[(&'static str, &'static str)]| [message, added].concat();
    let shapes = [
        ("plain", URL, message.to_vec()),
        ("a query", "https://hooks.example.test/t?tenant=acme&ch=1", message.to_vec()),
        ("our token", "https://hooks.example.test/t?ob=0193-a", message.to_vec()),
        ("an empty query", "https://hooks.example.test/t?", message.to_vec()),
        ("a slash at the end", "https://hooks.example.test/t/", message.to_vec()),
        ("no path", "https://hooks.example.test", message.to_vec()),
        ("escapes", "https://hooks.example.test/a%20b?c=%27&d=+", message.to_vec()),
        ("upper case", "https://Hooks.Example.test/T", message.to_vec()),
        ("a user", "https://user:pass@hooks.example.test/t", message.to_vec()),
        ("IPv6", "https://[2001:db8::1]/t", message.to_vec()),
        ("plain http", "http://hooks.example.test/t", message.to_vec()),
        ("a port", "https://hooks.example.test:8443/t", message.to_vec()),
        ("a Messaging Service", URL, more(&[("MessagingServiceSid", SERVICE)])),
        ("a subaccount", URL, more(&[("AccountSid", "ACcccccccccccccccccccccccccccccccc")])),
        ("a name nobody knows", URL, more(&[("Brand.New", "1"), ("Änderung", "ä")])),
        ("a value twice", URL, more(&[("X", "1"), ("X", "1")])),
        ("two values", URL, more(&[("X", "2"), ("X", "1"), ("X", "10")])),
        ("names that begin alike", URL, more(&[("To2", "x"), ("ToCity", "")])),
        ("case in names", URL, more(&[("a", "1"), ("A", "2"), ("B", "3")])),
        ("another network", URL, more(&[("WaId", "14155550100"), ("ProfileName", "Ann")])),
        ("no parameters", URL, Vec::new()),
        ("a line break", URL, more(&[("Note", "one\r\ntwo\ttab")])),
    ];
    for (shape, url, parameters) in &shapes {
        let signature = sha1(TOKEN, &signed_text(url, parameters));
        let posted = Wire::post(url, parameters).signed(&signature);
        assert_eq!(posted.verify(&account()), Ok(()), "{shape}");
        let mut backwards = parameters.clone();
        backwards.reverse();
        assert_eq!(
            Wire::post(url, &backwards).signed(&signature).verify(&account()),
            Ok(()),
            "{shape} backwards"
        );
        let got = Wire::get(url, parameters);
        let signature = sha1(TOKEN, &got.url);
        assert_eq!(got.signed(&signature).verify(&account()), Ok(()), "{shape} by GET");
    }
}

#[test]
fn the_port_may_be_said_or_left_out_by_either_side() {
    for (called, signed) in [
        ("https://a.test/x?y=1", "https://a.test:443/x?y=1"),
        ("https://a.test:443/x?y=1", "https://a.test/x?y=1"),
        ("http://a.test/x", "http://a.test:80/x"),
        ("http://a.test:80/x", "http://a.test/x"),
        ("https://a.test:8443/x", "https://a.test/x"),
        ("https://a.test?y=1", "https://a.test:443?y=1"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"),
        ("https://[2001:db8::1]:443/x", "https://[2001:db8::1]/x"),
        ("https://u:p@a.test/x", "https://u:p@a.test:443/x"),
        ("https://u:p@a.test:443/x", "https://u:p@a.test/x"),
        ("https://a.test/x#rc=5&rp=all", "https://a.test/x"),
    ] {
        let wire = Wire::post(called, &CALL).signed(&sha1(TOKEN, &signed_text(signed, &CALL)));
        assert_eq!(wire.verify(&account()), Ok(()), "{called} signed as {signed}");
    }
    for (called, signed) in [
        ("https://a.test/x", "https://a.test:80/x"),
        ("https://a.test/x", "https://a.test:8443/x"),
        ("http://a.test/x", "https://a.test/x"),
        ("https://a.test/x", "https://b.test/x"),
        ("https://a.test/x", "https://a.test/x/"),
        ("https://a.test/x", "https://a.test/x?"),
        ("https://a.test/x?b", "https://a.test/x?b="),
        ("https://a.test/x?b=1&c=2", "https://a.test/x?c=2&b=1"),
        ("https://a.test/X", "https://a.test/x"),
        ("https://a.test/t:443", "https://a.test/t"),
    ] {
        let wire = Wire::post(called, &CALL).signed(&sha1(TOKEN, &signed_text(signed, &CALL)));
        assert_eq!(wire.verify(&account()), Err(Forged::WrongSignature), "{called} signed as {signed}");
    }
}

/// What a proxy or whoever says of where a request went is not asked: the address is configured.
#[test]
fn headers_do_not_change_the_address() {
    let spoofed = sha1(TOKEN, &signed_text("https://evil.test/webhooks/twilio", &CALL));
    let wire = Wire::post(URL, &CALL)
        .signed(&spoofed)
        .with("host", "evil.test")
        .with("x-forwarded-host", "evil.test")
        .with("x-forwarded-proto", "https")
        .with("forwarded", "host=evil.test;proto=https");
    assert_eq!(wire.verify(&account()), Err(Forged::WrongSignature));
    let genuine = sha1(TOKEN, &signed_text(URL, &CALL));
    let behind_proxy = Wire::post(URL, &CALL)
        .signed(&genuine)
        .with("host", "10.0.0.7:8080")
        .with("x-forwarded-proto", "http");
    assert_eq!(behind_proxy.verify(&account()), Ok(()));
}

#[test]
fn every_other_signature_is_forged() {
    let genuine = SIGNED;
    let swapped: String = genuine
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let forged = [
        String::new(),
        " ".to_owned(),
        genuine[..genuine.len() - 1].to_owned(),
        genuine[1..].to_owned(),
        genuine[..1].to_owned(),
        format!("{genuine}="),
        format!("{genuine}A"),
        format!("A{genuine}"),
        genuine.trim_end_matches('=').to_owned(),
        genuine.to_lowercase(),
        genuine.to_uppercase(),
        swapped,
        genuine.replace('/', "_"),
        // The same bytes by another text: the last letter before the `=` has bits that mean nothing.
        genuine.replace("8=", "9="),
        format!("{genuine},{genuine}"),
        format!("sha1={genuine}"),
        SIGNED_WITH_PORT.to_lowercase(),
        sha1("12346", &signed_text(CALLED, &CALL)),
        sha1("", &signed_text(CALLED, &CALL)),
        sha1(TOKEN, CALLED),
        sha256(TOKEN, &signed_text(CALLED, &CALL)),
        "A".repeat(10_000),
    ];
    for signature in forged {
        let wire = Wire::post(CALLED, &CALL).signed(&signature);
        assert_eq!(wire.verify(&account()), Err(Forged::WrongSignature), "{signature:?}");
    }
    assert_eq!(Wire::post(CALLED, &CALL).verify(&account()), Err(Forged::Unsigned));
    let twice = Wire::post(CALLED, &CALL).signed(genuine).signed(genuine);
    assert_eq!(twice.verify(&account()), Err(Forged::Unsigned), "two signatures are none");
}

#[test]
fn nothing_that_is_signed_can_be_changed() {
    let changes: [&[(&str, &str)]; 6] = [
        &CALL[1..],
        &[],
        &[CALL[0], CALL[1], CALL[2], CALL[3], ("Caller", "+14158675310")],
        &[CALL[0], CALL[1], CALL[2], CALL[3], CALL[4], ("More", "")],
        &[CALL[0], CALL[1], CALL[2], CALL[3], CALL[4], ("Digits", "1235")],
        &[CALL[0], ("Digits", "1234 "), CALL[2], CALL[3], CALL[4]],
    ];
    for changed in changes {
        let wire = Wire::post(CALLED, changed).signed(SIGNED);
        assert_eq!(wire.verify(&account()), Err(Forged::WrongSignature), "{changed:?}");
    }
    // A body that nobody reads as a form must not be read as one later either.
    let mut unread = Wire::post(CALLED, &CALL).signed(&sha1(TOKEN, CALLED));
    unread.headers.remove("content-type");
    assert_eq!(unread.verify(&account()), Err(Forged::WrongBody));
    let mut with_body = Wire::get(CALLED, &[]);
    with_body.body = b"From=x".to_vec();
    let signature = sha1(TOKEN, &with_body.url);
    assert_eq!(with_body.signed(&signature).verify(&account()), Err(Forged::WrongBody));
}

#[test]
fn while_tokens_are_rotated_both_are_good() {
    let rotating = TwilioSettings { auth_token_next: Some("next".into()), ..settings() };
    let rotating = TwilioAccount::new(rotating).unwrap();
    let text = signed_text(CALLED, &CALL);
    for (token, good) in [(TOKEN, true), ("next", true), ("before", false)] {
        let wire = Wire::post(CALLED, &CALL).signed(&sha1(token, &text));
        assert_eq!(wire.verify(&rotating).is_ok(), good, "{token}");
    }
    let next = Wire::post(CALLED, &CALL).signed(&sha1("next", &text));
    assert_eq!(next.verify(&account()), Err(Forged::WrongSignature));
}

#[test]
fn a_shared_key_is_chosen_by_its_name_and_nothing_else_will_do() {
    let keyed = keyed(&[("webhooks_sharedkey_one", "first"), ("webhooks_sharedkey_two", "second")]);
    let text = signed_text(CALLED, &CALL);
    let verify = |settings: Option<&str>, signature: &str| {
        let wire = Wire::post(CALLED, &CALL).signed(signature);
        settings.map_or(wire.clone(), |settings| wire.with(SETTINGS, settings)).verify(&keyed)
    };
    let one = "key=webhooks_sharedkey_one,algorithm=HMAC_SHA256";
    assert_eq!(verify(Some(one), &sha256("first", &text)), Ok(()));
    assert_eq!(
        verify(Some(" algorithm=HMAC_SHA256 , key=webhooks_sharedkey_two "), &sha256("second", &text)),
        Ok(())
    );
    assert_eq!(verify(Some("key=webhooks_sharedkey_one,algorithm=HMAC_SHA1"), &sha1("first", &text)), Ok(()));
    assert_eq!(verify(Some("key=webhooks_sharedkey_one"), &sha1("first", &text)), Ok(()));
    // The key of another name, and the other hash.
    assert_eq!(verify(Some(one), &sha256("second", &text)), Err(Forged::WrongSignature));
    assert_eq!(verify(Some(one), &sha1("first", &text)), Err(Forged::WrongSignature));
    assert_eq!(
        verify(Some("key=webhooks_sharedkey_one"), &sha256("first", &text)),
        Err(Forged::WrongSignature)
    );
    // No way back to the token.
    let by_token = sha1(TOKEN, &text);
    assert_eq!(verify(None, &by_token), Err(Forged::WrongKey));
    assert_eq!(verify(Some("algorithm=HMAC_SHA1"), &by_token), Err(Forged::WrongKey));
    assert_eq!(verify(Some("algorithm=HMAC_SHA256"), &sha256(TOKEN, &text)), Err(Forged::WrongKey));
    assert_eq!(
        verify(Some("key=webhooks_sharedkey_one,algorithm=HMAC_SHA1"), &by_token),
        Err(Forged::WrongSignature)
    );
    for settings in [
        "key=webhooks_sharedkey_three,algorithm=HMAC_SHA256",
        "key=,algorithm=HMAC_SHA256",
        "key=webhooks_sharedkey_one,algorithm=HMAC_MD5",
        "key=webhooks_sharedkey_one,algorithm=none",
        "key=webhooks_sharedkey_one,algorithm=",
        "key=webhooks_sharedkey_one,algorithm=hmac_sha256",
        "key=webhooks_sharedkey_one,key=webhooks_sharedkey_two,algorithm=HMAC_SHA256",
        "key=webhooks_sharedkey_one,algorithm=HMAC_SHA256,algorithm=HMAC_SHA1",
        "webhooks_sharedkey_one",
        "",
    ] {
        assert_eq!(verify(Some(settings), &sha256("first", &text)), Err(Forged::WrongKey), "{settings:?}");
    }
    let twice =
        Wire::post(CALLED, &CALL).signed(&sha256("first", &text)).with(SETTINGS, one).with(SETTINGS, one);
    assert_eq!(twice.verify(&keyed), Err(Forged::WrongKey));
    // Who has no keys knows none by name.
    let named = Wire::post(CALLED, &CALL).signed(SIGNED).with(SETTINGS, "key=webhooks_sharedkey_one");
    assert_eq!(named.verify(&account()), Err(Forged::WrongKey));
}

#[test]
fn what_is_no_account_is_refused_at_once() {
    let refused = |change: fn(&mut TwilioSettings)| {
        let mut settings = settings();
        change(&mut settings);
        TwilioAccount::new(settings).unwrap_err()
    };
    assert_eq!(refused(|settings| settings.auth_token = "".into()), TwilioError::EmptySecret);
    assert_eq!(refused(|settings| settings.auth_token = " \t".into()), TwilioError::EmptySecret);
    assert_eq!(refused(|settings| settings.auth_token_next = Some("".into())), TwilioError::EmptySecret);
    assert_eq!(
        refused(|settings| settings.shared_keys = BTreeMap::from([("one".to_owned(), "".into())])),
        TwilioError::EmptySecret
    );
    assert_eq!(refused(|settings| settings.account_sid = String::new()), TwilioError::AccountSid);
    assert_eq!(refused(|settings| settings.account_sid = SERVICE.to_owned()), TwilioError::AccountSid);
    assert_eq!(
        refused(|settings| settings.messaging_service_sid = Some(ACCOUNT.to_owned())),
        TwilioError::MessagingServiceSid
    );
    assert_eq!(
        refused(|settings| settings.base_url = "mailto:a@b.test".parse().unwrap()),
        TwilioError::Address
    );
    assert_eq!(
        refused(|settings| settings.webhook_url = "ftp://a.test/".parse().unwrap()),
        TwilioError::Address
    );
}

#[test]
fn no_secret_is_shown() {
    let secrets = TwilioSettings {
        auth_token: "first-secret".into(),
        auth_token_next: Some("second-secret".into()),
        shared_keys: BTreeMap::from([("key".to_owned(), "third-secret".into())]),
        ..settings()
    };
    let shown = format!("{secrets:?} {:?}", TwilioAccount::new(secrets.clone()).unwrap());
    assert!(!shown.contains("secret") && shown.contains(ACCOUNT), "{shown}");
}

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[test]
fn of_a_hundred_thousand_forged_signatures_none_is_taken() {
    let account = account();
    let mut random = Random(1);
    let genuine = data_encoding::BASE64.decode(SIGNED.as_bytes()).unwrap();
    let mut taken = 0;
    for round in 0..100_000_u32 {
        let mut bytes = genuine.clone();
        if round % 2 == 0 {
            // One bit away from the genuine one.
            let bit = usize::try_from(random.next() % 160).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
        } else {
            for chunk in bytes.chunks_mut(8) {
                chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]);
            }
        }
        let wire = Wire::post(CALLED, &CALL).signed(&data_encoding::BASE64.encode(&bytes));
        taken += u32::from(wire.verify(&account).is_ok());
    }
    assert_eq!(taken, 0);
    assert_eq!(
        Wire::post(CALLED, &CALL).signed(SIGNED).verify(&account),
        Ok(()),
        "the loop could have failed"
    );
}

fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("\\PC{0,12}", "(?s).{0,40}"), 0..12)
}

fn borrowed(parameters: &[(String, String)]) -> Vec<(&str, &str)> {
    parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

proptest! {
    #[test]
    fn what_is_signed_is_genuine_in_any_order(parameters in parameters(), turn in 0..12_usize, query in "[a-z0-9=&%+]{0,20}") {
        let url = format!("{URL}?{query}");
        let mut parameters = borrowed(&parameters);
        let signature = sha1(TOKEN, &signed_text(&url, &parameters));
        let turn = turn % parameters.len().max(1);
        parameters.rotate_left(turn);
        prop_assert_eq!(Wire::post(&url, &parameters).signed(&signature).verify(&account()), Ok(()));
    }

    #[test]
    fn one_other_value_is_forged(parameters in parameters(), at in any::<prop::sample::Index>(), added in "\\PC{1,3}") {
        prop_assume!(!parameters.is_empty());
        let signature = sha1(TOKEN, &signed_text(URL, &borrowed(&parameters)));
        let mut changed = parameters.clone();
        let index = at.index(changed.len());
        changed[index].1.push_str(&added);
        prop_assume!(signed_text(URL, &borrowed(&changed)) != signed_text(URL, &borrowed(&parameters)));
        let forged = Wire::post(URL, &borrowed(&changed)).signed(&signature);
        prop_assert_eq!(forged.verify(&account()), Err(Forged::WrongSignature));
    }

    #[test]
    fn whatever_comes_is_answered(
        method in prop::sample::select(vec![http::Method::GET, http::Method::POST, http::Method::PUT]),
        url in "\\PC{0,60}",
        kind in "[ -~]{0,30}",
        settings in "[ -~]{0,60}",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut wire = Wire::post(URL, &[]).signed("x").with(SETTINGS, &settings);
        wire.headers.insert("content-type", kind.parse().unwrap());
        wire.method = method;
        wire.url = url;
        wire.body = body;
        prop_assert!(wire.verify(&account()).is_err());
    }
}
