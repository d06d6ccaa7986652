//! The management API of healthchecks, version 3, as far as Hob has it: what is asked for, and what is answered.
//!
//! Source: docs “Management API v3” of healthchecks, and its error texts.

use super::address::{Action, hex};
use super::definition::{Definition, GRACE_S_MAX, is_slug, read_tags};
use super::runs::Run;
use super::state::{State, Status};
use crate::book::{Job, Logged};
use hob_base::{Level, Timestamp, Transition};
use recurrence::{Length, Schedule, Zone};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value, json};

/// The shortest period and grace, in seconds.
const LENGTH_S_MIN: u64 = 60;

/// What a program wants of a job. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Spec {
    name: Option<String>,
    slug: Option<String>,
    tags: Option<String>,
    desc: Option<String>,
    timeout: Option<Length>,
    grace: Option<Length>,
    schedule: Option<Schedule>,
    tz: Option<Zone>,
    manual_resume: Option<bool>,
    only_post: Option<bool>,
    success_kw: Option<String>,
    failure_kw: Option<String>,
    start_kw: Option<String>,
    unique: Vec<String>,
}

impl Spec {
    /// Reads a request.
    ///
    /// # Errors
    /// The words of healthchecks for what is wrong.
    pub(crate) fn read(body: &Map<String, Value>) -> Result<Self, String> {
        let wrong = |text: String| format!("json validation error: {text}");
        let text = |key: &str, max: usize| match body.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() > max => {
                Err(wrong(format!("{key} is too long")))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(format!("{key} is not a string"))),
        };
        let flag = |key: &str| match body.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(format!("{key} is not a boolean"))),
        };
        let length = |key: &str| match body.get(key) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                None => Err(wrong(format!("{key} is not a number"))),
                Some(n) if n < LENGTH_S_MIN as i64 => Err(wrong(format!("{key} is too small"))),
                Some(n) if n > i64::from(GRACE_S_MAX) => Err(wrong(format!("{key} is too large"))),
                Some(n) => Ok(u32::try_from(n).ok().and_then(Length::from_secs)),
            },
        };
        let slug = text("slug", 100)?;
        if slug.as_deref().is_some_and(|slug| !slug.is_empty() && !is_slug(slug)) {
            return Err(wrong("slug does not match pattern".to_owned()));
        }
        let only_post = match text("methods", 10)?.as_deref() {
            None => None,
            Some("") => Some(false),
            Some("POST") => Some(true),
            Some(_) => return Err(wrong("methods has unexpected value".to_owned())),
        };
        let schedule =
            text("schedule", 100)?.map(|text| read_expression(&text)).transpose().map_err(wrong)?;
        let tz = text("tz", 64)?.map(|name| Zone::parse(&name)).transpose();
        let tz = tz.map_err(|_| wrong("tz is not a valid timezone".to_owned()))?;
        Ok(Self {
            name: text("name", 100)?,
            slug,
            tags: text("tags", 500)?,
            desc: text("desc", 2000)?,
            timeout: length("timeout")?,
            grace: length("grace")?,
            schedule,
            tz,
            manual_resume: flag("manual_resume")?,
            only_post,
            success_kw: text("success_kw", 200)?,
            failure_kw: text("failure_kw", 200)?,
            start_kw: text("start_kw", 200)?,
            unique: read_unique(body.get("unique")).map_err(wrong)?,
        })
    }

    /// Whether this is the job that `unique` means.
    pub(crate) fn means(&self, job: &Definition) -> bool {
        let same = |field: &String| match field.as_str() {
            "name" => self.name.as_ref() == Some(&job.name),
            "slug" => self.slug.as_ref() == Some(&job.slug),
            "tags" => self.tags.as_deref().map(read_tags).as_ref() == Some(&job.tags),
            "grace" => self.grace == Some(job.grace),
            _ => match (&job.schedule, self.timeout) {
                (Schedule::Period { every }, Some(timeout)) => *every == timeout,
                _ => false,
            },
        };
        !self.unique.is_empty() && self.unique.iter().all(same)
    }

    /// Changes a definition as far as something was said.
    pub(crate) fn apply(self, job: &mut Definition) {
        let set = |field: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *field = value;
            }
        };
        set(&mut job.name, self.name);
        set(&mut job.slug, self.slug);
        set(&mut job.about, self.desc);
        set(&mut job.success_kw, self.success_kw);
        set(&mut job.failure_kw, self.failure_kw);
        set(&mut job.start_kw, self.start_kw);
        if let Some(tags) = self.tags {
            job.tags = read_tags(&tags);
        }
        job.grace = self.grace.unwrap_or(job.grace);
        job.manual_resume = self.manual_resume.unwrap_or(job.manual_resume);
        job.only_post = self.only_post.unwrap_or(job.only_post);
        let zone = self.tz.or_else(|| job.named_zone().cloned()).or_else(|| Zone::parse("UTC").ok());
        match (self.schedule, self.timeout) {
            (Some(schedule), _) => job.schedule = schedule,
            (None, Some(every)) => job.schedule = Schedule::Period { every },
            (None, None) => {}
        }
        job.set_zone(zone);
    }
}

