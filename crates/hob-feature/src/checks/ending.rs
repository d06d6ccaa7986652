//! What is to be thought of something that ends on a day: certificates, domains, credentials. The same words for all.
//!
//! Days are whole days, so that the sentence changes once a day at most.

use super::CertificateDays;
use hob_base::wording::counted;
use hob_base::{Health, Timestamp};

/// What ends, and who has to do something about it.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The beginning of the sentence: “Its certificate”.
    pub what: &'a str,
    /// What it does at the end: “expires”, “expired”.
    pub verbs: (&'a str, &'a str),
    /// The next step.
    pub remedy: &'a str,
}

/// What is to be thought of something that ends. Well, without words, when that is far away.
pub fn judge_end(ending: &Ending<'_>, not_after: i64, days: CertificateDays, now: Timestamp) -> Health {
    let left = not_after.saturating_sub(now.millis().div_euclid(1000));
    let Ending { what, verbs: (will, did), remedy } = ending;
    if left < 0 {
        return Health::critical(format!("{what} {did} on {}.", date(not_after))).with_remedy(*remedy);
    }
    let whole = left / 86_400;
    let soon = match whole {
        0 => "within a day".to_owned(),
        days => format!("in {}", counted(usize::try_from(days).unwrap_or(usize::MAX), "day")),
    };
    let health = match whole {
        whole if whole < i64::from(days.critical) => Health::critical(format!("{what} {will} {soon}.")),
        whole if whole < i64::from(days.warning) => Health::warning(format!("{what} {will} {soon}.")),
        _ => return Health::ok(""),
    };
    health.with_evidence(format!("The last moment is on {}.", date(not_after))).with_remedy(*remedy)
}

/// `2027-05-01`, also of what lies far away.
pub fn date(unix: i64) -> String {
    match jiff::Timestamp::from_second(unix) {
        Ok(moment) => moment.strftime("%Y-%m-%d").to_string(),
        Err(_) if unix < 0 => "a day long ago".to_owned(),
        Err(_) => "a day far away".to_owned(),
    }
}
