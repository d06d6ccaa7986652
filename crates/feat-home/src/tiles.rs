//! What people changed about tiles, in memory, with the database behind it.

use crate::config;
use crate::model::{Settings, TileSettings};
use crate::store;
use hob_base::{ResourceId, Result};
use hob_feature::{Ctx, Problems};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, OnceCell};

/// The settings of all tiles. Replaced as a whole when one changes, so that readers never wait.
#[derive(Default)]
pub(crate) struct Tiles {
    loaded: OnceCell<()>,
    /// Held while a change is written, so that of two at the same time neither is lost.
    changing: Mutex<()>,
    settings: RwLock<Arc<Settings>>,
}

/// The settings as they are now.
///
/// # Errors
/// When they were not read yet and the database does not answer.
pub(crate) async fn settings(ctx: &Ctx) -> Result<Arc<Settings>> {
    let tiles = ctx.memory.of::<Tiles>();
    tiles
        .loaded
        .get_or_try_init(|| async {
            let people = store::list_tiles(&ctx.db).await?;
            // Mistakes were reported before the hub started.
            let file = config::read(&ctx.config, &Problems::default());
            tiles.replace(Settings { version: 1, people, file });
            Ok(())
        })
        .await?;
    Ok(tiles.current())
}

/// The settings as far as they have been read.
pub(crate) fn known(ctx: &Ctx) -> Arc<Settings> {
    ctx.memory.of::<Tiles>().current()
}

/// Keeps what somebody changed; `None` goes back to what was found.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn change(ctx: &Ctx, id: &ResourceId, tile: Option<TileSettings>) -> Result<()> {
    let tiles = ctx.memory.of::<Tiles>();
    let changing = tiles.changing.lock().await;
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
    tiles.replace(settings);
    drop(changing);
    Ok(())
}

impl Tiles {
    fn current(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}
