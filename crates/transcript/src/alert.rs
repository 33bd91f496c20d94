/// Whether a reply of the contact is worth a new alert (r101): once per burst.
///
/// A burst ends when the agent has read the message that the last alert was about. Until then the agent has been
/// told already, and further replies only raise the count of unread messages. `last_alert_sequence` is the place of
/// the message that caused the agent's newest alert in this thread; `read_marker` is how far they have read it.
pub const fn alert_due(last_alert_sequence: Option<u64>, read_marker: u64) -> bool {
    match last_alert_sequence {
        None => true,
        Some(sequence) => read_marker >= sequence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r101_one_alert_per_burst() {
        assert!(alert_due(None, 0), "the first reply");
        assert!(!alert_due(Some(4), 3), "told already, not read yet");
        assert!(alert_due(Some(4), 4), "read: the next reply is news again");
        assert!(alert_due(Some(4), 9));
    }
}
