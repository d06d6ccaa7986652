//! What people do to incidents.

use super::life::{Book, Step};
use super::record::Record;
use hob_base::incident::{Acknowledgement, Happening, Hush, Role};
use hob_base::wording::{counted, tidy};
use hob_base::{Error, IncidentId, Level, ResourceId, Result, Timestamp};
use std::collections::BTreeSet;

/// The longest note in characters.
pub(crate) const NOTE_MAX: usize = 4000;

/// Something that a person does to an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Takes care of it, for a while or until it is over.
    Acknowledge {
        /// Until when; `None`: until it is over.
        until: Option<Timestamp>,
    },
    /// No longer takes care.
    Release,
    /// Wants to hear of it again later.
    Snooze {
        /// When.
        until: Timestamp,
    },
    /// Wants to hear of it only when it changes.
    Mute,
    /// Wants to hear of it again.
    Unhush,
    /// Writes something down.
    Note {
        /// What.
        text: String,
    },
    /// Makes this incident a part of another.
    Merge {
        /// Of which.
        into: IncidentId,
    },
    /// Makes an incident of its own of some of its resources.
    Split {
        /// Of which.
        resources: Vec<ResourceId>,
    },
}

/// Does it, by `who`. Returns the incident to look at next: the same, or the one that came of it.
///
/// # Errors
/// [`Error::NotFound`] for an incident that is neither open nor was closed a short while ago, [`Error::Conflict`] or
/// [`Error::Invalid`] with why it cannot be done.
pub(crate) fn act(
    book: &mut Book,
    id: IncidentId,
    deed: &Deed,
    who: &str,
    now: Timestamp,
    step: &mut Step,
) -> Result<IncidentId> {
    let record =
        book.records.get_mut(&id).ok_or_else(|| Error::not_found("open incident", id.to_string()))?;
    if !record.incident.is_open() && !matches!(deed, Deed::Note { .. }) {
        return Err(Error::Conflict(format!("Incident {id} is over, so only notes can be added to it.")));
    }
    match deed {
        Deed::Merge { into } => return merge(book, id, *into, who, now, step),
        Deed::Split { resources } => return split(book, id, resources, who, now, step),
        other => change(record, other, who, now, step)?,
    }
    Ok(id)
}

fn change(record: &mut Record, deed: &Deed, who: &str, now: Timestamp, step: &mut Step) -> Result<()> {
    let incident = &mut record.incident;
    let later = |until: Timestamp, field: &str| {
        if until > now {
            Ok(())
        } else {
            Err(Error::invalid(field, "This time has passed already; choose a later one."))
        }
    };
    let (what, text) = match deed {
        Deed::Acknowledge { until } => {
            until.map_or(Ok(()), |until| later(until, "until"))?;
            incident.acknowledged = Some(Acknowledgement { by: who.to_owned(), at: now, until: *until });
            let how_long = if until.is_some() { "for a while" } else { "until it is over" };
            (Happening::Acknowledged, format!("{who} takes care of it {how_long}."))
        }
        Deed::Release => {
            if incident.acknowledged.take().is_none() {
                return Ok(());
            }
            (Happening::Acknowledged, format!("{who} says that nobody takes care of it any more."))
        }
        Deed::Snooze { until } => {
            later(*until, "until")?;
            incident.hush = Some(Hush::Snoozed { by: who.to_owned(), until: *until });
            (Happening::Hushed, format!("{who} wants to hear of it again later."))
        }
        Deed::Mute => {
            incident.hush = Some(Hush::Muted { by: who.to_owned() });
            (Happening::Hushed, format!("{who} wants to hear of it only when it changes."))
        }
        Deed::Unhush => {
            if matches!(incident.hush, Some(Hush::Silenced { .. })) {
                let text = "A silence covers this incident; end the silence to hear of it again.";
                return Err(Error::Conflict(text.to_owned()));
            }
            if incident.hush.take().is_none() {
                return Ok(());
            }
            (Happening::Hushed, format!("{who} wants to hear of it again."))
        }
        Deed::Note { text } => (Happening::Note, note_text(text)?),
        Deed::Merge { .. } | Deed::Split { .. } => return Ok(()),
    };
    step.say(incident.id, now, what, text);
    if let Some((_, entry)) = step.entries.last_mut() {
        entry.by = Some(who.to_owned());
    }
    Ok(())
}

