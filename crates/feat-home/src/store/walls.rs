//! Links under which a wall display needs no login.

use crate::walls::Wall;
use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};

type Row = (String, String, String, String, i64, String);

/// All of them, the newest first.
pub(crate) async fn list_walls(db: &Db) -> Result<Vec<Wall>> {
    const SQL: &str = "SELECT id, name, token_hash, dark, created_at, created_by FROM home_wall
        ORDER BY created_at DESC, id";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the wall displays".to_owned())?;
    let read = |(id, name, token_hash, dark, created_at, created_by): Row| Wall {
        id,
        name,
        token_hash,
        dark: dark.parse().unwrap_or_default(),
        created_at: Timestamp::from_millis(created_at),
        created_by,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Adds one.
pub(crate) async fn add_wall(db: &Db, wall: &Wall) -> Result<()> {
    const SQL: &str = "INSERT INTO home_wall (id, name, token_hash, dark, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on!(write db, p => sqlx::query(SQL)
        .bind(&wall.id)
        .bind(&wall.name)
        .bind(&wall.token_hash)
        .bind(wall.dark.to_string())
        .bind(wall.created_at.millis())
        .bind(&wall.created_by)
        .execute(p)
        .await
        .map(|_| ()))
    .doing(|| format!("Adding the wall display “{}”", wall.name))
}

/// Takes one away.
pub(crate) async fn delete_wall(db: &Db, id: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM home_wall WHERE id = $1";
    on!(write db, p => sqlx::query(SQL).bind(id).execute(p).await.map(|_| ()))
        .doing(|| format!("Taking away the wall display {id}"))
}
