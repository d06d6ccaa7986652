//! What a registry is shown: a password or a token, and where Docker and Kubernetes keep it.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderValue;
use serde::Deserialize;

use crate::reference::Reference;

/// Largest configuration read, in bytes. Kubernetes takes no greater secret.
const MAX_CONFIG: usize = 1024 * 1024;

/// Padding is there, or it is not, and neither tells anything.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What proves to a registry who asks. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A name and a password, or an access token in place of the password.
    Password {
        /// The name.
        user: String,
        /// The password or access token.
        password: String,
    },
    /// A refresh token of a token service (OAuth 2), `identitytoken` in Docker's configuration.
    IdentityToken(String),
    /// A token which the registry itself takes, `registrytoken` in Docker's configuration.
    RegistryToken(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => {
                f.debug_struct("Password").field("user", user).finish_non_exhaustive()
            }
            Self::IdentityToken(_) => f.write_str("IdentityToken(..)"),
            Self::RegistryToken(_) => f.write_str("RegistryToken(..)"),
        }
    }
}

impl Credential {
    /// When the credential expires, in seconds since 1970, where that can be read from it: some
    /// registries give out a JSON Web Token (RFC 7519) as a password. Most passwords and access
    /// tokens say nothing of their end.
    #[must_use]
    pub fn expires_at(&self) -> Option<i64> {
        match self {
            Self::Password { password, .. } => jwt_expiry(password),
            Self::IdentityToken(token) | Self::RegistryToken(token) => jwt_expiry(token),
        }
    }
}

/// The value of `Authorization` for a name and a password (RFC 7617).
pub(crate) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    authorization(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// The value of `Authorization` for a token (RFC 6750, section 2.1); `None` if it cannot be sent.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { authorization(&format!("Bearer {token}")) } else { None }
}

fn authorization(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The `exp` of a JSON Web Token (RFC 7519, section 4.1.4), in seconds since 1970. Its signature is
/// not looked at: only who gave it out can do that, and nobody gains by it here.
#[must_use]
pub fn jwt_expiry(token: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: serde_json::Number,
    }
    let mut parts = token.split('.');
    let (_head, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || token.len() > MAX_CONFIG {
        return None;
    }
    let claims: Claims = serde_json::from_slice(&URL_SAFE.decode(claims).ok()?).ok()?;
    // A date may have a fraction (RFC 7519, section 2, NumericDate).
    claims.exp.as_i64().or_else(|| claims.exp.as_f64().map(|seconds| seconds as i64)).filter(|exp| *exp > 0)
}

/// Docker's `config.json`, which is also what a Kubernetes secret holds as `.dockerconfigjson`.
/// `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct DockerConfig {
    entries: BTreeMap<String, Entry>,
    helpers: BTreeMap<String, String>,
    store: Option<String>,
}

/// Why a configuration holds no credential that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is not JSON, or not of the form of such a configuration.
    #[error("This is no Docker configuration: {reason}.")]
    Unreadable {
        /// What is wrong, without anything of the text itself.
        reason: String,
    },
    /// The entry for the registry is broken.
    #[error(
        "The entry for {registry} in the Docker configuration cannot be read: its “auth” is not the Base64 of a name, a colon and a password."
    )]
    BadAuth {
        /// The key of the entry.
        registry: String,
    },
    /// The credential is kept by another program, which is not run from here.
    #[error(
        "The credential for {registry} is kept by the program docker-credential-{helper}, and credential \
         helpers are not supported: give the name and the password themselves."
    )]
    Helper {
        /// The registry asked for.
        registry: String,
        /// The helper, without `docker-credential-`.
        helper: String,
    },
}

