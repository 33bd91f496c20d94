use parlor_model::{Attachment, Content};

use crate::{
    ATTACHMENTS_PER_MESSAGE, Capabilities, CapabilitiesId, ChannelProfile, Feature, Limit, MediaRefusal,
    Support,
};

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
        Content::Text { text } | Content::PushedUrl { url: _, text } => Some(text),
        Content::Attached { text, attachments } => {
            files(attachments, capabilities)?;
            text.as_ref()
        }
        // Notes, system entries and what a network once sent us are never sent. Neither is a content that was
        // added to the vocabulary without a rule here.
        other => {
            return Err(PreflightRefusal::NotForContacts { content: other.kind() });
        }
    };
    let Some(text) = text else {
        return Ok(());
    };
    carried(Feature::Text, capabilities)?;
    for limit in capabilities.text_limits() {
        let actual = limit.count(text.as_str());
        if actual > limit.limit().value {
            return Err(PreflightRefusal::OverLimit { limit: Box::new(limit.limit().clone()), actual });
        }
    }
    Ok(())
}

/// Holds a content against what agents may send on a channel, whatever the network could carry (r84, r85).
pub fn permitted(content: &Content, profile: &ChannelProfile) -> Result<(), PreflightRefusal> {
    match content.attachments().first() {
        Some(_) if !profile.outbound_image => Err(PreflightRefusal::SwitchedOff { feature: Feature::Image }),
        Some(_) | None => Ok(()),
    }
}

fn carried(feature: Feature, capabilities: &Capabilities) -> Result<(), PreflightRefusal> {
    let support = capabilities.support(feature);
    if support.arrives() {
        return Ok(());
    }
    Err(PreflightRefusal::Unsupported { feature, support, capabilities: capabilities.id().clone() })
}

fn files(attachments: &[Attachment], capabilities: &Capabilities) -> Result<(), PreflightRefusal> {
    for attachment in attachments {
        let feature = if attachment.media_type.is_image() { Feature::Image } else { Feature::File };
        carried(feature, capabilities)?;
        capabilities.admit(&attachment.media_type, attachment.bytes)?;
    }
    let actual = u64::try_from(attachments.len()).unwrap_or(u64::MAX);
    match capabilities.limit(ATTACHMENTS_PER_MESSAGE) {
        Some(limit) if actual > limit.value => {
            Err(PreflightRefusal::OverLimit { limit: Box::new(limit.clone()), actual })
        }
        Some(_) | None => Ok(()),
    }
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
    /// Agents may not send it on this channel, although the network might carry it.
    #[error("{feature} is switched off on this channel")]
    SwitchedOff {
        /// What is switched off.
        feature: Feature,
    },
    /// The network does not take such a file.
    #[error(transparent)]
    Media(#[from] MediaRefusal),
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
            Self::OverLimit { .. } | Self::Media(MediaRefusal::OverLimit { .. }) => "over_limit",
            Self::Unsupported { .. } | Self::SwitchedOff { .. } | Self::Media(_) => "unsupported_content",
        }
    }
}
