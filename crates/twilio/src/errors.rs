//! What the provider's codes mean, as data.
//!
//! Read on 2026-11-21 in the provider's error dictionary (docs api/errors/N) and in a third party's copy of it of 2023. A code
//! that is not here is refused for no known reason and not tried again.

use parlor_channel::TransportErrorKind;
use parlor_channel::TransportErrorKind::{
    Content, Network, OptedOut, Other, Provider, RateLimited, Recipient, SenderNotAllowed, Unauthorized,
    WindowClosed,
};

/// A code of the provider: as an answer to a request where it begins with 2, in a status callback where with 3 or 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownError {
    /// The code.
    pub code: u32,
    /// What it means for us.
    pub kind: TransportErrorKind,
    /// Whether the same message may go through later.
    pub passes: bool,
    /// The same in words, for whoever looks after the account.
    pub meaning: &'static str,
}

impl KnownError {
    /// The code as the provider says it in an answer or in a receipt.
    pub fn of(code: &str) -> Option<&'static Self> {
        let code = code.parse::<u32>().ok()?;
        ERRORS.binary_search_by_key(&code, |known| known.code).ok().map(|at| &ERRORS[at])
    }

    /// Every code that is known, in order.
    pub const fn all() -> &'static [Self] {
        ERRORS
    }
}

const fn never(code: u32, kind: TransportErrorKind, meaning: &'static str) -> KnownError {
    KnownError { code, kind, passes: false, meaning }
}

const fn later(code: u32, kind: TransportErrorKind, meaning: &'static str) -> KnownError {
    KnownError { code, kind, passes: true, meaning }
}

