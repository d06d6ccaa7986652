//! What people changed about tiles, in memory, with the database behind it.

use crate::config;
use crate::kept::Kept;
use crate::model::{Settings, TileSettings};
use crate::store;
use hob_base::{ResourceId, Result};
use hob_feature::{Ctx, Problems};
use std::sync::Arc;

/// The settings of all tiles.
#[derive(Default)]
struct Tiles(Kept<Settings>);

/// The settings as they are now.
///
/// # Errors
/// When they were not read yet and the database does not answer.
pub(crate) async fn settings(ctx: &Ctx) -> Result<Arc<Settings>> {
    let load = async || {
        let people = store::list_tiles(&ctx.db).await?;
        // Mistakes were reported before the hub started.
        let file = config::read(&ctx.config, &Problems::default());
        Ok(Settings { version: 1, people, file })
    };
    ctx.memory.of::<Tiles>().0.get(load).await
}

/// The settings as far as they have been read.
pub(crate) fn known(ctx: &Ctx) -> Arc<Settings> {
    ctx.memory.of::<Tiles>().0.current()
}

/// Keeps what somebody changed; `None` goes back to what was found.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn change(ctx: &Ctx, id: &ResourceId, tile: Option<TileSettings>) -> Result<()> {
    let tiles = ctx.memory.of::<Tiles>();
    let changing = tiles.0.change().await;
    let mut settings = (*settings(ctx).await?).clone();
    match tile {
        Some(tile) => {
            store::save_tile(&ctx.db, id, &tile).await?;
            settings.people.insert(id.clone(), tile);
        }
        None => {
            store::delete_tile(&ctx.db, id).await?;
            settings.people.remove(id);
        }
    }
    settings.version += 1;
    tiles.0.replace(settings);
    drop(changing);
    Ok(())
}
