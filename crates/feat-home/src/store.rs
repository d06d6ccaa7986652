//! All SQL of the home page.

mod links;
mod walls;

pub(crate) use links::{add_links, delete_link, list_links};
pub(crate) use walls::{add_wall, delete_wall, list_walls};

use crate::model::{Layout, TileSettings};
use hob_base::error::Doing;
use hob_base::{ResourceId, Result};
use hob_db::{Db, on};
use std::collections::BTreeMap;

type Row =
    (String, Option<String>, Option<String>, Option<String>, Option<bool>, Option<bool>, Option<String>);

/// What people changed, by resource.
pub(crate) async fn list_tiles(db: &Db) -> Result<BTreeMap<ResourceId, TileSettings>> {
    const SQL: &str = "SELECT resource_id, name, tile_group, icon, hidden, pinned, tags FROM home_tile";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the settings of tiles".to_owned())?;
    rows.into_iter()
        .map(|(id, name, group, icon, hidden, pinned, tags)| {
            let parsed = id.parse().doing(|| format!("Reading the tile {id}"))?;
            Ok((parsed, TileSettings { name, group, icon, hidden, pinned, tags }))
        })
        .collect()
}

/// Keeps what somebody changed about one tile.
pub(crate) async fn save_tile(db: &Db, id: &ResourceId, tile: &TileSettings) -> Result<()> {
    const SQL: &str = "INSERT INTO home_tile (resource_id, name, tile_group, icon, hidden, pinned, tags)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (resource_id) DO UPDATE SET name = excluded.name, tile_group = excluded.tile_group,
            icon = excluded.icon, hidden = excluded.hidden, pinned = excluded.pinned, tags = excluded.tags";
    on!(write db, p => sqlx::query(SQL)
        .bind(id.as_str())
        .bind(&tile.name)
        .bind(&tile.group)
        .bind(&tile.icon)
        .bind(tile.hidden)
        .bind(tile.pinned)
        .bind(&tile.tags)
        .execute(p)
        .await
        .map(|_| ()))
    .doing(|| format!("Saving the tile {id}"))
}

/// Goes back to what was found.
pub(crate) async fn delete_tile(db: &Db, id: &ResourceId) -> Result<()> {
    const SQL: &str = "DELETE FROM home_tile WHERE resource_id = $1";
    on!(write db, p => sqlx::query(SQL).bind(id.as_str()).execute(p).await.map(|_| ()))
        .doing(|| format!("Resetting the tile {id}"))
}

/// Everybody's layout, by person. One that cannot be read is as if it were not there.
pub(crate) async fn list_layouts(db: &Db) -> Result<BTreeMap<String, Layout>> {
    const SQL: &str = "SELECT person, layout FROM home_layout";
    let rows: Vec<(String, String)> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the layouts of the home page".to_owned())?;
    let read = |(person, json): (String, String)| Some((person, serde_json::from_str(&json).ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Keeps how somebody wants the page.
pub(crate) async fn save_layout(db: &Db, person: &str, layout: &Layout) -> Result<()> {
    const SQL: &str = "INSERT INTO home_layout (person, layout) VALUES ($1, $2)
        ON CONFLICT (person) DO UPDATE SET layout = excluded.layout";
    let doing = || "Saving a layout of the home page".to_owned();
    let json = serde_json::to_string(layout).doing(doing)?;
    on!(write db, p => sqlx::query(SQL).bind(person).bind(&json).execute(p).await.map(|_| ())).doing(doing)
}
