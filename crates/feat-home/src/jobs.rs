//! Pushes what changed to the browsers, and tells the house of tiles that people wrote down.

mod written;

use crate::board::{current_house, draw_tile};
use crate::cards;
use crate::model::{TILE_KINDS, Tile};
use crate::pages;
use hob_base::{ResourceId, Result};
use hob_feature::{Ctx, Job};
use hob_web::live;
use maud::{Markup, PreEscaped, html};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Changes within this time are sent together.
const TOGETHER: Duration = Duration::from_millis(400);

/// When more than this changed at once, pages fetch themselves instead: every open page gets every fragment.
const SWAP_BYTES_MAX: usize = 64 << 10;

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    vec![Job::listener("home.live", follow), Job::pass(crate::links::JOB, written::EVERY, written::tell)]
}

async fn follow(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let mut changes = ctx.resources.subscribe();
    let mut incidents = ctx.incidents().map(|reader| (reader.changes)(&ctx));
    let mut cards = Some(ctx.home().subscribe());
    // What the browsers show; `None` while there are none, since then nothing has to be drawn.
    let mut shown = None;
    loop {
        let first = tokio::select! {
            changed = changes.recv() => changed,
            () = changed(incidents.as_mut()) => Ok(Arc::default()),
            () = changed(cards.as_mut()) => Ok(Arc::default()),
            () = stop.cancelled() => return Ok(()),
        };
        tokio::select! {
            () = ctx.clock.sleep(TOGETHER) => {}
            () = stop.cancelled() => return Ok(()),
        }
        let Some(changed) = gather(first, &mut changes) else { return Ok(()) };
        let next = if live(&ctx).browsers() > 0 { Some(Shown::read(&ctx).await?) } else { None };
        push(&ctx, shown.as_ref(), next.as_ref(), changed.as_ref());
        shown = next;
    }
}

/// Waits until a number grows; for ever where nobody makes it grow.
async fn changed(number: Option<&mut watch::Receiver<u64>>) {
    let is_closed = match number {
        Some(number) => number.changed().await.is_err(),
        None => true,
    };
    if is_closed {
        std::future::pending::<()>().await;
    }
}

/// All that changed; `Some(None)` when so much changed that nobody knows what; `None` when the house is closed.
#[expect(clippy::option_option, reason = "the two kinds of nothing are told apart right where it is called")]
fn gather(
    first: std::result::Result<Arc<Vec<ResourceId>>, RecvError>,
    changes: &mut Receiver<Arc<Vec<ResourceId>>>,
) -> Option<Option<BTreeSet<ResourceId>>> {
    let mut all = match first {
        Ok(ids) => ids.iter().cloned().collect::<BTreeSet<_>>(),
        Err(RecvError::Lagged(_)) => return Some(None),
        Err(RecvError::Closed) => return None,
    };
    loop {
        match changes.try_recv() {
            Ok(ids) => all.extend(ids.iter().cloned()),
            Err(tokio::sync::broadcast::error::TryRecvError::Lagged(_)) => return Some(None),
            Err(_) => return Some(Some(all)),
        }
    }
}

/// What the page consisted of, to see whether things came, went or moved.
struct Shown {
    tiles: HashMap<ResourceId, (String, Tile)>,
    others: BTreeSet<ResourceId>,
    state: String,
    incidents: String,
    problems: String,
    machines: String,
    /// The mark of each heading, and each card, by its id.
    parts: BTreeMap<String, String>,
}

impl Shown {
    async fn read(ctx: &Ctx) -> Result<Self> {
        let house = &*current_house(ctx).await?;
        let tiles = house.groups.iter().flat_map(|group| {
            group.tiles.iter().map(|tile| (tile.resource.id.clone(), (group.title.clone(), tile.clone())))
        });
        let machines = house.machines.iter();
        let others = machines
            .map(|machine| machine.host.id.clone())
            .chain(house.ports.iter().map(|port| port.id.clone()))
            .chain(house.hidden.iter().map(|hidden| hidden.resource.id.clone()));
        let marks =
            house.groups.iter().map(|group| (group.title.clone(), pages::mark_of(group).into_string()));
        let cards = cards::all(ctx);
        let cards = cards.iter().map(|one| (one.key.clone(), pages::home_card(one).into_string()));
        Ok(Self {
            tiles: tiles.collect(),
            others: others.collect(),
            state: pages::state(house).into_string(),
            incidents: pages::incidents(house, ctx).into_string(),
            problems: pages::problems(house, ctx).into_string(),
            machines: pages::machines(house).into_string(),
            parts: marks.chain(cards).collect(),
        })
    }

    /// The tile that shows a resource, be it as the same thing found elsewhere.
    fn tile_of(&self, id: &ResourceId) -> Option<&Tile> {
        let own = self.tiles.get(id).map(|(_, tile)| tile);
        own.or_else(|| {
            let mut tiles = self.tiles.values().map(|(_, tile)| tile);
            tiles.find(|tile| tile.also.iter().any(|other| other.id == *id))
        })
    }

    /// Whether the same things stand in the same places.
    fn same_places(&self, other: &Self) -> bool {
        self.others == other.others
            && self.parts.keys().eq(other.parts.keys())
            && self.tiles.len() == other.tiles.len()
            && self.tiles.iter().all(|(id, (group, tile))| {
                other.tiles.get(id).is_some_and(|(g, t)| {
                    g == group && t.name == tile.name && t.also.len() == tile.also.len()
                })
            })
    }
}

fn push(ctx: &Ctx, before: Option<&Shown>, now: Option<&Shown>, changed: Option<&BTreeSet<ResourceId>>) {
    let stage = live(ctx);
    let Some(changed) = changed else { return stage.stale("*") };
    // The pages of the resources themselves.
    let mut topics: Vec<&str> = changed.iter().map(ResourceId::as_str).collect();
    // What came and went within one gathering is in neither, but a page may have been drawn in between.
    let went = changed.iter().any(|id| ctx.resources.get(id).is_none());
    match (before, now) {
        (Some(before), Some(now)) if before.same_places(now) && !went => {
            let fragments = fragments(ctx, before, now, changed);
            if fragments.0.len() > SWAP_BYTES_MAX {
                topics.push("home");
            } else if !fragments.0.is_empty() {
                stage.swap(&fragments);
            }
        }
        // Things came, went or moved; or a page may just be on its way to a browser that does not listen yet.
        _ => topics.push("home"),
    }
    if !topics.is_empty() {
        stage.stale(&topics.join("\t"));
    }
}

fn fragments(ctx: &Ctx, before: &Shown, now: &Shown, changed: &BTreeSet<ResourceId>) -> Markup {
    let part = |old: &str, new: &str| if old == new { String::new() } else { new.to_owned() };
    let tiles = changed
        .iter()
        .filter(|id| TILE_KINDS.contains(&id.kind()))
        .filter_map(|id| now.tile_of(id))
        .map(|tile| draw_tile(ctx, tile));
    let parts = now.parts.iter().filter(|(key, part)| before.parts.get(*key) != Some(part));
    html! {
        (PreEscaped(part(&before.state, &now.state)))
        (PreEscaped(part(&before.incidents, &now.incidents)))
        (PreEscaped(part(&before.problems, &now.problems)))
        (PreEscaped(part(&before.machines, &now.machines)))
        @for (_, part) in parts { (PreEscaped(part)) }
        @for tile in tiles { (PreEscaped(tile)) }
    }
}
