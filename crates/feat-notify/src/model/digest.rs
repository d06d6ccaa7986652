//! What happened in a day or a week, and what will need attention, in sentences.

use super::news::{Kind, News};
use super::route::{House, Plan, Rule, RuleText, plan};
use hob_base::incident::Member;
use hob_base::wording::{counted, duration_words, listed, tidy};
use hob_base::{Incident, Level, Resource, Timestamp};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The most lines of one section.
const LINES_MAX: usize = 10;
/// The most names in one line.
const NAMES_MAX: usize = 6;
/// What ends within so many days needs attention.
const SOON_DAYS: i64 = 30;
/// Filesystems fuller than this need attention where no forecast is known.
const FULL_PERCENT: f64 = 90.0;
/// What was missed for longer is not sent any more.
const LATE: Duration = Duration::from_secs(6 * 3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A digest that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Subscription {
    /// Unique.
    pub(crate) id: String,
    /// Empty: everybody; else a person.
    pub(crate) who: String,
    /// Through which channels: the first that works.
    pub(crate) to: Vec<String>,
    /// On which weekday; `None`: every day.
    pub(crate) on: Option<Day>,
    /// At what time: `08:00`.
    pub(crate) at: String,
    /// Whether one in which nothing happened is left out.
    pub(crate) skip_quiet: bool,
    /// Whether it stands in `hob.toml`.
    #[serde(skip)]
    pub(crate) in_settings: bool,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    /// All of them with their names.
    pub(crate) const ALL: [(Self, &'static str, &'static str, Weekday); 7] = [
        (Self::Mon, "mon", "Monday", Weekday::Monday),
        (Self::Tue, "tue", "Tuesday", Weekday::Tuesday),
        (Self::Wed, "wed", "Wednesday", Weekday::Wednesday),
        (Self::Thu, "thu", "Thursday", Weekday::Thursday),
        (Self::Fri, "fri", "Friday", Weekday::Friday),
        (Self::Sat, "sat", "Saturday", Weekday::Saturday),
        (Self::Sun, "sun", "Sunday", Weekday::Sunday),
    ];

    /// By its first letters.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let short = text.get(..3)?;
        Self::ALL
            .iter()
            .find(|(_, word, name, _)| *word == short && name.to_lowercase().starts_with(&text))
            .map(|day| day.0)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(day, ..)| *day == self).map_or("", |(_, _, name, _)| name)
    }

    fn weekday(self) -> Weekday {
        Self::ALL.iter().find(|(day, ..)| *day == self).map_or(Weekday::Monday, |(.., weekday)| *weekday)
    }
}

impl Subscription {
    /// What is wrong with it: fields and sentences.
    pub(crate) fn check(&self) -> Vec<(&'static str, String)> {
        let mut wrong: Vec<_> = match self.rule() {
            Ok(_) => Vec::new(),
            Err(mistakes) => mistakes,
        };
        if self.time().is_none() {
            wrong.push(("at", "Write a time of the day, for example 08:00.".to_owned()));
        }
        wrong
    }

    /// The rule by which it is routed.
    fn rule(&self) -> Result<Rule, super::route::Mistakes> {
        let who = if self.who.is_empty() { "everyone".to_owned() } else { self.who.clone() };
        Rule::read("digest", &RuleText { who, to: self.to.clone(), ..RuleText::default() })
    }

    fn time(&self) -> Option<Time> {
        let (hour, minute) = self.at.trim().split_once(':')?;
        Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
    }

    /// One sentence.
    pub(crate) fn sentence(&self) -> String {
        let when = match self.on {
            Some(day) => format!("Every {}", day.name()),
            None => "Every day".to_owned(),
        };
        let who = if self.who.is_empty() { "everyone" } else { &self.who };
        let quiet = if self.skip_quiet { ", unless nothing happened" } else { "" };
        format!("{when} at {} → {}, for {who}{quiet}.", self.at, self.to.join(", then "))
    }

    /// The day for which one is to be sent now, and its moment; `None` when that was missed too long ago.
    pub(crate) fn due(&self, now: Timestamp, zone: &TimeZone) -> Option<(Date, Timestamp)> {
        let time = self.time()?;
        let mut date = now.zoned(zone).date();
        for _ in 0..8 {
            let suits = self.on.is_none_or(|day| date.weekday() == day.weekday());
            let at = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
            let at = Timestamp::from_millis(at.timestamp().as_millisecond());
            if suits && at <= now {
                return (now.since(at) < LATE).then_some((date, at));
            }
            date = date.yesterday().ok()?;
        }
        None
    }

    /// From when on it tells what happened before `to`.
    pub(crate) fn from(&self, to: Timestamp) -> Timestamp {
        to.minus(if self.on.is_some() { DAY * 7 } else { DAY })
    }

    /// Whom it goes to and how.
    pub(crate) fn plan(&self, house: &House<'_>, news: &News, now: Timestamp) -> Plan {
        match self.rule() {
            Ok(rule) => plan(&House { rules: &[rule], ..*house }, news, &[], now),
            Err(_) => Plan::default(),
        }
    }
}

