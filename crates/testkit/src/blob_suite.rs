//! The conformance suite of stores of bytes.
//!
//! Each case takes an empty [`BlobStore`] and panics when it does not keep the contract. The cases stand in one list,
//! [`for_each_blob_case!`](crate::for_each_blob_case), which [`blob_conformance!`](crate::blob_conformance) expands to
//! tests and [`blob_cases`] to values.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use parlor_store::BlobStore;

/// How the suite gets at the stores that it tests.
#[async_trait]
pub trait BlobHarness: Send + Sync {
    /// Opens a new, empty store. Each case opens its own and none sees another's.
    ///
    /// # Panics
    ///
    /// Panics when there is none to be had: a case that cannot run has not passed.
    async fn open(&self) -> Arc<dyn BlobStore>;
}

/// A case that runs; it panics when the store does not keep the contract.
pub type BlobCaseRun = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct BlobCase {
    /// The sentence that it checks.
    pub name: &'static str,
    /// Checks it on an empty store, panicking when it does not hold.
    pub run: fn(Arc<dyn BlobStore>) -> BlobCaseRun,
}

/// The one list of cases: a case named here is run by everybody. Expands to `callback! { case case … }`.
#[macro_export]
macro_rules! for_each_blob_case {
    ($($callback:tt)+) => {
        $($callback)+! {
            bytes_come_back_as_they_went_in
            nothing_is_there_before_it_is_finished
            what_is_dropped_before_its_end_is_not_kept
            a_byte_above_the_limit_is_refused
            exactly_the_limit_is_kept
            many_bytes_in_uneven_parts_stay_in_order
            ids_do_not_see_each_other
            what_was_deleted_is_gone
            what_was_never_written_is_absent
            nothing_at_all_can_be_kept
        }
    };
}

/// Expands the suite to tests: give it a value that implements [`BlobHarness`](crate::blob_suite::BlobHarness).
///
/// Use it once in a file, at its top level.
#[macro_export]
macro_rules! blob_conformance {
    ($harness:expr) => {
        fn blob_conformance_harness() -> impl $crate::blob_suite::BlobHarness {
            $harness
        }

        mod blob_conformance {
            $crate::for_each_blob_case!($crate::blob_conformance_tests);
        }
    };
}

/// Part of [`blob_conformance!`].
#[doc(hidden)]
#[macro_export]
macro_rules! blob_conformance_tests {
    ($($case:ident)+) => {$(
        #[test]
        fn $case() {
            $crate::blob_suite::run(&super::blob_conformance_harness(), $crate::blob_suite::cases::$case);
        }
    )+};
}

macro_rules! as_values {
    ($($case:ident)+) => {
        /// The cases as values: for running them under other conditions than `#[test]`.
        pub fn blob_cases() -> Vec<BlobCase> {
            vec![$(BlobCase { name: stringify!($case), run: |store| Box::pin(cases::$case(store)) },)+]
        }
    };
}
crate::for_each_blob_case!(as_values);

/// Runs a case on a new store, on a runtime with two threads.
///
/// # Panics
///
/// Panics when the case does, or when the system gives no threads.
pub fn run<C, F>(harness: &impl BlobHarness, case: C)
where
    C: FnOnce(Arc<dyn BlobStore>) -> F,
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system has threads to give");
    runtime.block_on(async { case(harness.open().await).await });
}

/// The cases. Their names are sentences about the behaviour that they check.
pub mod cases {
    #![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

    use std::sync::Arc;

    use bytes::Bytes;
    use parlor_model::{BlobId, ContentHash, Id};
    use parlor_store::{BlobDigest, BlobError, BlobStore};
    use sha2::{Digest, Sha256};
    use uuid::Uuid;

    /// More than any case writes.
    const AMPLE: u64 = 1 << 30;

    fn id(number: u128) -> BlobId {
        BlobId::from_uuid(Uuid::from_u128(number))
    }

    /// Bytes in an order that shows when parts of them change places.
    fn pattern(length: usize) -> Vec<u8> {
        let block: Vec<u8> = (0..=250).collect();
        let mut bytes = block.repeat(length / block.len() + 1);
        bytes.truncate(length);
        bytes
    }

    async fn write(store: &dyn BlobStore, id: BlobId, parts: &[&[u8]]) -> BlobDigest {
        let mut writer = store.begin(id, AMPLE).await.expect("it can be written");
        for part in parts {
            writer.write(Bytes::copy_from_slice(part)).await.expect("it is taken");
        }
        writer.finish().await.expect("it is kept")
    }

    async fn read(store: &dyn BlobStore, id: BlobId) -> Option<Vec<u8>> {
        let mut reader = store.read(id).await.expect("it can be read")?;
        let mut whole = Vec::new();
        while let Some(bytes) = reader.next().await.expect("it can be read to its end") {
            assert!(!bytes.is_empty(), "a part has bytes");
            whole.extend_from_slice(&bytes);
        }
        Some(whole)
    }

    async fn is_absent(store: &dyn BlobStore, id: BlobId) {
        assert_eq!(read(store, id).await, None);
        assert_eq!(store.size(id).await.expect("it can be asked"), None);
    }

