//! All SQL of the home page.

use crate::model::TileSettings;
use hob_base::error::Doing;
use hob_base::{ResourceId, Result};
use hob_db::{Db, on};
use std::collections::BTreeMap;

type Row = (String, Option<String>, Option<String>, Option<String>, Option<bool>, Option<bool>);

/// What people changed, by resource.
pub(crate) async fn list_tiles(db: &Db) -> Result<BTreeMap<ResourceId, TileSettings>> {
    const SQL: &str = "SELECT resource_id, name, tile_group, icon, hidden, pinned FROM home_tile";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the settings of tiles".to_owned())?;
    rows.into_iter()
        .map(|(id, name, group, icon, hidden, pinned)| {
            let parsed = id.parse().doing(|| format!("Reading the tile {id}"))?;
            Ok((parsed, TileSettings { name, group, icon, hidden, pinned }))
        })
        .collect()
}

/// Keeps what somebody changed about one tile.
pub(crate) async fn save_tile(db: &Db, id: &ResourceId, tile: &TileSettings) -> Result<()> {
    const SQL: &str = "INSERT INTO home_tile (resource_id, name, tile_group, icon, hidden, pinned)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (resource_id) DO UPDATE SET name = excluded.name, tile_group = excluded.tile_group,
            icon = excluded.icon, hidden = excluded.hidden, pinned = excluded.pinned";
    on!(write db, p => sqlx::query(SQL)
        .bind(id.as_str())
        .bind(&tile.name)
        .bind(&tile.group)
        .bind(&tile.icon)
        .bind(tile.hidden)
        .bind(tile.pinned)
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
