//! Where a browser wants its messages, and for which keys they are encrypted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_probe::{Url, UrlError};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::rand::SystemRandom;

/// Longest address of a push service accepted, in bytes. Those of today are below 700.
const MAX_ENDPOINT: usize = 2048;

/// Length of a public key, uncompressed (RFC 8291, section 2.1), in bytes.
pub(crate) const PUBLIC_KEY: usize = 65;

/// Length of the authentication secret (RFC 8291, section 3.2), in bytes.
pub(crate) const AUTH_SECRET: usize = 16;

/// What a browser gives to whoever is to send it messages (Push API, `PushSubscription`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub(crate) endpoint: Url,
    pub(crate) public_key: [u8; PUBLIC_KEY],
    pub(crate) auth: [u8; AUTH_SECRET],
}

/// Why what a browser gave is no [`Subscription`]. Each is a sentence that does not repeat what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The address is none, or too long.
    #[error("The address of the push service cannot be used: {0}.")]
    Endpoint(#[from] UrlError),
    /// The address is longer than 2,048 bytes.
    #[error("The address of the push service is longer than {MAX_ENDPOINT} bytes.")]
    EndpointTooLong,
    /// `p256dh` is not a point on the curve P-256, or not in base64.
    #[error("The browser's key (p256dh) is not a public key of P-256.")]
    PublicKey,
    /// `auth` is not 16 bytes in base64.
    #[error("The browser's secret (auth) is not 16 bytes long.")]
    Auth,
}

/// Reads the address at a push service.
///
/// # Errors
///
/// [`SubscriptionError`] if it is no address, or too long.
pub fn endpoint(text: &str) -> Result<Url, SubscriptionError> {
    if text.len() > MAX_ENDPOINT {
        return Err(SubscriptionError::EndpointTooLong);
    }
    Ok(Url::parse(text)?)
}

impl Subscription {
    /// Reads the three texts that a browser gives: the address, and `p256dh` and `auth` in base64 of either alphabet, with
    /// or without padding. Whether the address may be used is the business of [`Reach`](crate::Reach).
    ///
    /// # Errors
    ///
    /// [`SubscriptionError`] says which of them is wrong.
    pub fn read(address: &str, p256dh: &str, auth: &str) -> Result<Self, SubscriptionError> {
        let endpoint = endpoint(address)?;
        let public_key = decoded(p256dh).ok_or(SubscriptionError::PublicKey)?;
        let auth = decoded(auth).ok_or(SubscriptionError::Auth)?;
        if !is_on_curve(&public_key) {
            return Err(SubscriptionError::PublicKey);
        }
        Ok(Self { endpoint, public_key, auth })
    }

    /// The address at the push service.
    #[must_use]
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// The browser's public key, in base64 as browsers write it.
    #[must_use]
    pub fn p256dh(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.public_key)
    }

    /// The secret shared with the browser, in base64 as browsers write it.
    #[must_use]
    pub fn auth(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.auth)
    }
}

/// The `N` bytes that a base64 text of either alphabet means; padding may be there or not.
fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.trim_ascii().trim_end_matches('=');
    // Longer texts hold more than that, whatever they say.
    if text.len() > N * 4 / 3 + 4 {
        return None;
    }
    let text = text.replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Whether it is a point to which a key can be agreed. The library has no other way to ask.
fn is_on_curve(public_key: &[u8]) -> bool {
    EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new())
        .and_then(|own| agree_ephemeral(own, &UnparsedPublicKey::new(&ECDH_P256, public_key), |_| ()))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ADDRESS: &str = "https://push.example/abc";
    const KEY: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn any_base64_is_read_and_written_as_browsers_do() {
        let padded = format!("{}=", KEY.replace('-', "+").replace('_', "/"));
        for (key, auth) in [(KEY, AUTH), (padded.as_str(), "BTBZMqHH6r4Tts7J/aSIgg==")] {
            let subscription = Subscription::read(ADDRESS, key, auth).unwrap();
            assert_eq!((subscription.p256dh(), subscription.auth()), (KEY.to_owned(), AUTH.to_owned()));
            assert_eq!(subscription.endpoint().host(), "push.example");
        }
    }

    #[test]
    fn what_is_no_subscription_is_refused() {
        let off_curve = KEY.replace("iw4", "iw0");
        let long = format!("https://push.example/{}", "a".repeat(MAX_ENDPOINT));
        for (address, key, auth, error) in [
            ("push.example", KEY, AUTH, SubscriptionError::Endpoint(UrlError::Scheme)),
            (long.as_str(), KEY, AUTH, SubscriptionError::EndpointTooLong),
            (ADDRESS, "", AUTH, SubscriptionError::PublicKey),
            (ADDRESS, "p256dh-key", AUTH, SubscriptionError::PublicKey),
            (ADDRESS, &KEY[4..], AUTH, SubscriptionError::PublicKey),
            (ADDRESS, &off_curve, AUTH, SubscriptionError::PublicKey),
            (ADDRESS, KEY, "", SubscriptionError::Auth),
            (ADDRESS, KEY, "auth-key", SubscriptionError::Auth),
            (ADDRESS, KEY, KEY, SubscriptionError::Auth),
        ] {
            assert_eq!(Subscription::read(address, key, auth), Err(error), "{address} {key} {auth}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(address: String, key: String, auth: String) {
            let _ = Subscription::read(&address, &key, &auth);
            let _ = Subscription::read(ADDRESS, &key, &auth);
        }
    }
}
