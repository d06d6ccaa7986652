//! Why a certificate is not trusted.

use std::fmt;

use rustls::CertificateError;
use rustls_pki_types::CertificateDer;

use crate::der::{self, Fields, Key, Signature, date};
use crate::words::cut;

/// How many certificates of a chain are looked at. Usual are two or three.
pub(crate) const CHAIN_SEEN: usize = 16;

/// RSA keys below this length, in bits, are not safe (NIST SP 800-131A).
pub(crate) const RSA_BITS: u32 = 2048;

/// Why a certificate is not trusted.
///
/// `Display` completes "The certificate is ...": "self-signed", "expired on 2024-05-01". Moments
/// are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// It has expired.
    Expired {
        /// When, if that can be read.
        on: Option<i64>,
    },
    /// It is not valid yet.
    NotYetValid {
        /// From when it is, if that can be read.
        from: Option<i64>,
    },
    /// A certificate between it and the root has expired.
    IssuerExpired {
        /// When.
        on: i64,
    },
    /// It was issued for other names or addresses.
    OtherNames {
        /// The first of them, at most [`der::NAMES_KEPT`].
        names: Vec<String>,
    },
    /// It was issued for no name at all.
    NoName,
    /// Its owner signed it.
    SelfSigned,
    /// The server did not send the certificate which signed it. Browsers may have it from
    /// elsewhere; other programs cannot trust the server.
    IncompleteChain,
    /// Neither its issuer nor anybody above is known here.
    UnknownIssuer,
    /// It was revoked.
    Revoked,
    /// It was not issued for servers.
    NotForServers,
    /// The server did not prove that it has the key of the certificate.
    NotOwn,
    /// It, or one which it depends on, is signed with an algorithm which is not safe any more.
    WeakSignature,
    /// Its key is so short that no proof with it counts.
    ShortKey {
        /// The length of its RSA modulus.
        bits: u32,
    },
    /// This machine has no list of trusted issuers.
    NoRoots,
    /// It cannot be judged for another reason.
    Unreadable,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired { on: Some(end) } => return write!(f, "expired on {}", date(*end)),
            Self::Expired { on: None } => "expired",
            Self::NotYetValid { from: Some(start) } => return write!(f, "not valid before {}", date(*start)),
            Self::NotYetValid { from: None } => "not valid yet",
            Self::IssuerExpired { on } => {
                return write!(f, "signed by an issuer whose own certificate expired on {}", date(*on));
            }
            Self::OtherNames { names } => {
                return write!(f, "issued for other names: {}", cut(&names.join(", "), 200));
            }
            Self::NoName => "issued for no name at all",
            Self::SelfSigned => "self-signed",
            Self::IncompleteChain => "sent without the intermediate certificate which signed it",
            Self::UnknownIssuer => "signed by an unknown issuer",
            Self::Revoked => "revoked",
            Self::NotForServers => "not issued for servers",
            Self::NotOwn => "not shown to be the server's own",
            Self::WeakSignature => "signed with an algorithm which is not safe any more",
            Self::ShortKey { bits } => {
                return write!(f, "made with an RSA key of {bits} bits, which is too short to be safe");
            }
            Self::NoRoots => "not to be judged, as this machine has no list of trusted issuers",
            Self::Unreadable => "in a form which cannot be judged",
        })
    }
}

/// Words the verdict of the TLS library on `leaf` with the `others` which the server sent.
pub(crate) fn distrust(
    error: &rustls::Error,
    leaf: &[u8],
    fields: Option<&Fields>,
    others: &[CertificateDer<'_>],
) -> Distrust {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(error) = error else { return Distrust::Unreadable };
    let (start, end) = fields.map_or((None, None), |fields| (fields.not_before, fields.not_after));
    match error {
        E::ExpiredContext { not_after, .. } => {
            let found = i64::try_from(not_after.as_secs()).unwrap_or(i64::MAX);
            match end {
                // A moment before 1970 is none to the library.
                Some(end) if end != found && end >= 0 => Distrust::IssuerExpired { on: found },
                end => Distrust::Expired { on: end },
            }
        }
        E::Expired => Distrust::Expired { on: end },
        E::NotValidYet => Distrust::NotYetValid { from: start },
        E::NotValidYetContext { not_before, .. } => {
            Distrust::NotYetValid { from: i64::try_from(not_before.as_secs()).ok() }
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => other_names(fields),
        // Of a certificate which its owner signed, nothing else matters.
        _ if fields.is_some_and(|fields| fields.self_issued) => Distrust::SelfSigned,
        E::UnknownIssuer => unknown(leaf, fields, others),
        // A signature is wrong when a root has the name of the issuer and another key, as after the
        // issuer was set up anew.
        E::BadSignature => Distrust::UnknownIssuer,
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
            if weakly_signed(fields, others) =>
        {
            Distrust::WeakSignature
        }
        E::Revoked => Distrust::Revoked,
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => Distrust::NotForServers,
        // To the library no moment before 1970 is one.
        _ if end.is_some_and(|end| end < 0) => Distrust::Expired { on: end },
        _ => Distrust::Unreadable,
    }
}

fn other_names(fields: Option<&Fields>) -> Distrust {
    match fields {
        Some(fields) if !fields.names.is_empty() => Distrust::OtherNames { names: fields.names.clone() },
        _ => Distrust::NoName,
    }
}

/// Tells a chain with a gap from one which leads to a root that is not known here.
///
/// A server need not send the root, so a missing issuer alone says nothing. That a certificate is
/// missing in between is known when the issuer is a public one (these sign with intermediates
/// only), when the certificate says from where that of its issuer may be had, and when the server
/// sent certificates that do not belong to it.
fn unknown(leaf: &[u8], fields: Option<&Fields>, others: &[CertificateDer<'_>]) -> Distrust {
    let Some((_, issuer)) = der::subject_and_issuer(leaf) else { return Distrust::UnknownIssuer };
    let mut others = others.iter().take(CHAIN_SEEN).filter(|other| other.as_ref() != leaf).peekable();
    let sent_others = others.peek().is_some();
    let issued = |other: &CertificateDer<'_>| {
        der::subject_and_issuer(other).is_some_and(|(subject, _)| subject == issuer)
    };
    let names_intermediate =
        fields.is_some_and(|fields| fields.publicly_logged || fields.names_issuer_address);
    if !others.any(issued) && (sent_others || names_intermediate) {
        Distrust::IncompleteChain
    } else {
        Distrust::UnknownIssuer
    }
}

fn weakly_signed(leaf: Option<&Fields>, others: &[CertificateDer<'_>]) -> bool {
    let weak = |fields: &Fields| fields.signature != Signature::Other;
    leaf.is_some_and(weak)
        || others.iter().take(CHAIN_SEEN).filter_map(|other| der::fields(other)).any(|fields| weak(&fields))
}

/// What it means that a server did not sign the handshake as it should.
pub(crate) fn unproven(fields: Option<&Fields>) -> Distrust {
    match fields.map(|fields| fields.key) {
        Some(Key::Rsa(bits)) if bits < RSA_BITS => Distrust::ShortKey { bits },
        _ => Distrust::NotOwn,
    }
}
