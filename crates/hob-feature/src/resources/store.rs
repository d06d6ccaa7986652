//! All SQL about resources, transitions and runs of the hub.

mod recorded;

pub(super) use recorded::{recorded, transitions_between};

use super::STRIP_DAYS;
use hob_base::error::Doing;
use hob_base::uptime::{Change, Span};
use hob_base::{Level, Resource, ResourceId, Result, Timestamp, Transition};
use hob_db::{Db, on};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

type Row = (String, i64, Option<String>, String, String);

/// Writes transitions and the state of resources in one transaction; `None` deletes a resource's state.
pub(super) async fn save(
    db: &Db,
    transitions: &[Transition],
    resources: &[(ResourceId, Option<Arc<Resource>>)],
    now: Timestamp,
) -> Result<()> {
    const TRANSITION: &str = "INSERT INTO hob_transition (resource_id, at, from_level, to_level, reason)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (resource_id, at) DO NOTHING";
    const RESOURCE: &str = "INSERT INTO hob_resource (id, state, saved_at) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, saved_at = excluded.saved_at";
    const FORGET: &str = "DELETE FROM hob_resource WHERE id = $1";
    let states: Vec<(&str, Option<String>)> = resources
        .iter()
        .map(|(id, resource)| {
            // A resource is strings, numbers and lists of them: writing it as JSON cannot fail.
            (id.as_str(), resource.as_ref().map(|r| serde_json::to_string(&**r).unwrap_or_default()))
        })
        .collect();
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for t in transitions {
            sqlx::query(TRANSITION)
                .bind(t.resource.as_str())
                .bind(t.at.millis())
                .bind(t.from.map(Level::as_str))
                .bind(t.to.as_str())
                .bind(&t.reason)
                .execute(&mut *tx)
                .await?;
        }
        for (id, state) in &states {
            match state {
                Some(state) => {
                    sqlx::query(RESOURCE).bind(*id).bind(state).bind(now.millis()).execute(&mut *tx).await?;
                }
                None => {
                    sqlx::query(FORGET).bind(*id).execute(&mut *tx).await?;
                }
            }
        }
        tx.commit().await
    }.await);
    run.doing(|| format!("Saving {} transitions and {} resources", transitions.len(), resources.len()))
}

/// Every resource as it was last saved. A state that cannot be read is named in the log and left out: it is observed
/// anew soon enough.
pub(super) async fn list_resources(db: &Db) -> Result<Vec<Resource>> {
    let rows: Vec<(String, String)> =
        on!(read db, p => sqlx::query_as("SELECT id, state FROM hob_resource").fetch_all(p).await)
            .doing(|| "Reading the resources".to_owned())?;
    let parsed = rows.into_iter().filter_map(|(id, state)| match serde_json::from_str(&state) {
        Ok(resource) => Some(resource),
        Err(error) => {
            warn!(resource = id, %error, "the saved state of a resource cannot be read; it is left out");
            None
        }
    });
    Ok(parsed.collect())
}

pub(super) async fn list_transitions(
    db: &Db,
    of: Option<&ResourceId>,
    limit: u32,
) -> Result<Vec<Transition>> {
    const OF_ONE: &str = "SELECT resource_id, at, from_level, to_level, reason FROM hob_transition
        WHERE resource_id = $1 ORDER BY at DESC LIMIT $2";
    const OF_ALL: &str = "SELECT resource_id, at, from_level, to_level, reason FROM hob_transition
        ORDER BY at DESC LIMIT $1";
    let rows: Vec<Row> = match of {
        Some(id) => {
            on!(read db, p => sqlx::query_as(OF_ONE).bind(id.as_str()).bind(i64::from(limit)).fetch_all(p).await)
        }
        None => on!(read db, p => sqlx::query_as(OF_ALL).bind(i64::from(limit)).fetch_all(p).await),
    }
    .doing(|| "Reading transitions".to_owned())?;
    rows.into_iter().map(read_row).collect()
}

fn read_row((resource, at, from, to, reason): Row) -> Result<Transition> {
    let doing = || format!("Reading the transition of {resource} at {at}");
    Ok(Transition {
        resource: resource.parse().doing(doing)?,
        at: Timestamp::from_millis(at),
        from: from.map(|level| level.parse()).transpose().doing(doing)?,
        to: to.parse().doing(doing)?,
        reason,
    })
}

