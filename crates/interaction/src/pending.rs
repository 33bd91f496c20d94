//! Since when the contact has waited for an answer: the fact below the pending-response timer (r40, r44).
//!
//! | what happens | what becomes of it |
//! | --- | --- |
//! | the first agent takes it (accept, auto-answer, pick) | pending from that moment |
//! | an agent begins it | not pending |
//! | the contact writes to somebody who has it, or had it | pending from that message, if it was not already |
//! | an agent writes to the contact | no longer pending |
//! | the contact writes after the end | pending from that message, through the queue and on |
//! | an agent writes after the end | not pending |
//! | transfer, offer, decline, conference | stays as it is |
//! | the session ends | not pending |
//!
//! Notes, whispers, typing, system and bot messages are no commands, so they cannot change it.

use parlor_model::Timestamp;

use crate::Interaction;

/// When an agent takes it from the queue at `at`.
pub(crate) fn once_taken(interaction: &Interaction, at: Timestamp) -> Option<Timestamp> {
    // While nobody has ever had it the contact waits for an agent, not for an answer: the timer starts with the
    // first owner. Later on it is about messages only.
    let first = interaction.last_owner.is_none();
    interaction.unanswered_since.or(if first { Some(at) } else { None })
}

/// Whether a message of the contact makes it pending, outside of Ended and Done.
pub(crate) fn begins_with_message(interaction: &Interaction) -> bool {
    interaction.unanswered_since.is_none() && interaction.last_owner.is_some()
}