    /// Bytes, their number and their hash are those that were written.
    pub async fn bytes_come_back_as_they_went_in(store: Arc<dyn BlobStore>) {
        let all: Vec<u8> = (0..=255).collect();
        let digest = write(&*store, id(1), &[&all]).await;
        let sha256 = ContentHash::new(Sha256::digest(&all).into());
        assert_eq!(digest, BlobDigest { bytes: 256, sha256 });
        assert_eq!(read(&*store, id(1)).await, Some(all.clone()));
        assert_eq!(read(&*store, id(1)).await, Some(all), "reading takes nothing away");
        assert_eq!(store.size(id(1)).await.expect("it can be asked"), Some(256));
    }

    /// A writer that is still writing shows nothing.
    pub async fn nothing_is_there_before_it_is_finished(store: Arc<dyn BlobStore>) {
        let mut writer = store.begin(id(1), AMPLE).await.expect("it can be written");
        writer.write(Bytes::from(pattern(6 << 20))).await.expect("it is taken");
        is_absent(&*store, id(1)).await;
        writer.finish().await.expect("it is kept");
        assert_eq!(store.size(id(1)).await.expect("it can be asked"), Some(6 << 20));
    }

    /// A connection that broke leaves nothing.
    pub async fn what_is_dropped_before_its_end_is_not_kept(store: Arc<dyn BlobStore>) {
        for length in [1, 6 << 20] {
            let mut writer = store.begin(id(1), AMPLE).await.expect("it can be written");
            writer.write(Bytes::from(pattern(length))).await.expect("it is taken");
            drop(writer);
            is_absent(&*store, id(1)).await;
        }
    }

    /// However the bytes come, one too many is one too many, and a writer that refused once refuses to finish.
    pub async fn a_byte_above_the_limit_is_refused(store: Arc<dyn BlobStore>) {
        for parts in [&[11][..], &[10, 1], &[3, 3, 3, 3], &[4_000_000]] {
            let mut writer = store.begin(id(1), 10).await.expect("it can be written");
            let mut refused = None;
            for length in parts {
                refused = writer.write(Bytes::from(pattern(*length))).await.err();
            }
            assert!(matches!(refused, Some(BlobError::TooLarge { limit: 10 })), "{parts:?}: {refused:?}");
            assert!(writer.finish().await.is_err(), "what was refused is not kept");
            is_absent(&*store, id(1)).await;
        }
    }

    /// The limit itself passes.
    pub async fn exactly_the_limit_is_kept(store: Arc<dyn BlobStore>) {
        let mut writer = store.begin(id(1), 10).await.expect("it can be written");
        for _ in 0..2 {
            writer.write(Bytes::from(pattern(5))).await.expect("it is taken");
        }
        assert_eq!(writer.finish().await.expect("it is kept").bytes, 10);
        assert_eq!(read(&*store, id(1)).await, Some([pattern(5), pattern(5)].concat()));
    }

    /// Parts of any length follow each other as they were given.
    pub async fn many_bytes_in_uneven_parts_stay_in_order(store: Arc<dyn BlobStore>) {
        let all = pattern(12 << 20);
        let (first, rest) = all.split_at(1);
        let (second, third) = rest.split_at((5 << 20) + 7);
        let digest = write(&*store, id(1), &[first, second, third]).await;
        assert_eq!(digest.sha256, ContentHash::new(Sha256::digest(&all).into()));
        assert!(read(&*store, id(1)).await == Some(all), "the bytes are others");
    }

    /// Ids that differ in any digit are different.
    pub async fn ids_do_not_see_each_other(store: Arc<dyn BlobStore>) {
        let ids = [id(1), id(2), id(1 << 64), id(1 << 127), id(0x0100)];
        for (at, id) in ids.into_iter().enumerate() {
            write(&*store, id, &[&pattern(at + 1)]).await;
        }
        store.delete(ids[1]).await.expect("it can be deleted");
        for (at, id) in ids.into_iter().enumerate() {
            assert_eq!(read(&*store, id).await, (at != 1).then(|| pattern(at + 1)), "{id}");
        }
    }

    /// Deleting removes, and may be repeated.
    pub async fn what_was_deleted_is_gone(store: Arc<dyn BlobStore>) {
        write(&*store, id(1), &[b"secret"]).await;
        for _ in 0..2 {
            store.delete(id(1)).await.expect("it can be deleted");
            is_absent(&*store, id(1)).await;
        }
    }

    /// Absent is no error.
    pub async fn what_was_never_written_is_absent(store: Arc<dyn BlobStore>) {
        is_absent(&*store, id(7)).await;
        store.delete(id(7)).await.expect("there is nothing to delete");
    }

    /// No bytes are a content too.
    pub async fn nothing_at_all_can_be_kept(store: Arc<dyn BlobStore>) {
        assert_eq!(write(&*store, id(1), &[]).await.bytes, 0);
        assert_eq!(read(&*store, id(1)).await, Some(Vec::new()));
    }
}
