//! Shorthands of the cases.

use parlor_store::{ChangeSet, CommitError, Committed, Store};

/// Commits what must be kept.
#[track_caller]
pub(super) fn kept(result: Result<Committed, CommitError>) -> Committed {
    match result {
        Ok(committed) => committed,
        Err(error) => panic!("the change is valid, but was refused: {error}"),
    }
}

/// Commits what must be kept.
pub(super) async fn keep(store: &dyn Store, changes: ChangeSet) -> Committed {
    kept(store.commit(changes).await)
}

/// Commits what must be refused.
pub(super) async fn refuse(store: &dyn Store, changes: ChangeSet) -> CommitError {
    match store.commit(changes).await {
        Ok(_) => panic!("the change must be refused, but was kept"),
        Err(error) => error,
    }
}

/// Commits what must be refused for the given reason.
macro_rules! refused {
    ($store:expr, $changes:expr, $reason:pat $(if $guard:expr)?) => {
        match $crate::store_suite::expect::refuse(&*$store, $changes).await {
            $reason $(if $guard)? => {}
            other => panic!("refused for another reason: {other:?}"),
        }
    };
}
pub(super) use refused;

/// What a read gives.
pub(super) trait Read<T> {
    fn read(self) -> T;
}

impl<T> Read<T> for Result<T, parlor_store::StoreError> {
    #[track_caller]
    fn read(self) -> T {
        match self {
            Ok(answer) => answer,
            Err(error) => panic!("a read failed: {error}"),
        }
    }
}
