//! What everybody may see: made of the names that the owner chose, and of nothing else.

use super::page::{Announcement, Page};
use hob_base::wording::{listed, tidy};
use hob_base::{Incident, Level, Resource, ResourceId, Timestamp};
use ring::digest::{SHA256, digest};
use std::sync::Arc;
use std::time::Duration;

/// How far back incidents and announcements are told.
pub(crate) const TOLD_FOR: Duration = Duration::from_secs(14 * 86_400);
/// Of more than this in one sentence only the number is said.
const NAMED_MAX: usize = 3;
/// The most incidents on one page.
const INCIDENTS_MAX: usize = 100;
/// The longest reason that is shown.
const REASON_MAX: usize = 300;

/// How something is, for who only wants to use it. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Works.
    Works,
    /// Somebody works on it, as planned.
    Maintenance,
    /// Nobody knows.
    Unknown,
    /// Works, but not as it should.
    Limited,
    /// Does not work.
    Down,
}

impl State {
    /// From a health; a resource that nobody has judged yet is unknown.
    pub(crate) fn of(resource: Option<&Resource>, maintenance: bool) -> Self {
        let level = resource.filter(|resource| resource.judged).map(|resource| resource.health.level);
        match (level, maintenance) {
            (Some(Level::Ok), _) => Self::Works,
            (_, true) => Self::Maintenance,
            (level, _) => Self::of_level(level.unwrap_or(Level::Unknown)),
        }
    }

    /// From a level.
    pub(crate) const fn of_level(level: Level) -> Self {
        match level {
            Level::Ok => Self::Works,
            Level::Unknown => Self::Unknown,
            Level::Warning => Self::Limited,
            Level::Critical => Self::Down,
        }
    }

    /// The colour and shape for it.
    pub(crate) const fn level(self) -> Level {
        match self {
            Self::Works => Level::Ok,
            Self::Maintenance | Self::Unknown => Level::Unknown,
            Self::Limited => Level::Warning,
            Self::Down => Level::Critical,
        }
    }

    /// The words for it, of one thing.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Maintenance => "under maintenance",
            Self::Unknown => "state unknown",
            Self::Limited => "works with trouble",
            Self::Down => "down",
        }
    }

    /// The word of Statuspage for a component. It has none for what nobody knows.
    pub(crate) const fn component(self) -> &'static str {
        match self {
            Self::Works => "operational",
            Self::Maintenance => "under_maintenance",
            Self::Unknown => "unknown",
            Self::Limited => "degraded_performance",
            Self::Down => "major_outage",
        }
    }
}

/// What is known of one entry at the moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looked {
    /// The resource, where it is known to Hob.
    pub(crate) resource: Option<Arc<Resource>>,
    /// Whether planned work goes on.
    pub(crate) maintenance: bool,
    /// Its last ninety days.
    pub(crate) days: Vec<Option<Level>>,
    /// Up-time in thirty and in ninety days, in per cent.
    pub(crate) uptime: (Option<f64>, Option<f64>),
}

/// A page as everybody sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PublicPage {
    /// An opaque name that stays the same.
    pub(crate) key: String,
    /// When it was put together.
    pub(crate) at: Timestamp,
    /// What it is called.
    pub(crate) title: String,
    /// The text on top.
    pub(crate) intro: String,
    /// The worst state.
    pub(crate) state: State,
    /// What is said above everything: the parts of a sentence. Times are drawn by who shows it.
    pub(crate) sentence: Sentence,
    /// The entries in order.
    pub(crate) entries: Vec<PublicEntry>,
    /// What broke, newest first.
    pub(crate) incidents: Vec<PublicIncident>,
    /// What the owner says.
    pub(crate) announcements: Vec<Announcement>,
    /// Planned work that Hob knows of, apart from announcements.
    pub(crate) planned: Vec<Planned>,
}

/// One entry as everybody sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PublicEntry {
    /// An opaque name that stays the same.
    pub(crate) key: String,
    /// The heading; empty for none.
    pub(crate) group: String,
    /// Its public name.
    pub(crate) name: String,
    /// How it is.
    pub(crate) state: State,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
    /// Why, if the owner lets everybody know.
    pub(crate) reason: Option<String>,
    /// Its last ninety days.
    pub(crate) days: Vec<Option<Level>>,
    /// Up-time in thirty and in ninety days, in per cent.
    pub(crate) uptime: (Option<f64>, Option<f64>),
}

