//! The simulated Twilio as a process, for clients in other languages.
//!
//! Its first line on standard output is one JSON object: where the API is, and the account with its token. Then it takes a
//! command a line on standard input and answers each with a line of JSON:
//!
//! * `webhook URL`: starts anew with this webhook, on other ports; the answer is as the first line.
//! * `text FROM TO WORDS…`: somebody writes on a telephone.
//! * `picture FROM TO WORDS…`: the same with a picture.
//! * `phone NUMBER on|off|landline|none`: what a telephone is like.
//! * `accepted`: how many messages were really accepted.
#![expect(clippy::print_stdout, reason = "it is a program that talks on standard output")]

use std::io::Write as _;
use std::sync::Arc;

use parlor_testkit::ManualClock;
use parlor_testkit::simulators::{PhoneFile, PhoneState, Twilio, TwilioOptions};
use serde_json::{Value, json};

/// The smallest picture there is (GIF).
const PICTURE: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

async fn start(webhook: Option<&str>) -> std::io::Result<Twilio> {
    let mut options = TwilioOptions::new(Arc::new(ManualClock::new()));
    options.webhook_url = webhook.map(str::to_owned);
    options.messaging_service_sid = Some("MG00000000000000000000000000000001".to_owned());
    Twilio::start(options).await
}

fn ready(twilio: &Twilio) -> Value {
    let options = twilio.options();
    json!({
        "ready": twilio.api_url().as_str().trim_end_matches('/'),
        "account_sid": options.account_sid,
        "auth_token": options.auth_token,
        "number": options.numbers.first(),
        "service": options.messaging_service_sid,
    })
}

fn say(line: &Value) {
    println!("{line}");
    // Whoever started us may have gone.
    let _ = std::io::stdout().flush();
}

async fn write(twilio: &Twilio, rest: &str, files: &[PhoneFile]) -> Value {
    let mut words = rest.splitn(3, ' ');
    let (Some(from), Some(to), text) = (words.next(), words.next(), words.next().unwrap_or_default()) else {
        return json!({ "error": "from whom, and to whom?" });
    };
    match twilio.text(from, to, text, files).await {
        Ok(sid) => json!({ "sid": sid }),
        Err(outcome) => json!({ "error": outcome.to_string() }),
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut twilio = start(None).await?;
    say(&ready(&twilio));
    let (lines, mut commands) = tokio::sync::mpsc::unbounded_channel();
    // Standard input blocks, so it has a thread of its own.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = commands.recv().await {
        let (command, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        let answer = match command {
            "webhook" => {
                twilio = start(Some(rest)).await?;
                ready(&twilio)
            }
            "text" => write(&twilio, rest, &[]).await,
            "picture" => {
                let file = PhoneFile { media_type: Some("image/gif".to_owned()), bytes: PICTURE.to_vec() };
                write(&twilio, rest, &[file]).await
            }
            "phone" => {
                let (number, state) = rest.split_once(' ').unwrap_or((rest, "on"));
                let state = match state {
                    "off" => PhoneState::Off,
                    "landline" => PhoneState::Landline,
                    "none" => PhoneState::NoSuchNumber,
                    _ => PhoneState::On,
                };
                twilio.set_phone(number, state);
                json!({})
            }
            "accepted" => {
                json!({ "accepted": twilio.accepted().len(), "leaked": twilio.leaked_credentials() })
            }
            _ => json!({ "error": "no such command" }),
        };
        say(&answer);
    }
    Ok(())
}
