//! How each person wants the page, in memory, with the database behind it.

use crate::kept::Kept;
use crate::model::Layout;
use crate::store;
use hob_base::Result;
use hob_feature::{Ctx, Identity, Scope};
use hob_web::Frame;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most people whose layouts are kept.
const PEOPLE_MAX: usize = 1000;
/// The layout of everybody without an account: tokens, wall displays, a hub without people.
const COMMON: &str = "";

#[derive(Default)]
struct Layouts(Kept<BTreeMap<String, Arc<Mine>>>);

/// One person's layout.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mine {
    /// Which layout this is, of this run of the hub; 0 is the common one.
    pub(crate) number: usize,
    /// Grows with every change.
    pub(crate) version: u64,
    /// What is wanted.
    pub(crate) layout: Layout,
}

impl Mine {
    /// What the pages of this person listen to.
    pub(crate) fn topic(&self) -> String {
        format!("home-{}", self.number)
    }
}

/// Whose layout somebody uses and changes.
fn person(who: Option<&Identity>) -> &str {
    who.and_then(|who| who.user_id.as_deref()).unwrap_or(COMMON)
}

async fn all(ctx: &Ctx) -> Result<Arc<BTreeMap<String, Arc<Mine>>>> {
    let load = async || {
        let stored = store::list_layouts(&ctx.db).await?;
        let numbered = stored.into_iter().enumerate().map(|(at, (person, layout))| {
            let number = if person == COMMON { 0 } else { at + 1 };
            (person, Arc::new(Mine { number, version: 1, layout }))
        });
        Ok(numbered.collect())
    };
    ctx.memory.of::<Layouts>().0.get(load).await
}

/// The layout of who asks; the common one where they have none yet.
///
/// # Errors
/// When layouts were not read yet and the database does not answer.
pub(crate) async fn of(ctx: &Ctx, who: Option<&Identity>) -> Result<Arc<Mine>> {
    let all = all(ctx).await?;
    let own = all.get(person(who)).or_else(|| all.get(COMMON));
    Ok(own.cloned().unwrap_or_default())
}

/// Changes the layout of who asks, and has their pages drawn anew. Who has none yet begins with the common one.
///
/// # Errors
/// When who asks has no account and may not change what everybody sees; when the database refuses.
pub(crate) async fn change(frame: &Frame, change: impl FnOnce(&mut Layout)) -> Result<()> {
    let (ctx, who) = (&frame.ctx, frame.identity()?);
    let person = person(Some(who)).to_owned();
    // These routes ask for a login only, and a token that may but push is one.
    who.require(if person == COMMON { Scope::Write } else { Scope::Read })?;
    let layouts = ctx.memory.of::<Layouts>();
    let changing = layouts.0.change().await;
    let before = of(ctx, Some(who)).await?;
    let mut mine = Mine::clone(&before);
    change(&mut mine.layout);
    if mine.layout == before.layout {
        return Ok(());
    }
    let mut all = BTreeMap::clone(&*all(ctx).await?);
    if !all.contains_key(&person) {
        if all.len() >= PEOPLE_MAX {
            let text = format!("The layouts of {PEOPLE_MAX} people are kept already, which is the most.");
            return Err(hob_base::Error::Conflict(text));
        }
        mine.number = if person == COMMON { 0 } else { all.len() + 1 };
        while person != COMMON && all.values().any(|other| other.number == mine.number) {
            mine.number += 1;
        }
    }
    mine.version += 1;
    store::save_layout(&ctx.db, &person, &mine.layout).await?;
    let topics = format!("{}\t{}", before.topic(), mine.topic());
    all.insert(person, Arc::new(mine));
    layouts.0.replace(all);
    drop(changing);
    hob_web::live(ctx).stale(&topics);
    Ok(())
}
