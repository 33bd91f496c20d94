//! A network that is sent to, and that does what a test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parlor::Builder;
use parlor::blob::Blobs;
use parlor::channel::{
    CameIn, Capabilities, CapabilitiesId, Certainty, ChannelProfile, Confidence, Decoded, DeliverySide,
    Endpoint, Feature, Happening, History, InboundMessage, Limit, LineKind, MediaFetchError, MediaReference,
    MediaRule, MediaSource, NumberFacts, NumberLookup, Outbound, Push, Receipt, ReceiptStage, Retry,
    SendReceipt, Support, Transport, TransportError, TransportErrorKind, Unit, WebhookEvent,
};
use parlor::engine::{ContactSession, Engine, TakenIn};
use parlor::media::Inspector;
use parlor::model::{
    AccountName, ChannelKind, DeliveryStage, MediaType, Medium, OutboxId, PointAddress, PointKey,
    ProviderMessageId, Timestamp,
};
use parlor::store::{BlobStore, MemoryStore, OutboxEntry, Store};

use tokio::sync::Notify;
use url::Url;

use crate::world::{World, channel, name};

/// Our number.
pub(crate) const OURS: &str = "+15550001111";

/// What the network does with the next message.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Takes it and says so.
    Takes,
    /// Takes it, and the answer is lost.
    TakesSilently,
    /// Nobody knows what it does; it does not take it.
    Nothing,
    /// Does not take it, for this reason.
    Refuses(TransportErrorKind, &'static str),
    /// Does not take it now.
    Later(Retry),
    /// Never answers.
    Hangs,
}

/// What fetching a file gives.
type Fetched = Result<Vec<u8>, MediaFetchError>;

#[derive(Debug, Default)]
struct Book {
    answers: VecDeque<Answer>,
    /// What was asked, in order.
    asked: Vec<(OutboxId, String)>,
    /// Where the files of each lie.
    links: Vec<Vec<Url>>,
    /// What was taken, under which id.
    taken: Vec<(OutboxId, ProviderMessageId)>,
    /// Whether the network can be asked what it has, and whether it knows only the words then.
    keeps_list: bool,
    by_words: bool,
    files: Vec<(String, Vec<Fetched>)>,
    /// What is known of numbers; of others nobody can be asked.
    lines: Vec<(String, LineKind)>,
    looked_up: Vec<String>,
    /// What came in, with when; and since when it was asked for.
    came_in: Vec<(Timestamp, InboundMessage)>,
    asked_since: Vec<Timestamp>,
    keeps_no_list: bool,
}

/// The network.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    profile: ChannelProfile,
    capabilities: Capabilities,
    book: Arc<Mutex<Book>>,
    was_asked: Arc<Notify>,
}

