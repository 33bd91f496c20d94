/// Why something is refused by this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoutingError {
    /// A policy without a cool-down: work that the only Ready agent lets pass would come back to them at once, for
    /// ever.
    #[error("reoffer_after must be longer than zero")]
    NoCoolDown,
}