/// In order of code.
const ERRORS: &[KnownError] = &[
    never(11_200, Content, "a file could not be fetched from our address"),
    never(11_751, Content, "a file is larger than the carrier takes"),
    never(12_300, Content, "a file has a type that does not fit what was fetched"),
    later(14_107, RateLimited, "too many messages in too little time"),
    never(20_003, Unauthorized, "the credentials are refused"),
    never(20_404, Unauthorized, "the account, or what was asked for, is not there"),
    later(20_429, RateLimited, "too many requests in too little time"),
    later(20_500, Provider, "the provider failed"),
    never(21_211, Recipient, "the recipient's number is no number"),
    never(21_212, SenderNotAllowed, "the sender's number is no number"),
    never(21_214, Recipient, "the recipient's number cannot be reached"),
    never(21_217, Recipient, "the recipient's number is not valid"),
    never(21_265, Recipient, "the recipient is a short code"),
    never(21_408, SenderNotAllowed, "the account may not send into that region"),
    never(21_601, SenderNotAllowed, "the number is not one that text messages can come to"),
    never(21_602, Content, "the message has no words"),
    never(21_603, SenderNotAllowed, "the sender is missing"),
    never(21_604, Recipient, "the recipient is missing"),
    never(21_605, Content, "the words are too long"),
    never(21_606, SenderNotAllowed, "the sender's number is not one of the account that can send there"),
    never(21_607, SenderNotAllowed, "a trial account sends only from the number of the sandbox"),
    never(21_608, SenderNotAllowed, "a trial account sends only to verified numbers"),
    never(21_609, SenderNotAllowed, "the address for status callbacks is not valid"),
    never(21_610, OptedOut, "the recipient has asked not to be written to"),
    later(21_611, RateLimited, "the sender's queue is full"),
    never(21_612, Recipient, "there is no route from the sender to the recipient"),
    never(21_614, Recipient, "the recipient's number is not a mobile one"),
    never(21_616, SenderNotAllowed, "the sender's number belongs to several accounts"),
    never(21_617, Content, "the words are longer than 1600 characters"),
    never(21_618, Content, "the words are refused"),
    never(21_619, Other, "the message could not be made"),
    never(21_620, Content, "the address of a file is not valid"),
    never(21_623, Content, "there are too many files"),
    never(21_624, Content, "the validity period is not valid"),
    never(21_635, Recipient, "the recipient's number is a landline"),
    never(21_654, Content, "a template is needed"),
    never(21_656, Content, "the variables of the template are not valid"),
    never(21_701, SenderNotAllowed, "the Messaging Service is not there"),
    never(21_702, SenderNotAllowed, "the Messaging Service is not usable"),
    never(21_703, SenderNotAllowed, "the Messaging Service has no number that is free to send"),
    never(21_704, SenderNotAllowed, "the Messaging Service has no numbers"),
    never(21_705, SenderNotAllowed, "the Messaging Service is not valid"),
    never(21_712, SenderNotAllowed, "the sender's number is in another Messaging Service"),
    later(30_001, RateLimited, "the sender's queue overflowed"),
    never(30_002, Unauthorized, "the account is suspended"),
    later(30_003, Recipient, "the handset cannot be reached now"),
    never(30_004, OptedOut, "the recipient or the carrier has blocked the message"),
    never(30_005, Recipient, "the recipient's number is not known"),
    never(30_006, Recipient, "the recipient's number is a landline or its carrier cannot be reached"),
    never(30_007, Content, "the carrier has filtered the message out"),
    later(30_008, Other, "it is not known why the message did not arrive"),
    later(30_009, Other, "a part of the message was lost"),
    never(30_010, Other, "the message costs more than it may"),
    never(30_011, Content, "files cannot be sent to that region"),
    never(30_012, Other, "the time that the message may wait is too short"),
    later(30_017, Network, "the carrier's network is congested"),
    never(30_018, SenderNotAllowed, "the sender must be registered there beforehand"),
    never(30_019, Content, "the message is larger than the carrier takes"),
    later(30_022, RateLimited, "the registered sender has sent too much in too little time"),
    never(30_023, RateLimited, "the registered sender has sent too much today"),
    never(30_032, SenderNotAllowed, "the toll-free number is not verified"),
    never(30_033, SenderNotAllowed, "the campaign is suspended"),
    never(30_034, SenderNotAllowed, "the number is not registered for messages of applications"),
    never(30_035, SenderNotAllowed, "the number is still being registered"),
    later(30_410, Network, "the carrier did not answer in time"),
    never(63_003, Recipient, "the recipient is not on that network"),
    never(63_005, Content, "the network refused the content"),
    never(63_007, SenderNotAllowed, "the sender is not on that network"),
    never(63_013, Content, "the network's rules forbid the message"),
    never(63_014, OptedOut, "the recipient has blocked the sender"),
    never(63_016, WindowClosed, "the time for free text is over"),
    later(63_018, RateLimited, "the network takes no more messages now"),
    never(63_019, Content, "a file could not be fetched"),
    never(63_021, Content, "the content is not valid"),
    never(63_024, Recipient, "the recipient is not valid"),
    never(63_032, OptedOut, "the recipient cannot be written to on that network"),
    never(63_033, OptedOut, "the recipient has blocked the network's messages"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_by_their_text() {
        assert!(ERRORS.is_sorted_by(|one, next| one.code < next.code), "each once and in order");
        for known in KnownError::all() {
            assert_eq!(KnownError::of(&known.code.to_string()), Some(known));
        }
        assert_eq!(KnownError::of("99999"), None);
        assert_eq!(KnownError::of("21610x"), None);
        assert_eq!(KnownError::of(""), None);
    }

    #[test]
    fn r122_a_wrong_sender_is_a_matter_for_the_administrator_and_never_repeated() {
        for code in ["21212", "21606", "21607", "21712", "21701", "30034"] {
            let known = KnownError::of(code).unwrap();
            assert_eq!((known.kind, known.passes), (SenderNotAllowed, false), "{code}");
        }
    }

    #[test]
    fn r130_numbers_that_take_no_texts_are_no_recipients() {
        for code in ["21211", "21214", "21217", "21614", "21635", "30005", "30006"] {
            let known = KnownError::of(code).unwrap();
            assert_eq!((known.kind, known.passes), (Recipient, false), "{code}");
        }
        assert!(KnownError::of("30003").unwrap().passes, "a handset is switched on again");
    }
}
