//! The threads that read.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use parlor_store::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::read_error;

/// A question to the file.
type Question = Box<dyn FnOnce(&Connection) + Send>;

/// Where questions are handed in. When it is dropped, those handed in are still answered, and the threads end.
#[derive(Debug)]
pub(crate) struct Readers {
    questions: SyncSender<Question>,
}

impl Readers {
    /// Starts one thread for each connection.
    pub(crate) fn start(
        connections: Vec<Connection>,
        queue: usize,
    ) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (sender, receiver) = sync_channel(queue.max(1));
        let receiver = Arc::new(Mutex::new(receiver));
        let threads = connections
            .into_iter()
            .enumerate()
            .map(|(number, connection)| {
                let questions = Arc::clone(&receiver);
                thread::Builder::new()
                    .name(format!("parlor-read-{number}"))
                    .spawn(move || answer_all(&connection, &questions))
            })
            .collect::<Result<_, _>>()?;
        Ok((Self { questions: sender }, threads))
    }

    /// Hands in a question. It is answered from one consistent state of the file: the newest when it is taken up.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (waiter, waiting) = oneshot::channel();
        let question: Question = Box::new(move |connection| {
            if waiter.is_closed() {
                return;
            }
            let result = in_one_state(connection, read).map_err(read_error);
            let _gone = waiter.send(result);
        });
        match self.questions.try_send(question) {
            Ok(()) => Ok(waiting),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
        }
    }
}

fn answer_all(connection: &Connection, questions: &Mutex<Receiver<Question>>) {
    loop {
        let next = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(question) = next else { break };
        question(connection);
    }
}

fn in_one_state<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let result = read(connection);
    connection.prepare_cached("ROLLBACK")?.execute([])?;
    result
}
