//! Identifiers and tokens from the operating system's randomness, and how tokens are kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hob_base::{Error, Result};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// What every API token begins with, so that it is recognised where it should not be, such as in a repository.
pub(crate) const TOKEN_PREFIX: &str = "hob_";

/// Random bytes.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::internal("Asking the system for random bytes", "it gave none"))?;
    Ok(bytes)
}

/// An identifier that is safe in a path.
pub(crate) fn new_id() -> Result<String> {
    Ok(random_bytes::<12>()?.iter().map(|b| format!("{b:02x}")).collect())
}

/// What a browser holds: 256 bits.
pub(crate) fn new_session_token() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes::<32>()?))
}

/// What a program holds: 256 bits behind a prefix.
pub(crate) fn new_api_token() -> Result<String> {
    Ok(format!("{TOKEN_PREFIX}{}", new_session_token()?))
}

/// What is kept of a token. It is random, so a fast hash without salt tells nothing about it.
pub(crate) fn hash_token(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}
