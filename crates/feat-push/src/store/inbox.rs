//! Messages as people read them on Hob's pages.

use hob_base::{Result, Timestamp, error::Doing};
use hob_db::{Db, on};
use ntfy_protocol::Message;

/// A message on the page.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// Its place among all messages.
    pub(crate) position: i64,
    /// When it was delivered.
    pub(crate) at: Timestamp,
    /// Who published it; empty for somebody unknown.
    pub(crate) publisher: String,
    /// Whether it was dismissed on a phone.
    pub(crate) cleared: bool,
    /// What it says.
    pub(crate) message: Message,
}

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// One topic; empty for all.
    pub(crate) topic: String,
    /// In title, text, topic or tags; empty for anything.
    pub(crate) text: String,
    /// Of at least this priority.
    pub(crate) priority: i64,
    /// Before this place.
    pub(crate) before: i64,
}

/// What is kept of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicLine {
    /// Its name.
    pub(crate) topic: String,
    /// How many messages.
    pub(crate) messages: i64,
    /// When the last one came.
    pub(crate) last_at: Timestamp,
}

type Row = (i64, i64, String, String, bool);

fn read_row((position, at, publisher, json, cleared): Row) -> Option<Kept> {
    // What an older program wrote and this one cannot read is left out.
    let message = Message::from_json(json.as_bytes()).ok()?;
    Some(Kept { position, at: Timestamp::from_millis(at), publisher, cleared, message })
}

/// What `LIKE` takes for any text that has this one in it.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars().filter(|c| *c != '\0').flat_map(char::to_lowercase) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Messages, the newest first: of each sequence only its newest word, and none that was taken back. Also says whether
/// there may be more, and from where on.
pub(crate) async fn page(db: &Db, wanted: &Wanted, most: i64) -> Result<(Vec<Kept>, Option<i64>)> {
    const SQL: &str = "SELECT m.position, m.at, m.publisher, m.json, EXISTS (SELECT 1 FROM push_message c
            WHERE c.topic = m.topic AND c.sequence_id = m.sequence_id AND c.position > m.position AND c.delivered
            AND c.event = 'message_clear')
        FROM push_message m
        WHERE m.delivered AND m.event = 'message' AND m.position < $1 AND ($2 = '' OR m.topic = $2)
        AND (CASE WHEN m.priority = 0 THEN 3 ELSE m.priority END) >= $3
        AND ($4 = '%%' OR LOWER(m.title) LIKE $4 ESCAPE '\\' OR LOWER(m.body) LIKE $4 ESCAPE '\\'
            OR LOWER(m.topic) LIKE $4 ESCAPE '\\' OR LOWER(m.tags) LIKE $4 ESCAPE '\\')
        AND NOT EXISTS (SELECT 1 FROM push_message n WHERE n.topic = m.topic AND n.sequence_id = m.sequence_id
            AND n.position > m.position AND n.delivered AND n.event IN ('message', 'message_delete'))
        ORDER BY m.position DESC LIMIT $5";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL)
        .bind(wanted.before)
        .bind(&wanted.topic)
        .bind(wanted.priority)
        .bind(like(&wanted.text))
        .bind(most)
        .fetch_all(p)
        .await)
    .doing(|| "Looking for messages".to_owned())?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == most);
    let next = rows.last().map(|row| row.0).filter(|_| full);
    Ok((rows.into_iter().filter_map(read_row).collect(), next))
}

/// One message by its id.
pub(crate) async fn find(db: &Db, id: &str) -> Result<Option<Kept>> {
    const SQL: &str = "SELECT position, at, publisher, json, FALSE FROM push_message
        WHERE id = $1 AND delivered AND event = 'message'";
    let row: Option<Row> = on!(read db, p => sqlx::query_as(SQL).bind(id).fetch_optional(p).await)
        .doing(|| "Looking for a message".to_owned())?;
    Ok(row.and_then(read_row))
}

/// The topics that have messages, the one with the newest first.
pub(crate) async fn topics(db: &Db) -> Result<Vec<TopicLine>> {
    const SQL: &str = "SELECT topic, COUNT(*), MAX(at) FROM push_message
        WHERE delivered AND event = 'message' GROUP BY topic ORDER BY MAX(position) DESC LIMIT 2000";
    let rows: Vec<(String, i64, i64)> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Counting the messages of each topic".to_owned())?;
    let line = |(topic, messages, at)| TopicLine { topic, messages, last_at: Timestamp::from_millis(at) };
    Ok(rows.into_iter().map(line).collect())
}

/// What is kept of one topic; `None` when there is nothing.
pub(crate) async fn topic(db: &Db, topic: &str) -> Result<Option<TopicLine>> {
    const SQL: &str = "SELECT COUNT(*), MAX(at) FROM push_message
        WHERE topic = $1 AND delivered AND event = 'message'";
    let (messages, last): (i64, Option<i64>) =
        on!(read db, p => sqlx::query_as(SQL).bind(topic).fetch_one(p).await)
            .doing(|| format!("Counting the messages of the topic {topic}"))?;
    let line = |at| TopicLine { topic: topic.to_owned(), messages, last_at: Timestamp::from_millis(at) };
    Ok(last.map(line))
}

/// Removes every message of a topic, also those for later, and says how many. Their files go with the next pass.
pub(crate) async fn remove_topic(db: &Db, topic: &str) -> Result<u64> {
    const MESSAGES: &str = "DELETE FROM push_message WHERE topic = $1";
    const FILES: &str = "UPDATE push_attachment SET expires_at = 0 WHERE topic = $1";
    let removed = on!(write db, p => async {
        let mut tx = p.begin().await?;
        let removed = sqlx::query(MESSAGES).bind(topic).execute(&mut *tx).await?.rows_affected();
        sqlx::query(FILES).bind(topic).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok::<_, sqlx::Error>(removed)
    }.await);
    removed.doing(|| format!("Removing the messages of the topic {topic}"))
}

/// Up to which place somebody has read; 0 for nothing.
pub(crate) async fn read_up_to(db: &Db, person: &str) -> Result<i64> {
    const SQL: &str = "SELECT position FROM push_read WHERE person = $1";
    let row: Option<(i64,)> = on!(read db, p => sqlx::query_as(SQL).bind(person).fetch_optional(p).await)
        .doing(|| "Reading up to where somebody has read".to_owned())?;
    Ok(row.map_or(0, |(position,)| position))
}

/// Notes up to which place somebody has read; never back.
pub(crate) async fn mark_read(db: &Db, person: &str, position: i64) -> Result<()> {
    const SQL: &str = "INSERT INTO push_read (person, position) VALUES ($1, $2)
        ON CONFLICT (person) DO UPDATE SET position = excluded.position
        WHERE push_read.position < excluded.position";
    on!(write db, p => sqlx::query(SQL).bind(person).bind(position).execute(p).await.map(|_| ()))
        .doing(|| "Noting what was read".to_owned())
}

/// Takes back that anybody has read what is after this place.
pub(crate) async fn unread_after(db: &Db, position: i64) -> Result<()> {
    const SQL: &str = "UPDATE push_read SET position = $1 WHERE position > $1";
    on!(write db, p => sqlx::query(SQL).bind(position).execute(p).await.map(|_| ()))
        .doing(|| "Putting right what was read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn what_is_searched_for_is_taken_literally() {
        assert_eq!(like("50% of_C:\\"), "%50\\% of\\_c:\\\\%");
        assert_eq!(like(""), "%%");
    }
}
