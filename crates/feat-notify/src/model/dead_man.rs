//! Whether Hob does its work, so that somebody else may be told that it does.

use hob_base::wording::{counted, duration_words, listed};
use hob_base::{Health, Timestamp};
use std::time::Duration;

/// The dispatcher looks every minute; after three it does not any more.
const LOOKS_EVERY: Duration = Duration::from_secs(180);
/// After so many pings in a row that nobody took it is critical.
const OFTEN: u32 = 3;

/// What is known of the work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Work {
    /// Why the database cannot be written; `None` when it can.
    pub(crate) database: Option<String>,
    /// Why the judge of incidents does not judge; `None` when it does, or this hub has none.
    pub(crate) judge: Option<String>,
    /// How long ago the dispatcher looked; `None`: it never did.
    pub(crate) dispatcher: Option<Duration>,
    /// How many messages wait.
    pub(crate) waiting: usize,
    /// How many incidents are open.
    pub(crate) open: usize,
    /// How many resources are known.
    pub(crate) resources: usize,
}

impl Work {
    /// One line: that all is well.
    ///
    /// # Errors
    /// What is not, one sentence each.
    pub(crate) fn judge(&self) -> Result<String, Vec<String>> {
        let mut problems = Vec::new();
        if let Some(why) = &self.database {
            problems.push(format!("The database cannot be written: {why}."));
        }
        if let Some(why) = &self.judge {
            problems.push(format!("Nobody judges incidents: {why}."));
        }
        match self.dispatcher {
            None => problems.push("Nobody sends messages yet.".to_owned()),
            Some(ago) if ago > LOOKS_EVERY => {
                problems.push(format!("Nobody has looked after messages for {}.", duration_words(ago)));
            }
            Some(_) => {}
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let parts = [
            counted(self.resources, "resource"),
            counted(self.open, "open incident"),
            format!("{} on the way", counted(self.waiting, "message")),
        ];
        Ok(format!("Hob does its work: {}.", listed(&parts)))
    }
}

/// What came of pinging.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pinged {
    /// When all of them last took it.
    pub(crate) last_ok: Option<Timestamp>,
    /// How often one of them did not, in a row.
    pub(crate) failures: u32,
    /// What the others said, one sentence each.
    pub(crate) problems: Vec<String>,
}

impl Pinged {
    /// How well the switch is.
    pub(crate) fn health(&self, work: &Result<String, Vec<String>>) -> Health {
        if let Err(problems) = work {
            return Health::critical("Hob does not do its work, so it does not say that it does.")
                .with_evidence(problems.join("\n"))
                .with_remedy("Look at the page of background jobs, and at the log of Hob.");
        }
        if self.failures == 0 {
            return Health::ok("Whoever watches Hob is told that it works.");
        }
        let reason = "Whoever watches Hob does not hear from it, and may say that it is down.";
        let health = if self.failures >= OFTEN { Health::critical(reason) } else { Health::warning(reason) };
        health
            .with_evidence(self.problems.join("\n"))
            .with_remedy("Look whether the addresses of [dead_man] in hob.toml are right and reachable.")
    }
}

/// An address without what may be a secret in it: its path.
pub(crate) fn masked(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/…")
}

/// What a stranger said, without the parts of an address that may be secrets: many repeat the path they were asked for.
pub(crate) fn without_secrets(said: &str, address: &str) -> String {
    /// Shorter parts are words like any other.
    const PART_MIN: usize = 6;
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (front, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let login = front.rsplit_once('@').map_or("", |(login, _)| login);
    let parts = login.split(':').chain(path.split(['/', '?', '&', '=', '#']));
    let parts = parts.filter(|part| part.len() >= PART_MIN);
    parts.fold(said.to_owned(), |said, part| said.replace(part, "…"))
}

/// The address that says that something is wrong, as healthchecks has it.
pub(crate) fn fail_address(address: &str) -> String {
    match address.split_once('?') {
        Some((path, query)) => format!("{}/fail?{query}", path.trim_end_matches('/')),
        None => format!("{}/fail", address.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Level;

    fn well() -> Work {
        Work { dispatcher: Some(Duration::from_secs(20)), resources: 12, open: 1, ..Work::default() }
    }

    #[test]
    fn only_who_does_all_of_the_work_says_so() {
        assert_eq!(
            well().judge().unwrap(),
            "Hob does its work: 12 resources, 1 open incident and 0 messages on the way."
        );
        let wrong = Work {
            database: Some("the disk is full".into()),
            judge: Some("it is not running".into()),
            dispatcher: Some(Duration::from_secs(600)),
            ..well()
        };
        let problems = wrong.judge().unwrap_err();
        assert_eq!(problems.len(), 3);
        assert_eq!(problems[2], "Nobody has looked after messages for 10 minutes.");
        assert_eq!(Work { dispatcher: None, ..well() }.judge().unwrap_err().len(), 1);
    }

    #[test]
    fn one_ping_that_nobody_took_is_a_warning_and_three_are_critical() {
        let work = well().judge();
        let pinged = |failures| Pinged { failures, problems: vec!["It answered 500.".into()], last_ok: None };
        let levels = [0, 1, 2, 3].map(|failures| pinged(failures).health(&work).level);
        assert_eq!(levels, [Level::Ok, Level::Warning, Level::Warning, Level::Critical]);
        let idle = Work { dispatcher: None, ..well() }.judge();
        assert_eq!(pinged(0).health(&idle).level, Level::Critical);
    }

    #[test]
    fn what_others_say_repeats_no_secret() {
        let address = "https://me:password@hc.lan:8000/ping/4ab5c6d7-uuid?token=abcdefgh";
        let said = "Cannot POST /ping/4ab5c6d7-uuid?token=abcdefgh at hc.lan for me:password";
        assert_eq!(without_secrets(said, address), "Cannot POST /ping/…?token=… at hc.lan for me:…");
        assert_eq!(without_secrets("No.", "http://hc.lan"), "No.");
    }

    #[test]
    fn secrets_in_addresses_are_not_shown() {
        assert_eq!(masked("https://me:pw@hc.lan:8000/ping/uuid?x=1"), "https://hc.lan:8000/…");
        assert_eq!(fail_address("https://hc.lan/ping/uuid/"), "https://hc.lan/ping/uuid/fail");
        assert_eq!(fail_address("https://hc.lan/ping/uuid?a=1"), "https://hc.lan/ping/uuid/fail?a=1");
    }
}
