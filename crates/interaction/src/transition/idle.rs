use super::queued::ended;
use super::{Context, Decision, nothing, one};
use crate::{Active, EndedBy, Event, Idle, Interaction, Outcome};

/// An agent wrote: from now on the silence is the contact's, as long as the policy of now says; `None` when that is so
/// already.
///
/// While the contact waits for an answer the silence is the agents', and no rule ends a session for it: the
/// pending-response timer shows it (r40).
pub(super) fn after_an_answer(idle: Option<Idle>, cx: Context<'_>) -> Option<Event> {
    let notice_at = cx.policy.idle_notice.map(|after| cx.now + after);
    let wanted = notice_at.map(|notice_at| Idle::Watched { notice_at });
    (idle != wanted).then_some(Event::IdleReset { notice_at })
}

/// The agents are told.
pub(super) fn notice(active: &Active, cx: Context<'_>) -> Decision {
    match active.idle {
        Some(Idle::Watched { notice_at }) if cx.now >= notice_at => {
            // From now, not from when it was due: the contact is given this time after an outage too.
            one(Event::IdleNoticed { end_at: cx.policy.idle_end.map(|after| cx.now + after) })
        }
        Some(Idle::Watched { .. } | Idle::Noticed { .. }) | None => nothing(),
    }
}

/// The session ends by itself.
pub(super) fn end(interaction: &Interaction, active: &Active, cx: Context<'_>) -> Decision {
    match active.idle {
        Some(Idle::Noticed { end_at: Some(end_at) }) if cx.now >= end_at => {
            one(ended(interaction, &EndedBy::System, Outcome::Handled, cx))
        }
        Some(Idle::Watched { .. } | Idle::Noticed { .. }) | None => nothing(),
    }
}