/// A note keeps its lines; control characters go.
fn note_text(text: &str) -> Result<String> {
    // One more than a note may have, so that what is cut is noticed.
    let lines: Vec<String> = text.lines().map(|line| tidy(line, NOTE_MAX + 1)).collect();
    let note = lines.join("\n").trim().to_owned();
    if note.is_empty() {
        return Err(Error::invalid("text", "The note is empty; write what others should know."));
    }
    if note.chars().count() > NOTE_MAX {
        return Err(Error::invalid("text", format!("The note is longer than {NOTE_MAX} characters.")));
    }
    Ok(note)
}

fn merge(
    book: &mut Book,
    from: IncidentId,
    into: IncidentId,
    who: &str,
    now: Timestamp,
    step: &mut Step,
) -> Result<IncidentId> {
    if from == into {
        return Err(Error::invalid(
            "into",
            "An incident cannot become a part of itself; choose another one.",
        ));
    }
    if !book.records.get(&into).is_some_and(|record| record.incident.is_open()) {
        return Err(Error::invalid("into", format!("There is no open incident {into}.")));
    }
    book.merge(into, from, Some(who), now, step);
    Ok(into)
}

fn split(
    book: &mut Book,
    id: IncidentId,
    resources: &[ResourceId],
    who: &str,
    now: Timestamp,
    step: &mut Step,
) -> Result<IncidentId> {
    let new_id = IncidentId(book.last_id + 1);
    let Some(record) = book.records.get_mut(&id) else {
        return Err(Error::not_found("open incident", id.to_string()));
    };
    let wanted: BTreeSet<&ResourceId> = resources.iter().collect();
    let count = record.incident.members.iter().filter(|member| wanted.contains(&member.resource)).count();
    if count == 0 || count == record.incident.members.len() {
        let problem = "Choose at least one of its resources, but not all of them.";
        return Err(Error::invalid("resources", problem));
    }
    let mut new = record.clone();
    let (goes, stays) =
        record.incident.members.drain(..).partition(|member| wanted.contains(&member.resource));
    record.incident.members = stays;
    record.apart_from.insert(new_id);
    record.stirred = true;
    for part in [&mut new, &mut *record] {
        part.members_saved = 0;
    }
    new.incident = hob_base::Incident { id: new_id, opened_at: now, members: goes, ..new.incident };
    new.apart_from.insert(id);
    new.stirred = true;
    for part in [&mut new, &mut *record] {
        settle(part, now);
    }
    book.last_id = new_id.0;
    book.records.insert(new_id, new);
    let what = counted(count, "resource");
    for (of, text) in [
        (id, format!("{who} made incident {new_id} of {what} of this one.")),
        (new_id, format!("{who} split this off incident {id}, with {what}.")),
    ] {
        step.say(of, now, Happening::Split, text);
        if let Some((_, entry)) = step.entries.last_mut() {
            entry.by = Some(who.to_owned());
        }
    }
    Ok(new_id)
}

/// Gives a part of a split incident a cause among its own resources, until the next step finds the right one, and its
/// own severity and beginning.
fn settle(record: &mut Record, now: Timestamp) {
    let incident = &mut record.incident;
    incident.severity = incident.members.iter().map(|member| member.worst).max().unwrap_or(Level::Warning);
    incident.began_at = incident.members.iter().map(|member| member.since).min().unwrap_or(now);
    if !incident.has(&incident.cause.resource)
        && let Some(member) =
            incident.members.iter_mut().max_by_key(|m| (m.level, std::cmp::Reverse(m.since)))
    {
        member.role = Role::Cause;
        incident.cause = hob_base::incident::Cause {
            resource: member.resource.clone(),
            name: member.name.clone(),
            reason: member.reason.clone(),
            evidence: String::new(),
            remedy: None,
            named_at: now,
        };
    }
    // Who split it knows what it is about.
    if let Some(told) = &mut record.told {
        told.cause = record.incident.cause.resource.clone();
        told.causes.push(told.cause.clone());
    }
}

#[cfg(test)]
mod tests;
