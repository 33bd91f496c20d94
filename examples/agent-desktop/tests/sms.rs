//! Text messages through the whole process: a provider on loopback that speaks its wire format, webhooks that are signed as
//! it signs them, an agent over HTTP.

#![expect(clippy::unwrap_used, reason = "in a test a failure is the result")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use url::form_urlencoded;

#[expect(dead_code, reason = "the tests of the store itself use the rest")]
#[path = "../../../crates/store-postgres/tests/server/mod.rs"]
mod server;

const TOKEN: &str = "the-account's-token";
const SID: &str = "AC00000000000000000000000000000001";
const OURS: &str = "+15550001111";
const HERS: &str = "+15550002222";

/// How long anything may take that has to happen.
const SOON: Duration = Duration::from_secs(20);

type Form = Vec<(String, String)>;

/// The provider: takes messages, and has one picture.
struct Provider {
    address: String,
    taken: Arc<Mutex<Vec<Form>>>,
}

fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(3, 2).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Reads one request: its first line, its headers in small letters, its body.
fn read_request(stream: &TcpStream) -> Option<(String, String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut headers = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? <= 2 {
            break;
        }
        headers.push_str(&line.to_lowercase());
    }
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some((first, headers, body))
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::<Mutex<Vec<Form>>>::default();
        let kept = Arc::clone(&taken);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let Some((first, headers, body)) = read_request(&stream) else { continue };
                let (status, more, answer) = if first.starts_with("POST") && first.contains("/Messages.json")
                {
                    assert!(headers.contains("authorization: basic"), "{headers}");
                    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
                    let mut taken = kept.lock().unwrap();
                    taken.push(form);
                    let sid = format!("SM{:032x}", taken.len());
                    let answer =
                        json!({"sid": sid, "status": "queued", "num_segments": "1", "error_code": null});
                    ("201 Created", String::new(), answer.to_string().into_bytes())
                } else if first.contains("/Media/") {
                    ("302 Found", "Location: /cdn/picture\r\n".to_owned(), Vec::new())
                } else if first.contains("/cdn/picture") {
                    ("200 OK", "Content-Type: image/png\r\n".to_owned(), picture())
                } else {
                    ("404 Not Found", String::new(), Vec::new())
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n",
                    answer.len()
                );
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer));
            }
        });
        Self { address, taken }
    }
}

