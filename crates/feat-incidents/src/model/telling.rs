//! When people are told of an incident, and whom.
//!
//! One outage is one message: when it was opened, when it got worse or a better cause was found, when it is over. What
//! joins it is not worth a message. Who takes care of it hears only that it got worse.

use super::life::told_severity;
use super::record::{CAUSES_MAX, Record, Told};
use super::words::{notice_body, notice_title};
use hob_base::{IncidentId, Level, Timestamp};
use hob_feature::{Notice, NoticeKind};
use jiff::tz::TimeZone;
use recurrence::Window;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long nothing may have been told for a cause to be news that was named before.
const SAME_CAUSE_AGAIN: Duration = Duration::from_secs(900);
/// The most quiet hours that may follow upon each other.
const QUIET_RUN_MAX: usize = 14;

/// Whom to tell, and how insistently.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rota {
    /// Who hears of everything at once; empty: whoever listens.
    pub(crate) first: Vec<String>,
    /// Who hears of it when nobody takes care.
    pub(crate) second: Vec<String>,
    /// How long nobody may take care before the second hear of it; `None`: never.
    pub(crate) escalate_after: Option<Duration>,
    /// How often to say that it still goes on; `None`: never.
    pub(crate) remind_every: Option<Duration>,
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    /// Of which incident.
    pub(crate) incident: IncidentId,
    /// What it is.
    pub(crate) kind: NoticeKind,
    /// What people know once they were told.
    pub(crate) told: Told,
}

/// What is to be told of an incident now, if anything.
pub(crate) fn news(record: &Record, rota: &Rota, now: Timestamp) -> Option<News> {
    let incident = &record.incident;
    let kind = match &record.told {
        _ if incident.hush.is_some() && !breaks_silence(record, now) => None,
        None => incident.is_open().then_some(NoticeKind::Opened),
        Some(told) if !incident.is_open() => {
            (!told.over && incident.merged_into.is_none()).then_some(NoticeKind::Closed)
        }
        Some(told) => changed(record, told, now).or_else(|| insisting(record, told, rota, now)),
    }?;
    let before = record.told.as_ref();
    let mut causes = before.map(|told| told.causes.clone()).unwrap_or_default();
    causes.retain(|cause| *cause != incident.cause.resource);
    causes.push(incident.cause.resource.clone());
    causes.drain(..causes.len().saturating_sub(CAUSES_MAX));
    let told = Told {
        at: now,
        severity: told_severity(record),
        cause: incident.cause.resource.clone(),
        causes,
        flapping: incident.flapping.is_some(),
        over: kind == NoticeKind::Closed,
        notices: before.map_or(0, |told| told.notices) + 1,
        escalated: kind == NoticeKind::Escalated || before.is_some_and(|told| told.escalated),
        first_at: before.filter(|told| !told.over).map_or(now, |told| told.first_at),
        waiting: before.map(|told| told.waiting.clone()).unwrap_or_default(),
        also: before.map(|told| told.also.clone()).unwrap_or_default(),
    };
    Some(News { incident: incident.id, kind, told })
}

/// What somebody muted is told all the same when it changes.
fn breaks_silence(record: &Record, now: Timestamp) -> bool {
    let muted = matches!(record.incident.hush, Some(hob_base::incident::Hush::Muted { .. }));
    muted && !record.covered && record.told.as_ref().is_some_and(|told| differs(record, told, now))
}

/// Whether it got worse or has another cause. Between causes that were named already it may go to and fro all day.
fn differs(record: &Record, told: &Told, now: Timestamp) -> bool {
    let cause = &record.incident.cause.resource;
    told_severity(record) > told.severity
        || (*cause != told.cause && (!told.causes.contains(cause) || now.since(told.at) >= SAME_CAUSE_AGAIN))
}

fn changed(record: &Record, told: &Told, now: Timestamp) -> Option<NoticeKind> {
    let incident = &record.incident;
    let worse = told_severity(record) > told.severity;
    let news = if told.flapping {
        // That it comes and goes has been said: only that it got worse is news.
        worse
    } else if incident.acknowledged.is_some() {
        worse || told.over
    } else {
        told.over || incident.flapping.is_some() || differs(record, told, now)
    };
    news.then_some(NoticeKind::Changed)
}

