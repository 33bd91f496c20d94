use parlor_model::{Clock, Id, IdSource, Timestamp};
use sha2::{Digest, Sha256};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the current time is read")]
    fn now(&self) -> Timestamp {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::UNIX_EPOCH + since_epoch
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    /// # Panics
    ///
    /// When the operating system has no randomness to give: an id or token made without it would be guessable,
    /// so there is nothing better to do than to stop.
    #[expect(clippy::expect_used, reason = "see the section on panics")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

/// An id that is the same whenever it is made of the same: the first bytes of a hash.
pub(crate) fn id_of<T: Id>(hash: Sha256) -> T {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    T::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
