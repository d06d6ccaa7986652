//! What a job is: its name, when it is expected, and what counts as a ping of it.

use hob_base::wording::tidy;
use hob_base::{ResourceId, Timestamp};
use jiff::tz::TimeZone;
use recurrence::{Length, Schedule, Zone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// The longest name, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 100;
/// The longest slug, in characters.
pub(crate) const SLUG_CHARS_MAX: usize = 100;
/// The longest list of tags, in characters, as healthchecks has it.
pub(crate) const TAGS_CHARS_MAX: usize = 500;
/// The longest description, in characters.
pub(crate) const ABOUT_CHARS_MAX: usize = 2000;
/// The longest list of words, in characters.
pub(crate) const WORDS_CHARS_MAX: usize = 200;
/// The most resources that a job can need.
const NEEDS_MAX: usize = 20;
/// A year: the longest grace, in seconds.
pub(crate) const GRACE_S_MAX: u32 = 31_536_000;

/// Who wrote a job down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// Somebody on the page.
    #[default]
    Page,
    /// A program, through the API.
    Api,
    /// A ping with `?create=1`.
    Ping,
    /// `hob.toml`; it can only be changed there.
    File,
}

/// A job as its owner describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Definition {
    /// What people call it; may be empty.
    pub(crate) name: String,
    /// How it is called in addresses; may be empty, and may be the same for several.
    pub(crate) slug: String,
    /// Tags.
    pub(crate) tags: Vec<String>,
    /// Whatever its owner wants to say of it.
    pub(crate) about: String,
    /// When it is expected.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub(crate) schedule: Schedule,
    /// How long it may be late, and how long it may take.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub(crate) grace: Length,
    /// Whether a paused job stays paused when it is pinged.
    pub(crate) manual_resume: bool,
    /// Whether only POST counts.
    pub(crate) only_post: bool,
    /// Words in a body that mean success, divided by commas.
    pub(crate) success_kw: String,
    /// Words in a body that mean failure.
    pub(crate) failure_kw: String,
    /// Words in a body that mean a start.
    pub(crate) start_kw: String,
    /// What it needs.
    pub(crate) needs: Vec<ResourceId>,
    /// Who wrote it down.
    pub(crate) origin: Origin,
}

impl Default for Definition {
    /// What healthchecks makes of a job of which nothing else is known: every day, an hour of grace.
    fn default() -> Self {
        let hours = |hours: u32| Length::from_secs(hours * 3600).unwrap_or(Length::MAX);
        Self {
            name: String::new(),
            slug: String::new(),
            tags: Vec::new(),
            about: String::new(),
            schedule: Schedule::Period { every: hours(24) },
            grace: hours(1),
            manual_resume: false,
            only_post: false,
            success_kw: String::new(),
            failure_kw: String::new(),
            start_kw: String::new(),
            needs: Vec::new(),
            origin: Origin::Page,
        }
    }
}

fn as_text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

fn from_text<'de, T: Parsed, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    T::parsed(&text).map_err(serde::de::Error::custom)
}

trait Parsed: Sized {
    fn parsed(text: &str) -> Result<Self, recurrence::ParseError>;
}

impl Parsed for Schedule {
    fn parsed(text: &str) -> Result<Self, recurrence::ParseError> {
        Self::parse(text)
    }
}

impl Parsed for Length {
    fn parsed(text: &str) -> Result<Self, recurrence::ParseError> {
        Self::parse(text)
    }
}

impl Definition {
    /// What to call it where it must be called something.
    pub(crate) fn title(&self) -> &str {
        [&self.name, &self.slug]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("A job without a name", |t| t)
    }

    /// When it is next expected after `after`. `local` counts where the schedule names no zone.
    pub(crate) fn next_after(&self, after: Timestamp, local: &TimeZone) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_millisecond(after.millis()).ok()?;
        let next = self.schedule.next_after(after, local)?;
        Some(Timestamp::from_millis(next.as_millisecond()))
    }

    /// The zone whose clock counts for it.
    pub(crate) fn zone(&self, local: &TimeZone) -> TimeZone {
        self.named_zone().map_or_else(|| local.clone(), |zone| zone.time_zone().clone())
    }

    /// The zone that its schedule names.
    pub(crate) fn named_zone(&self) -> Option<&Zone> {
        match &self.schedule {
            Schedule::Period { .. } => None,
            Schedule::Cron { tz, .. } | Schedule::Calendar { tz, .. } => tz.as_ref(),
        }
    }

    /// The same schedule by the clock of another zone. Of a period no clock counts.
    pub(crate) fn set_zone(&mut self, zone: Option<Zone>) {
        match &mut self.schedule {
            Schedule::Period { .. } => {}
            Schedule::Cron { tz, .. } | Schedule::Calendar { tz, .. } => *tz = zone,
        }
    }

    /// Checks what can be wrong whoever wrote it down: the field, and one sentence.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let short = |field: &'static str, text: &str, max: usize| {
            let long = text.chars().count() > max;
            if long { Err((field, format!("It is too long: at most {max} characters."))) } else { Ok(()) }
        };
        short("name", &self.name, NAME_CHARS_MAX)?;
        short("tags", &self.tags.join(" "), TAGS_CHARS_MAX)?;
        short("about", &self.about, ABOUT_CHARS_MAX)?;
        short("success_kw", &self.success_kw, WORDS_CHARS_MAX)?;
        short("failure_kw", &self.failure_kw, WORDS_CHARS_MAX)?;
        short("start_kw", &self.start_kw, WORDS_CHARS_MAX)?;
        if !self.slug.is_empty() && !is_slug(&self.slug) {
            let text = "Use small letters, digits, hyphens and underscores, at most 100 of them.";
            return Err(("slug", text.to_owned()));
        }
        if self.grace.as_secs() > GRACE_S_MAX {
            return Err(("grace", "It is too long: at most 365d.".to_owned()));
        }
        if self.needs.len() > NEEDS_MAX {
            return Err(("needs", format!("These are too many: at most {NEEDS_MAX} resources.")));
        }
        Ok(())
    }
}

