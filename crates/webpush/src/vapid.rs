//! Who sends: a key of its own and a signature for each push service (VAPID, RFC 8292).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_probe::{Scheme, Url};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

/// For how long a signature holds, in seconds. At most a day is allowed (RFC 8292, section 2); clocks differ.
const LIFETIME: i64 = 12 * 3600;

/// The key of a sender. A browser's subscription is bound to the public half: whoever loses the key loses them all.
pub struct Vapid {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vapid").field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}

/// Why there is no key, or no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VapidError {
    /// The bytes are no private key of P-256 in PKCS #8.
    #[error("The key for web push is damaged.")]
    Damaged,
    /// The system gave no random bytes.
    #[error("The system gave no random bytes for a key.")]
    NoRandom,
}

/// Whom the owner of a push service can ask about the sender (RFC 8292, section 2.1): `mailto:` or `https:`.
///
/// Apple's service answers 403 where the host in it has no address in the Internet's DNS, such as `localhost` or a name
/// of the house only; those of Google and Mozilla do not look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Contact(String);

impl Contact {
    /// Longest contact, in bytes.
    const MAX: usize = 500;

    /// Reads `mailto:anna@example.org` or `https://hob.example.org`. Services refuse other things, and Apple's refuses
    /// one with white space.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("mailto:").or_else(|| text.strip_prefix("https://"))?;
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\');
        (!rest.is_empty() && text.len() <= Self::MAX && rest.bytes().all(plain))
            .then(|| Self(text.to_owned()))
    }

    /// The contact that a site is: its address, if it is HTTPS and its host can have an address in the Internet's DNS.
    #[must_use]
    pub fn of_site(url: &str) -> Option<Self> {
        /// Names that never have one: RFC 2606, RFC 6761, RFC 6762, RFC 8375, and what houses use.
        const INSIDE: [&str; 11] = [
            "localhost",
            "local",
            "lan",
            "home",
            "internal",
            "intranet",
            "invalid",
            "test",
            "example",
            "arpa",
            "box",
        ];
        let url = Url::parse(url).ok().filter(|url| url.scheme() == Scheme::Https)?;
        let (name, last) = url.host().rsplit_once('.')?;
        let is_name = !name.is_empty() && last.bytes().all(|byte| byte.is_ascii_lowercase());
        if !is_name || INSIDE.contains(&last) || url.host().contains(':') {
            return None;
        }
        Self::read(&format!("https://{}", url.authority()))
    }

    /// A contact that every service takes and that says nothing.
    #[must_use]
    pub fn nobody() -> Self {
        Self("mailto:webpush@example.com".to_owned())
    }
}

impl Vapid {
    /// A new key. Gives its bytes (PKCS #8), too, which are a secret to keep.
    ///
    /// # Errors
    ///
    /// [`VapidError::NoRandom`].
    pub fn generate() -> Result<(Self, Vec<u8>), VapidError> {
        let bytes = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| VapidError::NoRandom)?;
        Ok((Self::from_bytes(bytes.as_ref())?, bytes.as_ref().to_vec()))
    }

    /// The key that was kept.
    ///
    /// # Errors
    ///
    /// [`VapidError::Damaged`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VapidError> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &random)
            .map_err(|_| VapidError::Damaged)?;
        Ok(Self { pair, random })
    }

    /// The public key as pages give it to the browser (`applicationServerKey`): 65 bytes in base64url.
    #[must_use]
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// The header `Authorization` for the push service at an origin (see [`audience`]), from `now`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`VapidError::NoRandom`].
    pub fn authorization(&self, audience: &str, contact: &Contact, now: i64) -> Result<String, VapidError> {
        let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let claims = serde_json::json!({
            "aud": audience, "exp": now.saturating_add(LIFETIME), "sub": contact.0,
        });
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(|_| VapidError::NoRandom)?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public_key()))
    }
}

/// For whom a signature is: the origin of the push service (RFC 8292, section 2).
#[must_use]
pub fn audience(endpoint: &Url) -> String {
    format!("{}://{}", endpoint.scheme().as_str(), endpoint.authority())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::read_authorization;

    fn contact() -> Contact {
        Contact::read("mailto:push@example.com").unwrap()
    }

    #[test]
    fn a_kept_key_signs_as_the_same_sender() {
        let (vapid, bytes) = Vapid::generate().unwrap();
        let again = Vapid::from_bytes(&bytes).unwrap();
        assert_eq!(vapid.public_key(), again.public_key());
        assert_eq!(vapid.public_key().len(), 87);
        let header = again.authorization("https://push.example.net", &contact(), 1_000).unwrap();
        let claims = read_authorization(&header).unwrap();
        assert_eq!(claims.audience, "https://push.example.net");
        assert_eq!((claims.expires, claims.subject.as_str()), (1_000 + 43_200, "mailto:push@example.com"));
        assert_eq!(claims.key, vapid.public_key());
        assert_eq!(Vapid::from_bytes(&bytes[1..]).unwrap_err(), VapidError::Damaged);
        assert!(!format!("{vapid:?}").contains("pair"));
    }

    /// RFC 8292, section 2.4.
    #[test]
    fn the_example_of_the_standard_is_understood() {
        let header = concat!(
            "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NT",
            "M1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9oj",
            "FwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, ",
            "k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
        );
        let claims = read_authorization(header).unwrap();
        assert_eq!((claims.audience.as_str(), claims.expires), ("https://push.example.net", 1_453_523_768));
        assert_eq!(read_authorization(&header.replace("oD1oA", "oD1pA")), Err("its signature is wrong"));
    }

    #[test]
    fn contacts_are_what_services_take() {
        for (text, good) in [
            ("mailto:anna@example.org", true),
            ("https://hob.example.org", true),
            ("http://hob.example.org", false),
            ("anna@example.org", false),
            ("mailto:", false),
            ("mailto: anna@example.org", false),
            ("mailto:<anna@example.org>", false),
            ("https://a\r\nb", false),
        ] {
            assert_eq!(Contact::read(text).is_some(), good, "{text}");
        }
    }

    #[test]
    fn a_site_is_a_contact_if_the_internet_knows_its_name() {
        for (site, good) in [
            ("https://hob.example.org", true),
            ("https://Hob.example.org:8443/path", true),
            ("http://hob.example.org", false),
            ("https://localhost:4620", false),
            ("https://nas", false),
            ("https://nas.local", false),
            ("https://hob.home.arpa", false),
            ("https://192.168.1.2", false),
            ("https://[2606:4700::1.2.3.4]", false),
            ("", false),
        ] {
            assert_eq!(Contact::of_site(site).is_some(), good, "{site}");
        }
        assert_eq!(Contact::read(&Contact::nobody().0), Some(Contact::nobody()));
        assert_eq!(Contact::of_site("https://hob.example.org/x").unwrap().0, "https://hob.example.org");
    }

    #[test]
    fn the_audience_is_the_origin() {
        for (endpoint, origin) in [
            ("https://fcm.googleapis.com/fcm/send/abc?x=1", "https://fcm.googleapis.com"),
            ("https://Push.example:8443/a", "https://push.example:8443"),
            ("http://[::1]:80/a", "http://[::1]"),
        ] {
            assert_eq!(audience(&Url::parse(endpoint).unwrap()), origin);
        }
    }
}
