use parlor_model::Content;

use crate::{Capabilities, CapabilitiesId, Feature, Limit, Support};

/// Holds a content against what the network can carry, before anything is stored or sent.
///
/// Pure: whoever is refused has made no call and changed nothing, and can tell the agent which limit it was, how
/// much was used of it and where the limit comes from.
///
/// A feature that the network has no form for is refused as well: putting something else in its place is the
/// business of whoever sends, before asking here.
pub fn preflight(content: &Content, capabilities: &Capabilities) -> Result<(), PreflightRefusal> {
    let text = match content {
        // A network without a form for links gets the invitation in words, so those are what is measured (r64).
        Content::Text { text } | Content::PushedUrl { url: _, text } => text.as_str(),
        // Notes, system entries and what a network once sent us are never sent. Neither is a content that was
        // added to the vocabulary without a rule here.
        other => {
            return Err(PreflightRefusal::NotForContacts { content: other.kind() });
        }
    };
    let support = capabilities.support(Feature::Text);
    if !support.arrives() {
        return Err(PreflightRefusal::Unsupported {
            feature: Feature::Text,
            support,
            capabilities: capabilities.id().clone(),
        });
    }
    for limit in capabilities.text_limits() {
        let actual = limit.count(text);
        if actual > limit.limit().value {
            return Err(PreflightRefusal::OverLimit { limit: Box::new(limit.limit().clone()), actual });
        }
    }
    Ok(())
}

/// Why a content is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreflightRefusal {
    /// It is of a form that never leaves the house, such as a note (r31).
    #[error("a {content} entry is never sent to a contact")]
    NotForContacts {
        /// The name of its form.
        content: &'static str,
    },
    /// The network does not carry it.
    #[error("{feature} does not arrive there: {support:?} by {capabilities}")]
    Unsupported {
        /// What it would need.
        feature: Feature,
        /// How well the network carries that.
        support: Support,
        /// Which edition of the capabilities says so.
        capabilities: CapabilitiesId,
    },
    /// It is too long.
    #[error("{actual} {} are over the limit of {limit}", limit.unit)]
    OverLimit {
        /// The limit with its value and source.
        limit: Box<Limit>,
        /// How much the content uses, in the unit of the limit.
        actual: u64,
    },
}

impl PreflightRefusal {
    /// A stable name for APIs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotForContacts { .. } => "not_for_contacts",
            Self::Unsupported { .. } => "unsupported_content",
            Self::OverLimit { .. } => "over_limit",
        }
    }
}