impl Post {
    pub(crate) fn new() -> Self {
        let limit = |name: &'static str, value| Limit {
            name: name.into(),
            value,
            unit: Unit::Bytes,
            source: "a test".into(),
            read_on: "2026-11-22".into(),
            confidence: Confidence::Primary,
        };
        let id = CapabilitiesId { name: "test.post".into(), date: "2026-11-22".into(), revision: 1 };
        let rule = |kind: &str| MediaRule {
            media_type: MediaType::new(kind).unwrap(),
            limit: limit("file", 1_000_000),
        };
        Self {
            profile: ChannelProfile::of(&ChannelKind::Sms),
            capabilities: Capabilities::new(id)
                .with_feature(Feature::Text, Support::Full)
                .with_feature(Feature::Image, Support::Full)
                .with_media(rule("image/png")),
            book: Arc::default(),
            was_asked: Arc::default(),
        }
    }

    fn book<T>(&self, look: impl FnOnce(&mut Book) -> T) -> T {
        look(&mut self.book.lock().unwrap())
    }

    /// What it does with the next messages; after them it takes whatever comes.
    pub(crate) fn will(&self, answers: impl IntoIterator<Item = Answer>) {
        self.book(|book| book.answers.extend(answers));
    }

    /// From now on it says what it has when it is asked.
    pub(crate) fn keeps_a_list(&self) {
        self.book(|book| book.keeps_list = true);
    }

    /// From now on it says what it has of the same words when it is asked.
    pub(crate) fn keeps_a_list_of_words(&self) {
        self.book(|book| (book.keeps_list, book.by_words) = (true, true));
    }

    /// What fetching a file gives, one time after the other.
    pub(crate) fn has_file(&self, location: &str, answers: Vec<Result<Vec<u8>, MediaFetchError>>) {
        self.book(|book| book.files.push((location.to_owned(), answers)));
    }

    /// What kind of line a number is.
    pub(crate) fn knows_line(&self, number: &str, line: LineKind) {
        self.book(|book| {
            book.lines.retain(|(known, _)| known != number);
            book.lines.push((number.to_owned(), line));
        });
    }

    /// The numbers that it was asked about, in order.
    pub(crate) fn looked_up(&self) -> Vec<String> {
        self.book(|book| book.looked_up.clone())
    }

    /// Somebody wrote, and no webhook told of it.
    pub(crate) fn keeps(&self, at: Timestamp, mut message: InboundMessage) {
        message.written_at = Some(at);
        self.book(|book| book.came_in.push((at, message)));
    }

    /// Whether it can be asked what came in.
    pub(crate) fn answers_about_the_past(&self, answers: bool) {
        self.book(|book| book.keeps_no_list = !answers);
    }

    /// Since when it was asked what came in, each time.
    pub(crate) fn asked_since(&self) -> Vec<Timestamp> {
        self.book(|book| book.asked_since.clone())
    }

    /// The words it was asked to bring, in order, repetitions too.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.book(|book| book.asked.iter().map(|(_, words)| words.clone()).collect())
    }

    /// Where the files lie of what it was asked to bring last.
    pub(crate) fn last_links(&self) -> Vec<Url> {
        self.book(|book| book.links.last().cloned().unwrap_or_default())
    }

    /// The same where agents may attach pictures.
    pub(crate) fn with_pictures(mut self) -> Self {
        self.profile.outbound_image = true;
        self
    }

    /// Waits until it is asked to bring something.
    pub(crate) async fn is_asked(&self) {
        self.was_asked.notified().await;
    }

    /// What it took last.
    pub(crate) fn last_taken(&self) -> (OutboxId, ProviderMessageId) {
        self.book(|book| book.taken.last().cloned().unwrap())
    }

    /// How many messages it took.
    pub(crate) fn takes(&self) -> usize {
        self.book(|book| book.taken.len())
    }
}

impl Transport for Post {
    fn profile(&self) -> &ChannelProfile {
        &self.profile
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn delivery(&self) -> DeliverySide<'_> {
        DeliverySide::Push(self)
    }
}

#[async_trait::async_trait]
impl Push for Post {
    async fn send(&self, outbound: &Outbound) -> Result<SendReceipt, TransportError> {
        let answer = self.book(|book| {
            book.asked.push((outbound.outbox, outbound.content.text().unwrap_or_default().to_owned()));
            book.links.push(outbound.files.clone());
            let answer = book.answers.pop_front().unwrap_or(Answer::Takes);
            if matches!(answer, Answer::Takes | Answer::TakesSilently) {
                let id = ProviderMessageId::new(format!("SM{}", book.taken.len() + 1));
                book.taken.push((outbound.outbox, id));
            }
            answer
        });
        self.was_asked.notify_one();
        let lost = TransportError::new(TransportErrorKind::Network, Certainty::Uncertain);
        match answer {
            Answer::Takes => Ok(SendReceipt::new([self.last_taken().1])),
            Answer::TakesSilently | Answer::Nothing => Err(lost),
            Answer::Refuses(kind, code) => {
                Err(TransportError::new(kind, Certainty::NotSent).with_provider_code(code))
            }
            Answer::Later(retry) => {
                let kind = TransportErrorKind::RateLimited;
                Err(TransportError::new(kind, Certainty::NotSent).with_retry(retry))
            }
            Answer::Hangs => std::future::pending().await,
        }
    }

