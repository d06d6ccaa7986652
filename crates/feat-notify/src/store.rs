//! All SQL of this crate.

use crate::model::queue::{Delivery, State};
use crate::model::route::Place;
use hob_base::error::Doing;
use hob_base::{IncidentId, Result, Timestamp};
use hob_db::{Db, on};
use std::collections::HashMap;
use tracing::warn;

/// The most that is read at once.
const READ_MAX: i64 = 5000;

/// A channel as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChannelRow {
    /// By which rules name it.
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    /// Whose it is; `None`: the house's.
    pub(crate) owner: Option<String>,
    /// Whether somebody paused it.
    pub(crate) paused: bool,
    /// The most messages a minute.
    pub(crate) per_minute: u32,
    /// What it is, sealed.
    pub(crate) config: Vec<u8>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
}

/// All channels of people.
pub(crate) async fn list_channels(db: &Db) -> Result<Vec<ChannelRow>> {
    const SQL: &str = "SELECT name, title, owner, paused, per_minute, config, created_at FROM notify_channel ORDER BY created_at, name";
    type Columns = (String, String, Option<String>, bool, i64, Vec<u8>, i64);
    let rows: Vec<Columns> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the channels".to_owned())?;
    let row = |(name, title, owner, paused, per_minute, config, created_at): Columns| ChannelRow {
        name,
        title,
        owner,
        paused,
        per_minute: u32::try_from(per_minute).unwrap_or(1),
        config,
        created_at: Timestamp::from_millis(created_at),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Adds a channel, or writes all of it anew.
pub(crate) async fn save_channel(db: &Db, row: &ChannelRow) -> Result<()> {
    const SQL: &str = "INSERT INTO notify_channel (name, title, owner, paused, per_minute, config, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) DO UPDATE SET title = excluded.title, owner = excluded.owner, paused = excluded.paused,
            per_minute = excluded.per_minute, config = excluded.config";
    on!(write db, p => sqlx::query(SQL)
        .bind(&row.name)
        .bind(&row.title)
        .bind(&row.owner)
        .bind(row.paused)
        .bind(i64::from(row.per_minute))
        .bind(&row.config)
        .bind(row.created_at.millis())
        .execute(p)
        .await
        .map(|_| ()))
    .doing(|| format!("Saving the channel “{}”", row.name))
}

/// Deletes a channel.
pub(crate) async fn delete_channel(db: &Db, name: &str) -> Result<()> {
    on!(write db, p => sqlx::query("DELETE FROM notify_channel WHERE name = $1").bind(name).execute(p).await.map(|_| ()))
        .doing(|| format!("Deleting the channel “{name}”"))
}

/// All rules of people in their order: ids and JSON.
pub(crate) async fn list_rules(db: &Db) -> Result<Vec<(String, String)>> {
    const SQL: &str = "SELECT id, rule FROM notify_rule ORDER BY place, id";
    on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await).doing(|| "Reading the rules".to_owned())
}

/// Writes all rules of people in this order; others are gone.
pub(crate) async fn save_rules(db: &Db, rules: &[(String, String)]) -> Result<()> {
    const SQL: &str = "INSERT INTO notify_rule (id, place, rule) VALUES ($1, $2, $3)";
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query("DELETE FROM notify_rule").execute(&mut *tx).await?;
        for (place, (id, rule)) in (0_i64..).zip(rules) {
            sqlx::query(SQL).bind(id).bind(place).bind(rule).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| "Saving the rules".to_owned())
}

/// What later messages about an incident edit or answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    /// About which incident.
    pub(crate) incident: IncidentId,
    /// Where.
    pub(crate) place: Place,
    /// What the other side calls the message.
    pub(crate) reference: String,
    /// When it was told.
    pub(crate) at: Timestamp,
}

/// What is to be written together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Deliveries as they are now, by key.
    pub(crate) deliveries: HashMap<String, Delivery>,
    /// Notices that were taken up.
    pub(crate) taken: HashMap<String, Timestamp>,
    /// What was told for the first time.
    pub(crate) threads: Vec<Thread>,
    /// Small things.
    pub(crate) marks: HashMap<String, String>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
            && self.taken.is_empty()
            && self.threads.is_empty()
            && self.marks.is_empty()
    }
}