/// How much of a time a resource was up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Uptime {
    /// What people call it.
    pub(crate) name: String,
    /// From 0 to 100.
    pub(crate) percent: f64,
    /// How long it was critical.
    pub(crate) down: Duration,
}

/// What a digest is made of.
pub(crate) struct Facts<'a> {
    /// From when on.
    pub(crate) from: Timestamp,
    /// Until when.
    pub(crate) to: Timestamp,
    /// Whether it is of a week.
    pub(crate) weekly: bool,
    /// Whose clock counts.
    pub(crate) zone: &'a TimeZone,
    /// Incidents that went on at some time of it.
    pub(crate) incidents: &'a [Arc<Incident>],
    /// All resources.
    pub(crate) resources: &'a [Arc<Resource>],
    /// What was known at the last digest: ids and names.
    pub(crate) before: Option<&'a BTreeSet<(String, String)>>,
    /// How much of it what people use was up.
    pub(crate) uptimes: &'a [Uptime],
}

/// A digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// A headline without a full stop.
    pub(crate) title: String,
    /// Headings and sentences.
    pub(crate) sections: Vec<(&'static str, Vec<String>)>,
}

impl Digest {
    /// Whether there is nothing to tell.
    pub(crate) fn is_quiet(&self) -> bool {
        self.sections.is_empty()
    }

    /// The whole as plain text.
    pub(crate) fn text(&self) -> String {
        if self.is_quiet() {
            return "Nothing happened, and nothing needs attention.".to_owned();
        }
        let section = |(heading, lines): &(&str, Vec<String>)| {
            let lines: Vec<String> = lines.iter().map(|line| format!("• {line}")).collect();
            format!("{heading}\n{}", lines.join("\n"))
        };
        self.sections.iter().map(section).collect::<Vec<String>>().join("\n\n")
    }

    /// As something to be told.
    pub(crate) fn news(&self, subscription: &str, date: Date, now: Timestamp) -> News {
        News {
            key: format!("digest/{subscription}/{date}"),
            kind: Kind::Digest,
            at: now,
            incident: None,
            severity: Level::Ok,
            title: self.title.clone(),
            body: self.text(),
            path: "/notifications/digest".to_owned(),
            to: None,
            subject: None,
            untold: None,
        }
    }
}

/// Makes a digest.
pub(crate) fn digest(facts: &Facts<'_>) -> Digest {
    let mut sections = Vec::new();
    let mut add = |heading, lines: Vec<String>| {
        if !lines.is_empty() {
            sections.push((heading, cut(lines)));
        }
    };
    add("What happened", happened(facts));
    add("New and gone", new_and_gone(facts));
    let attention = attention(facts);
    let needs = attention.len();
    add("What needs attention", attention);
    if !sections.is_empty() && facts.weekly {
        let lines = uptime(facts);
        if !lines.is_empty() {
            sections.push(("Up-time", lines));
        }
    }
    let span = if facts.weekly { "week" } else { "day" };
    // What turned out to be a part of another one is told with that one.
    let incidents = match facts.incidents.iter().filter(|incident| incident.merged_into.is_none()).count() {
        0 => "no incidents".to_owned(),
        count => counted(count, "incident"),
    };
    let title = match (sections.is_empty(), needs) {
        (true, _) => format!("A quiet {span}"),
        (false, 0) => format!("The {span}: {incidents}"),
        (false, 1) => format!("The {span}: {incidents}, 1 thing needs attention"),
        (false, more) => format!("The {span}: {incidents}, {more} things need attention"),
    };
    Digest { title, sections }
}

/// At most so many lines; the rest is counted.
fn cut(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    if more > 0 {
        lines.push(format!("And {more} more."));
    }
    lines
}

fn names(all: &[&str]) -> String {
    let mut names: Vec<String> = all.iter().take(NAMES_MAX).map(|name| tidy(name, 60)).collect();
    match all.len().saturating_sub(NAMES_MAX) {
        0 => {}
        1 => names.push("1 other".to_owned()),
        more => names.push(format!("{more} others")),
    }
    listed(&names)
}

fn happened(facts: &Facts<'_>) -> Vec<String> {
    let mut incidents: Vec<&Arc<Incident>> =
        facts.incidents.iter().filter(|incident| incident.merged_into.is_none()).collect();
    incidents.sort_by_key(|incident| (incident.closed_at.is_some(), incident.began_at));
    let mut lines: Vec<String> = Vec::new();
    if let Some((member, lasted)) = longest(facts) {
        lines.push(format!("Longest not well: {}, for {}.", tidy(&member.name, 60), duration_words(lasted)));
    }
    lines.extend(incidents.iter().map(|incident| {
        let title = tidy(&incident.title, 140);
        let began = incident.began_at.date_time(facts.zone);
        match incident.closed_at {
            Some(closed) => {
                format!("{title}: from {began}, for {}.", duration_words(closed.since(incident.began_at)))
            }
            None => format!("{title}: since {began}, and it still goes on."),
        }
    }));
    lines
}

