use parlor_model::{AgentName, Label};

use super::{Context, Decision, nothing, one};
use crate::{CaseLimits, CaseValue, Event, Interaction, Refusal};

/// Changes the case information for somebody who takes part, or did (r32).
pub(super) fn set(
    interaction: &Interaction,
    agent: &AgentName,
    key: &Label,
    value: Option<&CaseValue>,
    cx: Context<'_>,
) -> Decision {
    let known = interaction.case.get(key);
    if known == value {
        return nothing();
    }
    if !cx.policy.case_editable {
        return Err(Refusal::CaseReadOnly);
    }
    if let Some(value) = value {
        if known.is_none() && interaction.case.len() >= CaseLimits::ENTRIES {
            return Err(Refusal::TooMany { limit: CaseLimits::ENTRIES });
        }
        if interaction.case_bytes_with(key, value) > CaseLimits::TOTAL_BYTES {
            return Err(Refusal::CaseTooLarge { limit: CaseLimits::TOTAL_BYTES });
        }
    }
    one(Event::CaseDataSet { agent: agent.clone(), key: key.clone(), value: value.cloned() })
}
