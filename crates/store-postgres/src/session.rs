//! Connections, and how they are set up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Connect, Transaction};
use futures_util::future::poll_fn;
use parlor_store::StoreError;
use tokio::task::JoinHandle;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::Severity;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Error, Row, Socket};

use crate::PostgresOptions;
use crate::error::{PostgresError, connect_error};

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Dialled = (Client, JoinHandle<()>, Warned);
type Dial = dyn Fn(Config) -> Pending<'static, Result<Dialled, Error>> + Send + Sync;

/// Makes connections, with whatever encryption the embedder chose.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    dial: Arc<Dial>,
    timeout: Duration,
}

/// Whether the server warned since it was last asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Warned(Arc<AtomicBool>);

impl Warned {
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

/// A connection that writes.
pub(crate) struct Session {
    pub(crate) client: ClientWrapper,
    pub(crate) warned: Warned,
}

impl Connector {
    pub(crate) fn new<T>(mut config: Config, tls: T, options: &PostgresOptions) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        if config.get_application_name().is_none() {
            config.application_name("parlor");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.connect_timeout);
        }
        // Of several servers only the one that can be written to is asked: nothing is decided from a standby.
        if config.get_hosts().len() > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let dial = move |config: Config| -> Pending<'static, Result<Dialled, Error>> {
            let tls = tls.clone();
            Box::pin(async move {
                let (client, mut connection) = config.connect(tls).await?;
                let warned = Warned::default();
                let notes = warned.clone();
                // The task of one connection: it ends with it.
                let driver = tokio::spawn(async move {
                    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                        match message {
                            Ok(AsyncMessage::Notice(notice)) => {
                                if notice.parsed_severity() == Some(Severity::Warning) {
                                    notes.0.store(true, Ordering::Release);
                                }
                            }
                            Ok(_) => {}
                            Err(error) => {
                                tracing::debug!(%error, "a connection to the database ended");
                                break;
                            }
                        }
                    }
                });
                Ok((client, driver, warned))
            })
        };
        Self { config, dial: Arc::new(dial), timeout: options.connect_timeout }
    }

    /// A connection with these settings.
    pub(crate) async fn connect(&self, settings: &str) -> Result<Session, StoreError> {
        let dialled = tokio::time::timeout(self.timeout, self.dial(settings)).await;
        let (client, driver, warned) = dialled.map_err(|_| PostgresError::TooSlow)?.map_err(connect_error)?;
        Ok(Session { client: ClientWrapper::new(client, driver), warned })
    }

    async fn dial(&self, settings: &str) -> Result<Dialled, Error> {
        let dialled = (self.dial)(self.config.clone()).await?;
        dialled.0.batch_execute(settings).await?;
        Ok(dialled)
    }

    /// What makes the connections that read.
    pub(crate) fn for_readers(&self, settings: String) -> ReaderConnector {
        ReaderConnector { connector: self.clone(), settings }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }
}

pub(crate) struct ReaderConnector {
    connector: Connector,
    settings: String,
}

impl Connect for ReaderConnector {
    fn connect(&self, _: &Config) -> Pending<'_, Result<(Client, JoinHandle<()>), Error>> {
        Box::pin(async {
            let (client, driver, _) = self.connector.dial(&self.settings).await?;
            Ok((client, driver))
        })
    }
}

/// What every session of a workspace is set to. Weaker durability than `on` is never in effect: `remote_apply`, which is
/// stronger, is left as it is.
pub(crate) fn settings(options: &PostgresOptions) -> String {
    format!(
        "SET search_path TO \"{}\", pg_temp;
         SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
             WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false);
         SET client_min_messages TO warning;
         SET statement_timeout TO {};
         SET lock_timeout TO {};
         SET idle_in_transaction_session_timeout TO {};",
        options.schema,
        milliseconds(options.statement_timeout),
        milliseconds(options.lock_timeout),
        milliseconds(options.idle_in_transaction_timeout),
    )
}

/// For those who write: every statement finds its rows by a key, so that no plan need be made twice.
pub(crate) fn writer_settings(options: &PostgresOptions) -> String {
    format!("{} SET plan_cache_mode TO force_generic_plan;", settings(options))
}

/// What limits the statements of a transaction when they did not count for a while.
pub(crate) fn limits_of_one_transaction(options: &PostgresOptions) -> String {
    format!(
        "SET LOCAL lock_timeout TO {}; SET LOCAL statement_timeout TO {}",
        milliseconds(options.lock_timeout),
        milliseconds(options.statement_timeout),
    )
}

/// For those who read and must not write.
pub(crate) fn reader_settings(options: &PostgresOptions) -> String {
    format!("{} SET default_transaction_read_only TO on;", settings(options))
}

/// At least one: 0 would mean for ever.
fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX).max(1)
}

/// Where questions are asked: a connection, or a transaction on one.
pub(crate) trait Asks: Sync {
    /// The rows that a statement, prepared once a connection, gives.
    fn rows(
        &self,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;
}

impl Asks for ClientWrapper {
    async fn rows(&self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let statement = self.prepare_cached(sql).await?;
        self.query(&statement, parameters).await
    }
}

impl Asks for Transaction<'_> {
    async fn rows(&self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let statement = self.prepare_cached(sql).await?;
        self.query(&statement, parameters).await
    }
}
