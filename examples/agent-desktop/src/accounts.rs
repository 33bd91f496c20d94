//! Accounts at providers: what the configuration says of them, and what they plug into the engine and the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor::channel::{ProviderTransport, WebhookCodec};
use parlor::engine::EngineBuilder;
use parlor::http::{Client, ClientLimits, FetchLimits, MediaFetcher};
use parlor::model::{AccountName, Channel, ChannelName};
use parlor::twilio::{
    TwilioAccount, TwilioError, TwilioHistory, TwilioLookup, TwilioSettings, sms_capabilities,
};
use parlor_testkit::simulators::Twilio;
use secrecy::SecretString;
use toml::Spanned;
use url::{Host, Url};

use crate::config::{named, secret};
use crate::fatal::Fatal;
use crate::file::{AccountTable, Lines, Mistake};

/// The only provider whose adapter is in this build.
const TWILIO: &str = "twilio";

/// An account, checked. `Debug` shows no secret: they show none themselves.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: AccountName,
    sid: String,
    auth_token: SecretString,
    auth_token_next: Option<SecretString>,
    shared_keys: BTreeMap<String, SecretString>,
    messaging_service_sid: Option<String>,
    base_url: Option<Url>,
    lookup_base_url: Option<Url>,
    /// Hosts that files may be fetched from beside the provider's.
    media_hosts: Vec<String>,
}

impl Account {
    pub(crate) fn read(lines: Lines<'_>, table: &AccountTable) -> Result<Self, Mistake> {
        let name = named(lines, &table.name, AccountName::new)?;
        if table.provider.get_ref() != TWILIO {
            let reason = format!("accounts at {} are not in this build", table.provider.get_ref());
            return Err(lines.mistake(&table.provider, reason));
        }
        let needs = |what: &str| lines.mistake(&table.name, format!("the account needs {what}"));
        let sid = table.account_sid.as_ref().ok_or_else(|| needs("account_sid"))?;
        let token = table.auth_token.as_ref().ok_or_else(|| needs("auth_token"))?;
        let address = |url: &Option<Spanned<String>>| {
            let parsed = url.as_ref().map(|url| self::address(lines, url));
            parsed.transpose()
        };
        let shared = table.shared_keys.iter().map(|(name, key)| Ok((name.clone(), secret(lines, key)?)));
        let account = Self {
            name,
            sid: sid.get_ref().clone(),
            auth_token: secret(lines, token)?,
            auth_token_next: table.auth_token_next.as_ref().map(|next| secret(lines, next)).transpose()?,
            shared_keys: shared.collect::<Result<_, Mistake>>()?,
            messaging_service_sid: table.messaging_service_sid.as_ref().map(|sid| sid.get_ref().clone()),
            base_url: address(&table.base_url)?,
            lookup_base_url: address(&table.lookup_base_url)?,
            media_hosts: Vec::new(),
        };
        // Whatever the public address will be, the rest is right or wrong already.
        let anywhere =
            Url::parse("https://desk.invalid/").map_err(|error| lines.mistake(&table.name, error))?;
        match account.open(&anywhere, false) {
            Ok(_) => Ok(account),
            Err(error @ TwilioError::AccountSid) => Err(lines.mistake(sid, error)),
            Err(error @ TwilioError::MessagingServiceSid) => match &table.messaging_service_sid {
                Some(sid) => Err(lines.mistake(sid, error)),
                None => Err(lines.mistake(&table.name, error)),
            },
            Err(error) => Err(lines.mistake(&table.name, error)),
        }
    }

    /// The account at a provider that is played on this machine.
    pub(crate) fn simulated(name: AccountName, twilio: &Twilio) -> Self {
        let options = twilio.options();
        Self {
            name,
            sid: options.account_sid.clone(),
            auth_token: SecretString::from(options.auth_token.as_str()),
            auth_token_next: None,
            shared_keys: BTreeMap::new(),
            messaging_service_sid: None,
            base_url: Some(twilio.api_url()),
            lookup_base_url: Some(twilio.api_url()),
            media_hosts: vec![twilio.file_host()],
        }
    }

    /// Whether it is known from which number, or by which service, a channel with this address sends.
    pub(crate) fn sends_from(address: Option<&str>) -> bool {
        address.is_some_and(|address| address != "*")
    }