#[derive(Clone, Default, Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    identitytoken: Option<String>,
    #[serde(default)]
    registrytoken: Option<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry(..)")
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    auths: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(default, rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

impl DockerConfig {
    /// Reads a configuration of at most 1 MiB.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Unreadable`] if it is none.
    pub fn parse(json: &[u8]) -> Result<Self, ConfigError> {
        let unreadable = |reason: String| ConfigError::Unreadable { reason };
        if json.len() > MAX_CONFIG {
            return Err(unreadable("it is larger than 1 MiB".to_owned()));
        }
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(unreadable("it does not begin with a brace".to_owned()));
        }
        // What the parser says may hold a part of the text, and so of a secret.
        let raw: Raw = serde_json::from_slice(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                unreadable(format!("what stands in line {} is not what belongs there", error.line()))
            }
            _ => unreadable(format!("it is not JSON from line {} on", error.line())),
        })?;
        let entries = raw.auths.unwrap_or_default();
        Ok(Self {
            entries: entries.into_iter().map(|(key, entry)| (key, entry.unwrap_or_default())).collect(),
            helpers: raw.helpers.unwrap_or_default(),
            store: raw.store.filter(|store| !store.is_empty()),
        })
    }

    /// Each entry by its key, as it is written there, with the credential it holds. For who chooses by rules of their
    /// own, as the kubelet does; [`DockerConfig::pick`] chooses as Docker does.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Result<Option<Credential>, ConfigError>)> {
        self.entries.iter().map(|(key, entry)| (key.as_str(), entry.credential(key)))
    }

    /// The credential for an image; `None` if the configuration has none for its registry.
    ///
    /// An entry is for a registry (`ghcr.io`, `nas.lan:5000`, `https://index.docker.io/v1/` for Docker
    /// Hub), or, as Kubernetes has it, for a part of one (`ghcr.io/team`) or several
    /// (`*.example.com`). The narrowest one counts.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Helper`] if another program keeps the credential, [`ConfigError::BadAuth`] if the
    /// entry is broken.
    pub fn pick(&self, reference: &Reference) -> Result<Option<Credential>, ConfigError> {
        let registry = reference.registry();
        let helped =
            |helper: &String| ConfigError::Helper { registry: registry.to_owned(), helper: shown(helper) };
        let helper = self.helpers.iter().find(|(key, _)| Key::new(key).fits(reference));
        if let Some((_, helper)) = helper {
            return Err(helped(helper));
        }
        let mut found: Vec<_> = self
            .entries
            .iter()
            .map(|(key, entry)| (Key::new(key), key, entry))
            .filter(|(key, ..)| key.fits(reference))
            .collect();
        found.sort_by_key(|(key, ..)| std::cmp::Reverse(key.narrowness()));
        for (_, key, entry) in found {
            if let Some(credential) = entry.credential(key)? {
                return Ok(Some(credential));
            }
        }
        self.store.as_ref().map_or(Ok(None), |store| Err(helped(store)))
    }
}

impl Entry {
    /// Docker leaves an entry empty where a helper keeps the credential.
    fn credential(&self, key: &str) -> Result<Option<Credential>, ConfigError> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = filled(&self.identitytoken) {
            return Ok(Some(Credential::IdentityToken(token)));
        }
        if let Some(token) = filled(&self.registrytoken) {
            return Ok(Some(Credential::RegistryToken(token)));
        }
        let pair = match (filled(&self.auth), filled(&self.username), filled(&self.password)) {
            (Some(auth), ..) => {
                Some(decode_auth(&auth).ok_or_else(|| ConfigError::BadAuth { registry: shown(key) })?)
            }
            (None, Some(user), Some(password)) => Some((user, password)),
            _ => None,
        };
        Ok(pair.map(|(user, password)| match user.as_str() {
            // How Docker's helpers call a token that goes without a name.
            "<token>" => Credential::IdentityToken(password),
            _ => Credential::Password { user, password },
        }))
    }
}

fn decode_auth(auth: &str) -> Option<(String, String)> {
    let auth: String = auth.split_ascii_whitespace().collect();
    let text = String::from_utf8(STANDARD.decode(auth).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    // Old versions of Docker filled up with zeros.
    let password = password.trim_end_matches('\0');
    (!user.is_empty()).then(|| (user.to_owned(), password.to_owned()))
}

/// A text of the configuration as it may stand in a sentence.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// The key of an entry: a registry, which may hold `*`, and a path within it.
struct Key<'a> {
    host: &'a str,
    path: &'a str,
}

impl<'a> Key<'a> {
    fn new(key: &'a str) -> Self {
        let key = key.trim();
        let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
        let (host, path) = key.split_once('/').unwrap_or((key, ""));
        let path = path.trim_matches('/');
        // Docker Hub's key ends with the version of its interface, and so did others.
        let path = if matches!(path, "v1" | "v2") { "" } else { path };
        let hub = matches!(host, "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com");
        Self { host: if hub { "docker.io" } else { host }, path }
    }

    fn fits(&self, reference: &Reference) -> bool {
        let under = reference.repository().strip_prefix(self.path);
        let in_path =
            self.path.is_empty() || under.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        in_path && host_fits(self.host, reference.registry())
    }

