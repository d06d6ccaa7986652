//! All SQL about silences.

use hob_base::error::Doing;
use hob_base::{Result, Silence, Timestamp};
use hob_db::{Db, on};
use tracing::warn;

pub(super) async fn save_silence(db: &Db, silence: &Silence) -> Result<()> {
    const SQL: &str = "INSERT INTO hob_silence (id, ends_at, state) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET ends_at = excluded.ends_at, state = excluded.state";
    // A silence is strings and numbers: writing it as JSON cannot fail.
    let state = serde_json::to_string(silence).unwrap_or_default();
    on!(write db, p => sqlx::query(SQL)
        .bind(&silence.id)
        .bind(silence.ends_at.map(Timestamp::millis))
        .bind(&state)
        .execute(p)
        .await
        .map(|_| ()))
    .doing(|| format!("Saving the silence {}", silence.id))
}

pub(super) async fn list_silences(db: &Db) -> Result<Vec<Silence>> {
    let rows: Vec<(String, String)> =
        on!(read db, p => sqlx::query_as("SELECT id, state FROM hob_silence ORDER BY id").fetch_all(p).await)
            .doing(|| "Reading the silences".to_owned())?;
    let parsed = rows.into_iter().filter_map(|(id, state)| {
        serde_json::from_str(&state)
            .map_err(|error| warn!(id, %error, "a saved silence cannot be read; it is left out"))
            .ok()
    });
    Ok(parsed.collect())
}

pub(super) async fn delete_ended(db: &Db, before: Timestamp) -> Result<()> {
    const SQL: &str = "DELETE FROM hob_silence WHERE ends_at < $1";
    on!(write db, p => sqlx::query(SQL).bind(before.millis()).execute(p).await.map(|_| ()))
        .doing(|| "Forgetting silences that ended long ago".to_owned())
}
