use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parlor::channel::{Certainty, Decoded, Retry, TransportError, TransportErrorKind};
use parlor::engine::{SystemClock, SystemIds};
use parlor::model::{ChannelKind, Id, MessageId, ProviderMessageId};
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::{Command, CommandId, CommandStatus::EsmeRok, CommandStatus::EsmeRxTAppn, Pdu};
use tokio::sync::{mpsc, oneshot};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::codec::Framed;

use crate::sms::{decode, taken};

/// How long an answer is waited for: the response timer (§2.9). This value and the next are ours.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a centre is left alone that was not reached, or has ended the connection.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The longest PDU that is read: a payload of 64 KiB and the fields around it.
const LONGEST_PDU: usize = 70_000;

/// A message, and who waits for the centre's id of it.
pub(crate) type Ask = (SubmitSm, oneshot::Sender<Result<ProviderMessageId, TransportError>>);

type Wire = Framed<TcpStream, CommandCodec>;

pub(crate) fn unreached() -> TransportError {
    TransportError::new(TransportErrorKind::Network, Certainty::NotSent).with_retry(Retry::Backoff)
}

/// The line to a message centre, to be run beside the engine.
pub struct Line {
    pub(crate) kind: ChannelKind,
    pub(crate) centre: String,
    pub(crate) bind: BindTransceiver,
    pub(crate) asks: mpsc::Receiver<Ask>,
}

impl Line {
    /// Stays bound to the centre until the transport is gone. What the centre tells is given to `take_in`, which says
    /// whether it is durable now; if not, the centre has to tell it again.
    pub async fn run<F: Future<Output = bool>>(mut self, take_in: impl Fn(Decoded) -> F) {
        while !self.asks.is_closed() {
            if let Some(wire) = self.bound().await {
                self.carry(wire, &take_in).await;
            }
            if let Ok(Some((_, answer))) = timeout(AGAIN_AFTER, self.asks.recv()).await {
                drop(answer.send(Err(unreached())));
            }
        }
    }

    async fn bound(&self) -> Option<Wire> {
        let stream = timeout(ANSWER_WITHIN, TcpStream::connect(&self.centre)).await.ok()?.ok()?;
        stream.set_nodelay(true).ok()?;
        let mut framed = Framed::new(stream, CommandCodec::new().with_max_length(LONGEST_PDU));
        framed.send(Command::new(EsmeRok, 1, self.bind.clone())).await.ok()?;
        let answer = timeout(ANSWER_WITHIN, framed.next()).await.ok()??.ok()?;
        (answer.status() == EsmeRok).then_some(framed)
    }

    /// Carries questions and answers in both directions until the connection is over.
    async fn carry<F: Future<Output = bool>>(&mut self, mut wire: Wire, take_in: impl Fn(Decoded) -> F) {
        let (mut waiting, mut sequence) = (BTreeMap::<_, oneshot::Sender<_>>::new(), 1);
        loop {
            let next = tokio::select! {
                heard = wire.next() => {
                    // After something that is no PDU nothing can be read any more.
                    let Some(Ok(command)) = heard else { return };
                    let number = command.sequence_number();
                    match command.pdu() {
                        Some(Pdu::EnquireLink) => Command::new(EsmeRok, number, Pdu::EnquireLinkResp),
                        Some(Pdu::Unbind) => Command::new(EsmeRok, number, Pdu::UnbindResp),
                        Some(Pdu::DeliverSm(sms)) => {
                            let fresh = MessageId::new(&SystemClock, &SystemIds).to_string();
                            let is_durable = take_in(decode(&self.kind, sms, fresh)).await;
                            let status = if is_durable { EsmeRok } else { EsmeRxTAppn };
                            Command::new(status, number, DeliverSmResp::default())
                        }
                        // The centre counts its own questions by itself: only answers are about ours.
                        _ if !matches!(command.id(), CommandId::SubmitSmResp | CommandId::GenericNack) => continue,
                        _ => {
                            drop(waiting.remove(&number).map(|answer| answer.send(taken(&command))));
                            continue;
                        }
                    }
                }
                ask = self.asks.recv() => match ask {
                    None => return,
                    // Who asked waits no longer, and has said so: it must not be sent now.
                    Some((_, answer)) if answer.is_closed() => continue,
                    Some((sms, answer)) => {
                        sequence = sequence % 0x7fff_ffff + 1;
                        waiting.insert(sequence, answer);
                        Command::new(EsmeRok, sequence, sms)
                    }
                },
            };
            if wire.send(next).await.is_err() {
                return;
            }
        }
    }
}
