use std::time::Duration;

use proptest::prelude::*;
use rcgen::{CertificateParams, CustomExtension, DnType, DnValue, KeyPair, SanType, date_time_ymd};
use tokio::time::Instant;

use super::*;

fn made(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn read(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Fields {
    fields(&made(names, change)).unwrap()
}

/// Made by OpenSSL, whose certificates other tests cannot have: this house makes no weak ones.
const WEAK: &[u8] = include_bytes!("samples/rsa1024-sha1.der");
const MD5: &[u8] = include_bytes!("samples/rsa2048-md5.der");
const PSS_SHA1: &[u8] = include_bytes!("samples/pss-sha1.der");
const PSS_SHA256: &[u8] = include_bytes!("samples/pss-sha256.der");

#[test]
fn reads_a_certificate() {
    let seen = read(&["nas.lan", "192.168.1.2", "fd00::1"], |params| {
        params.not_before = date_time_ymd(2023, 5, 1);
        params.not_after = date_time_ymd(2024, 5, 1);
        params.distinguished_name.push(DnType::CommonName, "nas");
        params.distinguished_name.push(DnType::OrganizationName, "Home");
        params.serial_number = Some(vec![0x80, 1, 2].into());
    });
    assert_eq!(
        seen,
        Fields {
            serial: "800102".to_owned(),
            subject: Some("nas".to_owned()),
            issuer: Some("nas (Home)".to_owned()),
            self_issued: true,
            not_before: Some(1_682_899_200),
            not_after: Some(1_714_521_600),
            names: vec!["nas.lan".to_owned(), "192.168.1.2".to_owned(), "fd00::1".to_owned()],
            name_count: 3,
            signature: Signature::Other,
            key: Key::Curve,
            ..Fields::default()
        }
    );
}

#[test]
fn weak_certificates_are_seen() {
    let seen = fields(WEAK).unwrap();
    assert_eq!((seen.key, seen.signature), (Key::Rsa(1024), Signature::Sha1));
    assert_eq!(
        (seen.subject.as_deref(), seen.issuer.as_deref()),
        (Some("nas.lan"), Some("nas.lan (Old Device GmbH)"))
    );
    assert_eq!(seen.names, ["nas.lan", "192.168.1.2", "fd00::1"], "an e-mail address names no server");
    assert_eq!((seen.name_count, seen.is_ca), (3, true));
    let seen = fields(MD5).unwrap();
    assert_eq!((seen.key, seen.signature), (Key::Rsa(2048), Signature::Md5));
    assert_eq!(seen.issuer.as_deref(), Some("md5.lan (Bücher)"));
    assert_eq!(fields(PSS_SHA1).unwrap().signature, Signature::Sha1);
    assert_eq!(fields(PSS_SHA256).unwrap().signature, Signature::Other);
    assert_eq!(Key::Rsa(1024).to_string(), "RSA 1024");
}

#[test]
fn the_farthest_dates_are_read() {
    for (year, month, day, unix) in [
        (1950, 1, 1, -631_152_000),
        (2049, 12, 31, 2_524_521_600),
        (2050, 1, 1, 2_524_608_000),
        (9999, 12, 31, 253_402_214_400),
    ] {
        let seen = read(&[], |params| {
            params.not_before = date_time_ymd(1950, 1, 1);
            params.not_after = date_time_ymd(year, month, day);
        });
        assert_eq!((seen.not_before, seen.not_after), (Some(-631_152_000), Some(unix)));
        assert_eq!(date(unix), format!("{year}-{month:02}-{day:02}"));
    }
    assert_eq!(time(UTC_TIME, b"500101000000Z"), Some(-631_152_000));
    for odd in [&b"991332000000Z"[..], b"9913", b"", b"990101000000+0100", b"99010100000Z", b"9a0101000000Z"]
    {
        assert_eq!(time(UTC_TIME, odd), None, "{odd:?}");
    }
}

#[test]
fn a_certificate_for_nobody_has_no_names() {
    let seen = read(&[], |params| params.distinguished_name = rcgen::DistinguishedName::new());
    assert_eq!((seen.name_count, seen.names.len(), seen.subject, seen.issuer), (0, 0, None, None));
}

#[test]
fn many_names_are_counted_and_few_kept() {
    let der = made(&[], |params| {
        let name = |number: u32| SanType::DnsName(format!("{number}.lan").try_into().unwrap());
        params.subject_alt_names = (0..10_000).map(name).collect();
    });
    let start = Instant::now();
    let seen = fields(&der).unwrap();
    assert!(start.elapsed() < Duration::from_millis(200), "it took {:?}", start.elapsed());
    assert_eq!((seen.name_count, seen.names.len(), seen.names[19].as_str()), (10_000, NAMES_KEPT, "19.lan"));
}

#[test]
fn names_are_made_readable() {
    let named = |value: DnValue| {
        read(&[], |params| params.distinguished_name.push(DnType::CommonName, value)).subject.unwrap()
    };
    assert_eq!(named(DnValue::Utf8String("Bücher\n\u{202e}".to_owned())), "Bücher\u{fffd}\u{fffd}");
    assert_eq!(named(DnValue::BmpString("Bücher".try_into().unwrap())), "Bücher");
    assert_eq!(named(DnValue::UniversalString("Bücher".try_into().unwrap())), "Bücher");
    assert_eq!(named(DnValue::Utf8String("ü".repeat(5000))).chars().count(), NAME_CHARS + 1);
    let mut seen = Fields::default();
    read_names(b"\x30\x05\x82\x03a\x00\xff", &mut seen);
    assert_eq!(seen.names, ["a\\x00\\xff"]);
    assert_eq!(dns_name(&[b'a'; 5000]).chars().count(), DNS_CHARS + 1);
}

#[test]
fn public_issuers_leave_their_marks() {
    let seen = read(&["nas.example"], |params| {
        // AuthorityInfoAccess with one caIssuers, and an empty list of timestamps.
        let access = b"\x30\x12\x30\x10\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x04http";
        let issuer = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access.to_vec());
        let logs = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], b"\x04\0".to_vec());
        params.custom_extensions = vec![issuer, logs];
    });
    assert!(seen.publicly_logged && seen.names_issuer_address);
    let plain = read(&["nas.example"], |_| {});
    assert!(!plain.publicly_logged && !plain.names_issuer_address);
}