fn insisting(record: &Record, told: &Told, rota: &Rota, now: Timestamp) -> Option<NoticeKind> {
    if record.incident.acknowledged.is_some() || !record.is_sick() || told.over {
        return None;
    }
    let escalates = |after: Duration| now.since(told.first_at) >= after;
    if !told.escalated && !rota.second.is_empty() && rota.escalate_after.is_some_and(escalates) {
        return Some(NoticeKind::Escalated);
    }
    let critical = told_severity(record) == Level::Critical;
    (critical && rota.remind_every.is_some_and(|every| now.since(told.at) >= every))
        .then_some(NoticeKind::Reminder)
}

/// When one person does not want to hear of anything that is not critical.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QuietHours {
    /// Whose.
    pub(crate) person: String,
    /// When.
    pub(crate) windows: Vec<Window>,
}

/// One notice for each person who is to hear of it, due when their quiet hours are over.
pub(crate) fn notices(
    news: &News,
    record: &Record,
    rota: &Rota,
    quiet: &[QuietHours],
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<Notice> {
    let incident = &record.incident;
    let second = news.told.escalated && !rota.second.is_empty();
    let mut people: Vec<Option<&str>> = match (news.kind, rota.first.is_empty()) {
        (NoticeKind::Escalated, _) => Vec::new(),
        (_, true) => vec![None],
        (_, false) => rota.first.iter().map(|name| Some(name.as_str())).collect(),
    };
    if second {
        people.extend(
            rota.second
                .iter()
                .map(|name| Some(name.as_str()))
                .filter(|name| !rota.first.iter().any(|first| Some(first.as_str()) == *name)),
        );
    }
    let title = notice_title(incident, news.kind);
    let body = notice_body(incident, record.by_time, news.kind, now, zone);
    let notice = |to: Option<&str>| Notice {
        key: format!("incident/{}/{}/{}", incident.id, news.told.notices, to.unwrap_or("everybody")),
        kind: news.kind,
        at: now,
        due: due(to, news.told.severity, quiet, now, zone),
        incident: Some(incident.id),
        severity: news.told.severity,
        title: title.clone(),
        body: body.clone(),
        path: format!("/incidents/{}", incident.id),
        to: to.map(str::to_owned),
    };
    let heard = |notice: &Notice| news.kind != NoticeKind::Closed || !is_waiting(news, notice, now);
    people.into_iter().map(notice).filter(heard).collect()
}

fn is_waiting(news: &News, notice: &Notice, now: Timestamp) -> bool {
    let until = notice.to.as_ref().and_then(|person| news.told.waiting.get(person));
    until.is_some_and(|until| *until > now)
}

/// Who has heard nothing yet once these notices are written.
pub(crate) fn waiting(news: &News, all: &[Notice], now: Timestamp) -> BTreeMap<String, Timestamp> {
    let mut waiting = news.told.waiting.clone();
    waiting.retain(|_, until| *until > now);
    for notice in all {
        let Some(person) = &notice.to else { continue };
        let first = matches!(news.kind, NoticeKind::Opened | NoticeKind::Escalated);
        if notice.due > now && (first || waiting.contains_key(person)) {
            waiting.insert(person.clone(), notice.due);
        } else {
            waiting.remove(person);
        }
    }
    waiting
}

/// The end of somebody's quiet hours, if it is quiet now and nothing critical.
fn due(
    person: Option<&str>,
    severity: Level,
    quiet: &[QuietHours],
    now: Timestamp,
    zone: &TimeZone,
) -> Timestamp {
    if severity == Level::Critical {
        return now;
    }
    let Ok(mut at) = jiff::Timestamp::from_millisecond(now.millis()) else { return now };
    let windows: Vec<&Window> = quiet
        .iter()
        .filter(|hours| Some(hours.person.as_str()) == person)
        .flat_map(|hours| &hours.windows)
        .collect();
    // Where one ends another may begin.
    for _ in 0..QUIET_RUN_MAX {
        let ends = windows.iter().filter_map(|window| window.covers(at, zone)).map(|span| span.to);
        let Some(end) = ends.max().filter(|end| *end > at) else { break };
        at = end;
    }
    Timestamp::from_millis(at.as_millisecond())
}

#[cfg(test)]
mod tests;