fn read_unique(value: Option<&Value>) -> Result<Vec<String>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let items = value.as_array().ok_or_else(|| "unique is not an array".to_owned())?;
    let known = |item: &Value| {
        let word = item.as_str().filter(|word| ["name", "slug", "tags", "timeout", "grace"].contains(word));
        word.map(str::to_owned).ok_or_else(|| "an item in 'unique' has unexpected value".to_owned())
    };
    items.iter().map(known).collect()
}

/// As healthchecks guesses: five words in one line are cron's, everything else is systemd's.
fn read_expression(text: &str) -> Result<Schedule, String> {
    let cron = !text.trim().contains('\n') && text.split_whitespace().count() == 5;
    let kind = if cron { "cron" } else { "calendar" };
    let schedule = Schedule::parse(&format!("{kind} {text}")).ok();
    let names_time = |schedule: &Schedule| {
        schedule.next_after(jiff::Timestamp::UNIX_EPOCH, &jiff::tz::TimeZone::UTC).is_some()
    };
    schedule
        .filter(names_time)
        .ok_or_else(|| "schedule is not a valid cron or OnCalendar expression".to_owned())
}

/// What a job is called for who must not learn its address: the SHA-1 of the first half of its UUID.
pub(crate) fn unique_key(code: &str) -> String {
    let half: String = code.chars().filter(|c| *c != '-').take(16).collect();
    hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, half.as_bytes()).as_ref())
}

/// One job. `site` is where this API is reached: everything before `/ping/`. Who may only read learns no address.
pub(crate) fn check_json(job: &Job, now: Timestamp, site: &str, may_write: bool) -> Value {
    let Job { definition, state, code, .. } = job;
    let up = matches!(state.status(now), Status::Up | Status::Late);
    let words = [&definition.start_kw, &definition.success_kw, &definition.failure_kw];
    let filters = words.iter().any(|words| !words.is_empty());
    let mut check = json!({
        "name": definition.name,
        "slug": definition.slug,
        "tags": definition.tags.join(" "),
        "desc": definition.about,
        "grace": definition.grace.as_secs(),
        "n_pings": state.pings,
        "status": status_json(state, now),
        "started": !state.open.is_empty(),
        "last_ping": state.last_end.map(iso),
        "next_ping": state.due.filter(|_| up).map(iso),
        "manual_resume": definition.manual_resume,
        "methods": if definition.only_post { "POST" } else { "" },
        "subject": "",
        "subject_fail": "",
        "start_kw": definition.start_kw,
        "success_kw": definition.success_kw,
        "failure_kw": definition.failure_kw,
        "filter_subject": false,
        "filter_body": filters,
    });
    if let Some(Run { ms, .. }) = state.runs.back() {
        check["last_duration"] = json!(ms / 1000);
    }
    if may_write {
        let own = format!("{site}/ping/api/v3/checks/{code}");
        check["uuid"] = json!(&**code);
        check["ping_url"] = json!(format!("{site}/ping/{code}"));
        check["pause_url"] = json!(format!("{own}/pause"));
        check["resume_url"] = json!(format!("{own}/resume"));
        check["update_url"] = json!(own);
        check["channels"] = json!("");
    } else {
        check["unique_key"] = json!(unique_key(code));
    }
    match &definition.schedule {
        Schedule::Period { every } => check["timeout"] = json!(every.as_secs()),
        Schedule::Cron { cron, .. } => check["schedule"] = json!(cron.to_string()),
        Schedule::Calendar { calendar, .. } => check["schedule"] = json!(calendar.to_string()),
    }
    if !matches!(definition.schedule, Schedule::Period { .. }) {
        check["tz"] = json!(definition.named_zone().map_or_else(|| "UTC".to_owned(), ToString::to_string));
    }
    check
}

fn status_json(state: &State, now: Timestamp) -> &'static str {
    match state.status(now) {
        Status::Down => "down",
        Status::Late => "grace",
        Status::Up => "up",
        Status::New => "new",
        Status::Paused => "paused",
    }
}

