//! What a check shows to get in: a reference, or bytes that only this hub can open. Never the value itself.

use crate::secrets::{Sealer, Secret, SecretSource};
use hob_base::Result;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// For what secrets of checks are sealed, so that they open nowhere else.
const PURPOSE: &str = "checks.secret";

/// Where the secret of a check is. In JSON: `{"file": "…"}`, `{"env": "…"}` or `{"sealed": "<hexadecimal>"}`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckSecret {
    /// In a file; a trailing line end is not part of it.
    File(PathBuf),
    /// In an environment variable.
    Env(String),
    /// In the database, sealed with the key file of this hub.
    Sealed(#[serde(with = "hexadecimal")] Vec<u8>),
}

impl CheckSecret {
    /// Seals a value that somebody typed.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(sealer: &Sealer, value: &str) -> Result<Self> {
        Ok(Self::Sealed(sealer.seal(PURPOSE, value.as_bytes())?))
    }

    /// The value, for the probe that sends it. Reads a file, so it may block.
    ///
    /// # Errors
    /// One sentence that says what is missing and what to do.
    pub fn open(&self, sealer: &Sealer) -> Result<Secret, String> {
        match self {
            Self::File(path) => SecretSource::File(path.clone()).resolve(),
            Self::Env(name) => SecretSource::Env(name.clone()).resolve(),
            Self::Sealed(bytes) => {
                let damaged = "the secret of this check cannot be opened: enter it anew";
                let plain = sealer.open_sealed(PURPOSE, bytes).map_err(|_| damaged.to_owned())?;
                String::from_utf8(plain).map(Secret::new).map_err(|_| damaged.to_owned())
            }
        }
    }

    /// Where people find it: “the file /run/secrets/token”.
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => format!("the file {}", path.display()),
            Self::Env(name) => format!("the environment variable {name}"),
            Self::Sealed(_) => "the settings of this check".to_owned(),
        }
    }
}

impl From<SecretSource> for CheckSecret {
    fn from(source: SecretSource) -> Self {
        match source {
            SecretSource::File(path) => Self::File(path),
            SecretSource::Env(name) => Self::Env(name),
        }
    }
}

impl fmt::Debug for CheckSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckSecret(in {})", self.place())
    }
}

/// Bytes as hexadecimal digits: what is sealed is short, and JSON has no bytes.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(pair, 16).ok()
        });
        digits
            .collect::<Option<_>>()
            .ok_or_else(|| D::Error::custom("a sealed secret is written in hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nowhere_but_where_it_is_sent() {
        let dir = tempfile::tempdir().unwrap();
        let sealer = Sealer::open(&dir.path().join("key")).unwrap();
        let sealed = CheckSecret::seal(&sealer, "hunter2").unwrap();
        let json = serde_json::to_string(&sealed).unwrap();
        assert!(!json.contains("hunter2") && !format!("{sealed:?}").contains("hunter2"));
        let back: CheckSecret = serde_json::from_str(&json).unwrap();
        assert_eq!(back.open(&sealer).unwrap().reveal(), "hunter2");
        let other = Sealer::open(&dir.path().join("other")).unwrap();
        assert!(back.open(&other).unwrap_err().contains("anew"));
        for wrong in [r#"{"sealed":"abc"}"#, r#"{"sealed":"zz"}"#, r#"{"sealed":"é"}"#, r#"{"plain":"x"}"#] {
            assert!(serde_json::from_str::<CheckSecret>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn references_say_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let sealer = Sealer::open(&dir.path().join("key")).unwrap();
        let file = CheckSecret::from(SecretSource::File(dir.path().join("none")));
        assert!(file.open(&sealer).unwrap_err().contains("cannot be read"));
        assert_eq!(serde_json::to_string(&CheckSecret::Env("TOKEN".into())).unwrap(), r#"{"env":"TOKEN"}"#);
    }
}
