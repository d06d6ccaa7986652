//! The table of messages.

use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};
use ntfy_protocol::Message;
use std::fmt::Write as _;

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its place in the order of messages.
    pub(crate) position: i64,
    /// When it was published, or is to be.
    pub(crate) at: Timestamp,
    /// When it is forgotten.
    pub(crate) expires_at: Timestamp,
    /// Whether subscribers got it; not yet, when it is for later.
    pub(crate) delivered: bool,
    /// Who published it; empty for somebody unknown.
    pub(crate) publisher: String,
    /// What it says.
    pub(crate) message: Message,
}

/// One change of the table. All changes of a batch are made together, in order.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Keeps a message, and its file.
    Insert(Box<Row>, Option<Box<super::attachments::Row>>),
    /// Takes back what was to be delivered later under this topic and sequence.
    Cancel {
        /// The topic.
        topic: String,
        /// The sequence.
        sequence_id: String,
    },
    /// Gives a message that was for later its place among those that are delivered.
    Deliver {
        /// Which.
        id: String,
        /// Its new place.
        position: i64,
    },
}

/// From where on messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// After this place.
    Position(i64),
    /// From this time on, after this place.
    Time(Timestamp, i64),
}

/// A message as it was kept: its place and its JSON.
pub(crate) type Kept = (i64, String);

const COLUMNS: usize = 14;
/// How many rows one statement writes when there are many.
const ROWS: usize = 32;

const INSERT: &str = "INSERT INTO push_message (position, id, sequence_id, topic, event, at, expires_at, delivered, \
    title, body, priority, tags, publisher, json) VALUES ";
const INSERT_FILE: &str = "INSERT INTO push_attachment (message_id, topic, owner, name, type, size, expires_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const CANCEL: &str = "DELETE FROM push_message WHERE topic = $1 AND sequence_id = $2 AND delivered = FALSE";
const DELIVER: &str =
    "UPDATE push_message SET delivered = TRUE, position = $2 WHERE id = $1 AND delivered = FALSE";

/// The greatest place that was given.
pub(crate) async fn last_position(db: &Db) -> Result<i64> {
    const SQL: &str = "SELECT MAX(position) FROM push_message";
    let (last,): (Option<i64>,) = on!(read db, p => sqlx::query_as(SQL).fetch_one(p).await)
        .doing(|| "Reading the last message".to_owned())?;
    Ok(last.unwrap_or(0))
}

/// Makes all changes in one transaction. Says for each step how many rows it changed.
pub(crate) async fn apply(db: &Db, steps: &[Step]) -> Result<Vec<u64>> {
    let mut changed = vec![1; steps.len()];
    let many = insert_text(ROWS);
    let single = insert_text(1);
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            match step {
                Step::Insert(..) => {
                    let run = run_of_inserts(steps.get(at..).unwrap_or_default());
                    let text = if run.len() == ROWS { &many } else { &single };
                    // The text consists of constants and numbers.
                    let mut query = sqlx::query(sqlx::AssertSqlSafe(text.clone()));
                    for row in run.iter().copied() {
                        let message = &row.message;
                        query = query
                            .bind(row.position)
                            .bind(&message.id)
                            .bind(sequence_of(message))
                            .bind(&message.topic)
                            .bind(message.event.as_str())
                            .bind(row.at.millis())
                            .bind(row.expires_at.millis())
                            .bind(row.delivered)
                            .bind(without_nul(&message.title))
                            .bind(without_nul(&message.message))
                            .bind(i64::from(message.priority))
                            .bind(without_nul(&message.tags.join(",")))
                            .bind(&row.publisher)
                            .bind(message.to_json());
                    }
                    query.execute(&mut *tx).await?;
                    at += run.len();
                    for step in steps.get(at - run.len()..at).unwrap_or_default() {
                        let Step::Insert(_, Some(file)) = step else { continue };
                        sqlx::query(INSERT_FILE)
                            .bind(&file.message_id)
                            .bind(&file.topic)
                            .bind(&file.owner)
                            .bind(without_nul(&file.name))
                            .bind(&file.kind)
                            .bind(file.size)
                            .bind(file.expires_at.millis())
                            .execute(&mut *tx)
                            .await?;
                    }
                }
                Step::Cancel { topic, sequence_id } => {
                    let done = sqlx::query(CANCEL).bind(topic).bind(sequence_id).execute(&mut *tx).await?;
                    put(&mut changed, at, done.rows_affected());
                    at += 1;
                }
                Step::Deliver { id, position } => {
                    let done = sqlx::query(DELIVER).bind(id).bind(position).execute(&mut *tx).await?;
                    put(&mut changed, at, done.rows_affected());
                    at += 1;
                }
            }
        }
        tx.commit().await
    }.await);
    run.doing(|| "Keeping messages".to_owned())?;
    Ok(changed)
}

