//! Tiles that people wrote down on the home page: they are resources like any other, and are checked.

use crate::links;
use crate::model::links::{Link, LinkKind, SCOPE};
use hob_base::wording::counted;
use hob_base::{Observation, Result};
use hob_feature::{CheckSpec, CheckTarget, Ctx};
use std::time::Duration;

/// How often the house is told; a change is told at once.
pub(super) const EVERY: Duration = Duration::from_secs(300);
/// How long that holds.
const HOLDS: Duration = Duration::from_secs(1200);
/// How often such a tile is checked.
const CHECKED_EVERY: Duration = Duration::from_secs(60);
/// Who speaks, and who publishes the checks.
const SOURCE: &str = "home";

pub(super) async fn tell(ctx: Ctx) -> Result<String> {
    let links = links::known(&ctx).await?;
    let tiles: Vec<&Link> = links.of(LinkKind::Tile).collect();
    for link in &tiles {
        ctx.resources.observe(observation(link)).await;
    }
    for known in ctx.resources.of_kind("service") {
        if known.id.scope() == SCOPE && tiles.iter().all(|link| link.resource() != known.id) {
            // Nobody else speaks of it but the check, which goes with it.
            ctx.resources.forget(known.id.clone()).await;
        }
    }
    let checked = tiles.iter().filter(|link| link.checked);
    let specs =
        checked.map(|link| CheckSpec::new(link.resource(), CheckTarget::found(&link.url), CHECKED_EVERY));
    ctx.checks.publish(SOURCE, specs.collect());
    Ok(format!("Told of {} that people wrote down.", counted(tiles.len(), "tile")))
}

fn observation(link: &Link) -> Observation {
    let said = Observation::new(SOURCE, link.resource(), HOLDS)
        .named(link.name.clone())
        .fact("url", link.url.clone());
    let facts = [
        ("group", &link.group),
        ("symbol", &link.icon),
        ("description", &link.description),
        ("tags", &link.tags),
    ];
    facts.into_iter().fold(said, |said, (key, fact)| match fact {
        Some(text) => said.fact(key, text.clone()),
        None => said,
    })
}
