//! The reference application of Parlor: the whole engine, the agent desk and a sample web site with the chat widget in
//! one binary, on public API only.

mod accounts;
mod config;
mod fatal;
mod file;
mod pages;
mod phones;
mod run;
mod simulated;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::fatal::Fatal;
use crate::store::StoreChoice;

/// The agent desk, a sample web site with the web-chat widget, and the engine behind them.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 picks a free one. The first line on standard output says which.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where to keep everything: `sqlite:PATH`, `postgres://…` (schema `parlor`) or `memory`. Without it, a file in your
    /// data folder.
    #[arg(long)]
    store: Option<StoreChoice>,
    /// The folder for attachments, which all nodes on one database share. Without it, beside the SQLite file or in your data
    /// folder.
    #[arg(long)]
    files: Option<PathBuf>,
    /// The configuration; without it the demo's.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Sign in by choosing a name, on this machine only. The default exactly when there is no `--config`.
    #[arg(long, overrides_with = "no_demo")]
    demo: bool,
    /// Sign in with tokens only.
    #[arg(long)]
    no_demo: bool,
}

impl Arguments {
    const fn is_demo(&self) -> bool {
        self.demo || (self.config.is_none() && !self.no_demo)
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are what was asked for, not mistakes.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => return Fatal::Arguments(error).report(),
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .init();
    match run::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}
