//! A mail relay on loopback (RFC 5321, as far as one e-mail needs it) that keeps what it was given and refuses one domain.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// To nobody at this domain.
const REFUSED: &str = "@refused.example";

/// An e-mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    data: String,
}

impl Mail {
    /// Every value of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let values = head.split("\r\n").filter_map(|line| line.split_once(": "));
        values.filter(|(known, _)| *known == name).map(|(_, value)| value).collect()
    }

    pub(crate) fn body(&self) -> &str {
        self.data.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

#[derive(Debug, Default)]
struct Kept {
    commands: Vec<String>,
    arrived: Vec<Mail>,
}

/// The relay.
pub(crate) struct Relay {
    pub(crate) port: u16,
    kept: Arc<Mutex<Kept>>,
}

impl Relay {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::<Mutex<Kept>>::default();
        let keeps = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A connection that breaks is its client's affair.
                let _ = serve(stream, &keeps);
            }
        });
        Self { port, kept }
    }

    pub(crate) fn arrived(&self) -> Vec<Mail> {
        self.kept.lock().unwrap().arrived.clone()
    }

    /// Everything that was said to it but the e-mails themselves.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.kept.lock().unwrap().commands.clone()
    }
}

/// A port on which nobody listens.
pub(crate) fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What stands between the angle brackets of a command.
fn path(command: &str) -> String {
    let path = command.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    path.map_or_else(String::new, |(path, _)| path.to_owned())
}

fn serve(stream: TcpStream, kept: &Mutex<Kept>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    let mut mail = Mail { from: String::new(), to: Vec::new(), data: String::new() };
    out.write_all(b"220 relay.example\r\n")?;
    while let Some(command) = lines.next().transpose()? {
        kept.lock().unwrap().commands.push(command.clone());
        let answer = match command.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => "250 relay.example".to_owned(),
            "MAIL" => {
                mail.from = path(&command);
                "250 ok".to_owned()
            }
            "RCPT" if path(&command).ends_with(REFUSED) => {
                format!("550 5.1.1 <{}> is not here", path(&command))
            }
            "RCPT" => {
                mail.to.push(path(&command));
                "250 ok".to_owned()
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
                    // A line that begins with a dot was given a second one.
                    mail.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.data.push_str("\r\n");
                }
                kept.lock().unwrap().arrived.push(mail.clone());
                "250 kept".to_owned()
            }
            "RSET" => "250 ok".to_owned(),
            "QUIT" => return out.write_all(b"221 bye\r\n"),
            _ => "502 what?".to_owned(),
        };
        out.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}
