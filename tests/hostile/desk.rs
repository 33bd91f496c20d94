//! The whole of it: an engine over SQLite, its server on a socket, and an agent who answers everybody.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parlor::Builder;
use parlor::channel::{HttpClient, ProviderTransport};
use parlor::engine::{Arrival, Engine};
use parlor::model::{
    AccountName, AgentName, CapacityRule, ChannelKind, ChannelName, ClientId, Content, Id, InteractionId,
    Medium, MessageText, OfferMode, OutboxId, PointAddress, PointKey, SystemNotice,
};
use parlor::server::{Limits, Server, ServerConfig};
use parlor::sqlite::{SqliteOptions, SqliteStore};
use parlor::store::{OutboxState, Store};
use parlor::twilio::{TwilioAccount, TwilioSettings, sms_capabilities};
use parlor_testkit::simulators::{Twilio, TwilioOptions};
use parlor_testkit::{ManualClock, SeededIds};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::postman::Postman;
use crate::truth::{Reply, Reported};
use crate::{MOST_STEPS, SOON, STEP};

const OURS: &str = "+15550001111";

/// How many entries of a list are read at a time.
const PAGE: usize = 500;

/// How many messages one contact's conversation has at the most.
const LONGEST: usize = 10_000;

/// Of how many replies, in the middle, one says the same as others, so that the provider's list does not tell which is which.
const SAME_WORDS: u128 = 10;

pub(crate) struct Desk {
    pub(crate) twilio: Twilio,
    engine: Engine,
    store: Arc<dyn Store>,
    clock: ManualClock,
    interactions: Vec<InteractionId>,
    numbers: Vec<String>,
    next: Cell<u128>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

fn alice() -> AgentName {
    AgentName::new("alice").unwrap()
}

fn phone() -> ChannelName {
    ChannelName::new("phone").unwrap()
}

impl Desk {
    /// Everybody has written, and alice has it all.
    pub(crate) async fn open(contacts: usize, http: impl HttpClient) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hostile.db");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, SqliteOptions::default()).unwrap());
        let clock = ManualClock::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let base = format!("http://{address}");
        let webhook = format!("{base}/webhooks/exchange");

