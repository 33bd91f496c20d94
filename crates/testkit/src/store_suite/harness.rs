use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parlor_store::Store;

use super::cases;

/// What takes longer hangs, on any machine: the case fails then, instead of waiting for ever.
const DEADLINE: Duration = Duration::from_mins(5);

/// How the suite gets at the stores that it tests.
#[async_trait]
pub trait StoreHarness: Send + Sync {
    /// Opens a new, empty store. Each case opens its own and none sees another's.
    ///
    /// # Panics
    ///
    /// Panics when there is none to be had: a case that cannot run has not passed.
    async fn open(&self) -> Arc<dyn Store>;
}

/// How the suite opens a store a second time.
#[async_trait]
pub trait DurableHarness: StoreHarness {
    /// Closes a store that [`open`](StoreHarness::open) gave, as the end of its process would, and opens what it kept.
    /// The given reference is the only one.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// A case that runs; it panics when the store does not keep the contract.
pub type CaseRun = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct StoreCase {
    /// The sentence that it checks.
    pub name: &'static str,
    /// Checks it on an empty store, panicking when it does not hold.
    pub run: fn(Arc<dyn Store>) -> CaseRun,
}

macro_rules! as_values {
    ($($case:ident)+) => {
        /// The cases that need no reopening, as values: for running them under other conditions than `#[test]`.
        pub fn store_cases() -> Vec<StoreCase> {
            vec![$(StoreCase { name: stringify!($case), run: |store| Box::pin(cases::$case(store)) },)+]
        }
    };
}
crate::for_each_store_case!(as_values);

/// Runs a case on a new store, on a runtime with two threads.
///
/// # Panics
///
/// Panics when the case does or takes five minutes, or when the system gives no threads.
pub fn run<C, F>(harness: &impl StoreHarness, case: C)
where
    C: FnOnce(Arc<dyn Store>) -> F,
    F: Future<Output = ()>,
{
    in_time(async { case(harness.open().await).await });
}

/// Runs a case about reopening, on a runtime with two threads.
///
/// # Panics
///
/// Panics when the case does or takes five minutes, or when the system gives no threads.
pub fn run_durable(harness: &impl DurableHarness, case: impl AsyncFnOnce(&dyn DurableHarness)) {
    in_time(case(harness));
}

/// Runs on two threads, so that what races, races for real.
fn in_time(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("the system has threads to give");
    runtime.block_on(async { tokio::time::timeout(DEADLINE, case).await.expect("the case hangs") });
}

/// The one list of store cases: a case named here is run by everybody.
///
/// Expands to `callback! { case case … }`. The cases about reopening stand in
/// [`for_each_durable_store_case!`](crate::for_each_durable_store_case).
#[macro_export]
macro_rules! for_each_store_case {
    ($($callback:tt)+) => {
        $($callback)+! {
            a_refused_change_keeps_none_of_its_parts
            a_refused_change_leaves_earlier_ones_as_they_were
            an_empty_change_is_kept
            a_change_that_is_journaled_needs_a_time
            a_change_names_only_what_exists
            absent_is_none
            every_part_comes_back_as_it_went_in
            a_duplicate_inbound_keeps_nothing_and_names_the_message
            inbound_events_differ_in_every_part_of_their_key
            one_of_many_concurrent_deliveries_is_taken
            a_repeated_request_finds_its_first_answer
            a_repetition_is_reported_before_a_conflict
            a_message_id_is_taken_once
            r92_a_stale_contact_keeps_nothing
            one_of_many_concurrent_updates_is_kept
            r11_an_address_belongs_to_one_contact_point
            r158_a_contact_point_may_change_its_name_only
            contact_points_come_oldest_first
            a_merge_can_be_taken_back
            identities_join_late_and_part_again
            aliases_never_close_a_circle
            a_subject_has_one_thread_in_a_channel
            threads_of_a_contact_include_the_posts_it_wrote_below
            a_stale_interaction_keeps_nothing
            one_of_many_concurrent_decisions_is_kept
            one_open_interaction_a_thread
            concurrent_first_messages_open_one_interaction
            r26_a_closed_interaction_is_followed_by_a_new_one
            a_version_check_alone_writes_nothing
            the_history_leads_to_the_snapshot
            an_interaction_that_contradicts_its_events_is_refused
            open_interactions_come_in_pages
            r8_an_offer_is_remembered_after_it_is_over
            sequences_are_gapless_in_each_thread
            sequences_are_gapless_under_concurrency
            a_reader_never_sees_a_place_before_a_lower_one
            messages_are_read_after_a_sequence_and_from_the_end
            texts_come_back_as_they_went_in
            moments_keep_their_microseconds
            every_kind_of_entry_comes_back
            r79_pages_are_exact_while_messages_arrive
            pages_say_whether_there_is_more
            r77_a_conversation_spans_all_threads
            r87_r88_a_conversation_is_filtered_by_visibility
            r80_a_search_ignores_case_and_accents
            r80_a_search_finds_in_every_conversation
            r80_a_search_keeps_to_a_contact
            r87_a_search_is_filtered_by_visibility
            a_search_sees_every_answered_commit
            a_search_goes_on_before_a_position
            a_search_takes_operators_as_text
            r107_only_what_the_contact_wrote_is_unread
            r109_read_markers_never_move_backwards
            r106_an_agents_list_holds_what_was_put_into_it
            a_merged_contact_stands_in_lists_once
            contacts_come_with_the_newest_activity_first
            below_a_post_each_contact_counts_for_itself
            contacts_are_searched_without_case_and_accents
            r101_the_last_alert_is_the_one_committed_last
            observations_are_a_set
            acknowledgements_never_move_backwards
            a_stale_agent_state_keeps_nothing
            agents_come_in_order_of_name
            load_never_exceeds_its_limit
            load_never_exceeds_its_limit_under_concurrency
            load_cannot_be_given_back_twice
            a_lowered_limit_applies_as_load_is_given_back
            state_and_load_are_written_independently
            an_agent_is_idle_since_the_later_time
            an_agent_is_journaled_once_a_change
            timers_are_set_moved_and_cancelled
            documents_have_versions
            documents_of_a_kind_come_in_order_of_key
            outbox_entries_have_versions
            outbox_entries_are_found_by_the_providers_id
            a_claimed_entry_is_sending_before_the_answer
            two_workers_never_hold_one_entry
            one_send_is_in_flight_per_thread
            what_is_not_due_holds_up_its_thread
            g07_a_lost_sender_leaves_an_uncertain_entry
            g07_what_is_sent_without_a_lease_is_uncertain
            consent_is_a_ledger
            dead_letters_keep_their_bytes
            g23_an_export_has_every_part
            g23_an_erasure_leaves_no_word
            g23_an_erasure_names_the_bytes_that_must_go
            a_document_belongs_to_a_contact_while_it_is_there
            g23_an_erasure_can_be_repeated
            g23_an_erasure_waits_until_work_is_done
            g23_nothing_is_written_to_who_was_erased
            g23_an_erased_contact_stands_in_no_list
            g23_what_was_taken_stays_known_after_an_erasure
            the_audit_chain_verifies
            g23_the_audit_chain_survives_an_erasure
            what_is_old_is_emptied_by_and_by
            a_lease_has_one_holder_at_a_time
            one_of_many_concurrent_claims_gets_the_lease
            a_lost_lease_cannot_write
            positions_are_gapless_in_order_of_commit
            the_journal_is_read_from_any_position
            the_journal_tells_every_part_in_order
            a_contact_is_journaled_once_a_change
            totals_count_what_is_there
        }
    };
}

/// The cases that need a store which can be opened again.
#[macro_export]
macro_rules! for_each_durable_store_case {
    ($($callback:tt)+) => {
        $($callback)+! {
            everything_is_there_after_reopening
            places_go_on_after_reopening
        }
    };
}

/// Expands the conformance suite to one test a case, each with a store of its own.
///
/// `store_conformance!(harness)` takes an expression that makes a
/// [`DurableHarness`](crate::store_suite::DurableHarness); it is evaluated once a test. A store that keeps nothing
/// beyond its life says so: `store_conformance!(volatile harness)` takes a
/// [`StoreHarness`](crate::store_suite::StoreHarness) and leaves out the cases about reopening.
///
/// Use it once in a file, at its top level.
#[macro_export]
macro_rules! store_conformance {
    (volatile $harness:expr) => {
        fn store_conformance_harness() -> impl $crate::store_suite::StoreHarness {
            $harness
        }

        mod store_conformance {
            $crate::for_each_store_case!($crate::store_conformance_tests);
        }
    };
    ($harness:expr) => {
        fn store_conformance_harness() -> impl $crate::store_suite::DurableHarness {
            $harness
        }

        mod store_conformance {
            $crate::for_each_store_case!($crate::store_conformance_tests);
            $crate::for_each_durable_store_case!($crate::durable_store_conformance_tests);
        }
    };
}

/// Part of [`store_conformance!`].
#[doc(hidden)]
#[macro_export]
macro_rules! store_conformance_tests {
    ($($case:ident)+) => {$(
        #[test]
        fn $case() {
            $crate::store_suite::run(&super::store_conformance_harness(), $crate::store_suite::cases::$case);
        }
    )+};
}

/// Part of [`store_conformance!`].
#[doc(hidden)]
#[macro_export]
macro_rules! durable_store_conformance_tests {
    ($($case:ident)+) => {$(
        #[test]
        fn $case() {
            $crate::store_suite::run_durable(
                &super::store_conformance_harness(),
                $crate::store_suite::cases::$case,
            );
        }
    )+};
}
