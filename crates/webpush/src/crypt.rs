//! The body of a message: encrypted for one browser (RFC 8291) in one record of `aes128gcm` (RFC 8188).

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::{SecureRandom, SystemRandom};

use crate::subscription::{AUTH_SECRET, PUBLIC_KEY, Subscription};

/// Longest text of a message, in bytes: a push service must take 4,096 (RFC 8291, section 4), of which 86 are the
/// header of the coding, 16 the tag and 1 the end of the text.
pub const MAX_PLAINTEXT: usize = 4096 - HEADER - TAG - 1;

/// Length of the salt (RFC 8188, section 2.1), in bytes.
pub(crate) const SALT: usize = 16;

/// Salt, record size, length of the key, key (RFC 8188, section 2.1).
pub(crate) const HEADER: usize = SALT + 4 + 1 + PUBLIC_KEY;

const TAG: usize = 16;

/// The size of a record. There is one, and it is shorter.
const RECORD_SIZE: u32 = 4096;

/// What stands behind the text of the last record (RFC 8188, section 2).
pub(crate) const LAST: u8 = 2;

/// Encrypts `plaintext` for a browser. Gives the body of the request; its coding is `aes128gcm`.
///
/// Nothing for a text longer than [`MAX_PLAINTEXT`], and where the system gives no random bytes.
#[must_use]
pub fn encrypt(subscription: &Subscription, plaintext: &[u8]) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).ok()?;
    let mut salt = [0; SALT];
    random.fill(&mut salt).ok()?;
    encrypt_with(subscription, plaintext, own, salt)
}

/// As [`encrypt`], with the key and the salt that are otherwise random.
pub(crate) fn encrypt_with(
    to: &Subscription,
    plaintext: &[u8],
    own: EphemeralPrivateKey,
    salt: [u8; SALT],
) -> Option<Vec<u8>> {
    if plaintext.len() > MAX_PLAINTEXT {
        return None;
    }
    let own_public: [u8; PUBLIC_KEY] = own.compute_public_key().ok()?.as_ref().try_into().ok()?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, to.public_key);
    let keys = agree_ephemeral(own, &theirs, |shared| {
        Keys::derive(shared, &to.auth, &to.public_key, &own_public, salt)
    });
    let keys = keys.ok()?.ok()?;
    let mut record = Vec::with_capacity(plaintext.len() + 1 + TAG);
    record.extend_from_slice(plaintext);
    record.push(LAST);
    keys.cipher.seal_in_place_append_tag(keys.nonce, Aad::empty(), &mut record).ok()?;
    let mut body = Vec::with_capacity(HEADER + record.len());
    body.extend_from_slice(&salt);
    body.extend_from_slice(&RECORD_SIZE.to_be_bytes());
    body.push(PUBLIC_KEY as u8);
    body.extend_from_slice(&own_public);
    body.append(&mut record);
    Some(body)
}

/// What the one record is encrypted with.
pub(crate) struct Keys {
    pub(crate) cipher: LessSafeKey,
    pub(crate) nonce: Nonce,
}

impl Keys {
    /// RFC 8291, section 3.4, for the first record.
    pub(crate) fn derive(
        shared: &[u8],
        auth: &[u8; AUTH_SECRET],
        browser: &[u8; PUBLIC_KEY],
        sender: &[u8; PUBLIC_KEY],
        salt: [u8; SALT],
    ) -> Result<Self, Unspecified> {
        let agreed = Salt::new(HKDF_SHA256, auth).extract(shared);
        let input: [u8; 32] = expand(&agreed, &[b"WebPush: info\0", browser, sender])?;
        let key = Salt::new(HKDF_SHA256, &salt).extract(&input);
        let content: [u8; 16] = expand(&key, &[b"Content-Encoding: aes128gcm\0"])?;
        let nonce: [u8; NONCE_LEN] = expand(&key, &[b"Content-Encoding: nonce\0"])?;
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content)?);
        Ok(Self { cipher, nonce: Nonce::assume_unique_for_key(nonce) })
    }
}

/// So many bytes of key.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(key: &Prk, info: &[&[u8]]) -> Result<[u8; N], Unspecified> {
    let mut out = [0; N];
    key.expand(info, Length(N))?.fill(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::{Receiver, fixed_key};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_standard_comes_out_to_the_byte() {
        let receiver = Receiver::of(
            bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"),
            bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        );
        let subscription = receiver.subscription("https://push.example/");
        assert_eq!(
            subscription.p256dh(),
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        );
        let own = fixed_key(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"));
        let text = b"When I grow up, I want to be a watermelon";
        let body = encrypt_with(&subscription, text, own, bytes("DGv6ra1nlYgDCS1FRnbzlw")).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(&body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
        assert_eq!(receiver.decrypt(&body).unwrap(), text);
    }

    #[test]
    fn the_longest_message_fills_what_every_service_takes() {
        let subscription = Receiver::new().subscription("https://push.example/");
        assert_eq!(encrypt(&subscription, &[b'x'; MAX_PLAINTEXT]).unwrap().len(), 4096);
        assert_eq!(encrypt(&subscription, &[b'x'; MAX_PLAINTEXT + 1]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn only_the_browser_reads_it(
            text in proptest::collection::vec(any::<u8>(), 0..MAX_PLAINTEXT),
            flip in any::<proptest::sample::Index>(),
        ) {
            let receiver = Receiver::new();
            let mut body = encrypt(&receiver.subscription("https://push.example/"), &text).unwrap();
            prop_assert_eq!(receiver.decrypt(&body).unwrap(), text);
            prop_assert!(Receiver::new().decrypt(&body).is_err());
            let at = flip.index(body.len());
            // The record size is not authenticated; nor does it matter where there is one record.
            if !(SALT..SALT + 4).contains(&at) {
                body[at] ^= 1;
                prop_assert!(receiver.decrypt(&body).is_err());
            }
        }
    }
}
