//! Tokens from configuration, and tokens of our own making. Neither is kept in the clear.

use std::fmt;

use parlor_model::{AgentName, IdSource};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The randomness of a token of our own making, in bytes: 256 bits (reliability section 4.7).
const TOKEN_BYTES: usize = 32;

/// The SHA-256 of a token. It opens nothing.
#[derive(Clone, Copy)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The form in which it names a document.
    pub(crate) fn as_key(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }

    fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(hidden)")
    }
}

/// A new token of 256 random bits, in 64 hexadecimal digits.
pub(crate) fn new_token(ids: &dyn IdSource) -> SecretString {
    let mut bytes = [0; TOKEN_BYTES];
    ids.fill(&mut bytes);
    SecretString::from(data_encoding::HEXLOWER.encode(&bytes))
}

/// Who a token of the configuration belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bearer {
    /// An agent.
    Agent(AgentName),
    /// Whoever runs the workspace.
    Admin,
}

/// The tokens of the configuration, hashed.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    known: Vec<(TokenHash, Bearer)>,
}

impl Tokens {
    pub(crate) fn add(&mut self, token: &SecretString, bearer: Bearer) {
        self.known.push((TokenHash::of(token.expose_secret()), bearer));
    }

    /// Whose token this is. Every known one is compared, in constant time, whichever it is.
    pub(crate) fn bearer(&self, token: &str) -> Option<&Bearer> {
        let given = TokenHash::of(token);
        let mut found = None;
        for (hash, bearer) in &self.known {
            if hash.is(&given) {
                found = Some(bearer);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_somebodys() {
        let alice = Bearer::Agent(AgentName::new("alice").unwrap());
        let mut tokens = Tokens::default();
        tokens.add(&SecretString::from("swordfish"), alice.clone());
        tokens.add(&SecretString::from("master"), Bearer::Admin);
        assert_eq!(tokens.bearer("swordfish"), Some(&alice));
        assert_eq!(tokens.bearer("master"), Some(&Bearer::Admin));
        for wrong in ["", "swordfis", "swordfishh", "Swordfish", " swordfish", "sword"] {
            assert_eq!(tokens.bearer(wrong), None, "{wrong:?}");
        }
        let shown = format!("{tokens:?}");
        assert!(!shown.contains("swordfish"), "{shown}");
    }
}