/// An incident as everybody sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PublicIncident {
    /// An opaque name that stays the same.
    pub(crate) key: String,
    /// What it is, in public names.
    pub(crate) title: String,
    /// The entries that it touches, by position.
    pub(crate) entries: Vec<usize>,
    /// The worst it was.
    pub(crate) state: State,
    /// Since when.
    pub(crate) began: Timestamp,
    /// Until when; `None` while it goes on.
    pub(crate) ended: Option<Timestamp>,
    /// Public names and reasons, if the owner lets everybody know.
    pub(crate) reasons: Vec<(String, String)>,
}

/// Planned work on some entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    /// An opaque name that stays the same.
    pub(crate) key: String,
    /// The entries that it touches, by position.
    pub(crate) entries: Vec<usize>,
    /// Their public names.
    pub(crate) names: Vec<String>,
    /// From when on.
    pub(crate) from: Timestamp,
    /// Until when, where that is known.
    pub(crate) to: Option<Timestamp>,
}

/// What is said above everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// The words without the full stop.
    pub(crate) words: String,
    /// Since when, where one thing is meant.
    pub(crate) since: Option<Timestamp>,
}

/// Puts a page together. `looked` is in the order of the page's entries.
pub(crate) fn public_page(
    page: &Page,
    looked: Vec<Looked>,
    incidents: &[Arc<Incident>],
    planned: Vec<Planned>,
    now: Timestamp,
) -> PublicPage {
    let entries: Vec<PublicEntry> =
        page.entries.iter().zip(looked).map(|(entry, looked)| public_entry(page, entry, looked)).collect();
    let state = entries.iter().map(|entry| entry.state).max().unwrap_or(State::Works);
    let oldest = now.minus(TOLD_FOR);
    let mut told: Vec<PublicIncident> =
        incidents.iter().filter_map(|incident| public_incident(page, incident, oldest)).collect();
    told.sort_by_key(|incident| std::cmp::Reverse(incident.began));
    told.truncate(INCIDENTS_MAX);
    let announcements = page.announcements.iter().filter(|said| said.to.is_none_or(|to| to > oldest));
    PublicPage {
        key: opaque(&page.id, "page"),
        at: now,
        title: page.title.clone(),
        intro: page.intro.clone(),
        state,
        sentence: sentence(&entries),
        incidents: told,
        announcements: announcements.cloned().collect(),
        planned,
        entries,
    }
}

fn public_entry(page: &Page, entry: &super::page::Entry, looked: Looked) -> PublicEntry {
    let resource = looked.resource.as_deref();
    let state = State::of(resource, looked.maintenance);
    let reason = resource.filter(|_| page.shows_reasons && state != State::Works);
    PublicEntry {
        key: opaque(&page.id, entry.resource.as_str()),
        group: entry.group.clone(),
        name: entry.name.clone(),
        state,
        since: resource.filter(|resource| resource.judged).map(|resource| resource.since),
        reason: reason.map(|resource| tidy(&resource.health.reason, REASON_MAX)),
        days: looked.days,
        uptime: looked.uptime,
    }
}

