//! All SQL of discovery.

use crate::model::favicon::TileIcon;
use crate::model::tracked::{Identity, Other, Tracked, Web};
use hob_base::error::Doing;
use hob_base::{ResourceId, Result, Timestamp};
use hob_db::{Db, on};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Name, port, addresses, URL, title, server, content type, icon, kind of what is no web service, process, and when it
/// was first seen, last there and last asked.
type Row = (
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    i64,
    i64,
    i64,
);

fn tracked(row: Row) -> Option<Tracked> {
    let (name, port, addresses, url, title, server, content_type, icon, other, process, first, last, asked) =
        row;
    let identity = match url {
        Some(url) => Identity::Web(Web { url, title, server, content_type, icon }),
        None => Identity::Other(Other::parse(other.as_deref().unwrap_or_default())),
    };
    let addresses = addresses.split(' ').filter_map(|text| text.parse::<IpAddr>().ok()).collect();
    let times = [first, last, asked].map(Timestamp::from_millis);
    Some(Tracked::restored(name, u16::try_from(port).ok()?, addresses, identity, process, times))
}

/// Everything that was worth remembering.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn list_services(db: &Db) -> Result<Vec<Tracked>> {
    const SQL: &str = "SELECT name, port, addresses, url, title, server, content_type, icon_hash, other, process, \
        first_seen, last_listening_at, identified_at FROM services_service ORDER BY port, name";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the known services".to_owned())?;
    Ok(rows.into_iter().filter_map(tracked).collect())
}

/// Adds or updates `services`, and deletes those with the ids `gone`, all or nothing. Each service comes with its id.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn update_services(db: &Db, services: &[(String, Tracked)], gone: &[String]) -> Result<()> {
    const UPSERT: &str = "INSERT INTO services_service (id, name, port, addresses, scheme, url, title, server, \
        content_type, icon_hash, other, process, first_seen, last_listening_at, identified_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, port = excluded.port, addresses = excluded.addresses, \
        scheme = excluded.scheme, url = excluded.url, title = excluded.title, server = excluded.server, \
        content_type = excluded.content_type, icon_hash = excluded.icon_hash, other = excluded.other, \
        process = excluded.process, last_listening_at = excluded.last_listening_at, \
        identified_at = excluded.identified_at";
    if services.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let done = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for id in gone {
            sqlx::query("DELETE FROM services_service WHERE id = $1").bind(id).execute(&mut *tx).await?;
        }
        for (id, tracked) in services {
            let (web, other) = match &tracked.identity {
                Identity::Web(web) => (Some(web), None),
                Identity::Other(other) => (None, Some(other.as_str())),
                Identity::Unknown => (None, None),
            };
            sqlx::query(UPSERT)
                .bind(id)
                .bind(&tracked.name)
                .bind(i64::from(tracked.port))
                .bind(addresses_text(tracked))
                .bind(web.map(Web::scheme))
                .bind(web.map(|web| &web.url))
                .bind(web.and_then(|web| web.title.as_ref()))
                .bind(web.and_then(|web| web.server.as_ref()))
                .bind(web.and_then(|web| web.content_type.as_ref()))
                .bind(web.and_then(|web| web.icon.as_ref()))
                .bind(other)
                .bind(tracked.process_name.as_ref())
                .bind(tracked.first_seen.millis())
                .bind(tracked.last_listening_at.millis())
                .bind(tracked.identified_at.millis())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }.await);
    done.doing(|| "Writing the known services".to_owned())
}

fn addresses_text(tracked: &Tracked) -> String {
    let texts: Vec<String> = tracked.addresses.iter().map(ToString::to_string).collect();
    texts.join(" ")
}

/// An icon as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Icon {
    /// The beginning of the SHA-256 of its bytes.
    pub(crate) hash: String,
    /// What kind of image it is.
    pub(crate) content_type: String,
    /// The image.
    pub(crate) bytes: Vec<u8>,
}

/// One icon.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn find_icon(db: &Db, hash: &str) -> Result<Option<Icon>> {
    const SQL: &str = "SELECT hash, content_type, bytes FROM services_icon WHERE hash = $1";
    let row: Option<(String, String, Vec<u8>)> =
        on!(read db, p => sqlx::query_as(SQL).bind(hash).fetch_optional(p).await)
            .doing(|| format!("Reading the icon {hash}"))?;
    Ok(row.map(|(hash, content_type, bytes)| Icon { hash, content_type, bytes }))
}

/// Keeps an icon; one that is kept already is marked as fetched again.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn add_icon(db: &Db, icon: &Icon, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO services_icon (hash, content_type, bytes, fetched_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (hash) DO UPDATE SET fetched_at = excluded.fetched_at";
    on!(write db, p => sqlx::query(SQL)
        .bind(&icon.hash)
        .bind(&icon.content_type)
        .bind(&icon.bytes)
        .bind(now.millis())
        .execute(p)
        .await
        .map(|_| ()))
    .doing(|| format!("Writing the icon {}", icon.hash))
}

/// Deletes icons that no service has, unless they were fetched after `before`. Returns how many.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn delete_unused_icons(db: &Db, before: Timestamp) -> Result<u64> {
    const SQL: &str = "DELETE FROM services_icon WHERE fetched_at < $1 AND hash NOT IN \
        (SELECT icon_hash FROM services_service WHERE icon_hash IS NOT NULL) AND hash NOT IN \
        (SELECT icon_hash FROM services_tile_icon WHERE icon_hash IS NOT NULL)";
    on!(write db, p => sqlx::query(SQL)
        .bind(before.millis())
        .execute(p)
        .await
        .map(|done| done.rows_affected()))
    .doing(|| "Deleting unused icons".to_owned())
}

/// What is known of the icons of tiles that others found.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn list_tile_icons(db: &Db) -> Result<BTreeMap<ResourceId, TileIcon>> {
    const SQL: &str = "SELECT id, url, icon_hash, asked_at FROM services_tile_icon ORDER BY id";
    let rows: Vec<(String, String, Option<String>, i64)> =
        on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
            .doing(|| "Reading the icons of tiles".to_owned())?;
    let known = rows.into_iter().filter_map(|(id, url, hash, asked_at)| {
        let asked_at = Timestamp::from_millis(asked_at);
        Some((id.parse().ok()?, TileIcon { url, hash, asked_at, answered: true }))
    });
    Ok(known.collect())
}

/// Keeps what is known of the icon of one tile.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn save_tile_icon(db: &Db, id: &ResourceId, icon: &TileIcon) -> Result<()> {
    const SQL: &str = "INSERT INTO services_tile_icon (id, url, icon_hash, asked_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (id) DO UPDATE SET url = excluded.url, icon_hash = excluded.icon_hash, asked_at = excluded.asked_at";
    on!(write db, p => sqlx::query(SQL)
        .bind(id.as_str())
        .bind(&icon.url)
        .bind(icon.hash.as_ref())
        .bind(icon.asked_at.millis())
        .execute(p)
        .await
        .map(|_| ()))
    .doing(|| format!("Writing the icon of {id}"))
}

/// Forgets the icons of tiles that are gone, all or nothing.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn delete_tile_icons(db: &Db, gone: &[ResourceId]) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let done = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for id in gone {
            sqlx::query("DELETE FROM services_tile_icon WHERE id = $1").bind(id.as_str()).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    done.doing(|| "Forgetting icons of tiles that are gone".to_owned())
}
