//! What is known of a server's certificate and of the connection it was shown on.

use std::fmt;

use rustls_pki_types::CertificateDer;

use crate::der::{self, Fields, Key, Signature};
use crate::distrust::{CHAIN_SEEN, Distrust, RSA_BITS};

/// What a server showed of itself in a TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Examination {
    /// Whether the roots trust the certificate for the name which was asked for, now, and the
    /// server has proven that it is its own.
    ///
    /// # Errors
    ///
    /// [`Distrust`] says why not. What it stands for is only the first thing that was found:
    /// the other fields tell of a certificate which is, say, self-signed and expired as well.
    pub trusted: Result<(), Distrust>,
    /// Whether the certificate was issued for the name, whoever issued it; `None` if it is in a form
    /// of which that cannot be said.
    pub name_matches: Option<bool>,
    /// What stands in the certificate; `None` if it cannot be read.
    pub leaf: Option<Fields>,
    /// How many certificates the server sent, its own among them.
    pub chain_length: usize,
    /// Which of the certificates that the server sent expires first; `None` if none can be read.
    pub first_expiry: Option<FirstExpiry>,
    /// What is not safe any more in the certificates, each once.
    pub weaknesses: Vec<Weakness>,
    /// The version of TLS; `None` if the handshake did not come to an end.
    pub version: Option<TlsVersion>,
    /// The protocol on which both sides agreed (RFC 7301), if they did, such as `h2`.
    pub protocol: Option<Vec<u8>>,
    /// Whether the server asked for a certificate of the client.
    pub client_certificate: ClientCertificate,
}

impl Examination {
    /// Whole days until the certificate of the server expires, negative if it has; `None` if it
    /// cannot be read. `now` is in seconds since 1970.
    #[must_use]
    pub fn days_left(&self, now: i64) -> Option<i64> {
        Some(days_between(now, self.leaf.as_ref()?.not_after?))
    }
}

/// The certificate of a chain which expires first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstExpiry {
    /// Its place in the chain: 0 is the server's own.
    pub position: usize,
    /// To whom it was issued.
    pub subject: Option<String>,
    /// The last moment of its validity, in seconds since 1970.
    pub not_after: i64,
}

impl FirstExpiry {
    /// Whole days until it expires, negative if it has. `now` is in seconds since 1970.
    #[must_use]
    pub fn days_left(&self, now: i64) -> i64 {
        days_between(now, self.not_after)
    }
}

fn days_between(now: i64, end: i64) -> i64 {
    end.saturating_sub(now).div_euclid(86_400)
}

/// What is not safe any more in a certificate. `Display` is a clause for "…, which is not safe any more".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Weakness {
    /// An RSA key of less than 2048 bits.
    ShortRsaKey {
        /// The length of the modulus.
        bits: u32,
    },
    /// A DSA key.
    DsaKey,
    /// A signature with SHA-1.
    Sha1Signature,
    /// A signature with MD5 or older.
    Md5Signature,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortRsaKey { bits } => write!(f, "an RSA key of {bits} bits"),
            Self::DsaKey => f.write_str("a DSA key"),
            Self::Sha1Signature => f.write_str("a signature with SHA-1"),
            Self::Md5Signature => f.write_str("a signature with MD5"),
        }
    }
}

/// A version of TLS. Older ones are never agreed on: such a server gives
/// [`Fault::Outdated`](crate::Fault::Outdated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

/// Whether a server wants to know who the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClientCertificate {
    /// It did not ask.
    #[default]
    NotAsked,
    /// It asked for a certificate of the client, and has not (yet) refused the client which has none.
    Asked,
    /// It refused the client because it has none.
    Required,
}

/// The parts of an examination which the certificates alone tell.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) leaf: Option<Fields>,
    pub(crate) length: usize,
    pub(crate) first_expiry: Option<FirstExpiry>,
    pub(crate) weaknesses: Vec<Weakness>,
}

impl Chain {
    /// Reads the certificate of the server and the others it sent.
    pub(crate) fn read(leaf: &[u8], others: &[CertificateDer<'_>]) -> Self {
        let own = der::fields(leaf);
        let mut weaknesses = own.as_ref().map_or_else(Vec::new, |own| weaknesses(own, true));
        let mut first_expiry = own.as_ref().and_then(|own| expiry(0, own));
        for (position, other) in (1..).zip(others.iter().take(CHAIN_SEEN)) {
            let Some(fields) = der::fields(other) else { continue };
            // Nobody relies on the signature of a root.
            weaknesses.extend(self::weaknesses(&fields, !fields.self_issued));
            let earlier = expiry(position, &fields)
                .filter(|new| first_expiry.as_ref().is_none_or(|first| new.not_after < first.not_after));
            first_expiry = earlier.or(first_expiry);
        }
        let mut each = Vec::new();
        for weakness in weaknesses {
            if !each.contains(&weakness) {
                each.push(weakness);
            }
        }
        Self { leaf: own, length: 1 + others.len(), first_expiry, weaknesses: each }
    }
}

fn expiry(position: usize, fields: &Fields) -> Option<FirstExpiry> {
    Some(FirstExpiry { position, subject: fields.subject.clone(), not_after: fields.not_after? })
}

fn weaknesses(fields: &Fields, signature_counts: bool) -> Vec<Weakness> {
    let key = match fields.key {
        Key::Rsa(bits) if bits < RSA_BITS => Some(Weakness::ShortRsaKey { bits }),
        Key::Dsa => Some(Weakness::DsaKey),
        _ => None,
    };
    let signature = match fields.signature {
        Signature::Md5 => Some(Weakness::Md5Signature),
        Signature::Sha1 => Some(Weakness::Sha1Signature),
        Signature::Other => None,
    };
    key.into_iter().chain(signature.filter(|_| signature_counts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_may_have_passed() {
        let first = |not_after| FirstExpiry { position: 0, subject: None, not_after };
        for (end, days) in
            [(0, 0), (86_399, 0), (86_400, 1), (-1, -1), (-86_400, -1), (i64::MIN, i64::MIN / 86_400 - 1)]
        {
            assert_eq!(first(end).days_left(0), days, "{end}");
        }
        // 1950 and 9999, as seen from 2026.
        assert_eq!(first(-631_152_000).days_left(1_780_000_000), -27_907);
        assert_eq!(first(253_402_300_799).days_left(1_780_000_000), 2_912_295);
    }
}