    fn narrowness(&self) -> (bool, usize, usize) {
        (!self.host.contains('*'), self.path.len(), self.host.len())
    }
}

/// Whether a host with `*` is meant. A star stands for a part of one label, and ports are equal, as in
/// <https://kubernetes.io/docs/concepts/containers/images/>.
fn host_fits(pattern: &str, host: &str) -> bool {
    if !pattern.contains('*') {
        return pattern.eq_ignore_ascii_case(host);
    }
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    let with_port = |text| str::split_once(text, ':').map_or((text, ""), |(host, port)| (host, port));
    let ((pattern, wanted_port), (host, port)) = (with_port(pattern.as_str()), with_port(host.as_str()));
    let (mut wanted, mut labels) = (pattern.split('.'), host.split('.'));
    loop {
        match (wanted.next(), labels.next()) {
            (None, None) => return wanted_port == port,
            (Some(pattern), Some(label)) if label_fits(pattern, label) => {}
            _ => return false,
        }
    }
}

fn label_fits(pattern: &str, label: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else { return pattern == label };
    let Some(mut rest) = label.strip_prefix(first) else { return false };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    // Taking the first place of each part leaves the most for those behind it.
    for part in middle.split('*') {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn password(user: &str, password: &str) -> Credential {
        Credential::Password { user: user.to_owned(), password: password.to_owned() }
    }

    fn pick(config: &str, reference: &str) -> Result<Option<Credential>, ConfigError> {
        DockerConfig::parse(config.as_bytes())?.pick(&Reference::parse(reference).unwrap())
    }

    #[test]
    fn the_entry_of_the_registry_is_picked() {
        let config = r#"{"auths": {
            "ghcr.io": {"auth": "bWU6Z2hw"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "secret"},
            "nas.lan:5000": {"auth": "bmFzOmE6Yg"},
            "quay.io": null
        }, "HttpHeaders": {"User-Agent": "x"}}"#;
        assert_eq!(pick(config, "ghcr.io/a/b"), Ok(Some(password("me", "ghp"))));
        assert_eq!(pick(config, "nginx"), Ok(Some(password("hub", "secret"))));
        assert_eq!(pick(config, "nas.lan:5000/x"), Ok(Some(password("nas", "a:b"))));
        for other in ["quay.io/a", "nas.lan/x", "nas.lan:5001/x", "xghcr.io/a"] {
            assert_eq!(pick(config, other), Ok(None), "{other}");
        }
        assert_eq!(pick("{}", "nginx"), Ok(None));
    }

    #[test]
    fn the_narrowest_entry_counts() {
        let config = r#"{"auths": {
            "*.example.com": {"username": "star", "password": "x"},
            "r*y.example.com": {"username": "ry", "password": "x"},
            "a.example.com/team": {"username": "team", "password": "x"},
            "http://a.example.com": {"username": "whole", "password": "x"},
            "*.example.com:5000": {"username": "port", "password": "x"}
        }}"#;
        for (reference, user) in [
            ("b.example.com/x", Some("star")),
            ("registry.example.com/x", Some("ry")),
            ("a.example.com/team/x", Some("team")),
            ("a.example.com/team", Some("team")),
            ("a.example.com/teamwork/x", Some("whole")),
            ("c.example.com:5000/x", Some("port")),
            ("c.example.com:5001/x", None),
            ("c.d.example.com/x", None),
            ("example.com/x", None),
        ] {
            let found = pick(config, reference).unwrap();
            assert_eq!(found, user.map(|user| password(user, "x")), "{reference}");
        }
    }

    #[test]
    fn tokens_are_told_from_passwords() {
        let config = r#"{"auths": {
            "a.io": {"auth": "MDAwOg==", "identitytoken": "id"},
            "b.io": {"registrytoken": "reg"},
            "c.io": {"username": "<token>", "password": "id"}
        }}"#;
        assert_eq!(pick(config, "a.io/x"), Ok(Some(Credential::IdentityToken("id".to_owned()))));
        assert_eq!(pick(config, "b.io/x"), Ok(Some(Credential::RegistryToken("reg".to_owned()))));
        assert_eq!(pick(config, "c.io/x"), Ok(Some(Credential::IdentityToken("id".to_owned()))));
    }

    #[test]
    fn a_helper_is_named() {
        let config = r#"{"auths": {"a.io": {}, "b.io": {"auth": "YTpi"}}, "credsStore": "desktop",
            "credHelpers": {"c.io": "ecr-login"}}"#;
        let helper = |registry: &str, helper: &str| {
            Err(ConfigError::Helper { registry: registry.to_owned(), helper: helper.to_owned() })
        };
        assert_eq!(pick(config, "a.io/x"), helper("a.io", "desktop"));
        assert_eq!(pick(config, "b.io/x"), Ok(Some(password("a", "b"))));
        assert_eq!(pick(config, "c.io/x"), helper("c.io", "ecr-login"));
        let text = pick(config, "c.io/x").unwrap_err().to_string();
        assert!(text.contains("docker-credential-ecr-login"), "{text}");
    }

    #[test]
    fn what_is_broken_is_said_without_the_secret() {
        for auth in ["!!!", "bm9jb2xvbg==", "OnB3", "//8="] {
            let config = format!(r#"{{"auths": {{"a.io": {{"auth": "{auth}"}}}}}}"#);
            let error = pick(&config, "a.io/x").unwrap_err();
            assert_eq!(error, ConfigError::BadAuth { registry: "a.io".to_owned() });
        }
        for text in ["", "secret", "[]", r#"{"auths": "secret"}"#, r#"{"auths": {"a": {"auth": 5}}"#] {
            let error = DockerConfig::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.ends_with('.') && !error.contains("secret"), "{error}");
        }
        assert!(DockerConfig::parse(&vec![b' '; MAX_CONFIG + 1]).is_err());
    }

    #[test]
    fn nothing_secret_is_shown() {
        let config = DockerConfig::parse(br#"{"auths": {"a.io": {"auth": "bWU6Z2hw"}}}"#).unwrap();
        let credential = password("me", "ghp");
        let header = basic("me", "ghp").unwrap();
        let all =
            format!("{config:?} {credential:?} {header:?} {:?}", Credential::IdentityToken("ghp".into()));
        assert!(!all.contains("ghp") && !all.contains("bWU6Z2hw"), "{all}");
        assert_eq!(header.as_bytes(), b"Basic bWU6Z2hw");
    }

    #[test]
    fn a_web_token_tells_its_end() {
        let jwt = |claims: &str| {
            format!("eyJhbGciOiJub25lIn0.{}.c2ln", URL_SAFE.encode(claims).trim_end_matches('='))
        };
        assert_eq!(jwt_expiry(&jwt(r#"{"exp": 1800000000, "sub": "x"}"#)), Some(1_800_000_000));
        assert_eq!(jwt_expiry(&jwt(r#"{"exp": 1800000000.5}"#)), Some(1_800_000_000));
        for other in [r#"{"sub": "x"}"#, r#"{"exp": "soon"}"#, r#"{"exp": -5}"#, "{", ""] {
            assert_eq!(jwt_expiry(&jwt(other)), None, "{other}");
        }
        for other in ["", "glpat-abc.def", "a.b.c", "ghp_0123", &format!("{}.x", jwt(r#"{"exp": 5}"#))] {
            assert_eq!(jwt_expiry(other), None, "{other}");
        }
        assert_eq!(password("me", &jwt(r#"{"exp": 5}"#)).expires_at(), Some(5));
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_none() {
        for bad in ["", "a b", "a\r\nX: y", "ä"] {
            assert_eq!(bearer(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_configuration_is_read(json: Vec<u8>) {
            let _ = DockerConfig::parse(&json);
        }

        #[test]
        fn any_key_is_compared(key: String, pattern in "[a*.:]{0,12}", host in "[a.:]{0,12}") {
            let reference = Reference::parse("ghcr.io/a/b").unwrap();
            let _ = (Key::new(&key).fits(&reference), host_fits(&pattern, &host));
        }

        #[test]
        fn what_docker_writes_is_read(user in "[a-z0-9_$+]{1,20}", secret in "[ -~ä]{0,30}") {
            let auth = STANDARD.encode(format!("{user}:{secret}"));
            let config = format!(r#"{{"auths": {{"ghcr.io": {{"auth": "{auth}"}}}}}}"#);
            prop_assert_eq!(pick(&config, "ghcr.io/a"), Ok(Some(password(&user, &secret))));
        }

        #[test]
        fn any_token_is_looked_at(token: String) {
            let _ = jwt_expiry(&token);
        }
    }
}
