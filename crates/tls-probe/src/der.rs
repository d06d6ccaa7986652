//! Reads the fields of a certificate which a probe reports (RFC 5280, section 4.1).
//!
//! The verdict on trust comes from the TLS library. This reader serves the certificates which that
//! library refuses to look into, too, such as those of version 1 which old devices sign for
//! themselves. It goes once over the bytes, copies little, and refuses nothing but what is not
//! built as a certificate: a field which cannot be read is absent.

use std::fmt;
use std::net::IpAddr;

use crate::words::{cut, escaped, readable};

const BIT_STRING: u8 = 0x03;
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// The explicit tag of the version, which is optional.
const VERSION: u8 = 0xa0;
/// The explicit tag of the extensions.
const EXTENSIONS: u8 = 0xa3;
/// In a general name (RFC 5280, section 4.2.1.6): a DNS name and an IP address.
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// How many names of a certificate are kept.
pub const NAMES_KEPT: usize = 20;
/// How many names are counted. A handshake cannot hold more than a few ten thousand.
const NAMES_COUNTED: usize = 100_000;
/// How many extensions are looked at; usual are ten.
const EXTENSIONS_SEEN: usize = 64;
/// The longest name of a subject or an issuer which is kept, in characters.
const NAME_CHARS: usize = 100;
/// The longest DNS name (RFC 1035, section 2.3.4).
const DNS_CHARS: usize = 253;

/// What stands in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Fields {
    /// The serial number in hexadecimal digits, at most 40 of them.
    pub serial: String,
    /// The name of what it was issued to: its common name or, without one, its organisation.
    /// Printable and at most 101 characters long.
    pub subject: Option<String>,
    /// The name of who issued it: the common name and, where it does not say so itself, the
    /// organisation. Printable and at most 203 characters long.
    pub issuer: Option<String>,
    /// Whether issuer and subject are the same: a certificate signed by its owner.
    pub self_issued: bool,
    /// The first moment of its validity, in seconds since 1970.
    pub not_before: Option<i64>,
    /// The last moment of its validity, in seconds since 1970.
    pub not_after: Option<i64>,
    /// The first of the DNS names and IP addresses for which it was issued, at most [`NAMES_KEPT`].
    pub names: Vec<String>,
    /// How many such names there are.
    pub name_count: usize,
    /// How it was signed.
    pub signature: Signature,
    /// The key of its owner.
    pub key: Key,
    /// Whether its owner may issue certificates.
    pub is_ca: bool,
    /// Whether public logs vouch for having seen it (RFC 6962, section 3.3): it comes from an
    /// issuer which browsers trust, and those never sign with their root itself.
    pub publicly_logged: bool,
    /// Whether it says where the certificate of its issuer is (RFC 5280, section 4.2.2.1).
    pub names_issuer_address: bool,
}

/// With which algorithm a certificate was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Signature {
    /// With MD2, MD4 or MD5, which anybody can forge.
    Md5,
    /// With SHA-1, which whoever is rich can forge.
    Sha1,
    /// With anything else.
    #[default]
    Other,
}

/// The public key of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Key {
    /// RSA, with the length of the modulus in bits.
    Rsa(u32),
    /// DSA, which no server uses any more.
    Dsa,
    /// An elliptic curve.
    Curve,
    /// Anything else.
    #[default]
    Other,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Dsa => f.write_str("DSA"),
            Self::Curve => f.write_str("elliptic curve"),
            Self::Other => f.write_str("unknown"),
        }
    }
}

/// A certificate taken apart, without looking at what its parts mean.
#[derive(Clone, Copy)]
struct Parts<'a> {
    serial: &'a [u8],
    signature: &'a [u8],
    issuer: &'a [u8],
    validity: &'a [u8],
    subject: &'a [u8],
    key: &'a [u8],
    extensions: &'a [u8],
}

