use std::fmt;

use parlor_model::IdSource;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The randomness of a token, in bytes: 256 bits (threat T9).
const TOKEN_BYTES: usize = 32;

/// What a browser keeps to prove that a session is its own.
///
/// Whoever has it is that contact, so it is stored only as its [hash](Self::hash), never stands in an address, and
/// `Debug` hides it. Two are compared in constant time.
#[derive(Clone)]
pub struct SessionToken([u8; TOKEN_BYTES]);

impl SessionToken {
    /// A new token. The source must be cryptographically strong; [`IdSource`] says so.
    pub fn new(ids: &dyn IdSource) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        ids.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads a token as a browser sends it: exactly what [`expose`](Self::expose) gives, 64 digits of `0-9 a-f`.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let digits = text.as_bytes();
        if digits.len() != 2 * TOKEN_BYTES {
            return Err(MalformedToken);
        }
        let mut bytes = [0; TOKEN_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value_of(pair[0])? << 4 | value_of(pair[1])?;
        }
        Ok(Self(bytes))
    }

    /// The token for the browser that it belongs to, and for nobody else.
    pub fn expose(&self) -> String {
        hex(&self.0)
    }

    /// What is stored in its place. A token has so much randomness that a plain hash tells nothing about it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex(&Sha256::digest(self.0)))
    }
}

fn value_of(digit: u8) -> Result<u8, MalformedToken> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(MalformedToken),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

impl PartialEq for SessionToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SessionToken {}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(hidden)")
    }
}

/// A text that is no session token; there is nothing to say about it that would not help somebody who guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a session token")]
pub struct MalformedToken;

/// The stored form of a [`SessionToken`]: SHA-256 of its bytes in 64 hexadecimal digits. It opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug)]
    struct Counting;

    impl IdSource for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (at, byte) in (0..).zip(bytes) {
                *byte = at;
            }
        }
    }

    #[test]
    fn a_token_has_all_the_randomness_it_was_given() {
        assert_eq!(
            SessionToken::new(&Counting).expose(),
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        );
    }

    #[test]
    fn the_hash_is_sha_256_of_the_bytes() {
        // Calculated with another implementation.
        assert_eq!(
            SessionToken::new(&Counting).hash().as_str(),
            "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
        );
    }

    #[test]
    fn neither_debug_output_nor_the_hash_gives_a_token_away() {
        let token = SessionToken::new(&Counting);
        assert_eq!(format!("{token:?}"), "SessionToken(hidden)");
        assert_ne!(token.hash().as_str(), token.expose());
    }

    #[test]
    fn only_the_form_that_was_given_out_is_read() {
        let good = SessionToken::new(&Counting).expose();
        for bad in [
            String::new(),
            good[..63].to_owned(),
            format!("{good}0"),
            good.to_uppercase(),
            good.replace('a', "g"),
            format!(" {}", &good[1..]),
            "é".repeat(32),
        ] {
            assert_eq!(SessionToken::parse(&bad), Err(MalformedToken), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_token_reads_back_as_itself(bytes in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            let token = SessionToken(bytes);
            prop_assert_eq!(SessionToken::parse(&token.expose()), Ok(token.clone()));
            prop_assert_eq!(token == SessionToken(other), bytes == other);
            prop_assert_eq!(token.hash() == SessionToken(other).hash(), bytes == other);
        }

        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = SessionToken::parse(&text);
        }
    }
}