/// Writes everything in one transaction.
pub(crate) async fn write(db: &Db, batch: &Batch) -> Result<()> {
    const TAKE: &str = "INSERT INTO notify_taken (key, at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    const DELIVERY: &str =
        "INSERT INTO notify_delivery (key, incident, state, created_at, ended_at, words, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (key) DO UPDATE SET state = excluded.state, created_at = excluded.created_at,
            ended_at = excluded.ended_at, words = excluded.words, body = excluded.body";
    const THREAD: &str = "INSERT INTO notify_thread (incident, channel, person, reference, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (incident, channel, person) DO UPDATE SET reference = excluded.reference, at = excluded.at";
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for (key, at) in &batch.taken {
            sqlx::query(TAKE).bind(key).bind(at.millis()).execute(&mut *tx).await?;
        }
        for delivery in batch.deliveries.values() {
            sqlx::query(DELIVERY)
                .bind(&delivery.key)
                .bind(delivery.news.incident.map(|id| id.0))
                .bind(delivery.state.as_str())
                .bind(delivery.created_at.millis())
                .bind(delivery.ended_at.map(Timestamp::millis))
                .bind(words(delivery))
                // Strings and numbers: writing them as JSON cannot fail.
                .bind(serde_json::to_string(delivery).unwrap_or_default())
                .execute(&mut *tx)
                .await?;
        }
        for thread in &batch.threads {
            sqlx::query(THREAD)
                .bind(thread.incident.0)
                .bind(&thread.place.channel)
                .bind(thread.place.person.as_deref().unwrap_or_default())
                .bind(&thread.reference)
                .bind(thread.at.millis())
                .execute(&mut *tx)
                .await?;
        }
        for (key, value) in &batch.marks {
            sqlx::query(MARK).bind(key).bind(value).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| "Saving what was told to whom".to_owned())
}

/// What the log is searched for.
fn words(delivery: &Delivery) -> String {
    let news = &delivery.news;
    let person = delivery.person.as_deref().unwrap_or_default();
    let mut words = format!("{} {} {person} {}", news.title, news.body, delivery.rule);
    for step in &delivery.steps {
        words.push(' ');
        words.push_str(&step.place.channel);
    }
    for tried in &delivery.tried {
        words.push(' ');
        words.push_str(&tried.text);
    }
    // PostgreSQL takes no text with such a sign, and one that it does not take would keep all others from being written.
    words.replace('\0', " ").to_lowercase()
}

const MARK: &str = "INSERT INTO notify_mark (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// All small things.
pub(crate) async fn list_marks(db: &Db) -> Result<HashMap<String, String>> {
    let rows: Vec<(String, String)> =
        on!(read db, p => sqlx::query_as("SELECT key, value FROM notify_mark").fetch_all(p).await)
            .doing(|| "Reading the marks of notifications".to_owned())?;
    Ok(rows.into_iter().collect())
}

/// Keeps a small thing.
pub(crate) async fn save_mark(db: &Db, key: &str, value: &str) -> Result<()> {
    on!(write db, p => sqlx::query(MARK).bind(key).bind(value).execute(p).await.map(|_| ()))
        .doing(|| "Saving a mark of notifications".to_owned())
}

/// Forgets a small thing.
pub(crate) async fn delete_mark(db: &Db, key: &str) -> Result<()> {
    on!(write db, p => sqlx::query("DELETE FROM notify_mark WHERE key = $1").bind(key).execute(p).await.map(|_| ()))
        .doing(|| "Deleting a mark of notifications".to_owned())
}

/// Which notices were taken up since then.
pub(crate) async fn list_taken(db: &Db, since: Timestamp) -> Result<HashMap<String, Timestamp>> {
    const SQL: &str = "SELECT key, at FROM notify_taken WHERE at >= $1";
    let rows: Vec<(String, i64)> =
        on!(read db, p => sqlx::query_as(SQL).bind(since.millis()).fetch_all(p).await)
            .doing(|| "Reading which notices were taken up".to_owned())?;
    Ok(rows.into_iter().map(|(key, at)| (key, Timestamp::from_millis(at))).collect())
}

/// What is not at its end yet.
pub(crate) async fn list_open(db: &Db) -> Result<Vec<Delivery>> {
    const SQL: &str = "SELECT body FROM notify_delivery WHERE state IN ('waiting', 'sending') ORDER BY created_at, key LIMIT $1";
    let rows: Vec<(String,)> = on!(read db, p => sqlx::query_as(SQL).bind(READ_MAX).fetch_all(p).await)
        .doing(|| "Reading what is still to be told".to_owned())?;
    Ok(rows.into_iter().filter_map(read_delivery).collect())
}

/// Which deliveries to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// Only those that hold all of these words.
    pub(crate) words: Vec<String>,
    /// Only in this state.
    pub(crate) state: Option<State>,
    /// Only those taken up before this one: for the next page.
    pub(crate) before: Option<(Timestamp, String)>,
    /// Only those taken up from then on.
    pub(crate) since: Option<Timestamp>,
    /// At most so many.
    pub(crate) limit: u32,
}

