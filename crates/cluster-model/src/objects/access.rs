//! Who may what: service accounts and secrets. Of a secret only its type, the names of its keys, a pull credential and
//! the dates of a certificate are kept.
//!
//! A password lives in the memory of [`PullSecret`] alone: neither `Debug` nor a comparison shows it, and nothing here
//! can be serialized. A private key is dropped undecoded.

use super::meta::{Meta, each_or_skip, or_default};
use super::operators::LocalName;
use super::table::object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use registry_probe::{Credential, Digest, DockerConfig};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The type of a secret with a login for registries.
pub const DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";
/// The same in its old form.
pub const DOCKER_CFG: &str = "kubernetes.io/dockercfg";
/// The type of a secret with a certificate and its key.
pub const TLS: &str = "kubernetes.io/tls";

/// How many names of keys are kept.
const KEYS_MAX: usize = 50;

/// ServiceAccount.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceAccount {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// The secrets that its pods get for pulling images, where they name none themselves.
    #[serde(deserialize_with = "each_or_skip")]
    pub image_pull_secrets: Vec<LocalName>,
}

/// Secret, without what is secret in it but for pull credentials.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Secret {
    /// What every object has.
    pub metadata: Meta,
    /// Its type: `kubernetes.io/tls`.
    pub kind: Box<str>,
    /// The names of what it holds.
    pub keys: BTreeSet<Box<str>>,
    /// The logins for registries, where it is of one of the two types for them.
    pub pull: Option<PullSecret>,
    /// The certificate, where it holds one that can be read.
    pub certificate: Option<SecretCertificate>,
}

/// What is known of the leaf of a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretCertificate {
    /// The first names and addresses it was issued for.
    pub dns_names: Vec<Box<str>>,
    /// Who issued it.
    pub issuer: Box<str>,
    /// Until when it is valid, in milliseconds since 1970.
    pub not_after_ms: Option<i64>,
    /// Whether it was signed by itself.
    pub self_signed: bool,
}

/// The logins for registries that a secret holds. `Debug` shows names, never a password.
#[derive(Clone)]
pub struct PullSecret(Arc<Logins>);

struct Logins {
    /// By key as it is written, in order.
    entries: Vec<(Registry, Credential)>,
    problem: Option<Box<str>>,
    /// Of the bytes, so that a change is seen without looking at them.
    fingerprint: Digest,
}

/// One registry, or a part of one, for which a secret has a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The key as it is written: `https://index.docker.io/v1/`.
    pub key: Box<str>,
    /// Who logs in.
    pub user: Option<Box<str>>,
    /// Whether it is a token that the kubelet does not read: it knows names and passwords only.
    pub is_token: bool,
    /// A fingerprint of name and password. Who keeps it anywhere but in memory seals it, since a short password can be
    /// guessed from it.
    pub fingerprint: Digest,
}

impl PullSecret {
    /// Reads what stands in a secret, as bytes that are no longer Base64. `legacy` is the form of `.dockercfg`, which is the
    /// inner part of the newer one.
    fn read(bytes: &[u8], legacy: bool) -> Self {
        let fingerprint = Digest::sha256(bytes);
        let parsed = if legacy {
            DockerConfig::parse(&[b"{\"auths\":".as_slice(), bytes, b"}"].concat())
        } else {
            DockerConfig::parse(bytes)
        };
        let mut logins = Logins { entries: Vec::new(), problem: None, fingerprint };
        match parsed {
            Err(error) => logins.problem = Some(error.to_string().into()),
            Ok(config) => {
                for (key, credential) in config.entries() {
                    match credential {
                        Ok(Some(credential)) => logins.entries.push((registry(key, &credential), credential)),
                        Ok(None) => {}
                        // The kubelet reads all of a secret or nothing.
                        Err(error) => logins.problem = Some(error.to_string().into()),
                    }
                }
            }
        }
        Self(Arc::new(logins))
    }

    /// For which registries it has a login.
    pub fn registries(&self) -> impl Iterator<Item = &Registry> {
        self.0.entries.iter().map(|(registry, _)| registry)
    }

    /// Why the kubelet can read nothing of it, in a sentence that shows no secret.
    pub fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// The login of one entry, for who shows it to that registry and to nobody else.
    pub fn credential(&self, key: &str) -> Option<&Credential> {
        self.0.entries.iter().find(|(registry, _)| &*registry.key == key).map(|(_, credential)| credential)
    }
}

impl PartialEq for PullSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.fingerprint == other.0.fingerprint
    }
}

impl fmt::Debug for PullSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PullSecret")
            .field("registries", &self.registries().collect::<Vec<_>>())
            .field("problem", &self.problem())
            .finish_non_exhaustive()
    }
}

fn registry(key: &str, credential: &Credential) -> Registry {
    let (user, password) = match credential {
        Credential::Password { user, password } => (Some(user.as_str()), password),
        Credential::IdentityToken(token) | Credential::RegistryToken(token) => (None, token),
    };
    // A name holds no zero, so that no two pairs look the same.
    let whole = [user.unwrap_or_default().as_bytes(), b"\0", password.as_bytes()].concat();
    Registry {
        key: key.into(),
        user: user.map(Into::into),
        is_token: user.is_none(),
        fingerprint: Digest::sha256(&whole),
    }
}

/// A secret as the API server tells it. Values stay Base64 until it is known which of them are wanted.
#[derive(Deserialize)]
#[serde(default)]
struct Raw {
    #[serde(deserialize_with = "or_default")]
    metadata: Meta,
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: Box<str>,
    #[serde(deserialize_with = "or_default")]
    data: BTreeMap<Box<str>, String>,
}

impl Default for Raw {
    fn default() -> Self {
        Self { metadata: Meta::default(), kind: "".into(), data: BTreeMap::new() }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut raw = Raw::deserialize(deserializer)?;
        let value = |key: &str| raw.data.get(key).and_then(|text| STANDARD.decode(text.trim()).ok());
        let mut secret = Self::default();
        match &*raw.kind {
            DOCKER_CONFIG_JSON => {
                secret.pull = Some(PullSecret::read(&value(".dockerconfigjson").unwrap_or_default(), false));
            }
            DOCKER_CFG => {
                secret.pull = Some(PullSecret::read(&value(".dockercfg").unwrap_or_default(), true));
            }
            TLS => secret.certificate = value("tls.crt").and_then(|pem| leaf(&pem)),
            _ => {}
        }
        // What was applied last holds the values once more.
        raw.metadata.annotations.retain(|name, _| !name.contains("last-applied"));
        secret.keys = raw.data.into_keys().take(KEYS_MAX).collect();
        (secret.metadata, secret.kind) = (raw.metadata, raw.kind);
        Ok(secret)
    }
}

/// The first certificate of a chain in PEM (RFC 7468).
fn leaf(pem: &[u8]) -> Option<SecretCertificate> {
    let text = std::str::from_utf8(pem).ok()?;
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let fields = tls_probe::der::fields(&STANDARD.decode(body).ok()?)?;
    Some(SecretCertificate {
        dns_names: fields.names.iter().map(|name| name.as_str().into()).collect(),
        issuer: fields.issuer.unwrap_or_default().into(),
        not_after_ms: fields.not_after.and_then(|seconds| seconds.checked_mul(1000)),
        self_signed: fields.self_issued,
    })
}

object!(ServiceAccount, Secret);

#[cfg(test)]
mod tests;
