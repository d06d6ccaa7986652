//! What incidents are called, and what people are told of them.

use hob_base::incident::{Member, Role};
use hob_base::wording::{counted, duration_words, listed, tidy};
use hob_base::{Incident, Level, Timestamp};
use hob_feature::NoticeKind;
use jiff::tz::TimeZone;

/// The longest headline in characters.
const TITLE_MAX: usize = 140;
/// So many affected resources are named before the rest is counted.
const NAMED_MAX: usize = 5;

/// The headline: what is wrong with the cause, or that it comes and goes, or that many things broke at once.
pub(crate) fn title(incident: &Incident, by_time: bool) -> String {
    let cause = &incident.cause;
    let text = if let Some(flapping) = incident.flapping {
        format!("{} comes and goes: it broke {} times", cause.name, flapping.times)
    } else if by_time && incident.members.len() > 2 {
        let others = incident.members.len() - 1;
        format!("{} and {} broke at the same time", cause.name, counted(others, "other thing"))
    } else {
        let reason = cause.reason.trim_end_matches('.');
        // Many reasons begin with the name already.
        if reason.starts_with(&cause.name) { reason.to_owned() } else { format!("{}: {reason}", cause.name) }
    };
    tidy(&text, TITLE_MAX)
}

/// “Photos, Books and 3 others”.
pub(crate) fn names(members: &[&Member]) -> String {
    let mut names: Vec<String> =
        members.iter().take(NAMED_MAX).map(|member| tidy(&member.name, 60)).collect();
    match members.len().saturating_sub(NAMED_MAX) {
        0 => {}
        1 => names.push("1 other".to_owned()),
        more => names.push(format!("{more} others")),
    }
    listed(&names)
}

/// What else is broken because of it, in one sentence; `None` when nothing is.
pub(crate) fn affected_sentence(incident: &Incident) -> Option<String> {
    let affected: Vec<&Member> = of_role(incident, Role::Affected);
    let verb = if affected.len() == 1 { "needs" } else { "need" };
    (!affected.is_empty())
        .then(|| format!("{} {verb} it and {} affected.", names(&affected), is_are(affected.len())))
}

/// What broke besides, in one sentence; `None` when nothing did.
pub(crate) fn besides_sentence(incident: &Incident, by_time: bool) -> Option<String> {
    let besides: Vec<&Member> = of_role(incident, Role::Besides);
    if besides.is_empty() {
        return None;
    }
    let names = names(&besides);
    Some(if by_time {
        format!("At the same time {names} broke; Hob knows of nothing that joins them.")
    } else {
        format!(
            "{names} broke too, for a reason of {} own.",
            if besides.len() == 1 { "its" } else { "their" }
        )
    })
}

fn of_role(incident: &Incident, role: Role) -> Vec<&Member> {
    incident.members.iter().filter(|member| member.role == role).collect()
}

const fn is_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// The headline of a notice.
pub(crate) fn notice_title(incident: &Incident, kind: NoticeKind) -> String {
    let title = &incident.title;
    match kind {
        NoticeKind::Opened | NoticeKind::Changed => title.clone(),
        NoticeKind::Reminder => tidy(&format!("Still: {title}"), TITLE_MAX),
        NoticeKind::Escalated => tidy(&format!("Nobody took care yet: {title}"), TITLE_MAX),
        NoticeKind::Closed => tidy(&format!("Over: {title}"), TITLE_MAX),
    }
}

/// The sentences of a notice: why, what else, what to do, since when.
pub(crate) fn notice_body(
    incident: &Incident,
    by_time: bool,
    kind: NoticeKind,
    now: Timestamp,
    zone: &TimeZone,
) -> String {
    let lasted = duration_words(incident.closed_at.unwrap_or(now).since(incident.began_at));
    if kind == NoticeKind::Closed {
        return format!("Everything is well again. It lasted {lasted}.");
    }
    let cause = &incident.cause;
    let mut parts = vec![format!("{}: {}", cause.name, cause.reason)];
    parts.extend(affected_sentence(incident));
    parts.extend(besides_sentence(incident, by_time));
    parts.extend(cause.remedy.clone());
    let began = incident.began_at.clock_time(zone);
    parts.push(if kind == NoticeKind::Opened {
        format!("Since {began}.")
    } else {
        format!("Since {began}, for {lasted} now.")
    });
    parts.join(" ")
}

/// The word for how bad an incident is: an incident of something nobody can see is as bad as a warning.
pub(crate) const fn severity(level: Level) -> Level {
    match level {
        Level::Critical => Level::Critical,
        _ => Level::Warning,
    }
}