/// The fields of a certificate in DER; `None` if it is not built as one.
#[must_use]
pub fn fields(certificate: &[u8]) -> Option<Fields> {
    let parts = parts(certificate)?;
    let (not_before, not_after) = validity(parts.validity);
    let mut fields = Fields {
        serial: serial(parts.serial),
        subject: name(parts.subject).map(Name::short),
        issuer: name(parts.issuer).map(Name::long),
        self_issued: parts.issuer == parts.subject,
        not_before,
        not_after,
        signature: signature(parts.signature),
        key: key(parts.key).unwrap_or_default(),
        ..Fields::default()
    };
    for extension in elements(parts.extensions).take(EXTENSIONS_SEEN) {
        read_extension(extension, &mut fields);
    }
    Some(fields)
}

/// The names of subject and issuer in DER, to see which certificate issued which.
pub(crate) fn subject_and_issuer(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    parts(certificate).map(|parts| (parts.subject, parts.issuer))
}

fn parts(certificate: &[u8]) -> Option<Parts<'_>> {
    let (certificate, _) = value(certificate, SEQUENCE)?;
    let (mut to_be_signed, _) = value(certificate, SEQUENCE)?;
    if let Some((_, rest)) = value(to_be_signed, VERSION) {
        to_be_signed = rest;
    }
    let (serial, rest) = value(to_be_signed, INTEGER)?;
    let (signature, rest) = value(rest, SEQUENCE)?;
    let (issuer, rest) = value(rest, SEQUENCE)?;
    let (validity, rest) = value(rest, SEQUENCE)?;
    let (subject, rest) = value(rest, SEQUENCE)?;
    let (key, mut rest) = value(rest, SEQUENCE).unwrap_or_default();
    // Two unique identifiers may stand before the extensions (RFC 5280, section 4.1.2.8).
    while let Some((tag, _, after)) = element(rest)
        && tag != EXTENSIONS
    {
        rest = after;
    }
    let extensions = value(rest, EXTENSIONS).and_then(|(inner, _)| value(inner, SEQUENCE));
    let extensions = extensions.map_or(&[][..], |(extensions, _)| extensions);
    Some(Parts { serial, signature, issuer, validity, subject, key, extensions })
}

/// Splits the first element into its tag, its content and what follows.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = input.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Long form: the number of bytes which hold the length. No certificate in a TLS handshake
        // needs more than three (RFC 8446, section 4.4.2).
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Splits the first element, which must have `tag`, into its content and what follows.
fn value(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(input).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// The elements one after the other, with their tags, up to the first which is broken.
fn all(mut input: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, content, rest) = element(input)?;
        input = rest;
        Some((tag, content))
    })
}

/// The sequences one after the other.
fn elements(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    all(input).filter(|(tag, _)| *tag == SEQUENCE).map(|(_, content)| content)
}