    fn uncertain_wait(&self) -> Duration {
        Duration::from_mins(2)
    }

    async fn look_up(
        &self,
        outbound: &Outbound,
        _: Timestamp,
    ) -> Result<Option<ProviderMessageId>, TransportError> {
        Ok(self.book(|book| {
            let found = book
                .taken
                .iter()
                .find(|(outbox, _)| book.keeps_list && (book.by_words || *outbox == outbound.outbox));
            found.map(|(_, id)| id.clone())
        }))
    }
}

#[async_trait::async_trait]
impl MediaSource for Post {
    async fn fetch(&self, media: &MediaReference, most: u64) -> Result<Vec<u8>, MediaFetchError> {
        let answer = self.book(|book| {
            let file = book.files.iter_mut().find(|(location, _)| *location == media.location);
            file.map(|(_, answers)| if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
        });
        let bytes = answer.unwrap_or(Err(MediaFetchError::Gone))?;
        if u64::try_from(bytes.len()).unwrap() > most { Err(MediaFetchError::TooLarge) } else { Ok(bytes) }
    }
}

#[async_trait::async_trait]
impl History for Post {
    async fn came_in(&self, to: &[String], since: Timestamp) -> Result<CameIn, TransportError> {
        assert_eq!(to, [OURS]);
        self.book(|book| {
            book.asked_since.push(since);
            if book.keeps_no_list {
                return Err(TransportError::new(TransportErrorKind::Network, Certainty::NotSent));
            }
            let found = book.came_in.iter().filter(|(at, _)| *at >= since);
            let events = found.map(|(_, message)| WebhookEvent {
                endpoint: Endpoint { kind: ChannelKind::Sms, addresses: vec![OURS.to_owned()] },
                happening: Happening::Message(Box::new(message.clone())),
                raw: b"listed".to_vec(),
            });
            Ok(CameIn::all(Decoded { events: events.collect(), issues: Vec::new() }))
        })
    }
}

#[async_trait::async_trait]
impl NumberLookup for Post {
    async fn look_up_number(&self, address: &PointAddress) -> Result<NumberFacts, TransportError> {
        self.book(|book| {
            book.looked_up.push(address.as_str().to_owned());
            let line = book.lines.iter().find(|(number, _)| number == address.as_str());
            line.map(|(_, line)| NumberFacts::new(*line))
                .ok_or_else(|| TransportError::new(TransportErrorKind::Network, Certainty::NotSent))
        })
    }
}

/// The world of every scenario, with a number on the network.
pub(crate) struct Phones {
    pub(crate) world: World,
    pub(crate) post: Post,
    blobs: Option<Arc<dyn BlobStore>>,
}

impl Phones {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(MemoryStore::new()), |builder| builder).await
    }

    pub(crate) async fn on(store: Arc<dyn Store>, more: impl FnOnce(Builder) -> Builder) -> Self {
        Self::over(Post::new(), store, more).await
    }

    async fn over(post: Post, store: Arc<dyn Store>, more: impl FnOnce(Builder) -> Builder) -> Self {
        let world = World::building_on(store, |builder| more(Self::plug(&post, builder))).await;
        Self { world, post, blobs: None }
    }

    fn plug(post: &Post, builder: Builder) -> Builder {
        builder
            .transport(ChannelKind::Sms, Arc::new(post.clone()))
            .media_source("exchange", Arc::new(post.clone()))
            .number_lookup("exchange", Arc::new(post.clone()))
            .history("exchange", Arc::new(post.clone()))
            .channel_of("exchange", "phone", ChannelKind::Sms, OURS, "support")
    }

    /// The same where files are taken.
    pub(crate) async fn with_files() -> Self {
        let blobs: Arc<dyn BlobStore> = Arc::new(Blobs::memory());
        let kept = Arc::clone(&blobs);
        let phones = Self::on(Arc::new(MemoryStore::new()), |builder| {
            builder.attachments(kept, Arc::<Inspector>::default())
        })
        .await;
        Self { blobs: Some(blobs), ..phones }
    }

    /// The same where agents may attach pictures too; the network fetches them below this address, if there is one.
    pub(crate) async fn sending_files(at: Option<&str>) -> Self {
        let blobs: Arc<dyn BlobStore> = Arc::new(Blobs::memory());
        let kept = Arc::clone(&blobs);
        let phones = Self::over(Post::new().with_pictures(), Arc::new(MemoryStore::new()), |builder| {
            let builder = builder.attachments(kept, Arc::<Inspector>::default());
            match at {
                Some(at) => builder.files_at(at.parse().unwrap()),
                None => builder,
            }
        })
        .await;
        Self { blobs: Some(blobs), ..phones }
    }

    /// The process dies, and another one starts over what was kept.
    pub(crate) async fn restarted(self) -> Self {
        let Self { world, post, blobs } = self;
        let more = |builder: Builder| match &blobs {
            Some(blobs) => builder.attachments(Arc::clone(blobs), Arc::<Inspector>::default()),
            None => builder,
        };
        let world = world.restarted_with(|builder| more(Self::plug(&post, builder))).await;
        Self { world, post, blobs }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.world.engine
    }

    pub(crate) async fn ready(&self, agent: &str) {
        self.engine().set_readiness(&name(agent), &Medium::Sms, true, None).await.unwrap();
        self.engine().settle().await;
    }

    /// What the network tells.
    pub(crate) async fn told(&self, happening: Happening) -> TakenIn {
        let endpoint = Endpoint { kind: ChannelKind::Sms, addresses: vec![OURS.to_owned()] };
        let event = WebhookEvent { endpoint, happening, raw: b"raw".to_vec() };
        self.hears(Decoded { events: vec![event], issues: Vec::new() }).await
    }

    pub(crate) async fn hears(&self, decoded: Decoded) -> TakenIn {
        let account = AccountName::new("exchange").unwrap();
        let taken = self.engine().take_in(&account, decoded).await.unwrap();
        self.engine().settle().await;
        taken
    }

    /// Somebody writes from a number.
    pub(crate) async fn texts(&self, from: &str, id: &str, words: &str) -> TakenIn {
        self.told(Happening::Message(Box::new(message(from, id, words)))).await
    }

    /// Something becomes of a message of ours, by the provider's id.
    pub(crate) async fn receipt(&self, id: &ProviderMessageId, stage: DeliveryStage) -> TakenIn {
        let mut receipt = Receipt::new(ReceiptStage::Reached(stage));
        receipt.provider_id = Some(id.clone());
        self.told(Happening::Receipt(receipt)).await
    }

    /// Whoever writes from a number, as a contact.
    pub(crate) async fn contact(&self, number: &str) -> ContactSession {
        self.engine()
            .arrive(parlor::engine::Arrival::new(channel("phone"), number_key(number)))
            .await
            .unwrap()
    }

    /// Everything that was ever to be sent.
    pub(crate) async fn outbox(&self) -> Vec<OutboxEntry> {
        self.world.store.outbox(None, 1_000).await.unwrap()
    }
}

pub(crate) fn number_key(number: &str) -> PointKey {
    PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new(number) }
}

/// A message from a number.
pub(crate) fn message(from: &str, id: &str, words: &str) -> InboundMessage {
    let mut message = InboundMessage::new(ProviderMessageId::new(id), number_key(from));
    message.content = InboundMessage::words(words);
    message
}
