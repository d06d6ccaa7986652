//! Rules of access.

use crate::model::access::{Pattern, Permission, Rule, Subject};
use hob_base::{Result, Timestamp, error::Doing};
use hob_db::{Db, on};

type Row = (String, String, bool, bool, String);

fn read_row((who, pattern, read, write, owner): Row) -> Option<Rule> {
    let subject = if who.is_empty() { Subject::Everyone } else { Subject::Person(who) };
    // A pattern that is none was not written by this program.
    let pattern = Pattern::new(&pattern)?;
    let owner = Some(owner).filter(|owner| !owner.is_empty());
    Some(Rule { subject, pattern, allow: Permission { read, write }, owner })
}

fn who(subject: &Subject) -> &str {
    match subject {
        Subject::Everyone => "",
        Subject::Person(id) => id,
    }
}

/// Every rule, everybody's first, by pattern.
pub(crate) async fn rules(db: &Db) -> Result<Vec<Rule>> {
    const SQL: &str =
        "SELECT who, pattern, can_read, can_write, owner FROM push_rule ORDER BY who, pattern LIMIT 20000";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading who may what with which topic".to_owned())?;
    Ok(rows.into_iter().filter_map(read_row).collect())
}

/// Saves rules together; each takes the place of the one about the same subject and pattern.
pub(crate) async fn save_rules(db: &Db, rules: &[Rule], now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO push_rule (who, pattern, can_read, can_write, owner, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (who, pattern) DO UPDATE SET
        can_read = excluded.can_read, can_write = excluded.can_write, owner = excluded.owner";
    on!(write db, p => async {
        let mut tx = p.begin().await?;
        for rule in rules {
            sqlx::query(SQL)
                .bind(who(&rule.subject))
                .bind(rule.pattern.as_str())
                .bind(rule.allow.read)
                .bind(rule.allow.write)
                .bind(rule.owner.as_deref().unwrap_or_default())
                .bind(now.millis())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }.await)
    .doing(|| "Saving who may what with a topic".to_owned())
}

/// Removes a rule; `false` when there is none.
pub(crate) async fn remove_rule(db: &Db, subject: &Subject, pattern: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM push_rule WHERE who = $1 AND pattern = $2";
    let removed = on!(write db, p => sqlx::query(SQL)
        .bind(who(subject)).bind(pattern).execute(p).await.map(|done| done.rows_affected()));
    Ok(removed.doing(|| "Removing a rule about a topic".to_owned())? > 0)
}

/// Removes every rule of one subject and those of its reservations.
pub(crate) async fn remove_rules_of(db: &Db, subject: &Subject) -> Result<()> {
    const SQL: &str = "DELETE FROM push_rule WHERE (who = $1 AND (owner = '' OR $1 <> ''))
        OR (owner = $1 AND owner <> '')";
    on!(write db, p => sqlx::query(SQL).bind(who(subject)).execute(p).await.map(|_| ()))
        .doing(|| "Removing the rules about somebody".to_owned())
}

/// Removes the rules of a person's reservation of a topic; `false` when it is not theirs.
pub(crate) async fn remove_reservation(db: &Db, owner: &str, topic: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM push_rule WHERE owner = $1 AND pattern = $2";
    let removed = on!(write db, p => sqlx::query(SQL)
        .bind(owner).bind(topic).execute(p).await.map(|done| done.rows_affected()));
    Ok(removed.doing(|| format!("Giving up the topic {topic}"))? > 0)
}

/// Whether somebody else who is known by name has messages in a topic.
pub(crate) async fn others_wrote(db: &Db, topic: &str, name: &str) -> Result<bool> {
    const SQL: &str = "SELECT id FROM push_message
        WHERE topic = $1 AND publisher <> '' AND publisher <> $2 LIMIT 1";
    let row: Option<(String,)> =
        on!(read db, p => sqlx::query_as(SQL).bind(topic).bind(name).fetch_optional(p).await)
            .doing(|| format!("Looking whether others use the topic {topic}"))?;
    Ok(row.is_some())
}

/// How many bytes of attachments are kept that count for this visitor.
pub(crate) async fn attachment_bytes(db: &Db, owner: &str) -> Result<u64> {
    const SQL: &str = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM push_attachment WHERE owner = $1";
    let (bytes,): (i64,) = on!(read db, p => sqlx::query_as(SQL).bind(owner).fetch_one(p).await)
        .doing(|| "Adding up the attachments of a visitor".to_owned())?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}
