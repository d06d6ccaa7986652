//! The listener that gives tiles of clusters and containers the icons of their sites: a `GET` of the tile's own address and
//! of the icon that it names on the same host, once a day, without credentials.
//!
//! Nobody else's host is ever asked: an address comes from the owner's own routes, and only where it is probed anyway.

use super::Tools;
use super::ask::icon_of;
use crate::model::favicon::{TileIcon, address, is_due, is_icon_word, is_left_behind};
use crate::model::tracked::SOURCE;
use crate::store::{self, Icon};
use hob_base::{Observation, Resource, ResourceId, Result};
use hob_feature::Ctx;
use http_probe::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// All tiles are looked over this often.
const LOOK_OVER: Duration = Duration::from_secs(300);
/// Sites asked at once.
const AT_ONCE: usize = 4;
/// Tiles that get an icon; more are a mistake.
const TILES_MAX: usize = 1000;
/// How long a site has to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a word about an icon holds; silence would make the tile `unknown`.
const HOLDS_FOR: Duration = Duration::from_secs(7 * 86_400);
/// It is said again after this time.
const SAY_AGAIN: Duration = Duration::from_secs(86_400);

/// What the listener knows.
struct Favicons {
    ctx: Ctx,
    client: Client,
    known: BTreeMap<ResourceId, TileIcon>,
    said: BTreeMap<ResourceId, (String, Duration)>,
    /// Tiles that are to be asked, and those that are being asked.
    waiting: BTreeSet<ResourceId>,
    asking: BTreeSet<ResourceId>,
    answers: JoinSet<Answer>,
}

struct Answer {
    id: ResourceId,
    url: String,
    /// `Err`: the site did not answer.
    icon: std::result::Result<Option<Icon>, ()>,
}

pub(super) async fn run(ctx: Ctx, stop: CancellationToken, tools: Arc<Tools>) -> Result<()> {
    if !tools.settings.enabled {
        stop.cancelled().await;
        return Ok(());
    }
    let known = store::list_tile_icons(&ctx.db).await?;
    let mut changes = ctx.resources.subscribe();
    let mut favicons = Favicons {
        client: tools.client.clone(),
        known,
        said: BTreeMap::new(),
        waiting: BTreeSet::new(),
        asking: BTreeSet::new(),
        answers: JoinSet::new(),
        ctx,
    };
    favicons.look_over().await?;
    loop {
        favicons.ask();
        let ctx = favicons.ctx.clone();
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = ctx.clock.sleep(LOOK_OVER) => favicons.look_over().await?,
            Some(answer) = favicons.answers.join_next() => {
                if let Ok(answer) = answer {
                    favicons.take_in(answer).await?;
                }
            }
            changed = changes.recv() => match changed {
                Ok(ids) => favicons.changed(&ids).await,
                Err(RecvError::Lagged(_)) => favicons.look_over().await?,
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

impl Favicons {
    /// Looks at all tiles, and forgets those that are gone.
    async fn look_over(&mut self) -> Result<()> {
        let tiles = self.ctx.resources.of_kind("service");
        for tile in &tiles {
            self.look_at(tile).await;
        }
        let there: BTreeSet<&ResourceId> = tiles.iter().map(|tile| &tile.id).collect();
        let gone: Vec<ResourceId> = self.known.keys().filter(|id| !there.contains(id)).cloned().collect();
        // A cluster that has not been read yet after a start has no tiles; they come back from the database.
        store::delete_tile_icons(&self.ctx.db, &gone).await?;
        for id in gone {
            self.known.remove(&id);
        }
        Ok(())
    }

    async fn changed(&mut self, ids: &[ResourceId]) {
        for id in ids.iter().filter(|id| id.kind() == "service") {
            match self.ctx.resources.get(id) {
                Some(tile) => self.look_at(&tile).await,
                None => {
                    self.said.remove(id);
                }
            }
        }
    }

    /// Says what is known of the icon of a tile, and has it asked for where that is due.
    async fn look_at(&mut self, tile: &Resource) {
        if is_left_behind(tile) {
            self.withdraw(&tile.id).await;
            return;
        }
        let Some(url) = address(tile) else {
            if tile.words.get(&SOURCE.into()).is_some_and(is_icon_word) {
                self.withdraw(&tile.id).await;
            }
            return;
        };
        let known = self.known.get(&tile.id);
        // Who does not want it probed does not want it asked for its icon either.
        let probed = self.ctx.checks.find(&tile.id).is_some();
        if probed && is_due(known, url, self.ctx.clock.now()) && !self.asking.contains(&tile.id) {
            self.waiting.insert(tile.id.clone());
        }
        if let Some(hash) = known.filter(|known| known.url == url).and_then(|known| known.hash.clone()) {
            self.say(&tile.id, hash).await;
        }
    }

    async fn say(&mut self, id: &ResourceId, hash: String) {
        let now = self.ctx.clock.monotonic();
        let fresh = |(said, at): &(String, Duration)| *said == hash && now.saturating_sub(*at) < SAY_AGAIN;
        if self.said.get(id).is_some_and(fresh) {
            return;
        }
        let said = Observation::new(SOURCE, id.clone(), HOLDS_FOR).fact("icon", hash.as_str());
        self.ctx.resources.observe(said).await;
        self.said.insert(id.clone(), (hash, now));
    }

    async fn withdraw(&mut self, id: &ResourceId) {
        self.said.remove(id);
        self.ctx.resources.withdraw(SOURCE, id.clone()).await;
    }

    /// Begins to ask as many as may be asked at once.
    fn ask(&mut self) {
        while self.answers.len() < AT_ONCE {
            let Some(id) = self.waiting.pop_first() else { return };
            let url = self.ctx.resources.get(&id).and_then(|tile| address(&tile).map(str::to_owned));
            let Some(url) = url.filter(|_| self.known.len() < TILES_MAX || self.known.contains_key(&id))
            else {
                continue;
            };
            self.asking.insert(id.clone());
            let client = self.client.clone();
            self.answers.spawn(async move {
                let icon = icon_of(&client, &url, PATIENCE).await;
                Answer { id, url, icon }
            });
        }
    }

    async fn take_in(&mut self, answer: Answer) -> Result<()> {
        let Answer { id, url, icon } = answer;
        self.asking.remove(&id);
        let now = self.ctx.clock.now();
        let answered = icon.is_ok();
        let hash = match icon {
            Ok(Some(icon)) => {
                // The icon first, so that no page ever links to one that is not there.
                store::add_icon(&self.ctx.db, &icon, now).await?;
                Some(icon.hash)
            }
            Ok(None) => None,
            // What it had before is still its icon.
            Err(()) => {
                self.known.get(&id).filter(|known| known.url == url).and_then(|known| known.hash.clone())
            }
        };
        let known = TileIcon { url, hash, asked_at: now, answered };
        if answered {
            store::save_tile_icon(&self.ctx.db, &id, &known).await?;
        }
        self.known.insert(id.clone(), known);
        if let Some(tile) = self.ctx.resources.get(&id) {
            self.look_at(&tile).await;
        }
        Ok(())
    }
}
