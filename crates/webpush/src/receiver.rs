//! The browser's side of web push, for tests: keys, decryption, and what a push service checks of a signature.
//!
//! The keys of a real browser never leave it, and the library of cryptography has no way to bring one's own private key
//! into an agreement but its generator for tests. So this is for tests only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::Aad;
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as SignatureKey};
use serde_json::Value;

use crate::crypt::{HEADER, Keys, LAST, SALT};
use crate::subscription::{AUTH_SECRET, PUBLIC_KEY, Subscription};

/// A browser that can read what is sent to it.
#[derive(Debug, Clone)]
pub struct Receiver {
    private: [u8; 32],
    public: [u8; PUBLIC_KEY],
    auth: [u8; AUTH_SECRET],
}

impl Receiver {
    /// A browser with new keys.
    ///
    /// # Panics
    ///
    /// If the system gives no random bytes.
    #[must_use]
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let (mut private, mut auth) = ([0; 32], [0; AUTH_SECRET]);
        // Below the order of the curve for sure, and not zero.
        assert!(random.fill(&mut private[1..]).and_then(|()| random.fill(&mut auth)).is_ok(), "random bytes");
        Self::of(private, auth)
    }

    /// A browser with these keys.
    ///
    /// # Panics
    ///
    /// If `private` is no private key of P-256.
    #[must_use]
    pub fn of(private: [u8; 32], auth: [u8; AUTH_SECRET]) -> Self {
        let public = fixed_key(&private).compute_public_key();
        let public = public.ok().and_then(|key| key.as_ref().try_into().ok());
        let Some(public) = public else { panic!("a private key of P-256") };
        Self { private, public, auth }
    }

    /// What the browser gives to whoever is to send it messages at an address.
    ///
    /// # Panics
    ///
    /// If the address is none.
    #[must_use]
    pub fn subscription(&self, endpoint: &str) -> Subscription {
        let Ok(endpoint) = crate::endpoint(endpoint) else { panic!("{endpoint} is no address") };
        Subscription { endpoint, public_key: self.public, auth: self.auth }
    }

    /// Reads a body of the coding `aes128gcm` with one record (RFC 8188, RFC 8291).
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn decrypt(&self, body: &[u8]) -> Result<Vec<u8>, &'static str> {
        let (header, record) = body.split_at_checked(HEADER).ok_or("it is shorter than its header")?;
        let (salt, rest) = header.split_at(SALT);
        let salt: [u8; SALT] = salt.try_into().map_err(|_| "it has no salt")?;
        let Some((&[_, _, _, _, 65], key)) = rest.split_first_chunk::<5>() else {
            return Err("its key is not 65 bytes long");
        };
        let sender: [u8; PUBLIC_KEY] = key.try_into().map_err(|_| "it has no key")?;
        let theirs = UnparsedPublicKey::new(&ECDH_P256, sender);
        let keys = agree_ephemeral(fixed_key(&self.private), &theirs, |shared| {
            Keys::derive(shared, &self.auth, &self.public, &sender, salt)
        });
        let keys = keys.and_then(|keys| keys).map_err(|_| "its key is not a point on the curve")?;
        let mut record = record.to_vec();
        let opened = keys.cipher.open_in_place(keys.nonce, Aad::empty(), &mut record);
        let text = opened.map_err(|_| "it was not encrypted for this browser, or changed")?;
        let end = text.iter().rposition(|&byte| byte != 0).ok_or("it has no end")?;
        if text.get(end) != Some(&LAST) {
            return Err("it is not the last record");
        }
        Ok(text.get(..end).unwrap_or_default().to_vec())
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

/// The private key of P-256 that is these bytes.
///
/// # Panics
///
/// If they are none.
#[must_use]
pub fn fixed_key(private: &[u8; 32]) -> EphemeralPrivateKey {
    #[expect(deprecated, reason = "there is no other way to bring a known key, and only tests need one")]
    let random = ring::test::rand::FixedSliceRandom { bytes: private };
    match EphemeralPrivateKey::generate(&ECDH_P256, &random) {
        Ok(key) => key,
        Err(_) => panic!("a private key of P-256"),
    }
}

/// What a push service learns of who sends (RFC 8292, section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// For which push service: its origin.
    pub audience: String,
    /// Until when, in seconds since 1970.
    pub expires: i64,
    /// Whom to ask about the sender.
    pub subject: String,
    /// The public key of the sender, in base64.
    pub key: String,
}

/// Reads the header `Authorization` of a message and checks its signature (RFC 8292, section 3).
///
/// # Errors
///
/// What is wrong with it.
pub fn read_authorization(header: &str) -> Result<Claims, &'static str> {
    let fields = header.strip_prefix("vapid ").ok_or("it does not begin with vapid")?;
    let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name));
    let (token, key) = (field("t=").ok_or("it has no token")?, field("k=").ok_or("it has no key")?);
    let (signed, signature) = token.rsplit_once('.').ok_or("its token has no signature")?;
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| "it is not in base64url");
    let checked = SignatureKey::new(&ECDSA_P256_SHA256_FIXED, decoded(key)?)
        .verify(signed.as_bytes(), &decoded(signature)?);
    checked.map_err(|_| "its signature is wrong")?;
    let (head, claims) = signed.split_once('.').ok_or("its token has no claims")?;
    let json = |text: &str| serde_json::from_slice::<Value>(&decoded(text)?).map_err(|_| "it is not JSON");
    let (head, claims) = (json(head)?, json(claims)?);
    if head.get("alg").and_then(Value::as_str) != Some("ES256") {
        return Err("its token is not signed by ES256");
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Claims {
        audience: text("aud"),
        expires: claims.get("exp").and_then(Value::as_i64).ok_or("its token has no end")?,
        subject: text("sub"),
        key: key.to_owned(),
    })
}