fn put(changed: &mut [u64], at: usize, rows: u64) {
    if let Some(slot) = changed.get_mut(at) {
        *slot = rows;
    }
}

/// The messages to write with one statement: as many as one statement takes, or one.
fn run_of_inserts(steps: &[Step]) -> Vec<&Row> {
    let rows: Vec<&Row> = steps
        .iter()
        .take(ROWS)
        .map_while(|step| match step {
            Step::Insert(row, _) => Some(row.as_ref()),
            _ => None,
        })
        .collect();
    if rows.len() == ROWS { rows } else { rows.into_iter().take(1).collect() }
}

fn insert_text(rows: usize) -> String {
    let mut text = INSERT.to_owned();
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=COLUMNS {
            let comma = if column == 1 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}${}", row * COLUMNS + column);
        }
        text.push(')');
    }
    text
}

/// A message that begins a sequence is found by its own id.
fn sequence_of(message: &Message) -> &str {
    if message.sequence_id.is_empty() { &message.id } else { &message.sequence_id }
}

/// PostgreSQL has no text with this character; in JSON it is written in other words.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The place of a message by its id.
pub(crate) async fn position_of(db: &Db, id: &str) -> Result<Option<i64>> {
    const SQL: &str = "SELECT position FROM push_message WHERE id = $1 AND delivered = TRUE";
    let row: Option<(i64,)> = on!(read db, p => sqlx::query_as(SQL).bind(id).fetch_optional(p).await)
        .doing(|| format!("Looking for the message {id}"))?;
    Ok(row.map(|(position,)| position))
}

/// What was delivered on these topics, oldest first, at most `limit` at a time. It is read at one moment.
pub(crate) async fn history(
    db: &Db,
    topics: &[&str],
    from: From,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Kept>> {
    let (since, after) = match from {
        From::Position(after) => (Timestamp::from_millis(i64::MIN), after),
        From::Time(since, after) => (since, after),
    };
    // One range of the index for each topic: a list of topics would be sorted as a whole for every page.
    let part = |n: usize| {
        format!(
            "SELECT * FROM (SELECT position, json FROM push_message WHERE topic = ${n} AND position > $1 AND at >= $2 \
             AND expires_at > $3 AND delivered = TRUE ORDER BY position LIMIT $4) AS part{n}"
        )
    };
    let parts: Vec<String> = (0..topics.len()).map(|index| part(index + 5)).collect();
    let text = format!("{} ORDER BY position LIMIT $4", parts.join(" UNION ALL "));
    on!(read db, p => {
        // The text consists of constants and numbers.
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text));
        query = query.bind(after).bind(since.millis()).bind(now.millis()).bind(limit);
        for topic in topics {
            query = query.bind(*topic);
        }
        query.fetch_all(p).await
    })
    .doing(|| "Reading kept messages".to_owned())
}

/// The last message of each topic, in their order. It is read at one moment: what comes in between two of several
/// questions would be taken for read by who listens since before.
pub(crate) async fn latest(db: &Db, topics: &[&str], now: Timestamp) -> Result<Vec<Kept>> {
    let part = |n: usize| {
        format!(
            "SELECT * FROM (SELECT position, json FROM push_message WHERE topic = ${n} AND expires_at > $1 \
             AND delivered = TRUE ORDER BY position DESC LIMIT 1) AS part{n}"
        )
    };
    let parts: Vec<String> = (0..topics.len()).map(|index| part(index + 2)).collect();
    let text = format!("{} ORDER BY position", parts.join(" UNION ALL "));
    on!(read db, p => {
        // The text consists of constants and numbers.
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(now.millis());
        for topic in topics {
            query = query.bind(*topic);
        }
        query.fetch_all(p).await
    })
    .doing(|| "Reading the last message of each topic".to_owned())
}

