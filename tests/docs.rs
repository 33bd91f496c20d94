//! The documents agree with themselves and with the code.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own repository must fail")]

mod support;

mod docs {
    mod blocks;
    mod limits;
    mod links;
    mod manual_decisions;
    mod presence;
}
