//! Twilio, as far as SMS and MMS go: Create Message and what belongs to it, Lookups 2, files behind a redirect, signed webhooks,
//! and telephones that a script types on.

mod api;
mod phones;
mod state;
mod webhooks;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use parlor_model::Clock;
use tokio::sync::watch;
use url::Url;

pub use self::phones::{Phone, PhoneFile, PhoneMessage, PhoneState};
pub use self::state::AcceptedSend;
pub use self::webhooks::WebhookOutcome;

use self::api::Api;
use self::phones::FileHost;
use self::state::State;
use super::loopback::Server;

/// What a simulated Twilio is told beforehand.
#[derive(Clone)]
#[non_exhaustive]
pub struct TwilioOptions {
    /// The account.
    pub account_sid: String,
    /// Its secret.
    pub auth_token: String,
    /// A key for signing webhooks in place of the secret, by its name; they are signed with SHA-256 then.
    pub shared_key: Option<(String, String)>,
    /// The numbers and short codes of the account. Others cannot send (21606).
    pub numbers: Vec<String>,
    /// The Messaging Service that all of them are in, if they are. It knows words of opting out by itself and says so.
    pub messaging_service_sid: Option<String>,
    /// Where messages of telephones are told, as the webhook was registered; `None` when it was not.
    pub webhook_url: Option<String>,
    /// Where webhooks really are, when the address that is called (and signed) names another host.
    pub deliver_to: Option<SocketAddr>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl TwilioOptions {
    /// An account with one number and no webhook.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            account_sid: "AC00000000000000000000000000000001".to_owned(),
            auth_token: "a token of the simulator".to_owned(),
            shared_key: None,
            numbers: vec!["+15550001111".to_owned()],
            messaging_service_sid: None,
            webhook_url: None,
            deliver_to: None,
            clock,
        }
    }
}

impl fmt::Debug for TwilioOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioOptions")
            .field("account_sid", &self.account_sid)
            .field("numbers", &self.numbers)
            .finish_non_exhaustive()
    }
}

/// What becomes of a message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendMode {
    /// It is accepted, and the answer says so.
    Accept,
    /// It is refused with this status and this code.
    Refuse {
        /// The status, such as 400.
        status: u16,
        /// The provider's code, such as 21610.
        code: u32,
    },
    /// It is not accepted, because there are too many (429, 20429).
    RateLimit {
        /// How long to wait, in seconds, where that is said.
        retry_after: Option<u64>,
    },
    /// It is accepted, and the connection ends without an answer.
    LoseAnswer,
    /// The connection ends before anything is accepted.
    LoseRequest,
    /// It is accepted after a while, and the answer says so.
    Delay(Duration),
    /// It is accepted, and the answer is nonsense.
    Nonsense,
    /// It is accepted, and the answer says that something went wrong.
    FailAfter,
    /// Something goes wrong before it is accepted, and the answer says no more than that.
    FailBefore,
    /// It is taken and fails at once with this code; there is no callback for that.
    FailAtOnce {
        /// The provider's code, such as 30006.
        code: u32,
    },
}

/// How receipts of accepted messages are told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiptPlan {
    /// Whether they are told by themselves, as the telephone's state has it.
    pub automatic: bool,
    /// How often each is told.
    pub repeat: usize,
    /// Whether the last is told first.
    pub backwards: bool,
}

impl Default for ReceiptPlan {
    fn default() -> Self {
        Self { automatic: true, repeat: 1, backwards: false }
    }
}

/// What is to become of the next messages, and of all others.
#[derive(Debug)]
struct Plan {
    next: VecDeque<SendMode>,
    usual: SendMode,
    receipts: ReceiptPlan,
}

/// What all parts of the simulator share.
struct Shared {
    options: TwilioOptions,
    state: Mutex<State>,
    plan: Mutex<Plan>,
    /// Of how many messages receipts are being told by themselves.
    telling: watch::Sender<usize>,
    /// Where files are, once it is known.
    files: Mutex<Option<SocketAddr>>,
    /// Where the API is, once it is known.
    api: Mutex<Option<SocketAddr>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_mode(&self) -> SendMode {
        let mut plan = self.plan();
        plan.next.pop_front().unwrap_or_else(|| plan.usual.clone())
    }
}

/// A simulated Twilio. It ends with this value.
pub struct Twilio {
    shared: Arc<Shared>,
    api: Server,
    files: Server,
}

impl Twilio {
    /// Starts on two ports of loopback that the system chooses.
    pub async fn start(options: TwilioOptions) -> io::Result<Self> {
        let plan = Plan { next: VecDeque::new(), usual: SendMode::Accept, receipts: ReceiptPlan::default() };
        let shared = Arc::new(Shared {
            options,
            state: Mutex::default(),
            plan: Mutex::new(plan),
            telling: watch::Sender::default(),
            files: Mutex::default(),
            api: Mutex::default(),
        });
        let files = Server::start(Arc::new(FileHost(Arc::clone(&shared)))).await?;
        *shared.files.lock().unwrap_or_else(PoisonError::into_inner) = Some(files.address);
        let api = Server::start(Arc::new(Api(Arc::clone(&shared)))).await?;
        *shared.api.lock().unwrap_or_else(PoisonError::into_inner) = Some(api.address);
        Ok(Self { shared, api, files })
    }

    /// Where the API and the lookups are.
    ///
    /// # Panics
    ///
    /// Never: an address of loopback makes an address.
    pub fn api_url(&self) -> Url {
        Url::parse(&format!("http://{}", self.api.address)).expect("a socket address makes an address")
    }

    /// The name of the host that requests for files are redirected to: another one than that of the API.
    pub fn file_host(&self) -> String {
        format!("localhost:{}", self.files.address.port())
    }

    /// What was said about it.
    pub fn options(&self) -> &TwilioOptions {
        &self.shared.options
    }

    /// What becomes of every message from now on.
    pub fn set_mode(&self, mode: SendMode) {
        self.shared.plan().usual = mode;
    }

    /// What becomes of the next messages, before [`set_mode`](Self::set_mode) counts again.
    pub fn plan(&self, modes: impl IntoIterator<Item = SendMode>) {
        self.shared.plan().next.extend(modes);
    }

    /// How receipts are told from now on.
    pub fn set_receipts(&self, receipts: ReceiptPlan) {
        self.shared.plan().receipts = receipts;
    }

    /// Waits until every receipt that is told by itself has been told.
    pub async fn all_is_told(&self) {
        // It ends with this value, so that there is nothing to wait for when it is gone.
        let _ = self.shared.telling.subscribe().wait_for(|telling| *telling == 0).await;
    }

    /// The messages that were really accepted, in order: the truth that everything else is held against.
    pub fn accepted(&self) -> Vec<AcceptedSend> {
        self.shared.state().accepted()
    }

    /// How often somebody asked to send something, whatever became of it.
    pub fn attempts(&self) -> usize {
        self.shared.state().attempts
    }

    /// How many requests for files came to the other host with the credentials of the account: there must be none.
    pub fn leaked_credentials(&self) -> usize {
        self.shared.state().leaked
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").field("api", &self.api.address).finish_non_exhaustive()
    }
}
