//! A message centre on loopback: it takes messages as it is told to, delivers what a test says, and knows what it really took.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use parlor::model::ProviderMessageId;
use parlor_testkit::transport_suite::{AcceptedMessage, NetworkMode, PlayedNetwork};
use rusmpp::pdus::{BindTransceiverResp, DeliverSm, SubmitSm, SubmitSmResp};
use rusmpp::tlvs::TlvValue;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::COctetString;
use rusmpp::values::{DataCoding, InterfaceVersion, Ton};
use rusmpp::{Command, CommandStatus, Pdu};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::codec::Framed;

/// Who may bind.
pub(crate) const LOGIN: (&str, &str) = ("parlor", "secret08");

/// Something that a test makes the centre do.
enum Order {
    Deliver(Box<DeliverSm>, oneshot::Sender<CommandStatus>),
    HangUp,
}

/// The centre.
#[derive(Debug)]
pub(crate) struct Centre {
    pub(crate) address: String,
    book: Arc<Book>,
    orders: mpsc::UnboundedSender<Order>,
}

#[derive(Debug)]
struct Book {
    mode: NetworkMode,
    accepted: Mutex<Vec<AcceptedMessage>>,
    attempts: AtomicUsize,
    bound: AtomicUsize,
}

impl PlayedNetwork for Centre {
    fn accepted(&self) -> Vec<AcceptedMessage> {
        self.book.accepted.lock().unwrap().clone()
    }

    fn attempts(&self) -> usize {
        self.book.attempts.load(Ordering::SeqCst)
    }
}

impl Centre {
    pub(crate) async fn start(mode: NetworkMode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (accepted, attempts, bound) = Default::default();
        let book = Arc::new(Book { mode, accepted, attempts, bound });
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let keeps = Arc::clone(&book);
        if mode == NetworkMode::Unreachable {
            drop(listener);
        } else {
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    // A connection that breaks is its client's affair.
                    let _ = keeps.serve(stream, &mut ordered).await;
                }
            });
        }
        Self { address, book, orders }
    }

    /// Delivers something, to whoever is bound or will be, and gives what is answered.
    pub(crate) async fn delivers(&self, sms: DeliverSm) -> CommandStatus {
        let (answer, answered) = oneshot::channel();
        assert!(self.orders.send(Order::Deliver(Box::new(sms), answer)).is_ok());
        answered.await.unwrap()
    }

    pub(crate) fn hangs_up(&self) {
        assert!(self.orders.send(Order::HangUp).is_ok());
    }

    /// How often somebody was bound.
    pub(crate) fn times_bound(&self) -> usize {
        self.book.bound.load(Ordering::SeqCst)
    }
}

impl Book {
    async fn serve(
        &self,
        stream: TcpStream,
        ordered: &mut mpsc::UnboundedReceiver<Order>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut framed = Framed::new(stream, CommandCodec::new().with_max_length(100_000));
        let bind = framed.next().await.ok_or("nobody speaks")??;
        let status = match bind.pdu() {
            Some(Pdu::BindTransceiver(bind)) if bind.interface_version != InterfaceVersion::Smpp3_4 => {
                CommandStatus::EsmeRsyserr
            }
            Some(Pdu::BindTransceiver(bind))
                if (bind.system_id.as_str(), bind.password.as_str()) == LOGIN =>
            {
                CommandStatus::EsmeRok
            }
            _ => CommandStatus::EsmeRbindfail,
        };
        let resp =
            BindTransceiverResp::builder().system_id(COctetString::from_string("centre".into())?).build();
        framed.send(Command::new(status, bind.sequence_number(), resp)).await?;
        if status != CommandStatus::EsmeRok {
            return Ok(());
        }
        self.bound.fetch_add(1, Ordering::SeqCst);
        framed.send(Command::new(CommandStatus::EsmeRok, 1, Pdu::EnquireLink)).await?;
        let (mut waiting, mut sequence) = (BTreeMap::new(), 1);
        loop {
            tokio::select! {
                heard = framed.next() => {
                    let command = heard.ok_or("it is over")??;
                    match command.pdu() {
                        Some(Pdu::SubmitSm(sms)) => {
                            if self.mode == NetworkMode::AnswersNonsense {
                                self.takes(sms);
                                framed.get_mut().write_all(&[0xff; 64]).await?;
                            } else {
                                let (status, resp) = self.answer(sms).ok_or("the answer is lost")?;
                                framed.send(Command::new(status, command.sequence_number(), resp)).await?;
                            }
                        }
                        Some(Pdu::DeliverSmResp(_)) => {
                            let answer: oneshot::Sender<_> = waiting.remove(&command.sequence_number()).ok_or("what?")?;
                            let _ = answer.send(command.status());
                        }
                        Some(Pdu::EnquireLinkResp) => {}
                        other => return Err(format!("nobody asked for {other:?}").into()),
                    }
                }
                order = ordered.recv() => match order {
                    Some(Order::Deliver(sms, answer)) => {
                        sequence += 1;
                        waiting.insert(sequence, answer);
                        framed.send(Command::new(CommandStatus::EsmeRok, sequence, *sms)).await?;
                    }
                    Some(Order::HangUp) | None => return Ok(()),
                },
            }
        }
    }

    /// What is answered to a message; nothing where the answer is lost.
    fn answer(&self, sms: &SubmitSm) -> Option<(CommandStatus, SubmitSmResp)> {
        let none = SubmitSmResp::default();
        match self.mode {
            NetworkMode::Refuses => {
                self.attempts.fetch_add(1, Ordering::SeqCst);
                Some((CommandStatus::EsmeRinvdstadr, none))
            }
            NetworkMode::RateLimits => {
                self.attempts.fetch_add(1, Ordering::SeqCst);
                Some((CommandStatus::EsmeRthrottled, none))
            }
            NetworkMode::FailsAfterAccepting => {
                self.takes(sms);
                Some((CommandStatus::EsmeRsyserr, none))
            }
            NetworkMode::Accepts => {
                let id = COctetString::from_string(self.takes(sms)).unwrap();
                Some((CommandStatus::EsmeRok, SubmitSmResp::new(id, Vec::new())))
            }
            _ => {
                self.takes(sms);
                None
            }
        }
    }

    fn takes(&self, sms: &SubmitSm) -> String {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        assert_eq!((sms.data_coding, u8::from(sms.esm_class)), (DataCoding::Ucs2, 0));
        assert_eq!(u8::from(sms.registered_delivery), 1, "a receipt is asked for");
        let payload = sms.tlvs().iter().find_map(|tlv| match tlv.value() {
            Some(TlvValue::MessagePayload(payload)) => Some(payload.value.as_ref()),
            _ => None,
        });
        let octets = payload.unwrap_or(sms.short_message().as_ref());
        let units = octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
        let words = String::from_utf16(&units.collect::<Vec<_>>()).unwrap();
        let plus = if sms.dest_addr_ton == Ton::International { "+" } else { "" };
        let mut accepted = self.accepted.lock().unwrap();
        let id = format!("{:08X}", 0x00A0_0000 + accepted.len());
        accepted.push(AcceptedMessage {
            id: ProviderMessageId::new(id.clone()),
            to: format!("{plus}{}", sms.destination_addr),
            words,
            token: None,
        });
        id
    }
}
