//! A desk with a number at Twilio, which is played here; leave out the simulator and `insecure` for the real one.

use std::future::pending;
use std::sync::Arc;

use parlor::blob::Blobs;
use parlor::channel::ProviderTransport;
use parlor::engine::{Arrival, Engine, Once, SystemClock, view::InteractionView};
use parlor::http::{Client, ClientLimits, FetchLimits, MediaFetcher};
use parlor::media::Inspector;
use parlor::model::{
    AccountName, AgentName, ChannelKind, ChannelName, ClientId, Id, InteractionId, Medium, MessageId,
    MessageText, PointAddress, PointKey,
};
use parlor::server::{Server, ServerConfig};
use parlor::twilio::{TwilioAccount, TwilioSettings, sms_capabilities};
use parlor_testkit::simulators::{ReceiptPlan, Twilio, TwilioOptions};
use tokio::net::TcpListener;

/// What may go wrong in an example.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A desk at which Alice sits, and the provider with the telephones of her contacts.
pub struct Desk {
    /// Runs the conversations.
    pub engine: Engine,
    /// The provider.
    pub twilio: Twilio,
    /// Who answers.
    pub alice: AgentName,
}

impl Desk {
    /// Opens it: an account at the provider, the engine, and the server that has the account's webhook.
    pub async fn open() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let here = format!("http://{}", listener.local_addr()?);
        let mut options = TwilioOptions::new(Arc::new(SystemClock));
        options.webhook_url = Some(format!("{here}/webhooks/main"));
        let twilio = Twilio::start(options).await?;
        let mut receipts = ReceiptPlan::default();
        receipts.automatic = false;
        twilio.set_receipts(receipts);
        let (sid, token) = (&twilio.options().account_sid, twilio.options().auth_token.as_str());
        let mut settings = TwilioSettings::new(sid, token.into(), format!("{here}/webhooks/main").parse()?)?;
        settings.base_url = twilio.api_url();
        settings.media_hosts = vec![twilio.file_host()];
        let account = Arc::new(TwilioAccount::new(settings)?);
        let http = Arc::new(Client::new(ClientLimits::default())?);
        let sms =
            ProviderTransport::new(account.profile(), sms_capabilities().clone(), account.clone(), http);
        let media = MediaFetcher::insecure_allow_loopback(account.clone(), FetchLimits::default())?;
        let engine = parlor::Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .transport(ChannelKind::Sms, Arc::new(sms))
            .channel_of("main", "sms", ChannelKind::Sms, &twilio.options().numbers[0], "support")
            .media_source("main", Arc::new(media))
            .attachments(Arc::new(Blobs::memory()), Arc::new(Inspector::default()))
            .start()
            .await?;
        let mut config = ServerConfig::new(here.parse()?, listener.local_addr()?);
        config.webhooks.insert(AccountName::new("main")?, account);
        let server = Server::new(engine.clone(), config)?;
        tokio::spawn(async move { server.serve(listener, server.router(), pending()).await });
        let alice = AgentName::new("alice")?;
        engine.set_readiness(&alice, &Medium::Sms, true, None).await?;
        Ok(Self { engine, twilio, alice })
    }

    /// Alice takes what is offered to her.
    pub async fn accepts(&self) -> Outcome<InteractionView> {
        self.engine.settle().await;
        let offer = self.engine.my_work(&self.alice).await?.1.pop().ok_or("nothing is offered")?;
        Ok(self.engine.accept(&self.alice, offer.id, Once::default()).await?)
    }

    /// Alice begins, with somebody who has not written.
    pub async fn opens(&self, number: &str) -> Outcome<InteractionView> {
        let (channel, address) = (ChannelName::new("sms")?, PointAddress::new(number));
        let key = PointKey { kind: ChannelKind::Sms, scope: String::new(), address };
        let contact = self.engine.arrive(Arrival::new(channel.clone(), key)).await?.contact;
        Ok(self.engine.open_interaction(&self.alice, contact, &channel, Once::default()).await?)
    }

    /// Alice writes. The provider is asked to send it, and tells this of it.
    pub async fn writes(&self, to: InteractionId, words: &str, told: &[(&str, Option<u32>)]) -> Outcome<()> {
        let id = MessageId::new(&SystemClock, &**self.engine.ids()).as_uuid();
        self.engine.send(&self.alice, to, ClientId(id), MessageText::new(words)?).await?;
        self.engine.settle().await;
        for (status, code) in told {
            let sent = self.twilio.accepted().pop().ok_or("nothing was sent")?;
            self.twilio.report(&sent.sid, status, *code).await?;
        }
        Ok(())
    }
}
