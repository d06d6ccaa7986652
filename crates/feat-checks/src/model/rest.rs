//! When a check rests, because its owner expects nothing of it at that hour.
//!
//! A resource that rests is said to be well, in words that say why: nothing is expected of it, so nothing is wrong.

use hob_base::wording::{listed, tidy};
use hob_base::{Health, Timestamp};
use jiff::tz::TimeZone;
use recurrence::Window;

/// What is said of a check at a moment outside of all its windows; nothing while it does not rest. Windows that cannot be
/// read let it rest never: better to look too often.
pub(crate) fn resting(only: &[String], now: Timestamp, zone: &TimeZone) -> Option<Health> {
    if only.is_empty() {
        return None;
    }
    let at = jiff::Timestamp::from_millisecond(now.millis()).ok()?;
    let active =
        only.iter().any(|text| Window::parse(text).map_or(true, |window| window.covers(at, zone).is_some()));
    let windows: Vec<String> = only.iter().take(5).map(|text| tidy(text, 80)).collect();
    (!active).then(|| Health::ok(format!("It rests: it is checked only at {}.", listed(&windows))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_outside_of_its_windows_and_says_so() {
        let only = vec!["Mon-Fri 07:00-19:00".to_owned(), "Sat 10:00-12:00".to_owned()];
        let at =
            |text: &str| Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let said = |text: &str| resting(&only, at(text), &TimeZone::UTC).map(|health| health.reason);
        assert_eq!(said("2027-01-15T08:00:00Z"), None);
        assert_eq!(said("2027-01-16T11:00:00Z"), None);
        assert_eq!(
            said("2027-01-16T08:00:00Z").as_deref(),
            Some("It rests: it is checked only at Mon-Fri 07:00-19:00 and Sat 10:00-12:00.")
        );
        assert_eq!(resting(&[], at("2027-01-16T08:00:00Z"), &TimeZone::UTC), None);
        let broken = ["whenever".to_owned()];
        assert_eq!(resting(&broken, at("2027-01-16T08:00:00Z"), &TimeZone::UTC), None);
    }
}
