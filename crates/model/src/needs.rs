use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Label, SkillName};

/// What a classification asks for, for one interaction, beyond what its queue asks for already (r10).
///
/// Kept with the interaction, so that a restart, a transfer or another node routes it as before without reading its
/// text again. Parts that are absent when read are empty: documents written before there was such a part stay
/// readable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Needs {
    /// Skills with the least grade that is enough; a skill that the queue asks for too counts with the higher grade.
    pub skills: BTreeMap<SkillName, u8>,
    /// Added to the priority of the queue; higher comes first.
    pub priority: i32,
    /// What was found, such as `intent` = `refund`; for explanations, filters and reports, not for routing.
    pub attributes: BTreeMap<Label, Label>,
}

impl Needs {
    /// Whether nothing is asked for and nothing was found.
    pub fn is_empty(&self) -> bool {
        self.skills.is_empty() && self.priority == 0 && self.attributes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_read_back_as_they_were_written_and_absent_parts_are_empty() {
        let needs = Needs {
            skills: BTreeMap::from([(SkillName::new("calming").unwrap(), 2)]),
            priority: -1,
            attributes: BTreeMap::from([(Label::new("sentiment").unwrap(), Label::new("negative").unwrap())]),
        };
        let json = serde_json::to_string(&needs).unwrap();
        assert_eq!(serde_json::from_str::<Needs>(&json).unwrap(), needs);
        assert!(!needs.is_empty());
        assert!(serde_json::from_str::<Needs>("{}").unwrap().is_empty());
    }
}
