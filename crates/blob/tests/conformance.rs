//! The contract of stores of bytes, kept by ours.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder {
    use std::sync::Arc;

    use bytes::Bytes;
    use parlor_blob::Blobs;
    use parlor_model::{BlobId, Id};
    use parlor_store::BlobStore;
    use parlor_testkit::blob_suite::BlobHarness;

    /// A folder of its own for each case, gone with it.
    struct Folders(tempfile::TempDir);

    #[async_trait::async_trait]
    impl BlobHarness for Folders {
        async fn open(&self) -> Arc<dyn BlobStore> {
            Arc::new(Blobs::folder(self.0.path().join("not made yet")).unwrap())
        }
    }

    parlor_testkit::blob_conformance!(Folders(tempfile::tempdir().unwrap()));

    #[tokio::test]
    async fn another_process_reads_what_this_one_wrote_and_names_come_from_ids() {
        let folder = tempfile::tempdir().unwrap();
        let id: BlobId = "018bcfe5-687b-7000-8000-0000000000ab".parse().unwrap();
        assert_eq!(id.as_uuid().get_version_num(), 7);
        let mut writer = Blobs::folder(folder.path()).unwrap().begin(id, 10).await.unwrap();
        writer.write(Bytes::from_static(b"hello")).await.unwrap();
        writer.finish().await.unwrap();
        let file = folder.path().join("ab").join(id.to_string());
        assert_eq!(std::fs::read(file).unwrap(), b"hello");
        assert_eq!(Blobs::folder(folder.path()).unwrap().size(id).await.unwrap(), Some(5));
    }

    #[tokio::test]
    async fn what_was_dropped_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = Blobs::folder(folder.path()).unwrap();
        let id = BlobId::from_uuid("018bcfe5-687b-7000-8000-0000000000ab".parse().unwrap());
        let mut writer = store.begin(id, u64::MAX).await.unwrap();
        writer.write(Bytes::from(vec![7; 12 << 20])).await.unwrap();
        drop(writer);
        // Parts that were on their way to the disk are waited for by whoever uses the disk next.
        store.delete(id).await.unwrap();
        let mut left = Vec::new();
        for inner in std::fs::read_dir(folder.path()).unwrap() {
            let inner = inner.unwrap().path();
            left.extend(std::fs::read_dir(inner).unwrap().map(|file| file.unwrap().path()));
        }
        assert_eq!(left, Vec::<std::path::PathBuf>::new());
    }
}

mod memory {
    use std::sync::Arc;

    use parlor_blob::Blobs;
    use parlor_store::BlobStore;
    use parlor_testkit::blob_suite::BlobHarness;

    struct Memory;

    #[async_trait::async_trait]
    impl BlobHarness for Memory {
        async fn open(&self) -> Arc<dyn BlobStore> {
            Arc::new(Blobs::memory())
        }
    }

    parlor_testkit::blob_conformance!(Memory);
}