/// Real ones, as far as this machine has some.
#[test]
fn the_roots_of_this_machine_are_read() {
    for root in rustls_native_certs::load_native_certs().certs {
        let seen = fields(&root).unwrap();
        assert!(seen.self_issued && seen.not_after > seen.not_before && seen.issuer.is_some(), "{seen:?}");
        assert!(!matches!(seen.key, Key::Other | Key::Dsa), "{seen:?}");
    }
}

#[test]
fn dates_and_days_agree() {
    for (unix, text) in [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (951_782_400, "2000-02-29"),
        (1_709_251_199, "2024-02-29"),
        (4_102_358_400, "2099-12-31"),
    ] {
        assert_eq!(date(unix), text);
    }
    for day in (-200_000..200_000).step_by(17) {
        let text = date(day * 86_400);
        let mut parts = text.split('-').map(|part| part.parse::<i64>().unwrap());
        let mut next = || parts.next().unwrap();
        assert_eq!(days(next(), next(), next()), day, "{text}");
    }
}

#[test]
fn a_certificate_cut_anywhere_is_refused_or_read() {
    for end in 0..WEAK.len() {
        assert_eq!(fields(&WEAK[..end]), None, "{end}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = fields(&bytes);
        let _ = (key(&bytes), name(&bytes), validity(&bytes), is_ca(&bytes), signature(&bytes));
        let mut seen = Fields::default();
        read_names(&bytes, &mut seen);
        read_extension(&bytes, &mut seen);
        prop_assert!(seen.names.len() <= NAMES_KEPT.min(seen.name_count));
    }

    #[test]
    fn a_certificate_with_other_bytes_is_read_or_refused(
        changes in prop::collection::vec((0..WEAK.len(), any::<u8>()), 1..8),
    ) {
        let mut der = WEAK.to_vec();
        for (place, byte) in changes {
            der[place] = byte;
        }
        if let Some(seen) = fields(&der) {
            let texts = seen.subject.iter().chain(&seen.issuer).chain(&seen.names);
            prop_assert!(texts.into_iter().all(|text| !text.chars().any(char::is_control) && text.len() < 1000));
        }
    }

    /// One pass over the bytes, whatever the elements hold: the time grows with the length alone.
    #[test]
    fn the_time_is_bounded(tag: u8, length in 0u8..4, wrap: bool) {
        let mut piece = vec![tag, length];
        piece.resize(2 + usize::from(length), 0x30);
        let mut der = piece.repeat(64 * 1024 / piece.len());
        if wrap {
            let length = u32::try_from(der.len()).unwrap().to_be_bytes();
            let head = [SEQUENCE, 0x83, length[1], length[2], length[3]];
            der = [&head[..], &der].concat();
        }
        let start = Instant::now();
        let _ = fields(&der);
        read_names(&der, &mut Fields::default());
        let _ = name(&der);
        prop_assert!(start.elapsed() < Duration::from_millis(200), "it took {:?}", start.elapsed());
    }
}
