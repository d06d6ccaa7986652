//! The tables of browsers.

use crate::browsers::book::{Browser, State};
use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};
use hob_feature::secrets::Sealer;
use tracing::warn;
use webpush::Subscription;

/// For what the private key is sealed.
const KEY: &str = "push.vapid";

/// For what the secret of one browser is sealed.
fn purpose(id: &str) -> String {
    format!("push.browser.{id}")
}

/// The private key of this hub, if there is one.
///
/// # Errors
/// When the database does not answer, or the key was sealed with another key file.
pub(crate) async fn key(db: &Db, sealer: &Sealer) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "SELECT key FROM push_vapid WHERE id = 1";
    let sealed: Option<(Vec<u8>,)> = on!(read db, p => sqlx::query_as(SQL).fetch_optional(p).await)
        .doing(|| "Reading the key for web push".to_owned())?;
    sealed.map(|(sealed,)| sealer.open_sealed(KEY, &sealed)).transpose()
}

/// Keeps a new private key unless there is one. Gives the one that is kept.
///
/// # Errors
/// As [`key`].
pub(crate) async fn keep_key(db: &Db, sealer: &Sealer, bytes: &[u8], now: Timestamp) -> Result<Vec<u8>> {
    const SQL: &str =
        "INSERT INTO push_vapid (id, key, created_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING";
    let sealed = sealer.seal(KEY, bytes)?;
    on!(write db, p => sqlx::query(SQL).bind(&sealed).bind(now.millis()).execute(p).await.map(|_| ()))
        .doing(|| "Saving the key for web push".to_owned())?;
    Ok(key(db, sealer).await?.unwrap_or_else(|| bytes.to_vec()))
}

/// A row of the table.
type Columns = (String, String, String, Vec<u8>, bool, String, String, String, String, String, i64, String);

/// All browsers. One that cannot be read is passed over and told to the log.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn list(db: &Db, sealer: &Sealer) -> Result<Vec<Browser>> {
    const SQL: &str =
        "SELECT id, endpoint, p256dh, auth, own, person, visitor, topics, name, site, created_at, state
        FROM push_browser ORDER BY created_at, id";
    let rows: Vec<Columns> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the browsers that get messages".to_owned())?;
    let read = |row: Columns| {
        let id = row.0.clone();
        browser(row, sealer)
            .inspect_err(|reason| warn!(id, reason, "a browser that gets messages cannot be read"))
            .ok()
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

fn browser(row: Columns, sealer: &Sealer) -> std::result::Result<Browser, String> {
    let (id, endpoint, p256dh, auth, own, person, visitor, topics, name, site, created_at, state) = row;
    let auth = sealer.open_sealed(&purpose(&id), &auth).map_err(|error| error.to_string())?;
    let auth = String::from_utf8(auth).map_err(|error| error.to_string())?;
    let subscription = Subscription::read(&endpoint, &p256dh, &auth).map_err(|error| error.to_string())?;
    let created_at = Timestamp::from_millis(created_at);
    // How it is is worth less than the browser: it begins anew.
    let state = serde_json::from_str(&state).unwrap_or_else(|_| State::new(created_at));
    Ok(Browser {
        id,
        subscription,
        own,
        person: Some(person).filter(|person| !person.is_empty()),
        visitor,
        topics: topics.split(',').filter(|topic| !topic.is_empty()).map(str::to_owned).collect(),
        name,
        site,
        created_at,
        state,
    })
}

/// Adds a browser, or writes the one with its id anew. Another one with its address goes.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn save(db: &Db, sealer: &Sealer, browser: &Browser) -> Result<()> {
    const CLEAR: &str = "DELETE FROM push_browser WHERE endpoint = $1 AND id <> $2";
    const SQL: &str = "INSERT INTO push_browser
            (id, endpoint, p256dh, auth, own, person, visitor, topics, name, site, created_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth,
            own = excluded.own, person = excluded.person, visitor = excluded.visitor, topics = excluded.topics,
            name = excluded.name, site = excluded.site, state = excluded.state";
    let doing = || format!("Saving the browser {}", browser.name);
    let endpoint = browser.subscription.endpoint().to_string();
    let auth = sealer.seal(&purpose(&browser.id), browser.subscription.auth().as_bytes())?;
    let (topics, p256dh) = (browser.topics.join(","), browser.subscription.p256dh());
    let state = serde_json::to_string(&browser.state).doing(doing)?;
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(CLEAR).bind(&endpoint).bind(&browser.id).execute(&mut *tx).await?;
        sqlx::query(SQL)
            .bind(&browser.id)
            .bind(&endpoint)
            .bind(&p256dh)
            .bind(&auth)
            .bind(browser.own)
            .bind(browser.person.as_deref().unwrap_or_default())
            .bind(&browser.visitor)
            .bind(&topics)
            .bind(&browser.name)
            .bind(&browser.site)
            .bind(browser.created_at.millis())
            .bind(&state)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }.await);
    run.doing(doing)
}

/// Writes how browsers are.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn save_states(db: &Db, states: &[(String, State)]) -> Result<()> {
    const SQL: &str = "UPDATE push_browser SET state = $1 WHERE id = $2";
    let doing = || format!("Saving how {} browsers are", states.len());
    let text = |(id, state): &(String, State)| Ok((id.clone(), serde_json::to_string(state).doing(doing)?));
    let texts: Vec<(String, String)> = states.iter().map(text).collect::<Result<_>>()?;
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for (id, state) in &texts {
            sqlx::query(SQL).bind(state).bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    run.doing(doing)
}

/// Forgets browsers.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn delete(db: &Db, ids: &[String]) -> Result<()> {
    const SQL: &str = "DELETE FROM push_browser WHERE id = $1";
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for id in ids {
            sqlx::query(SQL).bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| format!("Forgetting {} browsers", ids.len()))
}
