//! Secrets: references in `hob.toml`, sealed bytes in the database.

use hob_base::{Error, Result, error::Doing};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

/// A secret's value, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a setting says that its secret is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// `{ file = "/run/secrets/token" }`; a trailing line end is not part of it.
    File(std::path::PathBuf),
    /// `{ env = "TOKEN" }`
    Env(String),
}

impl SecretSource {
    /// Fetches the value.
    ///
    /// # Errors
    /// One sentence that names the file or variable.
    pub fn resolve(&self) -> Result<Secret, String> {
        match self {
            Self::File(path) => std::fs::read_to_string(path)
                .map(|text| Secret::new(text.trim_end_matches(['\r', '\n'])))
                .map_err(|e| format!("the file {} cannot be read: {e}", path.display())),
            Self::Env(name) => std::env::var(name)
                .map(Secret::new)
                .map_err(|_| format!("the environment variable {name} is not set")),
        }
    }
}

/// Seals and opens what is kept in the database, with a key that is not in it.
#[derive(Clone)]
pub struct Sealer {
    key: Arc<LessSafeKey>,
    random: SystemRandom,
}

impl Sealer {
    /// Reads the key file, or makes one that only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be read or made, or is not a key.
    pub fn open(path: &Path) -> Result<Self> {
        let random = SystemRandom::new();
        let bytes = match std::fs::File::open(path) {
            Ok(mut file) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).doing(|| format!("Reading the key file {}", path.display()))?;
                bytes
            }
            Err(e) if e.kind() == ErrorKind::NotFound => create_key(path, &random)?,
            Err(e) => return Err(Error::internal(format!("Opening the key file {}", path.display()), e)),
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| {
            Error::Conflict(format!(
                "The key file {} is not 32 bytes long: it is damaged. Restore it from a backup; without it the secrets \
                 in the database cannot be opened.",
                path.display()
            ))
        })?;
        Ok(Self { key: Arc::new(LessSafeKey::new(key)), random })
    }

    /// Seals `plain` for one purpose, so that a sealed value cannot be moved to another place in the database.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = self.random_bytes()?;
        let mut sealed = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut sealed)
            .map_err(|_| Error::internal("Sealing a secret", "the cipher refused"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the same purpose.
    ///
    /// # Errors
    /// When it was sealed with another key or for another purpose, or was changed.
    pub fn open_sealed(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let wrong = || {
            Error::Conflict(format!(
                "The secret “{purpose}” cannot be opened: it was sealed with another key file. Enter it anew."
            ))
        };
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut body = body.to_vec();
        let plain = self.key.open_in_place(nonce, Aad::from(purpose), &mut body).map_err(|_| wrong())?;
        Ok(plain.to_vec())
    }

    /// Random bytes from the operating system, for tokens and ids.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn random_bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.random
            .fill(&mut bytes)
            .map_err(|_| Error::internal("Asking the system for random bytes", "it gave none"))?;
        Ok(bytes)
    }
}

fn create_key(path: &Path, random: &SystemRandom) -> Result<Vec<u8>> {
    let mut bytes = vec![0; 32];
    random.fill(&mut bytes).map_err(|_| Error::internal("Making a key", "the system gave no randomness"))?;
    let doing = || format!("Creating the key file {}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).doing(doing)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).doing(doing)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn sealed_secrets_open_only_with_their_key_and_purpose() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let sealer = Sealer::open(&path).unwrap();
        let sealed = sealer.seal("mail.password", b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|w| w == b"hunter2"));
        let again = Sealer::open(&path).unwrap();
        assert_eq!(again.open_sealed("mail.password", &sealed).unwrap(), b"hunter2");
        assert!(again.open_sealed("other", &sealed).is_err());
        let other = Sealer::open(&dir.path().join("other.key")).unwrap();
        assert!(other.open_sealed("mail.password", &sealed).unwrap_err().to_string().contains("anew"));
        for cut in 0..sealed.len() {
            assert!(again.open_sealed("mail.password", &sealed[..cut]).is_err());
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        std::fs::write(&path, "short").unwrap();
        assert!(Sealer::open(&path).err().unwrap().to_string().contains("damaged"));
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
