use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use parlor::channel::ChannelProfile;
use parlor::engine::{Engine, EngineBuilder};
use parlor::media::Inspector;
use parlor::model::{AccountName, Channel, ChannelKind, ChannelName, OfferMode};
use parlor::server::{Limits, Origin, RenderMetrics, Server, ServerConfig};
use parlor::webchat::WebChat;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::Arguments;
use crate::accounts::Account;
use crate::config::Settings;
use crate::fatal::Fatal;
use crate::pages::pages;
use crate::phones::{self, Phones};
use crate::simulated::Simulated;
use crate::store::OpenStore;

/// How often the recorder of metrics folds up what it has collected; else it would keep every single value.
const UPKEEP: Duration = Duration::from_secs(5);

/// Runs the application until it is told to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Fatal> {
    let settings = Settings::read(arguments.config.as_deref())?;
    if arguments.config.is_none() && !arguments.listen.ip().is_loopback() {
        return Err(Fatal::DemoInPublic(arguments.listen));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Fatal::Io { what: "the runtime does not start".to_owned(), source })?;
    runtime.block_on(async {
        let store = OpenStore::open(arguments.store.as_ref(), arguments.files.as_deref()).await?;
        serve(arguments, settings, store).await
    })
}

async fn serve(arguments: &Arguments, mut settings: Settings, store: OpenStore) -> Result<(), Fatal> {
    let io = |what: &str| {
        let what = what.to_owned();
        move |source| Fatal::Io { what, source }
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(io("signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io("signals"))?;
    let listener = TcpListener::bind(arguments.listen)
        .await
        .map_err(io(&format!("{} cannot be used", arguments.listen)))?;
    let address = listener.local_addr().map_err(io("the listener"))?;

    let here = here(address);
    let phones = demo_phones(arguments, &mut settings, &here).await?;
    let web_chat = WebChat::new(settings.chat_limits.clone()).with_profile(settings.web_chat.clone());
    let mut builder = EngineBuilder::new(settings.engine.clone(), Arc::clone(&store.store))
        .transport(ChannelKind::WebChat, Arc::new(web_chat))
        .attachments(Arc::clone(&store.blobs), Arc::new(Inspector::default()));
    let mut server_config = server_config(arguments, &settings, address, &here)?;
    let files = server_config.public_base_url.join("/files");
    builder = builder.files_at(files.map_err(|error| Fatal::Address(error.to_string()))?);
    for account in &settings.accounts {
        let plugs = account.plugs(&server_config.public_base_url, &settings.sends_files)?;
        builder = plugs.give_engine(builder, &settings.engine.channels);
        server_config.webhooks.insert(account.name.clone(), plugs.codec());
    }
    let simulated = arguments.is_demo().then(|| Arc::new(Simulated::default()));
    if let Some(simulated) = &simulated {
        builder =
            builder.voice_gateway(Arc::clone(simulated) as _).outside_launcher(Arc::clone(simulated) as _);
    }
    let engine = builder.start().await?;
    if let Some(simulated) = &simulated {
        simulated.tells(engine.clone());
    }
    let server = Server::new(engine.clone(), server_config)?;
    let phone_routes = phones.as_ref().map(Phones::routes).unwrap_or_default();
    let router = server.router().merge(server.protect(pages().merge(phone_routes)));

    announce(arguments, &settings, &server, &engine, &here).await?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    server.serve(listener, router, stop).await.map_err(io("serving"))?;
    engine.stop().await;
    store.close().await;
    Ok(())
}

/// The telephones of the demonstration, with an account and a channel for them. Who brings a configuration brings networks
/// of their own.
async fn demo_phones(
    arguments: &Arguments,
    settings: &mut Settings,
    here: &str,
) -> Result<Option<Phones>, Fatal> {
    if !arguments.is_demo() || arguments.config.is_some() {
        return Ok(None);
    }
    let wrong = |error: &dyn std::error::Error| Fatal::Address(error.to_string());
    let name = AccountName::new("phones").map_err(|error| wrong(&error))?;
    let webhook = Url::parse(here).and_then(|base| base.join(&format!("/webhooks/{name}")));
    let phones = Phones::start(&webhook.map_err(|error| wrong(&error))?)
        .await
        .map_err(|source| Fatal::Io { what: "the telephones".to_owned(), source })?;
    let Some(queue) = settings.engine.queues.first().map(|queue| queue.name.clone()) else {
        return Ok(None);
    };
    let profile = ChannelProfile::of(&ChannelKind::Sms);
    settings.engine.channels.push(Channel {
        name: ChannelName::new("sms").map_err(|error| wrong(&error))?,
        kind: ChannelKind::Sms,
        account: Some(name.clone()),
        address: phones::OURS.to_owned(),
        queue,
        readiness: profile.readiness,
        media_class: profile.media_class,
        offer: OfferMode::Prompt,
    });
    settings.accounts.push(Account::simulated(name, phones.twilio()));
    Ok(Some(phones))
}

/// Where this machine reaches it. Who listens everywhere listens on loopback too.
fn here(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

fn server_config(
    arguments: &Arguments,
    settings: &Settings,
    address: SocketAddr,
    here: &str,
) -> Result<ServerConfig, Fatal> {
    let base = settings.public_base_url.clone();
    let base =
        base.map_or_else(|| Url::parse(here), Ok).map_err(|error| Fatal::Address(error.to_string()))?;
    let mut config = ServerConfig::new(base, address);
    // Browsers on this machine may name it either way.
    config.own_origins = [here.to_owned(), format!("http://localhost:{}", address.port())]
        .iter()
        .filter_map(|own| Origin::parse(own).ok())
        .collect();
    config.admin_token.clone_from(&settings.admin_token);
    config.agent_tokens.clone_from(&settings.agent_tokens);
    config.chat_origins.clone_from(&settings.chat_origins);
    config.demo_sign_in = arguments.is_demo();
    if address.ip().is_loopback() {
        config.limits = Limits::on_loopback();
    }
    settings.limits.apply(&mut config.limits);
    config.chat = settings.chat_limits.clone();
    config.metrics = Some(measure()?);
    Ok(config)
}

/// Records what is measured in this process.
fn measure() -> Result<RenderMetrics, Fatal> {
    let recorder = PrometheusBuilder::new().install_recorder();
    let recorder = recorder.map_err(|error| Fatal::Metrics(error.to_string()))?;
    let upkeep = recorder.clone();
    tokio::spawn(async move {
        let mut every = tokio::time::interval(UPKEEP);
        loop {
            every.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(RenderMetrics::new(move || recorder.render()))
}

/// The first line is for programs, the others are for people.
async fn announce(
    arguments: &Arguments,
    settings: &Settings,
    server: &Server,
    engine: &Engine,
    address: &str,
) -> Result<(), Fatal> {
    let base = settings.public_base_url.as_ref().map_or(address, |base| base.as_str()).trim_end_matches('/');
    let mut lines = vec![serde_json::json!({ "ready": address }).to_string()];
    if arguments.is_demo() {
        lines.push(String::new());
        lines.push(format!("  The agent desk    {base}/"));
        lines.push(format!("  A sample website  {base}/website"));
        if arguments.config.is_none() {
            lines.push(format!("  Telephones        {base}/phones"));
        }
        for agent in engine.agents() {
            let link = server.sign_in_link(&agent.name).await;
            let link =
                link.map_err(|source| Fatal::Store { store: "of the sign-in links".to_owned(), source })?;
            if let Some(link) = link {
                lines.push(format!("  Sign in as {:<7}{}", agent.name.as_str(), link.expose()));
            }
        }
    }
    let mut out = std::io::stdout().lock();
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
    written.map_err(|source| Fatal::Io { what: "standard output".to_owned(), source })
}