/// Deliveries, newest first. At most three words are looked for.
pub(crate) async fn list_deliveries(db: &Db, query: &Query) -> Result<Vec<Delivery>> {
    const SQL: &str = "SELECT body FROM notify_delivery
        WHERE created_at >= $1 AND (created_at < $2 OR (created_at = $3 AND key < $4))
            AND ($5 = '' OR state = $6)
            AND words LIKE $7 ESCAPE '!' AND words LIKE $8 ESCAPE '!' AND words LIKE $9 ESCAPE '!'
        ORDER BY created_at DESC, key DESC LIMIT $10";
    let pattern = |n: usize| match query.words.get(n) {
        Some(word) => format!("%{}%", escaped(&word.to_lowercase())),
        None => "%".to_owned(),
    };
    let (at, key) = query.before.clone().unwrap_or((Timestamp::from_millis(i64::MAX), String::new()));
    let state = query.state.map_or("", State::as_str);
    let rows: Vec<(String,)> = on!(read db, p => sqlx::query_as(SQL)
        .bind(query.since.map_or(i64::MIN, Timestamp::millis))
        .bind(at.millis())
        .bind(at.millis())
        .bind(&key)
        .bind(state)
        .bind(state)
        .bind(pattern(0))
        .bind(pattern(1))
        .bind(pattern(2))
        .bind(i64::from(query.limit))
        .fetch_all(p)
        .await)
    .doing(|| "Reading what was told".to_owned())?;
    Ok(rows.into_iter().filter_map(read_delivery).collect())
}

/// Signs that mean something in LIKE are written so that they mean themselves.
fn escaped(word: &str) -> String {
    word.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Everything that was told of one incident, oldest first.
pub(crate) async fn list_of_incident(db: &Db, incident: IncidentId) -> Result<Vec<Delivery>> {
    const SQL: &str =
        "SELECT body FROM notify_delivery WHERE incident = $1 ORDER BY created_at, key LIMIT 500";
    let rows: Vec<(String,)> = on!(read db, p => sqlx::query_as(SQL).bind(incident.0).fetch_all(p).await)
        .doing(|| format!("Reading who was told of incident {incident}"))?;
    Ok(rows.into_iter().filter_map(read_delivery).collect())
}

/// One delivery.
pub(crate) async fn find_delivery(db: &Db, key: &str) -> Result<Option<Delivery>> {
    let row: Option<(String,)> =
        on!(read db, p => sqlx::query_as("SELECT body FROM notify_delivery WHERE key = $1")
        .bind(key)
        .fetch_optional(p)
        .await)
        .doing(|| "Reading a message".to_owned())?;
    Ok(row.and_then(read_delivery))
}

fn read_delivery((body,): (String,)) -> Option<Delivery> {
    serde_json::from_str(&body)
        .map_err(|error| warn!(%error, "a saved message cannot be read; it is left out"))
        .ok()
}

/// What a message about an incident edits or answers.
pub(crate) async fn find_thread(db: &Db, incident: IncidentId, place: &Place) -> Result<Option<String>> {
    const SQL: &str =
        "SELECT reference FROM notify_thread WHERE incident = $1 AND channel = $2 AND person = $3";
    let person = place.person.as_deref().unwrap_or_default();
    let row: Option<(String,)> = on!(read db, p => sqlx::query_as(SQL)
        .bind(incident.0)
        .bind(&place.channel)
        .bind(person)
        .fetch_optional(p)
        .await)
    .doing(|| "Reading the thread of a message".to_owned())?;
    Ok(row.map(|(reference,)| reference))
}

/// Forgets the threads of a channel: its next messages begin new ones.
pub(crate) async fn forget_threads(db: &Db, channel: &str) -> Result<()> {
    on!(write db, p => sqlx::query("DELETE FROM notify_thread WHERE channel = $1").bind(channel).execute(p).await.map(|_| ()))
        .doing(|| format!("Forgetting the threads of “{channel}”"))
}

/// Deletes what is older. Returns how many messages that were.
pub(crate) async fn tidy(db: &Db, told_before: Timestamp, taken_before: Timestamp) -> Result<u64> {
    const DELIVERIES: &str =
        "DELETE FROM notify_delivery WHERE created_at < $1 AND state NOT IN ('waiting', 'sending')";
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        let gone = sqlx::query(DELIVERIES).bind(told_before.millis()).execute(&mut *tx).await?.rows_affected();
        sqlx::query("DELETE FROM notify_thread WHERE at < $1").bind(told_before.millis()).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM notify_taken WHERE at < $1").bind(taken_before.millis()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok::<_, sqlx::Error>(gone)
    }.await);
    run.doing(|| "Deleting old messages".to_owned())
}

/// Runs one statement, for tests that want a table to be away.
#[cfg(test)]
pub(crate) async fn run_for_test(db: &Db, sql: &'static str) {
    on!(write db, p => sqlx::raw_sql(sql).execute(p).await.map(|_| ())).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::note::test_news;
    use crate::model::route::Errand;
    use std::time::Duration;

    #[test]
    fn nothing_that_a_database_does_not_take_is_among_the_words() {
        let now = Timestamp::from_millis(0);
        let mut news = test_news("x", "anna", now);
        news.body = "A\0B%".to_owned();
        let errand = Errand { rule: "r".into(), person: None, chain: Vec::new(), patience: Duration::ZERO };
        let words = words(&Delivery::new(errand, news, now));
        assert!(words.contains("a b%") && !words.contains('\0'), "{words}");
    }
}
