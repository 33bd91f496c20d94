use serde::{Deserialize, Serialize};

/// Whether a participant is there, as far as the network tells (r35).
///
/// It is shown beside the participant and nothing else follows from it: a connection that drops ends no
/// interaction, because the person may be back in a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// A connection is open.
    Connected,
    /// There was a connection; it dropped, and the participant has not said goodbye.
    Disconnected,
    /// The participant ended the session.
    Left,
    /// The network does not tell, or nothing was heard yet.
    #[default]
    Unknown,
}

impl ConnectionState {
    /// The name as it stands in stores and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Left => "left",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r35_nothing_is_claimed_about_a_participant_nobody_heard_of() {
        assert_eq!(ConnectionState::default(), ConnectionState::Unknown);
    }

    #[test]
    fn the_name_is_the_serialised_form() {
        use ConnectionState::{Connected, Disconnected, Left, Unknown};
        for state in [Connected, Disconnected, Left, Unknown] {
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.as_str()));
        }
    }
}