/// One ping.
pub(crate) fn ping_json(ping: &Logged, check_url: &str) -> Value {
    let head = &ping.head;
    let mut told = json!({
        "type": head.action.map_or("success", Action::as_str),
        "date": ping.at.zoned(&jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string(),
        "n": ping.n,
        "scheme": head.scheme,
        "remote_addr": head.address,
        "method": head.method,
        "ua": head.agent,
        "rid": head.run.map(|run| run.to_string()),
        "body_url": ping.body.as_ref().map(|_| format!("{check_url}/pings/{}/body", ping.n)),
    });
    if let Some(ms) = head.took_ms {
        told["duration"] = json!(f64::from(ms) / 1000.0);
    }
    if let Some(exit) = head.exit {
        told["exitstatus"] = json!(exit);
    }
    told
}

/// The changes between up and down, newest first, of transitions newest first.
pub(crate) fn flips_json(transitions: &[Transition]) -> Vec<Value> {
    let mut flips: Vec<(Timestamp, bool)> = Vec::new();
    for transition in transitions.iter().rev().filter(|t| t.to != Level::Unknown) {
        let up = transition.to != Level::Critical;
        if flips.last().is_none_or(|(_, before)| *before != up) {
            flips.push((transition.at, up));
        }
    }
    flips.iter().rev().map(|(at, up)| json!({ "timestamp": iso(*at), "up": u8::from(*up) })).collect()
}

/// `2020-03-24T14:02:03+00:00`
fn iso(at: Timestamp) -> String {
    at.zoned(&jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Spec, String> {
        Spec::read(body.as_object().unwrap())
    }

    fn applied(body: &Value) -> Definition {
        let mut definition = Definition::default();
        read(body).unwrap().apply(&mut definition);
        definition
    }

    #[test]
    fn what_is_asked_for_becomes_a_definition() {
        assert_eq!(applied(&json!({})), Definition::default());
        let simple = applied(&json!({ "name": "Backups", "tags": "prod www", "timeout": 3600, "grace": 60 }));
        assert_eq!((simple.name.as_str(), simple.schedule.to_string()), ("Backups", "every 1h".to_owned()));
        assert_eq!(simple.tags, ["prod", "www"]);
        let cron = applied(&json!({ "schedule": "0 3 * * *", "tz": "Europe/Riga", "timeout": 60 }));
        assert_eq!(cron.schedule.to_string(), "cron 0 3 * * * in Europe/Riga");
        assert_eq!(applied(&json!({ "schedule": "daily" })).schedule.to_string(), "calendar daily in UTC");
        assert!(applied(&json!({ "methods": "POST" })).only_post);
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_healthchecks() {
        for (body, said) in [
            (json!({ "name": 5 }), "name is not a string"),
            (json!({ "name": null }), "name is not a string"),
            (json!({ "name": "x".repeat(101) }), "name is too long"),
            (json!({ "timeout": "60" }), "timeout is not a number"),
            (json!({ "timeout": 59 }), "timeout is too small"),
            (json!({ "grace": 31_536_001 }), "grace is too large"),
            (json!({ "schedule": "0 25 * * *" }), "schedule is not a valid cron or OnCalendar expression"),
            (json!({ "tz": "Mars/Base" }), "tz is not a valid timezone"),
            (json!({ "slug": "No" }), "slug does not match pattern"),
            (json!({ "methods": "PUT" }), "methods has unexpected value"),
            (json!({ "manual_resume": 1 }), "manual_resume is not a boolean"),
            (json!({ "unique": "name" }), "unique is not an array"),
            (json!({ "unique": ["status"] }), "an item in 'unique' has unexpected value"),
        ] {
            assert_eq!(read(&body), Err(format!("json validation error: {said}")), "{body}");
        }
    }

    #[test]
    fn unique_finds_what_is_the_same() {
        let job = applied(&json!({ "name": "Backups", "tags": "a b", "timeout": 3600 }));
        assert!(read(&json!({ "name": "Backups", "unique": ["name"] })).unwrap().means(&job));
        assert!(
            read(&json!({ "timeout": 3600, "tags": "a b", "unique": ["timeout", "tags"] }))
                .unwrap()
                .means(&job)
        );
        assert!(!read(&json!({ "unique": ["name"] })).unwrap().means(&job), "a field that is not given");
        assert!(!read(&json!({ "name": "Backups" })).unwrap().means(&job), "nothing is unique");
    }

    #[test]
    fn flips_are_changes_between_up_and_down() {
        let transition = |at: i64, to: Level| Transition {
            resource: "job/ping/x".parse().unwrap(),
            at: Timestamp::from_millis(at * 1000),
            from: None,
            to,
            reason: String::new(),
        };
        let newest_first = [
            transition(5, Level::Ok),
            transition(4, Level::Critical),
            transition(3, Level::Unknown),
            transition(2, Level::Warning),
            transition(1, Level::Ok),
        ];
        let flips = flips_json(&newest_first);
        assert_eq!(flips.len(), 3);
        assert_eq!(flips[0], json!({ "timestamp": "1970-01-01T00:00:05+00:00", "up": 1 }));
        assert_eq!(flips[1]["up"], 0);
    }

    #[test]
    fn a_key_for_readers_is_stable_and_tells_no_address() {
        let key = unique_key("5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278");
        assert_eq!(key.len(), 40);
        assert_eq!(key, unique_key("5bf66975-d4c7-4bf5-0000-000000000000"));
    }
}