/// What is to be delivered later on these topics, the next first.
pub(crate) async fn scheduled(db: &Db, topics: &[&str], limit: i64) -> Result<Vec<Kept>> {
    const SQL: &str = "SELECT at, json FROM push_message WHERE topic = $1 AND delivered = FALSE ORDER BY at, position LIMIT $2";
    let mut all: Vec<Kept> = Vec::new();
    for topic in topics {
        let rows: Vec<Kept> =
            on!(read db, p => sqlx::query_as(SQL).bind(*topic).bind(limit).fetch_all(p).await)
                .doing(|| "Reading scheduled messages".to_owned())?;
        all.extend(rows);
    }
    all.sort_by_key(|(at, _)| *at);
    Ok(all)
}

/// What is due: id and JSON.
pub(crate) async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<(String, String)>> {
    const SQL: &str = "SELECT id, json FROM push_message WHERE delivered = FALSE AND at <= $1 \
        ORDER BY at, position LIMIT $2";
    on!(read db, p => sqlx::query_as(SQL).bind(now.millis()).bind(limit).fetch_all(p).await)
        .doing(|| "Reading what is due".to_owned())
}

/// When the next message is due, and how many wait for their time.
pub(crate) async fn waiting(db: &Db) -> Result<(Option<Timestamp>, u64)> {
    const SQL: &str = "SELECT MIN(at), COUNT(*) FROM push_message WHERE delivered = FALSE";
    let (at, count): (Option<i64>, i64) = on!(read db, p => sqlx::query_as(SQL).fetch_one(p).await)
        .doing(|| "Looking when the next message is due".to_owned())?;
    Ok((at.map(Timestamp::from_millis), count.unsigned_abs()))
}

/// How many messages are kept.
pub(crate) async fn count(db: &Db) -> Result<u64> {
    const SQL: &str = "SELECT COUNT(*) FROM push_message";
    let (count,): (i64,) =
        on!(read db, p => sqlx::query_as(SQL).fetch_one(p).await).doing(|| "Counting messages".to_owned())?;
    Ok(count.unsigned_abs())
}

/// Forgets what has expired, at most `limit` at a time. Gives how many went.
pub(crate) async fn forget_expired(db: &Db, now: Timestamp, limit: i64) -> Result<u64> {
    const SQL: &str = "DELETE FROM push_message WHERE position IN \
        (SELECT position FROM push_message WHERE expires_at <= $1 AND delivered = TRUE LIMIT $2)";
    on!(write db, p => sqlx::query(SQL).bind(now.millis()).bind(limit).execute(p).await.map(|done| done.rows_affected()))
        .doing(|| "Forgetting old messages".to_owned())
}

/// Forgets the oldest delivered messages, so many. Gives how many went.
pub(crate) async fn forget_oldest(db: &Db, count: i64) -> Result<u64> {
    const SQL: &str = "DELETE FROM push_message WHERE position IN \
        (SELECT position FROM push_message WHERE delivered = TRUE ORDER BY position LIMIT $1)";
    on!(write db, p => sqlx::query(SQL).bind(count).execute(p).await.map(|done| done.rows_affected()))
        .doing(|| "Forgetting the oldest messages".to_owned())
}

/// How many messages were delivered since.
pub(crate) async fn count_since(db: &Db, since: Timestamp) -> Result<u64> {
    const SQL: &str =
        "SELECT COUNT(*) FROM push_message WHERE at >= $1 AND delivered = TRUE AND event = 'message'";
    let (count,): (i64,) = on!(read db, p => sqlx::query_as(SQL).bind(since.millis()).fetch_one(p).await)
        .doing(|| "Counting messages".to_owned())?;
    Ok(count.unsigned_abs())
}
