//! Load, decide, commit, and again from the beginning when something changed meanwhile.

use std::sync::Arc;

use parlor_interaction::{Command, Context, Interaction, Policy, Transition};
use parlor_model::{InteractionId, ThreadId};
use parlor_store::{CommitError, Committed, Conflict, Duplicate, StoreError};

use crate::draft::Draft;
use crate::engine::Inner;
use crate::error::EngineError;

/// How often a decision is made again before the caller is told to try later. Under contention somebody always
/// gets through, so this many losses in a row mean that something else is wrong.
const ATTEMPTS: usize = 32;

/// How one attempt ended.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// Something changed meanwhile: decide again.
    Again,
    /// It was done before.
    Duplicate(Duplicate),
    /// It cannot be done.
    Failed(EngineError),
}

impl<E: Into<EngineError>> From<E> for Attempt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Repeats an attempt until it succeeds or cannot succeed; gives `Err(Attempt)` without `Again`.
macro_rules! until_decided {
    ($attempt:expr) => {{
        let mut left = $crate::decide::attempts();
        loop {
            match $attempt {
                Err($crate::decide::Attempt::Again) if left > 0 => left -= 1,
                Err($crate::decide::Attempt::Again) => {
                    break Err($crate::decide::Attempt::Failed($crate::error::EngineError::Contended));
                }
                decided => break decided,
            }
        }
    }};
}
pub(crate) use until_decided;

pub(crate) const fn attempts() -> usize {
    ATTEMPTS
}

impl Attempt {
    /// The error of a decision for which a duplicate is not expected.
    pub(crate) fn into_error(self) -> EngineError {
        match self {
            Self::Again => EngineError::Contended,
            Self::Duplicate(_) => EngineError::IdReused,
            Self::Failed(error) => error,
        }
    }
}

impl Inner {
    /// An interaction as it is now, open or Done.
    pub(crate) async fn interaction(
        &self,
        id: InteractionId,
    ) -> Result<Option<Arc<Interaction>>, StoreError> {
        match self.open.get(id) {
            Some(open) => Ok(Some(open)),
            None => self.reload(id).await,
        }
    }

    /// An interaction as the store has it.
    pub(crate) async fn reload(&self, id: InteractionId) -> Result<Option<Arc<Interaction>>, StoreError> {
        let Some(interaction) = self.store.interaction(id).await? else {
            return Ok(None);
        };
        let interaction = Arc::new(interaction);
        if interaction.is_open() || self.open.get(id).is_some() {
            self.open.update(Arc::clone(&interaction));
        }
        Ok(Some(interaction))
    }

    /// The interaction of a thread that is not Done.
    pub(crate) fn open_in_thread(&self, thread: ThreadId) -> Option<Arc<Interaction>> {
        self.open.in_thread(thread)
    }

    /// Commits a draft; a conflict is looked at, so that the next attempt starts from what is true.
    pub(crate) async fn attempt(self: &Arc<Self>, mut draft: Draft) -> Result<Committed, Attempt> {
        self.put_in_outbox(&mut draft).await?;
        let threads: Vec<ThreadId> =
            draft.changes.interactions.iter().map(|write| write.interaction.thread).collect();
        match self.commit(draft).await {
            Ok(committed) => Ok(committed),
            Err(CommitError::Duplicate(duplicate)) => Err(Attempt::Duplicate(duplicate)),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(CommitError::Conflict(Conflict::Capacity { agent, .. })) => {
                Err(EngineError::AtCapacity { agent }.into())
            }
            Err(CommitError::Conflict(Conflict::Interaction(id))) => {
                if self.reload(id).await?.is_none() {
                    self.open.forget(id);
                }
                for thread in threads {
                    if let Some(open) = self.store.open_interaction(thread).await? {
                        self.open.update(Arc::new(open));
                    }
                }
                Err(Attempt::Again)
            }
            Err(CommitError::Conflict(Conflict::Erased(_))) => {
                Err(EngineError::NotFound { what: "contact" }.into())
            }
            Err(CommitError::Conflict(
                Conflict::Contact(_)
                | Conflict::Agent(_)
                | Conflict::Document(_)
                | Conflict::Outbox { .. }
                | Conflict::Identity
                | Conflict::Fence(_),
            )) => Err(Attempt::Again),
        }
    }

    /// Gives a command to an interaction and commits what follows from it, together with what `add` puts in.
    pub(crate) async fn command(
        self: &Arc<Self>,
        id: InteractionId,
        command: &Command,
        policy: &Policy,
        add: impl Fn(&mut Draft, &Transition) + Sync,
    ) -> Result<Transition, EngineError> {
        until_decided!(self.try_command(id, command, policy, &add).await).map_err(Attempt::into_error)
    }

    async fn try_command(
        self: &Arc<Self>,
        id: InteractionId,
        command: &Command,
        policy: &Policy,
        add: &(impl Fn(&mut Draft, &Transition) + Sync),
    ) -> Result<Transition, Attempt> {
        let Some(interaction) = self.interaction(id).await? else {
            return Err(EngineError::NotFound { what: "interaction" }.into());
        };
        let now = self.now();
        let transition = interaction.handle(command, Context { now, policy })?;
        let mut draft = Draft::new(now);
        if transition.events.is_empty() {
            draft.unchanged(&interaction);
        } else {
            draft.transition(&self.directory, Some(&interaction), &transition, || self.new_id());
        }
        self.after_work(&mut draft, &interaction, &transition.interaction).await?;
        add(&mut draft, &transition);
        if draft.writes_nothing() {
            return Ok(transition);
        }
        self.attempt(draft).await?;
        Ok(transition)
    }
}