/// “Everything works”, or what does not.
fn sentence(entries: &[PublicEntry]) -> Sentence {
    let of =
        |state: State| -> Vec<&PublicEntry> { entries.iter().filter(|entry| entry.state == state).collect() };
    let trouble: Vec<&PublicEntry> = entries.iter().filter(|entry| entry.state != State::Works).collect();
    let say = |state: State, one: &str, many: &str| -> Option<String> {
        let names: Vec<&str> = of(state).iter().map(|entry| entry.name.as_str()).collect();
        match names.len() {
            0 => None,
            1 => Some(format!("{} {one}", names[0])),
            n if n <= NAMED_MAX => Some(format!("{} {many}", listed(&names))),
            n if n == entries.len() => Some(format!("Everything {one}")),
            n => Some(format!("{n} of {} {many}", entries.len())),
        }
    };
    let parts: Vec<String> = [
        say(State::Down, "is down", "are down"),
        say(State::Limited, "works with trouble", "work with trouble"),
        say(State::Maintenance, "is under maintenance", "are under maintenance"),
        say(State::Unknown, "has not been heard of", "have not been heard of"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match trouble.as_slice() {
        _ if entries.is_empty() => Sentence { words: "Nothing is shown here yet".to_owned(), since: None },
        [] => Sentence { words: "Everything works".to_owned(), since: None },
        [one] => Sentence { words: parts.join("; "), since: one.since },
        _ => Sentence { words: parts.join("; "), since: None },
    }
}

/// What everybody may know of an incident; `None` when it touches nothing of this page, or is too old.
fn public_incident(page: &Page, incident: &Incident, oldest: Timestamp) -> Option<PublicIncident> {
    // It is told as a part of the other one.
    if incident.merged_into.is_some() {
        return None;
    }
    let touched: Vec<(usize, &super::page::Entry, &hob_base::incident::Member)> = page
        .entries
        .iter()
        .enumerate()
        .filter_map(|(i, entry)| {
            let member = incident.members.iter().find(|member| member.resource == entry.resource)?;
            Some((i, entry, member))
        })
        .filter(|(_, _, member)| member.worst != Level::Ok)
        .collect();
    let worst = touched.iter().map(|(_, _, member)| member.worst).max()?;
    let state = State::of_level(worst);
    let began = touched.iter().map(|(_, _, member)| member.since).min()?;
    let recovered = touched.iter().map(|(_, _, member)| member.recovered_at.or(incident.closed_at));
    let ended = recovered.collect::<Option<Vec<_>>>().and_then(|times| times.into_iter().max());
    if ended.is_some_and(|ended| ended < oldest) {
        return None;
    }
    let names: Vec<&str> = touched
        .iter()
        .filter(|(_, _, member)| member.worst == worst)
        .map(|(_, entry, _)| entry.name.as_str())
        .collect();
    let reasons = touched.iter().filter(|_| page.shows_reasons);
    Some(PublicIncident {
        key: opaque(&page.id, &incident.id.to_string()),
        title: incident_title(&names, state, ended.is_none()),
        entries: touched.iter().map(|(i, _, _)| *i).collect(),
        state,
        began,
        ended,
        reasons: reasons
            .map(|(_, entry, member)| (entry.name.clone(), tidy(&member.reason, REASON_MAX)))
            .collect(),
    })
}

fn incident_title(names: &[&str], state: State, goes_on: bool) -> String {
    let who = if names.len() <= NAMED_MAX { listed(names) } else { format!("{} services", names.len()) };
    let one = names.len() == 1;
    let verb = match (state, goes_on, one) {
        (State::Down, true, true) => "is down",
        (State::Down, true, false) => "are down",
        (State::Down, false, true) => "was down",
        (State::Down, false, false) => "were down",
        (State::Limited, true, true) => "has trouble",
        (State::Limited, true, false) => "have trouble",
        (State::Limited, false, _) => "had trouble",
        (_, true, true) => "has not been heard of",
        (_, true, false) => "have not been heard of",
        (_, false, true) => "was not heard of",
        (_, false, false) => "were not heard of",
    };
    format!("{who} {verb}")
}

/// A name for feeds and programs that stays the same and says nothing of the house: a UUID (RFC 9562, version 8) made of a
/// SHA-256 over the page's random id and the thing. The id itself is never published, so that nobody can try out names.
pub(crate) fn opaque(page: &str, thing: &str) -> String {
    let hash = digest(&SHA256, [page.as_bytes(), &[0], thing.as_bytes()].concat().as_slice());
    let first = hash.as_ref().iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    uuid((first >> 64) as u64, first as u64, 8)
}

/// 128 bits in the form of a UUID (RFC 9562).
pub(crate) fn uuid(high: u64, low: u64, version: u64) -> String {
    let high = (high & !0xf000) | (version << 12);
    let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// The positions and public names of the entries that are meant.
pub(crate) fn entries_of(page: &Page, meant: impl Fn(&ResourceId) -> bool) -> (Vec<usize>, Vec<String>) {
    let found = page.entries.iter().enumerate().filter(|(_, entry)| meant(&entry.resource));
    found.map(|(i, entry)| (i, entry.name.clone())).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::page::Entry;
    use crate::tests::house::{incident, member, thing};
    use hob_base::Health;

    const NOW: Timestamp = Timestamp::from_millis(1_795_444_920_000);

    fn page(names: &[&str]) -> Page {
        let entries = names.iter().enumerate().map(|(i, name)| Entry {
            resource: ResourceId::new("service", "nas", &i.to_string()),
            group: String::new(),
            name: (*name).to_owned(),
        });
        Page {
            id: "p".to_owned(),
            slug: "family".to_owned(),
            title: "Family".to_owned(),
            intro: String::new(),
            shows_reasons: false,
            created_at: NOW,
            updated_at: NOW,
            entries: entries.collect(),
            announcements: Vec::new(),
        }
    }

    fn looked(health: Option<Health>) -> Looked {
        Looked { resource: Some(thing("service/nas/0", "internal", health, &[])), ..Looked::default() }
    }

    fn said(healths: &[Health]) -> String {
        let names = ["Photos", "Mail", "Wiki", "Music", "Films"];
        let page = page(&names[..healths.len()]);
        let looked = healths.iter().map(|health| looked(Some(health.clone()))).collect();
        public_page(&page, looked, &[], Vec::new(), NOW).sentence.words
    }

    #[test]
    fn the_sentence_names_what_does_not_work() {
        let (ok, bad, weak) = (Health::ok("x"), Health::critical("x"), Health::warning("x"));
        assert_eq!(said(&[]), "Nothing is shown here yet");
        assert_eq!(said(&[ok.clone(), ok.clone()]), "Everything works");
        assert_eq!(said(&[bad.clone(), ok.clone()]), "Photos is down");
        assert_eq!(
            said(&[bad.clone(), bad.clone(), weak]),
            "Photos and Mail are down; Wiki works with trouble"
        );
        assert_eq!(said(&[bad.clone(), bad.clone(), bad.clone(), bad.clone(), ok]), "4 of 5 are down");
        assert_eq!(said(&vec![bad; 4]), "Everything is down");
        assert_eq!(said(&[Health::unknown("x")]), "Photos has not been heard of");
    }

    #[test]
    fn what_was_never_judged_or_is_gone_is_unknown_and_planned_work_is_no_outage() {
        assert_eq!(State::of(None, false), State::Unknown);
        let fresh = thing("service/nas/0", "x", None, &[]);
        assert_eq!(State::of(Some(&fresh), false), State::Unknown);
        let down = thing("service/nas/0", "x", Some(Health::critical("x")), &[]);
        assert_eq!(State::of(Some(&down), true), State::Maintenance);
        let well = thing("service/nas/0", "x", Some(Health::ok("x")), &[]);
        assert_eq!(State::of(Some(&well), true), State::Works);
    }

    #[test]
    fn an_incident_is_told_in_public_names_and_times_of_this_page_only() {
        let hour = Duration::from_secs(3600);
        let mut outage = incident(7, NOW.minus(hour * 5), Some(NOW));
        outage.title = "nas is broken and 3 more".to_owned();
        outage.members = vec![
            member("host/home/nas", Level::Critical, NOW.minus(hour * 5), Some(NOW)),
            member("service/nas/0", Level::Critical, NOW.minus(hour * 4), Some(NOW.minus(hour))),
            member("service/nas/1", Level::Warning, NOW.minus(hour * 3), Some(NOW.minus(hour * 2))),
        ];
        let outage = Arc::new(outage);
        let mut page = page(&["Photos", "Mail", "Wiki"]);
        let told = |page: &Page| {
            public_page(page, vec![Looked::default(); 3], std::slice::from_ref(&outage), Vec::new(), NOW)
                .incidents
        };
        let one = &told(&page)[0];
        assert_eq!((one.title.as_str(), &one.entries[..]), ("Photos was down", &[0, 1][..]));
        assert_eq!((one.began, one.ended), (NOW.minus(hour * 4), Some(NOW.minus(hour))));
        assert!(one.reasons.is_empty());
        page.shows_reasons = true;
        assert_eq!(told(&page)[0].reasons.len(), 2);
        page.entries.drain(..2);
        assert!(told(&page).is_empty(), "it touches nothing that is shown");
    }

    #[test]
    fn old_and_merged_incidents_are_not_told() {
        let page = page(&["Photos"]);
        let days = |n: u64| Duration::from_secs(n * 86_400);
        let mut old = incident(1, NOW.minus(days(20)), Some(NOW.minus(days(15))));
        old.members =
            vec![member("service/nas/0", Level::Critical, NOW.minus(days(20)), Some(NOW.minus(days(15))))];
        let mut merged = incident(2, NOW, None);
        merged.members = vec![member("service/nas/0", Level::Critical, NOW, None)];
        merged.merged_into = Some(hob_base::IncidentId(3));
        let told =
            public_page(&page, vec![Looked::default()], &[Arc::new(old), Arc::new(merged)], Vec::new(), NOW);
        assert!(told.incidents.is_empty());
    }

    #[test]
    fn opaque_names_are_uuids_that_differ_by_page_and_thing() {
        let one = opaque("p", "1");
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'8'));
        assert_eq!(one, opaque("p", "1"));
        assert!(one != opaque("p", "2") && one != opaque("q", "1"));
    }
}
