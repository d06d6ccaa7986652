//! Dates as feeds write them.

use jiff::fmt::rfc2822::DateTimeParser;

/// RFC 3339 (Atom, JSON Feed, Dublin Core) or RFC 2822 (RSS), in milliseconds since 1970.
pub(crate) fn milliseconds(text: &str) -> Option<i64> {
    /// A day of the week that does not fit is no reason to lose the date.
    static MAIL: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| MAIL.parse_timestamp(text).ok());
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    stamp.or_else(|| day().map(|day| day.timestamp())).map(jiff::Timestamp::as_millisecond)
}