/// Whether a text can be a slug.
pub(crate) fn is_slug(text: &str) -> bool {
    (1..=SLUG_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

/// A slug for a name: `Backup of the NAS` becomes `backup-of-the-nas`. Empty when nothing is left of it.
pub(crate) fn slug_for(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() || c == '_' {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(SLUG_CHARS_MAX);
    slug.trim_matches('-').to_owned()
}

/// Tags divided by spaces or commas, each once, in their order.
pub(crate) fn read_tags(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let words = text.split(|c: char| c.is_whitespace() || c == ',').map(|tag| tidy(tag, 60));
    words.filter(|tag| !tag.is_empty() && seen.insert(tag.clone())).collect()
}

/// A name for its resource and its page that no other job has: the slug, the name's slug, or a number behind it.
pub(crate) fn handle_for(definition: &Definition, taken: impl Fn(&str) -> bool) -> String {
    /// Addresses of our own beside those of jobs.
    const RESERVED: [&str; 2] = ["new", "key"];
    let slug = if definition.slug.is_empty() { slug_for(&definition.name) } else { definition.slug.clone() };
    let stem = if slug.is_empty() { "job".to_owned() } else { slug };
    let free = |handle: &String| !RESERVED.contains(&handle.as_str()) && !taken(handle);
    std::iter::once(stem.clone()).chain((2_u32..).map(|n| format!("{stem}-{n}"))).find(free).unwrap_or(stem)
}

/// A schedule as people write it on the page and in `hob.toml`: as [`Schedule`] has it, or without its first word where
/// that is plain: `1d`, `0 3 * * *`, `Mon 03:00`.
///
/// # Errors
/// What is wrong with it, where, and what would be right.
pub(crate) fn read_schedule(text: &str) -> Result<Schedule, String> {
    let text = text.trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    let named = ["every", "cron", "calendar"].iter().any(|word| first.eq_ignore_ascii_case(word));
    if !named && Length::parse(text).is_ok() {
        return Schedule::parse(&format!("every {text}")).map_err(|error| error.to_string());
    }
    let fields = text.split_whitespace().count() == 5 && !text.contains("..");
    if !named && (fields || first.starts_with('@')) {
        return Schedule::parse(&format!("cron {text}")).map_err(|error| error.to_string());
    }
    if !named
        && !text.is_empty()
        && let Ok(schedule) = Schedule::parse(&format!("calendar {text}"))
    {
        return Ok(schedule);
    }
    Schedule::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Backup of the NAS", "backup-of-the-nas"),
            ("  --Ärger_mit 5% ", "rger_mit-5"),
            ("日本", ""),
            ("A", "a"),
        ] {
            assert_eq!(slug_for(name), slug);
        }
    }

    #[test]
    fn handles_are_unique() {
        let definition = Definition { slug: "backup".to_owned(), ..Definition::default() };
        assert_eq!(handle_for(&definition, |_| false), "backup");
        assert_eq!(handle_for(&definition, |handle| ["backup", "backup-2"].contains(&handle)), "backup-3");
        let named_new = Definition { name: "New".to_owned(), ..Definition::default() };
        assert_eq!(handle_for(&named_new, |_| false), "new-2");
        assert_eq!(handle_for(&Definition::default(), |_| false), "job");
    }

    #[test]
    fn schedules_may_leave_out_what_is_plain() {
        for (text, written) in [
            ("1d", "every 1d"),
            ("every 90m", "every 1h 30m"),
            ("0 3 * * *", "cron 0 3 * * *"),
            ("@daily", "cron @daily"),
            ("daily", "calendar daily"),
            ("Mon 03:00", "calendar Mon 03:00"),
            ("cron 0 3 * * * in Europe/Berlin", "cron 0 3 * * * in Europe/Berlin"),
        ] {
            assert_eq!(read_schedule(text).unwrap().to_string(), written, "{text}");
        }
        assert!(read_schedule("0 25 * * *").unwrap_err().contains("hour"));
        assert!(read_schedule("").unwrap_err().contains("begin with every, cron or calendar"));
        assert!(read_schedule("soon").unwrap_err().contains("begin with"));
    }

    #[test]
    fn a_definition_survives_the_database() {
        let definition = Definition {
            name: "Backup".to_owned(),
            tags: vec!["nas".to_owned()],
            schedule: read_schedule("cron 0 3 * * * in Europe/Berlin").unwrap(),
            needs: vec!["host/home/nas".parse().unwrap()],
            ..Definition::default()
        };
        let text = serde_json::to_string(&definition).unwrap();
        assert_eq!(serde_json::from_str::<Definition>(&text).unwrap(), definition);
        assert_eq!(serde_json::from_str::<Definition>("{}").unwrap(), Definition::default());
    }

    #[test]
    fn tags_are_words_that_come_once() {
        assert_eq!(read_tags(" nas, backup  nas\u{202e} "), ["nas", "backup"]);
    }

    proptest! {
        #[test]
        fn whatever_the_name_its_slug_is_one_or_empty(name in ".{0,200}") {
            let slug = slug_for(&name);
            prop_assert!(slug.is_empty() || is_slug(&slug), "{}", slug);
        }

        #[test]
        fn no_schedule_makes_it_panic(text in ".{0,100}") {
            let _ = read_schedule(&text);
        }
    }
}