    fn open(&self, public: &Url, sends_files: bool) -> Result<TwilioAccount, TwilioError> {
        let path = format!("/webhooks/{}", self.name);
        let webhook = public.join(&path).map_err(|_| TwilioError::Address)?;
        let mut settings = TwilioSettings::new(self.sid.clone(), self.auth_token.clone(), webhook)?;
        settings.auth_token_next.clone_from(&self.auth_token_next);
        settings.shared_keys.clone_from(&self.shared_keys);
        settings.messaging_service_sid.clone_from(&self.messaging_service_sid);
        settings.outbound_mms = sends_files;
        settings.media_hosts.clone_from(&self.media_hosts);
        if let Some(base) = &self.base_url {
            settings.base_url = base.clone();
        }
        if let Some(base) = &self.lookup_base_url {
            settings.lookup_base_url = base.clone();
        }
        TwilioAccount::new(settings)
    }

    /// What it plugs in, below the public address of the desk. Files go out from the channels that are named.
    pub(crate) fn plugs(&self, public: &Url, sends_files: &BTreeSet<ChannelName>) -> Result<Plugs, Fatal> {
        let failed = |error: &dyn std::error::Error| Fatal::Account {
            account: self.name.to_string(),
            reason: error.to_string(),
        };
        let account = Arc::new(self.open(public, !sends_files.is_empty()).map_err(|error| failed(&error))?);
        let client = Client::new(ClientLimits::default()).map_err(|error| failed(&error))?;
        // A provider on this machine is a simulator; its files lie there too.
        let simulated = self.base_url.as_ref().is_some_and(|base| match base.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        });
        let fetcher = if simulated { MediaFetcher::insecure_allow_loopback } else { MediaFetcher::new };
        let media = fetcher(Arc::clone(&account) as _, FetchLimits::default());
        let media = media.map_err(|error| failed(&error))?;
        // Looking a number up costs money, so that it is done where its address is given.
        let lookup = self
            .lookup_base_url
            .as_ref()
            .map(|_| TwilioLookup::new(Arc::clone(&account), Arc::new(client.clone())));
        Ok(Plugs {
            name: self.name.clone(),
            account,
            client,
            media,
            lookup: lookup.map(Arc::new),
            sends_files: sends_files.clone(),
        })
    }
}

fn address(lines: Lines<'_>, text: &Spanned<String>) -> Result<Url, Mistake> {
    let url = Url::parse(text.get_ref()).map_err(|error| lines.mistake(text, error))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(lines.mistake(text, "it is not an http or https address with a host"))
    }
}

/// What an account plugs in.
pub(crate) struct Plugs {
    name: AccountName,
    account: Arc<TwilioAccount>,
    client: Client,
    media: MediaFetcher,
    lookup: Option<Arc<TwilioLookup>>,
    sends_files: BTreeSet<ChannelName>,
}

impl Plugs {
    /// Gives the engine the account's channels and files.
    pub(crate) fn give_engine(&self, builder: EngineBuilder, channels: &[Channel]) -> EngineBuilder {
        let transport = |channel: &ChannelName| {
            let mut profile = self.account.profile();
            profile.outbound_image = self.sends_files.contains(channel);
            Arc::new(ProviderTransport::new(
                profile,
                sms_capabilities().clone(),
                Arc::clone(&self.account) as _,
                Arc::new(self.client.clone()),
            ))
        };
        let history = TwilioHistory::new(Arc::clone(&self.account), Arc::new(self.client.clone()));
        let builder = match &self.lookup {
            Some(lookup) => builder.number_lookup(self.name.clone(), Arc::clone(lookup) as _),
            None => builder,
        };
        channels
            .iter()
            .filter(|channel| channel.account.as_ref() == Some(&self.name))
            .fold(builder, |builder, channel| {
                builder.channel_transport(channel.name.clone(), transport(&channel.name))
            })
            .media_source(self.name.clone(), Arc::new(self.media.clone()))
            .history(self.name.clone(), Arc::new(history))
    }

    /// Reads what the provider tells.
    pub(crate) fn codec(&self) -> Arc<dyn WebhookCodec> {
        Arc::clone(&self.account) as _
    }
}
