//! Reads the few fields of a certificate which a probe reports (RFC 5280, section 4.1).
//!
//! The verdict on trust comes from the TLS library. This reader serves the certificates which that
//! library refuses to look into, such as those of version 1 which old devices sign for themselves.

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The explicit tag of the version, which is optional.
const VERSION: u8 = 0xa0;

/// Fields of a certificate.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Whether issuer and subject are the same: a certificate signed by its owner.
    pub(crate) self_issued: bool,
    /// The last moment of its validity, in seconds since 1970.
    pub(crate) not_after: Option<i64>,
}

/// The fields of a certificate in DER; `None` if it is not built as one.
pub(crate) fn fields(certificate: &[u8]) -> Option<Fields> {
    let (certificate, _) = value(certificate, SEQUENCE)?;
    let (mut to_be_signed, _) = value(certificate, SEQUENCE)?;
    if let Some((_, rest)) = value(to_be_signed, VERSION) {
        to_be_signed = rest;
    }
    let (_serial, rest) = value(to_be_signed, INTEGER)?;
    let (_signature, rest) = value(rest, SEQUENCE)?;
    let (issuer, rest) = value(rest, SEQUENCE)?;
    let (validity, rest) = value(rest, SEQUENCE)?;
    let (subject, _) = value(rest, SEQUENCE)?;
    Some(Fields { self_issued: issuer == subject, not_after: not_after(validity) })
}

/// Splits the first element, which must have `tag`, into its content and what follows.
fn value(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = input.split_first_chunk()?;
    if found != tag {
        return None;
    }
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
    rest.split_at_checked(length)
}

fn not_after(validity: &[u8]) -> Option<i64> {
    let (_, rest) = value(validity, UTC_TIME).or_else(|| value(validity, GENERALIZED_TIME))?;
    if let Some((time, _)) = value(rest, UTC_TIME) {
        let (year, rest) = time.split_at_checked(2)?;
        let year = number(year)?;
        // RFC 5280, section 4.1.2.5.1: two digits mean 1950 to 2049.
        unix_time(if year < 50 { 2000 + year } else { 1900 + year }, rest)
    } else {
        let (time, _) = value(rest, GENERALIZED_TIME)?;
        let (year, rest) = time.split_at_checked(4)?;
        unix_time(number(year)?, rest)
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

/// The date of a moment in seconds since 1970, as `2024-05-01`: the inverse of [`days`].
pub(crate) fn date(unix: i64) -> String {
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_a_certificate() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["nas.lan".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2024, 5, 1);
        let der = params.self_signed(&key).unwrap();
        assert_eq!(fields(der.der()), Some(Fields { self_issued: true, not_after: Some(1_714_521_600) }));

        params.not_after = rcgen::date_time_ymd(2099, 12, 31);
        let der = params.self_signed(&key).unwrap();
        assert_eq!(fields(der.der()).unwrap().not_after, Some(4_102_358_400));
        for end in 0..der.der().len() {
            let _ = fields(&der.der()[..end]);
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

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = fields(&bytes);
        }
    }
}
