//! Bookmarks, search engines and tiles that people wrote down: in memory, with the file and the database behind it.

use crate::config;
use crate::kept::Kept;
use crate::model::links::{LINKS_MAX, Link, LinkKind, Links};
use crate::store;
use hob_base::{Error, Result};
use hob_feature::{Ctx, Problems};
use std::sync::Arc;

/// The pass that tells the house of tiles that people wrote down.
pub(crate) const JOB: &str = "home.links";

#[derive(Default)]
struct Memory(Kept<Links>);

/// All links.
///
/// # Errors
/// When they were not read yet and the database does not answer.
pub(crate) async fn known(ctx: &Ctx) -> Result<Arc<Links>> {
    let load = async || {
        let mut all = config::read_links(&ctx.config, &Problems::default());
        let taken: Vec<(LinkKind, String)> = all.iter().map(|link| (link.kind, link.id.clone())).collect();
        let stored = store::list_links(&ctx.db).await?;
        all.extend(stored.into_iter().filter(|link| !taken.contains(&(link.kind, link.id.clone()))));
        Ok(Links { version: 1, all })
    };
    ctx.memory.of::<Memory>().0.get(load).await
}

/// Adds links under ids that are free, and has the page drawn anew.
///
/// # Errors
/// When there are too many; when the database refuses.
pub(crate) async fn add(ctx: &Ctx, new: Vec<Link>) -> Result<Vec<Link>> {
    if new.is_empty() {
        return Ok(new);
    }
    let memory = ctx.memory.of::<Memory>();
    let changing = memory.0.change().await;
    let mut links = Links::clone(&*known(ctx).await?);
    if links.all.len() + new.len() > LINKS_MAX {
        let text =
            format!("There can be {LINKS_MAX} bookmarks, search engines and tiles. Delete some first.");
        return Err(Error::Conflict(text));
    }
    let mut added = Vec::with_capacity(new.len());
    for mut link in new {
        link.id = links.free_id(link.kind, &link.id);
        link.fixed = false;
        links.all.push(link.clone());
        added.push(link);
    }
    store::add_links(&ctx.db, &added, ctx.clock.now()).await?;
    show(ctx, &memory, links);
    drop(changing);
    Ok(added)
}

/// Deletes one.
///
/// # Errors
/// When it stands in the file; when the database refuses.
pub(crate) async fn delete(ctx: &Ctx, kind: LinkKind, id: &str) -> Result<()> {
    let memory = ctx.memory.of::<Memory>();
    let changing = memory.0.change().await;
    let mut links = Links::clone(&*known(ctx).await?);
    let link = links.find(kind, id).ok_or_else(|| Error::not_found("link", id))?;
    if link.fixed {
        let text = format!("“{}” stands in hob.toml: take it out there.", link.name);
        return Err(Error::Conflict(text));
    }
    store::delete_link(&ctx.db, kind, id).await?;
    links.all.retain(|link| link.kind != kind || link.id != id);
    show(ctx, &memory, links);
    drop(changing);
    Ok(())
}

fn show(ctx: &Ctx, memory: &Memory, mut links: Links) {
    links.version += 1;
    memory.0.replace(links);
    ctx.jobs.poke(JOB);
    hob_web::live(ctx).stale("home");
}