/// The desk.
struct Desk {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

/// A file of its own, or a database.
enum Kept {
    InAFile,
    At(String),
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Desk {
    fn start(provider: &Provider) -> Self {
        Self::keeping(provider, &Kept::InAFile)
    }

    fn keeping(provider: &Provider, kept: &Kept) -> Self {
        let config = format!(
            r#"
            admin_token = "the-operator's-token"
            [timing]
            outbox_uncertain = 1000
            [[agents]]
            name = "alice"
            token = "the-agent's-token"
            [[accounts]]
            name = "main"
            provider = "twilio"
            base_url = "{}"
            account_sid = "{SID}"
            auth_token = "{TOKEN}"
            [[channels]]
            name = "sms"
            kind = "sms"
            account = "main"
            address = "{OURS}"
            queue = "support"
            offer = "auto"
            outbound_image = true
            "#,
            provider.address
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desk.toml");
        std::fs::write(&path, config).unwrap();
        let store = match kept {
            Kept::InAFile => format!("sqlite:{}", folder.path().join("desk.db").display()),
            Kept::At(address) => address.clone(),
        };
        let files = folder.path().join("files");
        let mut child = Command::new(env!("CARGO_BIN_EXE_agent-desktop"))
            .args(["--listen", "127.0.0.1:0", "--store", &store, "--config", path.to_str().unwrap()])
            .args(["--files", files.to_str().unwrap()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { child, address: ready["ready"].as_str().unwrap().to_owned(), _folder: folder }
    }

    fn call(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let host = self.address.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap())
    }

    /// What stands at an address, for whoever asks.
    fn fetch(&self, path: &str) -> (u16, Vec<u8>) {
        let host = self.address.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let status = String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_off(end))
    }

    fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = "Authorization: Bearer the-agent's-token\r\nContent-Type: application/json\r\n";
        let (status, answer) = self.call(method, path, headers, body.to_string().as_bytes());
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        json_in(&answer)
    }

    fn exported(&self, what: &str) -> String {
        let (status, answer) = self.call(
            "GET",
            &format!("/admin/{what}"),
            "Authorization: Bearer the-operator's-token\r\n",
            b"",
        );
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The rows of an export; a chunked answer has lines that are no rows.
    fn rows(&self, what: &str) -> Vec<Value> {
        self.exported(what)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(Value::is_object)
            .collect()
    }

    /// What the provider tells, signed with a token.
    fn told(&self, path: &str, form: &[(&str, &str)], token: &str) -> (u16, String) {
        let mut sorted = form.to_vec();
        sorted.sort_unstable();
        let mut signed = format!("{}{path}", self.address);
        for (name, value) in &sorted {
            signed.push_str(name);
            signed.push_str(value);
        }
        let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        let signature = BASE64.encode(&mac.finalize().into_bytes());
        let headers =
            format!("X-Twilio-Signature: {signature}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.call("POST", path, &headers, body.as_bytes())
    }
}

fn json_in(answer: &str) -> Value {
    let (from, to) = (answer.find('{'), answer.rfind('}'));
    from.zip(to).map_or(Value::Null, |(from, to)| serde_json::from_str(&answer[from..=to]).unwrap())
}

/// Waits for a condition.
fn soon<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < SOON, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sid(kind: &str, number: u32) -> String {
    format!("{kind}{}", HEXLOWER.encode(format!("{number:016}").as_bytes()))
}

#[test]
fn a_text_with_a_picture_is_answered_and_what_became_of_the_answer_is_known() {
    text_and_answer(&Kept::InAFile);
}

#[test]
fn the_same_in_a_database_that_several_nodes_share() {
    let Some(server) = server::Server::start(&[]) else { return };
    let socket = server.socket();
    let kept = Kept::At(format!("postgres://postgres@/postgres?host={}", socket.display()));
    let said = text_and_answer(&kept);
    // It is there for the node that comes next.
    let desk = Desk::keeping(&Provider::start(), &kept);
    assert_eq!(desk.rows("transcript.ndjson"), said);
}

/// Gives what the transcript says at the end.
fn text_and_answer(kept: &Kept) -> Vec<Value> {
    let provider = Provider::start();
    let desk = Desk::keeping(&provider, kept);
    desk.api("PUT", "/api/me/readiness", &json!({"medium": "sms", "ready": true}));

    let (inbound, media) = (sid("MM", 1), sid("ME", 1));
    let url = format!("https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages/{inbound}/Media/{media}");
    let form = [
        ("MessageSid", inbound.as_str()),
        ("AccountSid", SID),
        ("From", HERS),
        ("To", OURS),
        ("Body", "Is this one of yours? é👋"),
        ("NumMedia", "1"),
        ("MediaUrl0", &url),
        ("MediaContentType0", "image/png"),
        ("SomethingNew", ""),
    ];
    assert_eq!(desk.told("/webhooks/main", &form, "another token").0, 403);
    let (status, answer) = desk.told("/webhooks/main", &form, TOKEN);
    assert_eq!((status, answer.contains("<Response")), (200, true), "{answer}");
    assert_eq!(desk.told("/webhooks/main", &form, TOKEN).0, 200, "told again");

    let interaction = soon("work for alice", || {
        let work = desk.api("GET", "/api/me/interactions", &Value::Null);
        work["interactions"][0]["id"].as_str().map(str::to_owned)
    });
    let came = soon("the picture", || {
        let rows = desk.rows("transcript.ndjson");
        rows.iter().any(|row| row["kind"] == "attached").then_some(rows)
    });
    let said: Vec<_> = came.iter().filter(|row| row["direction"] == "in").collect();
    assert_eq!(said.len(), 2, "{came:?}");
    assert_eq!(
        (&said[0]["text"], &said[0]["provider_id"]),
        (&json!("Is this one of yours? é👋"), &json!(inbound))
    );

    let at = format!("/api/interactions/{interaction}/messages");
    let id = "01900000-0000-7000-8000-000000000001";
    desk.api("POST", &at, &json!({"id": id, "text": "It is"}));
    let sent = soon("the answer at the provider", || provider.taken.lock().unwrap().first().cloned());
    let sent = |name: &str| sent.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!((sent("From"), sent("To"), sent("Body")), (Some(OURS), Some(HERS), Some("It is")));
    let callback = sent("StatusCallback").unwrap();
    let callback = callback.strip_prefix(desk.address.as_str()).unwrap().to_owned();
    assert!(callback.contains(id), "the token comes back with every receipt: {callback}");

    let delivered = |form: &[(&str, &str)]| assert_eq!(desk.told(&callback, form, TOKEN).0, 200);
    let outbound = format!("SM{:032x}", 1);
    for state in ["delivered", "sent", "delivered"] {
        delivered(&[
            ("MessageSid", &outbound),
            ("AccountSid", SID),
            ("From", OURS),
            ("To", HERS),
            ("MessageStatus", state),
        ]);
    }
    // A picture goes out as an address at which the provider finds it, and nobody else.
    let file = "01900000-0000-7000-8000-00000000000f";
    let bearer = "Authorization: Bearer the-agent's-token\r\n";
    let upload = format!("/api/attachments?id={file}&interaction={interaction}&name=ours.png");
    let (status, answer) = desk.call("POST", &upload, bearer, &picture());
    assert_eq!(status, 201, "{answer}");
    let second = "01900000-0000-7000-8000-000000000003";
    desk.api("POST", &at, &json!({"id": second, "text": "like this", "attachments": [file]}));
    let sent = soon("the picture at the provider", || provider.taken.lock().unwrap().get(1).cloned());
    let media: Vec<_> = sent.iter().filter(|(key, _)| key == "MediaUrl").collect();
    assert_eq!(media.len(), 1, "{sent:?}");
    let found = media[0].1.strip_prefix(desk.address.as_str()).unwrap();
    assert_eq!(desk.fetch(found), (200, picture()));
    assert_eq!(desk.fetch(&found.replace("signature=", "signature=x")).0, 404);
    let path = found.split_once('?').unwrap().0;
    assert_eq!(desk.fetch(path).0, 404, "the name of the file alone opens nothing");

    let row = desk.rows("transcript.ndjson").into_iter().find(|row| row["text"] == "It is").unwrap();
    assert_eq!(row["delivery"], "delivered");
    let outbox = desk.rows("outbox.ndjson");
    assert_eq!((&outbox[0]["state"], &outbox[0]["provider_id"]), (&json!("accepted"), &json!(outbound)));
    let counters = json_in(&desk.exported("counters"));
    assert_eq!(counters, json!({"received": 5, "appended": 3, "duplicate": 2, "dead": 0}));
    desk.rows("transcript.ndjson")
}

#[test]
fn r131_what_did_not_arrive_is_one_line_and_what_is_for_nobody_is_kept() {
    let provider = Provider::start();
    let desk = Desk::start(&provider);
    desk.api("PUT", "/api/me/readiness", &json!({"medium": "sms", "ready": true}));
    let inbound = sid("SM", 1);
    let form = |to: &'static str| {
        [("MessageSid", inbound.clone()), ("From", HERS.to_owned()), ("To", to.to_owned())]
    };
    let told = |to: &'static str| {
        let form = form(to);
        let mut form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.extend([("AccountSid", SID), ("Body", "Hello"), ("NumMedia", "0")]);
        assert_eq!(desk.told("/webhooks/main", &form, TOKEN).0, 200);
    };
    told("+15559999999");
    assert_eq!(desk.rows("dead-letters.ndjson").len(), 1, "nobody here has that number");
    told(OURS);
    let interaction = soon("work for alice", || {
        let work = desk.api("GET", "/api/me/interactions", &Value::Null);
        work["interactions"][0]["id"].as_str().map(str::to_owned)
    });
    let id = "01900000-0000-7000-8000-000000000002";
    desk.api("POST", &format!("/api/interactions/{interaction}/messages"), &json!({"id": id, "text": "Hi"}));
    soon("the answer at the provider", || provider.taken.lock().unwrap().first().cloned());
    let callback = format!("/webhooks/main?ob={id}");
    let outbound = format!("SM{:032x}", 1);
    for code in ["30003", "30003", "30005"] {
        let form = [
            ("MessageSid", outbound.as_str()),
            ("AccountSid", SID),
            ("From", OURS),
            ("To", HERS),
            ("MessageStatus", "undelivered"),
            ("ErrorCode", code),
        ];
        assert_eq!(desk.told(&callback, &form, TOKEN).0, 200);
    }
    let rows = desk.rows("transcript.ndjson");
    assert_eq!(rows.iter().find(|row| row["text"] == "Hi").unwrap()["delivery"], "failed");
    let contact = rows[0]["contact"].as_str().unwrap();
    let conversation = desk.api("GET", &format!("/api/contacts/{contact}/conversation"), &Value::Null);
    let notices = conversation["messages"].as_array().unwrap().iter();
    let notices: Vec<_> = notices.filter_map(|message| message["content"]["notice"].get("send")).collect();
    assert_eq!(notices, [&json!({"message": id, "outcome": "failed", "code": "30003"})]);
}
