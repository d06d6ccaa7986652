//! Tiles, bookmarks and search engines that people wrote down.

use crate::model::links::{Link, LinkKind};
use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};

type Row =
    (String, String, String, String, Option<String>, Option<String>, Option<String>, Option<String>, bool);

/// All links in the order in which they were added.
pub(crate) async fn list_links(db: &Db) -> Result<Vec<Link>> {
    const SQL: &str =
        "SELECT kind, id, name, url, link_group, icon, description, tags, checked FROM home_link
        ORDER BY added_at, kind, id";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the links of the home page".to_owned())?;
    let read = |(kind, id, name, url, group, icon, description, tags, checked): Row| {
        let kind = LinkKind::parse(&kind)?;
        Some(Link { id, kind, name, url, group, icon, description, tags, checked, fixed: false })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Adds links, or replaces those of the same kind and id. All or none.
pub(crate) async fn add_links(db: &Db, links: &[Link], now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO home_link
            (kind, id, name, url, link_group, icon, description, tags, checked, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, url = excluded.url,
            link_group = excluded.link_group, icon = excluded.icon, description = excluded.description,
            tags = excluded.tags, checked = excluded.checked";
    let added = on!(write db, p => async {
        let mut tx = p.begin().await?;
        // The order of a file stays, although all of it is added at one moment.
        for (link, at) in links.iter().zip(now.millis()..) {
            sqlx::query(SQL)
                .bind(link.kind.as_str())
                .bind(&link.id)
                .bind(&link.name)
                .bind(&link.url)
                .bind(&link.group)
                .bind(&link.icon)
                .bind(&link.description)
                .bind(&link.tags)
                .bind(link.checked)
                .bind(at)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }
    .await);
    added.doing(|| "Saving links of the home page".to_owned())
}

/// Deletes a link.
pub(crate) async fn delete_link(db: &Db, kind: LinkKind, id: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM home_link WHERE kind = $1 AND id = $2";
    on!(write db, p => sqlx::query(SQL).bind(kind.as_str()).bind(id).execute(p).await.map(|_| ()))
        .doing(|| format!("Deleting the link {id}"))
}