        let mut options = TwilioOptions::new(Arc::new(clock.clone()));
        options.webhook_url = Some(webhook.clone());
        let twilio = Twilio::start(options).await.unwrap();
        let options = twilio.options();
        let token = options.auth_token.as_str().into();
        let mut settings =
            TwilioSettings::new(options.account_sid.clone(), token, webhook.parse().unwrap()).unwrap();
        settings.base_url = twilio.api_url();
        let account = Arc::new(TwilioAccount::new(settings).unwrap());
        let transport = ProviderTransport::new(
            account.profile(),
            sms_capabilities().clone(),
            Arc::clone(&account) as _,
            Arc::new(http),
        );
        let engine = Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .transport(ChannelKind::Sms, Arc::new(transport))
            .channel_of("exchange", "phone", ChannelKind::Sms, OURS, "support")
            .configure(|config| {
                config.channels[0].offer = OfferMode::Auto;
                let class = config.channels[0].media_class;
                config.agents[0].capacity = CapacityRule::new([(class, 1_000)]);
                // She stays, however much time is skipped.
                config.timing.presence_lease = Duration::from_hours(10_000);
            })
            .store(Arc::clone(&store))
            .manual_time(Arc::new(clock.clone()))
            .ids(Arc::new(SeededIds::new(7)))
            .start()
            .await
            .unwrap();
        let mut config = ServerConfig::new(base.parse().unwrap(), address);
        config.limits = Limits::on_loopback();
        config.webhooks.insert(AccountName::new("exchange").unwrap(), account);
        let server = Server::new(engine.clone(), config).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async move {
                // It is dropped when the test is over.
                let _ = stopped.await;
            };
            server.serve(listener, server.router(), stopped).await.unwrap();
        });
        let mut desk = Self {
            twilio,
            engine,
            store,
            clock,
            interactions: Vec::new(),
            numbers: (0..contacts).map(|number| format!("+1555{number:07}")).collect(),
            next: Cell::new(0),
            stop,
            serving,
            _folder: folder,
        };
        desk.takes_everybody().await;
        desk
    }

    async fn takes_everybody(&mut self) {
        self.engine.sign_in(&alice()).await.unwrap();
        self.engine.set_readiness(&alice(), &Medium::Sms, true, None).await.unwrap();
        let texts = self.numbers.iter().map(|from| self.twilio.text(from, OURS, "hello", &[]));
        for told in join_all(texts).await {
            told.unwrap();
        }
        self.settle().await;
        let work = self.engine.my_work(&alice()).await.unwrap().0;
        self.interactions = work.iter().map(|interaction| interaction.id).collect();
        assert_eq!(self.interactions.len(), self.numbers.len(), "she has everybody");
    }

    /// So many replies to everybody.
    pub(crate) async fn answers(&self, replies: usize) {
        join_all(self.interactions.iter().map(async |interaction| {
            for _ in 0..replies {
                self.answer(*interaction).await;
            }
        }))
        .await;
    }

    /// So many replies in all.
    pub(crate) async fn some_answer(&self, replies: usize) {
        for interaction in self.interactions.iter().cycle().take(replies) {
            self.answer(*interaction).await;
        }
    }

    async fn answer(&self, interaction: InteractionId) {
        let number = self.next.get() + 1;
        self.next.set(number);
        let client = ClientId(uuid::Uuid::from_u128(0xC11E_0000_0000_7000_8000_0000_0000_0000 | number));
        // Which ones follows from no pattern that contacts follow too.
        let words = if (number * 7_919 / 64).is_multiple_of(SAME_WORDS) {
            "ok".to_owned()
        } else {
            format!("reply number {number}")
        };
        let words = MessageText::new(words).unwrap();
        self.engine.send(&alice(), interaction, client, words).await.unwrap();
    }

    /// Everything that is due happens, and every receipt that comes by itself has come.
    async fn settle(&self) {
        tokio::time::timeout(SOON, async {
            self.engine.settle().await;
            self.twilio.all_is_told().await;
        })
        .await
        .unwrap();
    }

    pub(crate) async fn skip(&self, time: Duration) {
        self.clock.advance(time);
        self.settle().await;
    }

    /// Lets time pass until nothing is left to be sent or waited for, and no receipt is on its way.
    pub(crate) async fn until_all_has_ended(&self, mut postman: Option<&mut Postman>) {
        for _ in 0..MOST_STEPS {
            match &mut postman {
                Some(postman) => {
                    tokio::join!(self.settle(), postman.goes(&self.twilio));
                    // What was accepted meanwhile.
                    postman.goes(&self.twilio).await;
                }
                None => self.settle().await,
            }
            if !self.waits_for_anything().await && !postman.as_ref().is_some_and(|postman| postman.has_any())
            {
                return;
            }
            self.clock.advance(STEP);
        }
        panic!("after {MOST_STEPS} steps something is not finished");
    }

    /// Whether anything is not finished but for what waits for a person.
    async fn waits_for_anything(&self) -> bool {
        let mut last = None;
        loop {
            let page = self.store.unfinished_outbox(last, PAGE).await.unwrap();
            let Some(end) = page.last() else { return false };
            last = Some(end.id);
            if page.iter().any(|entry| entry.state != OutboxState::NeedsDecision) {
                return true;
            }
        }
    }

    /// All that is reported of every reply.
    pub(crate) async fn reported(&self) -> Reported {
        let mut replies = BTreeMap::new();
        let mut last = None;
        loop {
            let page = self.store.outbox(last, PAGE).await.unwrap();
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            for entry in page {
                let observed = self.store.observations(entry.message).await.unwrap();
                let stages = observed.into_iter().map(|one| one.stage).collect();
                let reply =
                    Reply { state: entry.state, provider_id: entry.provider_id, stages, told: Vec::new() };
                replies.insert(entry.id, reply);
            }
        }
        for number in &self.numbers {
            let address = PointAddress::new(number.as_str());
            let key = PointKey { kind: ChannelKind::Sms, scope: String::new(), address };
            let session = self.engine.arrive(Arrival::new(phone(), key)).await.unwrap();
            for message in self.engine.contact_messages(&session, 0, LONGEST).await.unwrap() {
                if let Content::System { notice: SystemNotice::Send { message, outcome, .. } } =
                    message.content
                {
                    let reply = replies.get_mut(&OutboxId::from_uuid(message.as_uuid()));
                    reply.unwrap().told.push(outcome.as_str().to_owned());
                }
            }
        }
        Reported::new(replies)
    }

    pub(crate) async fn close(self) {
        self.engine.stop().await;
        // It has ended already if nobody listens.
        let _ = self.stop.send(());
        tokio::time::timeout(SOON, self.serving).await.unwrap().unwrap();
    }
}