/// Which resource was not well for longest within the time, in its incidents.
fn longest<'a>(facts: &Facts<'a>) -> Option<(&'a Member, Duration)> {
    let within = |member: &Member| {
        let (from, to) =
            (member.since.max(facts.from), member.recovered_at.unwrap_or(facts.to).min(facts.to));
        to.since(from)
    };
    let members = facts.incidents.iter().flat_map(|incident| &incident.members);
    let longest = members.map(|member| (member, within(member))).max_by_key(|(_, lasted)| *lasted)?;
    (longest.1 > Duration::from_secs(60)).then_some(longest)
}

/// Hob's own parts come and go without being news.
pub(crate) fn is_worth_a_word(resource: &Resource) -> bool {
    !matches!(resource.id.kind(), "job" | "channel" | "alert" | "connection" | "unit")
}

fn new_and_gone(facts: &Facts<'_>) -> Vec<String> {
    let Some(before) = facts.before else { return Vec::new() };
    let now: BTreeSet<&str> = facts.resources.iter().map(|resource| resource.id.as_str()).collect();
    let known: BTreeSet<&str> = before.iter().map(|(id, _)| id.as_str()).collect();
    let new: Vec<&str> = facts
        .resources
        .iter()
        .filter(|resource| is_worth_a_word(resource) && !known.contains(resource.id.as_str()))
        .map(|resource| resource.name.as_str())
        .collect();
    let gone: Vec<&str> =
        before.iter().filter(|(id, _)| !now.contains(id.as_str())).map(|(_, name)| name.as_str()).collect();
    let mut lines = Vec::new();
    if !new.is_empty() {
        lines.push(format!("New: {}.", names(&new)));
    }
    if !gone.is_empty() {
        lines.push(format!("Gone: {}.", names(&gone)));
    }
    lines
}

fn attention(facts: &Facts<'_>) -> Vec<String> {
    let mut lines: Vec<(i64, String)> = Vec::new();
    for resource in facts.resources {
        let name = tidy(&resource.name, 60);
        if resource.judged && resource.health.level >= Level::Warning {
            let remedy =
                resource.health.remedy.as_deref().map_or_else(String::new, |remedy| format!(" {remedy}"));
            let rank = if resource.health.level == Level::Critical { -2 } else { -1 };
            lines.push((rank, tidy(&format!("{name}: {}{remedy}", resource.health.reason), 300)));
            continue;
        }
        lines.extend(ending(resource, &name, facts));
        lines.extend(filling(resource, &name));
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Certificates, domains and credentials that end soon.
fn ending(resource: &Resource, name: &str, facts: &Facts<'_>) -> Option<(i64, String)> {
    let until: Date = resource.text("valid_until")?.get(..10)?.parse().ok()?;
    let today = facts.to.zoned(facts.zone).date();
    let days = i64::from(today.until(until).ok()?.get_days());
    if !(0..=SOON_DAYS).contains(&days) {
        return None;
    }
    let when = match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    };
    Some((days, format!("{name} is valid until {}, which ends {when}.", until.strftime("%-d %b %Y"))))
}

/// Filesystems that fill.
fn filling(resource: &Resource, name: &str) -> Option<(i64, String)> {
    if resource.id.kind() != "filesystem" {
        return None;
    }
    if let Some(days) = resource.number("forecast_full_days").filter(|days| (0.0..=30.0).contains(days)) {
        let words = duration_words(Duration::from_secs_f64(days * 86_400.0));
        return Some((days as i64, format!("{name} will be full in about {words}.")));
    }
    let used = resource.number("used_percent").filter(|used| *used >= FULL_PERCENT)?;
    Some((SOON_DAYS, format!("{name} is {used:.0} % full.")))
}

fn uptime(facts: &Facts<'_>) -> Vec<String> {
    if facts.uptimes.is_empty() {
        return Vec::new();
    }
    let mut worst: Vec<&Uptime> = facts.uptimes.iter().filter(|one| !one.down.is_zero()).collect();
    worst.sort_by(|a, b| a.percent.total_cmp(&b.percent).then_with(|| a.name.cmp(&b.name)));
    let all = counted(facts.uptimes.len(), "service");
    let mut lines = match worst.len() {
        0 => vec![format!("{all}, and none of them was down.")],
        down => vec![format!("Of {all} {} were up all the time.", facts.uptimes.len() - down)],
    };
    lines.extend(worst.iter().take(5).map(|one| {
        // Rounded down: what was down at all is never shown as 100 %.
        let percent = (one.percent * 100.0).floor() / 100.0;
        format!(
            "{} was up for {percent} % of the time and down for {}.",
            tidy(&one.name, 60),
            duration_words(one.down)
        )
    }));
    lines
}

#[cfg(test)]
mod tests;
