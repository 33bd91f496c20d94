use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use parlor_store::{ChangeSet, CommitError, Committed, Store, StoreError};

use crate::{Layer, Layered};

/// A store whose commits fail where a test wants them to, for tests of those who commit.
///
/// It can fail a commit before anything is kept, or after everything is: a caller cannot tell the two apart and must
/// find out by reading (guarantee G14). Reads never fail.
///
/// It is a [`Layer`]; [`FaultyStore::over`] gives it as a store, next to the handle by which the test plans the faults.
#[derive(Clone, Debug)]
pub struct FaultyStore {
    below: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    commits: u64,
    before: Option<u64>,
    after: Option<u64>,
}

/// The failure that a [`FaultyStore`] reports as the cause of [`StoreError::Backend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("commit {commit} failed because a test asked for it")]
pub struct InjectedFault {
    /// Which commit, counted from 1.
    pub commit: u64,
}

impl FaultyStore {
    /// The handle and the store, which passes everything on to `below`.
    pub fn over(below: Arc<dyn Store>) -> (Self, Arc<dyn Store>) {
        let handle = Self { below, plan: Arc::default() };
        let store = Arc::new(Layered(handle.clone()));
        (handle, store)
    }

    /// Fails the `n`th commit from now on, counted from 1, before it reaches the store below.
    pub fn fail_before(&self, n: u64) {
        let mut plan = self.plan();
        plan.before = Some(plan.commits.saturating_add(n));
    }

    /// Keeps the `n`th commit from now on, counted from 1, and reports it as failed all the same. A commit that fails
    /// by itself reports its own error.
    pub fn fail_after(&self, n: u64) {
        let mut plan = self.plan();
        plan.after = Some(plan.commits.saturating_add(n));
    }

    /// How many commits were asked for so far, failed ones included.
    pub fn commits(&self) -> u64 {
        self.plan().commits
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        // A plan is never half-written: a test that panicked elsewhere does not spoil it.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Layer for FaultyStore {
    fn below(&self) -> &dyn Store {
        &*self.below
    }

    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        let (commit, before, after) = {
            let mut plan = self.plan();
            plan.commits += 1;
            let is = |planned: Option<u64>| planned == Some(plan.commits);
            (plan.commits, is(plan.before), is(plan.after))
        };
        let fault = || CommitError::Store(StoreError::backend(InjectedFault { commit }));
        if before {
            return Err(fault());
        }
        let committed = self.below.commit(changes).await?;
        if after { Err(fault()) } else { Ok(committed) }
    }
}
