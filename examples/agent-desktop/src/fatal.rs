use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use parlor::BuildError;
use parlor::engine::StartError;
use parlor::server::ServerConfigError;
use parlor::store::StoreError;

use crate::file::Mistake;

/// Why the application cannot run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fatal {
    #[error("{}", said(.0))]
    Arguments(clap::Error),
    #[error("the configuration of the demo has tokens that everybody knows: give --config to listen on {0}")]
    DemoInPublic(SocketAddr),
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}: {mistake}", path.display())]
    Config { path: PathBuf, mistake: Mistake },
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Server(#[from] ServerConfigError),
    #[error("the store {store} cannot be opened: {}", chain(source))]
    Store { store: String, source: StoreError },
    #[error("there is no data folder: set HOME or XDG_DATA_HOME, or give --store")]
    NoDataFolder,
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("the address it listens on is none of a web server: {0}")]
    Address(String),
    #[error("account {account}: {reason}")]
    Account { account: String, reason: String },
    #[error("metrics cannot be recorded: {0}")]
    Metrics(String),
}

impl Fatal {
    /// One line of JSON on standard error, and an exit code that tells a wrong configuration from a wrong machine.
    #[expect(clippy::print_stderr, reason = "the contract of the application's exit")]
    pub(crate) fn report(&self) -> ExitCode {
        let line = match self {
            Self::Config { mistake, .. } => mistake.line,
            _ => None,
        };
        eprintln!("{}", serde_json::json!({ "error": self.to_string(), "line": line }));
        match self {
            Self::Arguments(_)
            | Self::DemoInPublic(_)
            | Self::Config { .. }
            | Self::Build(_)
            | Self::Start(StartError::Config(_))
            | Self::Server(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

/// What is wrong with the arguments: the first line, without the help that follows it.
fn said(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// An error with everything it came from.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
