//! SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding, and with passwords as they are written.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::{digest, hmac, pbkdf2};

pub(super) const NAME: &str = "SCRAM-SHA-256";

/// Most rounds of hashing, which the server chooses: PostgreSQL has 4096. More would be a way to keep this
/// machine busy; these take less than a tenth of a second.
const MOST_ROUNDS: u32 = 100_000;

/// Longest salt in bytes.
const LONGEST_SALT: usize = 1024;

/// What says that there is no channel binding, and that in base64.
const HEADER: &str = "n,,";
const BOUND: &str = "biws";

/// A proof which has begun.
#[derive(Debug)]
pub(super) struct Scram {
    nonce: String,
    bare: String,
}

impl Scram {
    /// Begins for `user`, who is empty for PostgreSQL; `nonce` is of graphic ASCII without a comma.
    pub(super) fn new(user: &str, nonce: &str) -> Self {
        Self { nonce: nonce.to_owned(), bare: format!("n={user},r={nonce}") }
    }

    /// The first message.
    pub(super) fn first(&self) -> String {
        format!("{HEADER}{}", self.bare)
    }

    /// The last message, and what the server must answer to prove itself; or a clause which says what is
    /// wrong with `server_first`.
    pub(super) fn last(
        &self,
        server_first: &[u8],
        password: &str,
    ) -> Result<(String, [u8; 32]), &'static str> {
        let server_first = std::str::from_utf8(server_first).map_err(|_| "is no text")?;
        let Challenge { nonce, salt, rounds } = parse(server_first).ok_or("cannot be read")?;
        // Else the server, or somebody between, replays an old conversation.
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err("is not for this conversation");
        }
        if rounds.get() > MOST_ROUNDS {
            return Err("asks for more rounds of hashing than is reasonable");
        }
        let mut salted = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut salted);
        let without_proof = format!("c={BOUND},r={nonce}");
        let all = format!("{},{server_first},{without_proof}", self.bare);
        let client_key = sign(&salted, b"Client Key");
        let stored_key = digest::digest(&digest::SHA256, &client_key);
        let signature = sign(stored_key.as_ref(), all.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, sign)| key ^ sign).collect();
        let server = sign(&sign(&salted, b"Server Key"), all.as_bytes());
        Ok((format!("{without_proof},p={}", BASE64_STANDARD.encode(proof)), server))
    }
}

/// Whether the server's last message proves that it knows the password.
pub(super) fn is_proof(server_last: &[u8], expected: &[u8; 32]) -> bool {
    // Nothing is gained from how long this takes: the expected value serves one conversation.
    let proof = server_last.strip_prefix(b"v=").and_then(|proof| BASE64_STANDARD.decode(proof).ok());
    proof.is_some_and(|proof| proof == expected)
}

struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    rounds: NonZeroU32,
}

fn parse(text: &str) -> Option<Challenge<'_>> {
    let mut parts = text.split(',');
    let nonce = parts.next()?.strip_prefix("r=")?;
    let salt = parts.next()?.strip_prefix("s=")?;
    let salt = BASE64_STANDARD.decode(salt).ok().filter(|salt| salt.len() <= LONGEST_SALT)?;
    let rounds = parts.next()?.strip_prefix("i=")?.parse().ok()?;
    Some(Challenge { nonce, salt, rounds })
}

fn sign(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut signature = [0; 32];
    signature.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref());
    signature
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SERVER_FIRST: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    #[test]
    fn the_example_of_rfc_7677() {
        let scram = Scram::new("user", "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(scram.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (last, server) = scram.last(SERVER_FIRST.as_bytes(), "pencil").unwrap();
        assert_eq!(
            last,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(is_proof(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", &server));
        assert!(!is_proof(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G0=", &server));
        assert!(!is_proof(b"e=other-error", &server));
    }

    #[test]
    fn strange_challenges_are_refused() {
        let last = |nonce, first: &str| Scram::new("", nonce).last(first.as_bytes(), "x").map(drop);
        assert_eq!(last("another", SERVER_FIRST), Err("is not for this conversation"));
        assert_eq!(last("abc", "r=abc,s=AAAA,i=1"), Err("is not for this conversation"));
        assert_eq!(
            last("abc", "r=abcd,s=AAAA,i=4000000000"),
            Err("asks for more rounds of hashing than is reasonable")
        );
        for wrong in [
            "",
            "r=abcd",
            "r=abcd,s=!,i=1",
            "r=abcd,s=AAAA,i=0",
            "r=abcd,s=AAAA,i=-1",
            "m=x,r=abcd,s=AAAA,i=1",
        ] {
            assert_eq!(last("abc", wrong), Err("cannot be read"), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_challenge_is_judged(text: String, bytes: Vec<u8>) {
            let _ = parse(&text);
            prop_assert!(!is_proof(&bytes, &[0; 32]));
        }
    }
}