fn serial(number: &[u8]) -> String {
    use std::fmt::Write as _;
    // RFC 5280, section 4.1.2.2: no more than 20 bytes.
    let number = number.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(number);
    number.iter().take(20).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The parts of a distinguished name which a person would call it by.
#[derive(Default)]
struct Name {
    common: Option<String>,
    organisation: Option<String>,
}

impl Name {
    fn short(self) -> String {
        self.common.or(self.organisation).unwrap_or_default()
    }

    /// "R11 (Let's Encrypt)".
    fn long(self) -> String {
        match (self.common, self.organisation) {
            (Some(common), Some(organisation)) if !common.contains(&organisation) => {
                format!("{common} ({organisation})")
            }
            (common, organisation) => common.or(organisation).unwrap_or_default(),
        }
    }
}

/// Reads a distinguished name (RFC 5280, section 4.1.2.4); `None` if it names nothing.
fn name(sets: &[u8]) -> Option<Name> {
    /// 2.5.4.3 and 2.5.4.10 (RFC 5280, appendix A.1).
    const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    const ORGANISATION: &[u8] = &[0x55, 4, 10];
    /// No name has more parts.
    const MAX_PARTS: usize = 50;
    let mut name = Name::default();
    let attributes = all(sets).filter(|(tag, _)| *tag == SET).flat_map(|(_, set)| elements(set));
    for attribute in attributes.take(MAX_PARTS) {
        let Some((kind, rest)) = value(attribute, OID) else { continue };
        let place = match kind {
            COMMON_NAME => &mut name.common,
            ORGANISATION => &mut name.organisation,
            _ => continue,
        };
        // The last one is the most special, should there be several.
        *place = element(rest).and_then(|(tag, content, _)| text(tag, content)).or(place.take());
    }
    (name.common.is_some() || name.organisation.is_some()).then_some(name)
}

/// A text of any of the string types (RFC 5280, appendix A.1, `DirectoryString`); `None` if it is
/// none or empty.
fn text(tag: u8, content: &[u8]) -> Option<String> {
    const BMP: u8 = 0x1e;
    const UNIVERSAL: u8 = 0x1c;
    // What is longer is cut before it is decoded.
    let content = &content[..content.len().min(NAME_CHARS * 4 + 4)];
    let text = match tag {
        BMP => {
            let units = content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
            readable(chars, NAME_CHARS)
        }
        UNIVERSAL => {
            let numbers =
                content.chunks_exact(4).map(|four| four.iter().fold(0, |n, &b| n << 8 | u32::from(b)));
            let chars = numbers.map(|n| char::from_u32(n).unwrap_or(char::REPLACEMENT_CHARACTER));
            readable(chars, NAME_CHARS)
        }
        // UTF8String, NumericString, PrintableString, TeletexString, IA5String, VisibleString.
        0x0c | 0x12 | 0x13 | 0x14 | 0x16 | 0x1a => {
            readable(String::from_utf8_lossy(content).chars(), NAME_CHARS)
        }
        _ => return None,
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn signature(algorithm: &[u8]) -> Signature {
    /// 1.2.840.113549.1.1 (RFC 8017, appendix A.2.4), and which of them.
    const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
    /// `ecdsa-with-SHA1` (RFC 3279, section 2.2.3) and `dsa-with-sha1` (section 2.2.2).
    const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    const DSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3];
    /// `rsassa-pss`, of which SHA-1 is the default (RFC 8017, appendix A.2.3).
    const PSS: u8 = 10;
    let Some((oid, parameters)) = value(algorithm, OID) else { return Signature::Other };
    if let Some(&[which]) = oid.strip_prefix(PKCS1) {
        return match which {
            2..=4 => Signature::Md5,
            5 => Signature::Sha1,
            PSS if pss_by_default(parameters) => Signature::Sha1,
            _ => Signature::Other,
        };
    }
    if oid == ECDSA_SHA1 || oid == DSA_SHA1 { Signature::Sha1 } else { Signature::Other }
}

/// Whether the parameters name no hash, which then is SHA-1.
fn pss_by_default(parameters: &[u8]) -> bool {
    const HASH: u8 = 0xa0;
    value(parameters, SEQUENCE).is_some_and(|(inner, _)| value(inner, HASH).is_none())
}

/// The kind of a public key and its length (RFC 3279, section 2.3).
fn key(info: &[u8]) -> Option<Key> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
    const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    /// Ed25519 and Ed448 (RFC 8410, section 3).
    const ED: [&[u8]; 2] = [&[0x2b, 0x65, 0x70], &[0x2b, 0x65, 0x71]];
    let (algorithm, rest) = value(info, SEQUENCE)?;
    let (oid, _) = value(algorithm, OID)?;
    match oid {
        RSA | RSA_PSS => {
            let (bits, _) = value(rest, BIT_STRING)?;
            // The first byte counts the bits which are not used: none.
            let (numbers, _) = value(bits.strip_prefix(&[0])?, SEQUENCE)?;
            let (modulus, _) = value(numbers, INTEGER)?;
            let start = modulus.iter().position(|&byte| byte != 0)?;
            let bits = (modulus.len() - start) * 8 - modulus[start].leading_zeros() as usize;
            Some(Key::Rsa(u32::try_from(bits).unwrap_or(u32::MAX)))
        }
        DSA => Some(Key::Dsa),
        EC => Some(Key::Curve),
        _ if ED.contains(&oid) => Some(Key::Curve),
        _ => None,
    }
}

/// Reads one extension (RFC 5280, section 4.2), if it is one that counts here.
fn read_extension(extension: &[u8], fields: &mut Fields) {
    const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 17];
    const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
    /// 1.3.6.1.5.5.7.1.1
    const AUTHORITY_INFORMATION: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
    /// 1.3.6.1.4.1.11129.2.4.2
    const LOG_TIMESTAMPS: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2];
    let Some((kind, rest)) = value(extension, OID) else { return };
    let rest = value(rest, BOOLEAN).map_or(rest, |(_critical, rest)| rest);
    let Some((content, _)) = value(rest, OCTET_STRING) else { return };
    match kind {
        ALTERNATIVE_NAMES => read_names(content, fields),
        BASIC_CONSTRAINTS => fields.is_ca = is_ca(content).unwrap_or(false),
        AUTHORITY_INFORMATION => fields.names_issuer_address = names_issuer_address(content),
        LOG_TIMESTAMPS => fields.publicly_logged = true,
        _ => {}
    }
}

