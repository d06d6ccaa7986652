//! The list of incidents.

use crate::cards::contains;
use crate::desk::Desk;
use crate::pages::{self, List};
use crate::reader;
use axum::extract::Query;
use hob_base::{Error, Incident, IncidentId, ResourceId, Result, Timestamp};
use hob_feature::{Ctx, IncidentQuery};
use hob_web::{Answer, Frame};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::sync::Arc;

/// So many closed ones on a page.
const PAGE: usize = 50;
/// So many are read at once.
const READ_AT_ONCE: u32 = 200;
/// So often is read for one page where words are looked for.
const READS_MAX: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    resource: String,
    month: String,
    before: String,
}

/// Which incidents are wanted.
struct Filter {
    words: Vec<String>,
    resource: Option<ResourceId>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Filter {
    fn read(query: &ListQuery, zone: &TimeZone) -> Result<Self> {
        let resource = query.resource.trim();
        let month = query.month.trim();
        let span = if month.is_empty() { None } else { Some(month_span(month, zone)?) };
        Ok(Self {
            words: query.q.split_whitespace().take(8).map(str::to_lowercase).collect(),
            resource: (!resource.is_empty())
                .then(|| resource.parse())
                .transpose()
                .map_err(|problem: String| Error::invalid("resource", problem))?,
            from: span.map(|(from, _)| from),
            to: span.map(|(_, to)| to),
        })
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.resource.is_none() && self.from.is_none()
    }

    fn wants(&self, incident: &Incident) -> bool {
        self.resource.as_ref().is_none_or(|id| incident.has(id))
            && self.from.is_none_or(|from| incident.closed_at.is_none_or(|closed| closed >= from))
            && self.to.is_none_or(|to| incident.began_at < to)
            && contains(incident, &self.words)
    }
}

/// The first moment of a month, and of the next.
fn month_span(text: &str, zone: &TimeZone) -> Result<(Timestamp, Timestamp)> {
    let wrong = || Error::invalid("month", "Write a month as year and number, such as 2026-11.");
    let first: Date = format!("{text}-01").parse().map_err(|_| wrong())?;
    let next = first.checked_add(1.month()).map_err(|_| wrong())?;
    let start = |day: Date| {
        let zoned = day.to_zoned(zone.clone()).map_err(|_| wrong())?;
        Ok::<_, Error>(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    };
    Ok((start(first)?, start(next)?))
}

pub(super) async fn show(frame: Frame, Query(query): Query<ListQuery>) -> Answer {
    let ctx = &frame.ctx;
    let filter = Filter::read(&query, &ctx.zone)?;
    let before = Some(query.before.trim()).filter(|text| !text.is_empty());
    let before: Option<IncidentId> =
        before.map(str::parse).transpose().map_err(|problem: String| Error::invalid("before", problem))?;
    let all = ctx.memory.of::<Desk>().open();
    let open: Vec<Arc<Incident>> = all.iter().filter(|incident| filter.wants(incident)).cloned().collect();
    let (closed, older) = closed(ctx, &filter, before).await?;
    let list = List {
        open: &open,
        closed: &closed,
        text: query.q.trim(),
        resource: query.resource.trim(),
        month: query.month.trim(),
        later: before.is_some(),
        older,
        filtered: !filter.is_empty(),
    };
    Ok(frame.page("Incidents", &pages::list(&list, ctx)))
}

/// One page of closed ones, and before which number the next begins. Where words are looked for and rarely found, a page
/// may be short or empty while there are older ones.
async fn closed(
    ctx: &Ctx,
    filter: &Filter,
    mut before: Option<IncidentId>,
) -> Result<(Vec<Arc<Incident>>, Option<IncidentId>)> {
    let mut found = Vec::new();
    let limit = if filter.words.is_empty() { PAGE as u32 + 1 } else { READ_AT_ONCE };
    for _ in 0..READS_MAX {
        let query = IncidentQuery {
            open: Some(false),
            from: filter.from,
            to: filter.to,
            resource: filter.resource.clone(),
            before,
            limit,
        };
        let read = reader::list(ctx, &query).await?;
        let is_last = read.len() < limit as usize;
        for incident in read {
            if found.len() == PAGE {
                return Ok((found, before));
            }
            before = Some(incident.id);
            if filter.wants(&incident) {
                found.push(incident);
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
    Ok((found, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_by_the_clock_here() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let (from, to) = month_span("2026-12", &zone).unwrap();
        assert_eq!(
            (from.rfc3339().as_str(), to.rfc3339().as_str()),
            ("2026-11-30T23:00:00.000Z", "2026-12-31T23:00:00.000Z")
        );
        for wrong in ["2026", "2026-13", "12-2026", "x", "9999-12"] {
            assert!(month_span(wrong, &zone).is_err(), "{wrong}");
        }
    }
}
