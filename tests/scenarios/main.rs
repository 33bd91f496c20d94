//! Given, when, then: what the manuals say, played through the whole engine with the in-memory store and a clock of
//! our own. A test that is named after a row of the manuals asserts what that row promises.
#![expect(
    clippy::unwrap_used,
    clippy::unchecked_time_subtraction,
    reason = "in a scenario a failure is the result"
)]
#![expect(
    clippy::similar_names,
    clippy::needless_for_each,
    clippy::needless_pass_by_value,
    clippy::vec_box,
    reason = "a scenario reads best in its own words"
)]

#[path = "../support.rs"]
mod support;

mod desk;
mod post;
mod script;
mod truth;
mod world;

mod after_work;
mod alerts;
mod capacity;
mod case;
mod closing;
mod colleagues;
mod concurrency;
mod consults;
mod contacts;
mod conversation;
mod emoji;
mod faults;
mod feed;
mod find;
mod gaps;
mod gone_at_once;
mod hand_over;
mod intake;
mod kpi;
mod leader;
mod lifecycle;
mod links;
mod live;
mod mailbox;
mod meanwhile;
mod networks;
mod offers;
mod outside;
mod pending;
mod permission;
mod planted;
mod presence;
mod push;
mod queues;
mod readiness;
mod refusals;
mod repeated;
mod rest;
mod restart;
mod retention;
mod rows;
mod sending;
mod silence;
mod targets;
mod team;
mod together;
mod unread;
mod views;
mod ways;
mod what_if;