fn read_names(content: &[u8], fields: &mut Fields) {
    let Some((names, _)) = value(content, SEQUENCE) else { return };
    for (tag, name) in all(names).take(NAMES_COUNTED) {
        if !matches!(tag, DNS_NAME | IP_ADDRESS) {
            continue;
        }
        fields.name_count += 1;
        if fields.names.len() < NAMES_KEPT {
            fields.names.push(if tag == DNS_NAME { dns_name(name) } else { ip_address(name) });
        }
    }
}

fn dns_name(name: &[u8]) -> String {
    cut(&escaped(&name[..name.len().min(DNS_CHARS + 1)]), DNS_CHARS)
}

fn ip_address(address: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(address) {
        return IpAddr::from(four).to_string();
    }
    match <[u8; 16]>::try_from(address) {
        Ok(sixteen) => IpAddr::from(sixteen).to_string(),
        Err(_) => "an address of a wrong length".to_owned(),
    }
}

fn is_ca(content: &[u8]) -> Option<bool> {
    let (constraints, _) = value(content, SEQUENCE)?;
    let (ca, _) = value(constraints, BOOLEAN)?;
    Some(ca != [0])
}

fn names_issuer_address(content: &[u8]) -> bool {
    /// `id-ad-caIssuers`, 1.3.6.1.5.5.7.48.2
    const CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 2];
    let Some((descriptions, _)) = value(content, SEQUENCE) else { return false };
    elements(descriptions)
        .take(16)
        .any(|access| value(access, OID).is_some_and(|(kind, _)| kind == CA_ISSUERS))
}

/// The first and the last moment of a validity (RFC 5280, section 4.1.2.5).
fn validity(validity: &[u8]) -> (Option<i64>, Option<i64>) {
    let mut times = all(validity).map(|(tag, content)| time(tag, content));
    (times.next().flatten(), times.next().flatten())
}

fn time(tag: u8, content: &[u8]) -> Option<i64> {
    match tag {
        UTC_TIME => {
            let (year, rest) = content.split_at_checked(2)?;
            let year = number(year)?;
            // RFC 5280, section 4.1.2.5.1: two digits mean 1950 to 2049.
            unix_time(if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = content.split_at_checked(4)?;
            unix_time(number(year)?, rest)
        }
        _ => None,
    }
}

/// Seconds since 1970 of a year and `MMDDhhmmssZ`.
fn unix_time(year: i64, rest: &[u8]) -> Option<i64> {
    let digits = rest.strip_suffix(b"Z").filter(|digits| digits.len() == 10)?;
    let mut pairs = digits.chunks_exact(2).map(number);
    let mut next = |range: std::ops::RangeInclusive<i64>| pairs.next()?.filter(|n| range.contains(n));
    let (month, day) = (next(1..=12)?, next(1..=31)?);
    let (hour, minute, second) = (next(0..=23)?, next(0..=59)?, next(0..=60)?);
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that
/// the leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// The date of a moment in seconds since 1970, as `2024-05-01` (UTC). Meant for the years 0 to
/// 9999, which are all that a certificate can name.
#[must_use]
pub fn date(unix: i64) -> String {
    let days_since_0000 = unix.div_euclid(86_400) + 719_468;
    let era = days_since_0000.div_euclid(146_097);
    let day_of_era = days_since_0000.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests;
