//! Doors to what reads a stranger's bytes and is not public, for the fuzz targets of this repository.
//!
//! They add nothing but what a fuzzer needs: bytes in, and a panic where a promise of this library is
//! broken.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::Examination;
use crate::der::NAMES_KEPT;
use crate::tls::Tls;

/// Reads and judges a server's certificate in DER and the others of its chain, as a client with
/// `roots` does, for the name `host`. It is judged in January 2027.
///
/// # Panics
///
/// If a certificate would end a handshake, or what is told of it is not as it is promised.
#[must_use]
pub fn certificate(leaf: &[u8], others: &[&[u8]], roots: &[&[u8]], host: &str) -> Examination {
    let owned = |der: &&[u8]| CertificateDer::from(der.to_vec());
    let Ok(tls) = Tls::new(roots.iter().map(owned)) else { panic!("the configuration is wrong") };
    let others: Vec<_> = others.iter().map(owned).collect();
    let here = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST).into());
    let name = ServerName::try_from(host.to_owned()).unwrap_or(here);
    let recorder = tls.recorder();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
    let judged = recorder.verify_server_cert(&CertificateDer::from(leaf), &others, &name, &[], now);
    assert!(judged.is_ok(), "a certificate ends the connection");
    let Some(seen) = recorder.examination() else { panic!("the certificate is lost") };
    if let Some(fields) = &seen.leaf {
        let clean = |text: &String| text.chars().count() <= 253 && !text.chars().any(char::is_control);
        assert!(fields.subject.iter().chain(&fields.issuer).chain(&fields.names).all(clean), "{fields:?}");
        assert!(fields.names.len() <= NAMES_KEPT.min(fields.name_count), "{fields:?}");
        assert!(fields.serial.len() <= 40, "{fields:?}");
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the targets would try nothing, and nobody would notice.
    #[test]
    fn certificates_are_read_and_judged() {
        let root = include_bytes!("../../../fuzz/corpus/certificate/root.der");
        let leaf = include_bytes!("../../../fuzz/corpus/certificate/leaf.der");
        let seen = certificate(leaf, &[], &[root], "nas.lan");
        assert_eq!((seen.trusted, seen.name_matches), (Ok(()), Some(true)));
        let other = certificate(leaf, &[root], &[root], "tv.lan");
        assert!(other.trusted.unwrap_err().to_string().starts_with("issued for other names: nas.lan"));
        assert_eq!((other.name_matches, other.chain_length), (Some(false), 2));
    }
}
