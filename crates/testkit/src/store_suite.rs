//! The conformance suite of stores.
//!
//! Each case is a plain function that takes an empty store and panics when the store does not keep the contract. The
//! cases stand in one list, [`for_each_store_case!`](crate::for_each_store_case), which
//! [`store_conformance!`](crate::store_conformance) expands to tests and [`store_cases`] to values.

mod agents;
mod atomicity;
mod conversations;
mod delivery;
mod durability;
mod erasure;
mod everything;
mod expect;
mod harness;
mod identity;
mod interactions;
mod journal;
mod leases;
mod lists;
mod messages;
mod outbox;
mod records;
mod repetition;
mod sample;
mod search;

pub use self::erasure::Planted;
pub use self::harness::{CaseRun, DurableHarness, StoreCase, StoreHarness, run, run_durable, store_cases};
pub use self::sample::{Sample, Visitor};

/// The cases. Their names are sentences about the behaviour that they check.
pub mod cases {
    pub use super::agents::*;
    pub use super::atomicity::*;
    pub use super::conversations::*;
    pub use super::delivery::*;
    pub use super::durability::*;
    pub use super::erasure::{
        a_document_belongs_to_a_contact_while_it_is_there, g23_an_erased_contact_stands_in_no_list,
        g23_an_erasure_can_be_repeated, g23_an_erasure_leaves_no_word,
        g23_an_erasure_names_the_bytes_that_must_go, g23_an_erasure_waits_until_work_is_done,
        g23_an_export_has_every_part, g23_nothing_is_written_to_who_was_erased,
        g23_the_audit_chain_survives_an_erasure, g23_what_was_taken_stays_known_after_an_erasure,
        the_audit_chain_verifies, what_is_old_is_emptied_by_and_by,
    };
    pub use super::identity::*;
    pub use super::interactions::*;
    pub use super::journal::*;
    pub use super::leases::*;
    pub use super::lists::*;
    pub use super::messages::*;
    pub use super::outbox::*;
    pub use super::records::*;
    pub use super::repetition::*;
    pub use super::search::*;
}
