//! When maintenance was.

use crate::model::maintenance::Window;
use hob_base::error::Doing;
use hob_base::uptime::Span;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};
use tracing::warn;

/// The most windows that one report looks at; the newest count.
const WINDOWS_MAX: i64 = 5000;

/// Adds windows, or makes those that are there already longer.
pub(crate) async fn save_windows(db: &Db, windows: &[Window]) -> Result<()> {
    const SQL: &str =
        "INSERT INTO status_window (silence_id, from_at, to_at, matchers) VALUES ($1, $2, $3, $4)
        ON CONFLICT (silence_id, from_at) DO UPDATE SET to_at = excluded.to_at, matchers = excluded.matchers";
    if windows.is_empty() {
        return Ok(());
    }
    let doing = || "Noting the maintenance that is under way".to_owned();
    let matchers = windows.iter().map(|window| serde_json::to_string(&window.matchers));
    let matchers = matchers.collect::<std::result::Result<Vec<_>, _>>().doing(doing)?;
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for (window, matchers) in windows.iter().zip(&matchers) {
            sqlx::query(SQL)
                .bind(&window.silence)
                .bind(window.span.from.millis())
                .bind(window.span.to.millis())
                .bind(matchers)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }.await);
    run.doing(doing)
}

/// The windows that reach into `span`, the newest first. One whose matchers cannot be read is left out.
pub(crate) async fn list_windows(db: &Db, span: Span) -> Result<Vec<Window>> {
    const SQL: &str = "SELECT silence_id, from_at, to_at, matchers FROM status_window
        WHERE to_at > $1 AND from_at < $2 ORDER BY from_at DESC, silence_id LIMIT $3";
    let rows: Vec<(String, i64, i64, String)> = on!(read db, p => sqlx::query_as(SQL)
        .bind(span.from.millis()).bind(span.to.millis()).bind(WINDOWS_MAX).fetch_all(p).await)
    .doing(|| "Reading when maintenance was".to_owned())?;
    let read = |(silence, from, to, matchers): (String, i64, i64, String)| {
        let span = Span { from: Timestamp::from_millis(from), to: Timestamp::from_millis(to) };
        match serde_json::from_str(&matchers) {
            Ok(matchers) => Some(Window { silence, span, matchers }),
            Err(error) => {
                warn!(silence, %error, "what a maintenance window covered cannot be read; it is left out");
                None
            }
        }
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