/// The changes of level that strips show, by resource. Aggregated in the database: a year of transitions of a thousand
/// resources is read as a thousand rows.
pub(super) async fn list_changes(db: &Db, now: Timestamp) -> Result<HashMap<ResourceId, Vec<Change>>> {
    // Grouped by an expression, so that SQLite takes the index of times: along the primary key it would read the
    // transitions of all years to find those of the last days.
    const SQL: &str = "SELECT resource_id || '' AS id, string_agg(
            CAST(at AS TEXT) || substr(COALESCE(from_level, '-'), 1, 1) || substr(to_level, 1, 1), ',' ORDER BY at)
        FROM hob_transition WHERE at >= $1 GROUP BY 1";
    let from = now.minus(Duration::from_secs((STRIP_DAYS as u64 + 1) * 86_400));
    let rows: Vec<(String, String)> =
        on!(read db, p => sqlx::query_as(SQL).bind(from.millis()).fetch_all(p).await)
            .doing(|| "Reading the transitions of the last days".to_owned())?;
    let parsed = rows.into_iter().filter_map(|(id, packed)| Some((id.parse().ok()?, unpack(&packed, from))));
    Ok(parsed.collect())
}

fn unpack(packed: &str, from: Timestamp) -> Vec<Change> {
    let level = |letter: u8| Level::ALL.into_iter().find(|level| level.as_str().as_bytes()[0] == letter);
    let mut changes = Vec::new();
    for entry in packed.split(',') {
        let Some((at, letters)) = entry.split_at_checked(entry.len().saturating_sub(2)) else { continue };
        let (Ok(at), [before, after]) = (at.parse(), letters.as_bytes()) else { continue };
        // What held when the window began.
        if changes.is_empty()
            && let Some(to) = level(*before)
        {
            changes.push(Change { at: from, to });
        }
        if let Some(to) = level(*after) {
            changes.push(Change { at: Timestamp::from_millis(at), to });
        }
    }
    changes
}

/// Notes that the hub starts, and returns the spans in which it did not run, as far back as strips reach.
pub(super) async fn begin_run(db: &Db, now: Timestamp) -> Result<Vec<Span>> {
    const RUNS: &str = "SELECT started_at, alive_at FROM hob_run WHERE alive_at >= $1 ORDER BY started_at";
    let from = now.minus(Duration::from_secs((STRIP_DAYS as u64 + 2) * 86_400));
    let rows: Vec<(i64, i64)> =
        on!(read db, p => sqlx::query_as(RUNS).bind(from.millis()).fetch_all(p).await)
            .doing(|| "Reading when the hub ran".to_owned())?;
    add_run(db, now).await?;
    Ok(gaps_between(&rows, now))
}

/// Notes that the hub begins to watch, after a start or after the machine slept.
pub(super) async fn add_run(db: &Db, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO hob_run (started_at, alive_at) VALUES ($1, $1)
        ON CONFLICT (started_at) DO UPDATE SET alive_at = excluded.alive_at";
    on!(write db, p => sqlx::query(SQL).bind(now.millis()).execute(p).await.map(|_| ()))
        .doing(|| "Noting that the hub begins to watch".to_owned())
}

/// Gaps no longer than this are restarts; what was known before them is taken to hold.
pub(super) const RESTART: Duration = Duration::from_secs(120);

fn gaps_between(runs: &[(i64, i64)], now: Timestamp) -> Vec<Span> {
    let starts = runs.iter().skip(1).map(|(start, _)| *start).chain([now.millis()]);
    let between = runs.iter().zip(starts).map(|((_, alive), next)| Span {
        from: Timestamp::from_millis(*alive),
        to: Timestamp::from_millis(next),
    });
    between.filter(|gap| gap.to.since(gap.from) > RESTART).collect()
}

/// Notes that the hub still runs.
pub(super) async fn keep_run_alive(db: &Db, started_at: Timestamp, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE hob_run SET alive_at = $2 WHERE started_at = $1";
    on!(write db, p => sqlx::query(SQL).bind(started_at.millis()).bind(now.millis()).execute(p).await.map(|_| ()))
        .doing(|| "Noting that the hub runs".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_changes_begin_with_what_held_before() {
        let from = Timestamp::from_millis(50);
        let changes = unpack("100oc,200co", from);
        let expected: Vec<(i64, Level)> = vec![(50, Level::Ok), (100, Level::Critical), (200, Level::Ok)];
        assert_eq!(changes.iter().map(|c| (c.at.millis(), c.to)).collect::<Vec<_>>(), expected);
        assert_eq!(unpack("100-o", from).len(), 1, "nothing held before the first");
        assert!(unpack("", from).is_empty());
        assert!(unpack("é,x", from).is_empty());
    }

    #[test]
    fn restarts_are_no_gaps() {
        let gaps = gaps_between(&[(0, 1_000_000), (1_060_000, 2_000_000)], Timestamp::from_millis(9_000_000));
        assert_eq!(
            gaps,
            [Span { from: Timestamp::from_millis(2_000_000), to: Timestamp::from_millis(9_000_000) }]
        );
    }
}
