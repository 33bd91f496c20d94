//! What happens outside Parlor: e-mails that leave over SMTP, and telephones that are only simulated.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use parlor::channel::{Launch, Launched, OutsideError, OutsideLauncher, VoiceCall, VoiceGateway};
use parlor::engine::Engine;
use parlor::model::{ClientId, ConsultId, OutsideMeans};
use tokio::sync::watch;

/// The house's mail relay and its telephones.
#[derive(Debug)]
pub struct Outside {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    subject: String,
    launched: Mutex<BTreeSet<ClientId>>,
    /// The calls; `None` for one that was hung up.
    calls: watch::Sender<BTreeMap<ConsultId, Option<VoiceCall>>>,
}

impl Outside {
    /// E-mails leave by a relay on this machine, as written by this sender under this subject.
    pub fn new(relay: u16, from: &str, subject: &str) -> Result<Self, OutsideError> {
        if subject.chars().any(char::is_control) {
            return Err(OutsideError::new("a subject is one line"));
        }
        let relay = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(relay).build();
        let (from, subject) = (from.parse().map_err(OutsideError::new)?, subject.to_owned());
        Ok(Self { relay, from, subject, launched: Mutex::default(), calls: watch::Sender::default() })
    }

    async fn mail(&self, launch: &Launch) -> Result<(), OutsideError> {
        let to = launch.address.as_str().parse::<Address>().map_err(OutsideError::new)?;
        let mail = Message::builder()
            .message_id(Some(format!("<{}@{}>", launch.id, self.from.email.domain())))
            .from(self.from.clone())
            .to(to.into())
            .subject(self.subject.as_str())
            .body(format!("{} would like to hear from you.\r\n", launch.agent))
            .map_err(OutsideError::new)?;
        // What the relay says may have the address in it; its code has not.
        self.relay.send(mail).await.map(drop).map_err(|error| match error.status() {
            Some(code) => OutsideError::new(format!("the relay answered {code}")),
            None => OutsideError::new("the relay was not reached"),
        })
    }

    /// Waits until the telephone of a call rings, and picks it up: what somebody outside does.
    pub async fn picks_up(&self, engine: &Engine, consult: ConsultId) -> Result<(), Box<dyn Error>> {
        let mut calls = self.calls.subscribe();
        let call = calls.wait_for(|calls| calls.contains_key(&consult)).await?[&consult].clone();
        Ok(engine.call_answered(call.ok_or("it was hung up")?.interaction, consult).await?)
    }

    /// Waits until a call is over.
    pub async fn is_over(&self, consult: ConsultId) {
        // The sender is here, so this does not fail.
        let _ = self.calls.subscribe().wait_for(|calls| calls.get(&consult) == Some(&None)).await;
    }
}

#[async_trait]
impl OutsideLauncher for Outside {
    async fn launch(&self, launch: &Launch) -> Result<Launched, OutsideError> {
        let is_new = self.launched.lock().unwrap_or_else(PoisonError::into_inner).insert(launch.id);
        match launch.means {
            OutsideMeans::Email if is_new => self.mail(launch).await.map(|()| Launched::Sent),
            // A telephone rings here, and then at the contact's.
            OutsideMeans::Email | OutsideMeans::Call => Ok(Launched::Started),
        }
    }
}

#[async_trait]
impl VoiceGateway for Outside {
    async fn call(&self, call: &VoiceCall) -> Result<(), OutsideError> {
        // One that was hung up before it began does not ring.
        self.calls
            .send_if_modified(|calls| calls.entry(call.consult).or_insert(Some(call.clone())).is_some());
        Ok(())
    }

    async fn hang_up(&self, consult: ConsultId) {
        self.calls.send_modify(|calls| drop(calls.insert(consult, None)));
    }
}
