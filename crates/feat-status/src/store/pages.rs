//! Pages for everybody, what they show, and what their owner says.

use crate::model::page::{Announcement, Entry, Page};
use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};
use std::collections::HashMap;

type PageRow = (String, String, String, String, bool, i64, i64);
type AnnouncementRow = (String, String, String, String, bool, i64, Option<i64>);

/// All pages by title, with what they show and what was said on them that was not over before `since`.
pub(crate) async fn list_pages(db: &Db, since: Timestamp) -> Result<Vec<Page>> {
    const PAGES: &str =
        "SELECT id, slug, title, intro, shows_reasons, created_at, updated_at FROM status_page
        ORDER BY title, id";
    const ENTRIES: &str = "SELECT page_id, resource_id, group_title, name FROM status_entry
        ORDER BY page_id, position, resource_id";
    const SAID: &str = "SELECT page_id, id, title, text, planned, from_at, to_at FROM status_announcement
        WHERE to_at IS NULL OR to_at > $1 ORDER BY from_at DESC, id";
    let doing = || "Reading the status pages".to_owned();
    let pages: Vec<PageRow> = on!(read db, p => sqlx::query_as(PAGES).fetch_all(p).await).doing(doing)?;
    let entries: Vec<(String, String, String, String)> =
        on!(read db, p => sqlx::query_as(ENTRIES).fetch_all(p).await).doing(doing)?;
    let said: Vec<AnnouncementRow> =
        on!(read db, p => sqlx::query_as(SAID).bind(since.millis()).fetch_all(p).await).doing(doing)?;
    let mut entries_of: HashMap<String, Vec<Entry>> = HashMap::new();
    for (page, resource, group, name) in entries {
        let Ok(resource) = resource.parse() else { continue };
        entries_of.entry(page).or_default().push(Entry { resource, group, name });
    }
    let mut said_of: HashMap<String, Vec<Announcement>> = HashMap::new();
    for (page, id, title, text, planned, from, to) in said {
        let (from, to) = (Timestamp::from_millis(from), to.map(Timestamp::from_millis));
        said_of.entry(page).or_default().push(Announcement { id, title, text, planned, from, to });
    }
    let read = |(id, slug, title, intro, shows_reasons, created_at, updated_at): PageRow| Page {
        entries: entries_of.remove(&id).unwrap_or_default(),
        announcements: said_of.remove(&id).unwrap_or_default(),
        id,
        slug,
        title,
        intro,
        shows_reasons,
        created_at: Timestamp::from_millis(created_at),
        updated_at: Timestamp::from_millis(updated_at),
    };
    Ok(pages.into_iter().map(read).collect())
}

/// Adds a page without entries; `false` when another one has its slug.
pub(crate) async fn add_page(db: &Db, page: &Page) -> Result<bool> {
    const SQL: &str =
        "INSERT INTO status_page (id, slug, title, intro, shows_reasons, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (slug) DO NOTHING";
    let added = on!(write db, p => sqlx::query(SQL)
        .bind(&page.id).bind(&page.slug).bind(&page.title).bind(&page.intro).bind(page.shows_reasons)
        .bind(page.created_at.millis()).bind(page.updated_at.millis())
        .execute(p).await.map(|done| done.rows_affected()));
    Ok(added.doing(|| format!("Adding the status page “{}”", page.title))? == 1)
}

/// Changes what a page is called, where it is and what it says; `false` when another one has its slug or it is gone.
pub(crate) async fn change_page(db: &Db, page: &Page) -> Result<bool> {
    const SQL: &str =
        "UPDATE status_page SET slug = $2, title = $3, intro = $4, shows_reasons = $5, updated_at = $6
        WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM status_page WHERE slug = $2 AND id <> $1)";
    let changed = on!(write db, p => sqlx::query(SQL)
        .bind(&page.id).bind(&page.slug).bind(&page.title).bind(&page.intro).bind(page.shows_reasons)
        .bind(page.updated_at.millis())
        .execute(p).await.map(|done| done.rows_affected()));
    Ok(changed.doing(|| format!("Changing the status page “{}”", page.title))? == 1)
}

/// Deletes a page with all that belongs to it.
pub(crate) async fn delete_page(db: &Db, id: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM status_page WHERE id = $1";
    on!(write db, p => sqlx::query(SQL).bind(id).execute(p).await.map(|_| ()))
        .doing(|| "Deleting a status page".to_owned())
}

/// Replaces what a page shows.
pub(crate) async fn replace_entries(db: &Db, page: &str, entries: &[Entry], now: Timestamp) -> Result<()> {
    const CLEAR: &str = "DELETE FROM status_entry WHERE page_id = $1";
    const ADD: &str = "INSERT INTO status_entry (page_id, resource_id, position, group_title, name)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (page_id, resource_id) DO NOTHING";
    const TOUCH: &str = "UPDATE status_page SET updated_at = $2 WHERE id = $1";
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(TOUCH).bind(page).bind(now.millis()).execute(&mut *tx).await?;
        sqlx::query(CLEAR).bind(page).execute(&mut *tx).await?;
        for (position, entry) in (0_i64..).zip(entries) {
            sqlx::query(ADD)
                .bind(page)
                .bind(entry.resource.as_str())
                .bind(position)
                .bind(&entry.group)
                .bind(&entry.name)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| "Saving what a status page shows".to_owned())
}

/// Adds what an owner says.
pub(crate) async fn add_announcement(db: &Db, page: &str, said: &Announcement) -> Result<()> {
    const SQL: &str = "INSERT INTO status_announcement (id, page_id, title, text, planned, from_at, to_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    on!(write db, p => sqlx::query(SQL)
        .bind(&said.id).bind(page).bind(&said.title).bind(&said.text).bind(said.planned)
        .bind(said.from.millis()).bind(said.to.map(Timestamp::millis))
        .execute(p).await.map(|_| ()))
    .doing(|| format!("Adding the announcement “{}”", said.title))
}

/// Ends what holds now; `false` when there is no such announcement on this page, or it is over.
pub(crate) async fn end_announcement(db: &Db, page: &str, id: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE status_announcement SET to_at = $3
        WHERE id = $2 AND page_id = $1 AND from_at <= $3 AND (to_at IS NULL OR to_at > $3)";
    let ended = on!(write db, p => sqlx::query(SQL)
        .bind(page).bind(id).bind(now.millis()).execute(p).await.map(|done| done.rows_affected()));
    Ok(ended.doing(|| "Ending an announcement".to_owned())? == 1)
}

/// Deletes an announcement; `false` when there is no such one on this page.
pub(crate) async fn delete_announcement(db: &Db, page: &str, id: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM status_announcement WHERE id = $2 AND page_id = $1";
    let deleted = on!(write db, p => sqlx::query(SQL)
        .bind(page).bind(id).execute(p).await.map(|done| done.rows_affected()));
    Ok(deleted.doing(|| "Deleting an announcement".to_owned())? == 1)
}

/// Forgets announcements that were over before `before`, and says how many.
pub(crate) async fn delete_old_announcements(db: &Db, before: Timestamp) -> Result<u64> {
    const SQL: &str = "DELETE FROM status_announcement WHERE to_at < $1";
    on!(write db, p => sqlx::query(SQL).bind(before.millis()).execute(p).await.map(|done| done.rows_affected()))
        .doing(|| "Forgetting old announcements".to_owned())
}
