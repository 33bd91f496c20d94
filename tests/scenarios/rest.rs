//! Laws that hold after every step of any day at the desk.

use proptest::prelude::*;

use crate::script::{play_and_check, steps};

proptest! {
    #[test]
    fn whatever_is_done_nothing_is_lost_doubled_overloaded_or_left_waiting(script in steps(60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let findings = runtime.block_on(play_and_check(&script));
        prop_assert!(findings.is_empty(), "{:#?}", findings);
    }
}
