//! Who may have what: a browser gets what its person may read now, and not what they might when they added it.

use super::{Desk, locked, post};
use crate::visitor::{Right, Visitor};
use hob_base::Result;
use hob_feature::identity::Via;
use hob_feature::{Ctx, Identity, IdentityChanges, Person, Scope};
use std::collections::HashMap;
use std::sync::Arc;

/// Everybody as a visitor, as of some change of accounts.
pub(crate) struct Readers {
    changes: u64,
    people: HashMap<String, Visitor>,
    nobody: Option<Visitor>,
}

impl Readers {
    /// Whether this person, or somebody unknown, may read a topic.
    pub(crate) async fn may(&self, ctx: &Ctx, person: Option<&str>, topic: &str) -> bool {
        let visitor = match person {
            Some(id) => self.people.get(id),
            None => self.nobody.as_ref(),
        };
        match visitor {
            Some(visitor) => visitor.may(ctx, topic, Right::Read).await.is_ok(),
            None => false,
        }
    }
}

/// Who may read what, by the accounts as they are now, with these people if they have one. Cheap unless an account changed.
///
/// # Errors
/// When the accounts cannot be read.
pub(crate) async fn readers(ctx: &Ctx, desk: &Desk, people: &[&str]) -> Result<Arc<Readers>> {
    let changes = ctx.memory.of::<IdentityChanges>().number();
    // Nobody notes that an account was added: who is not known may be new.
    let fresh = |readers: &Arc<Readers>| {
        readers.changes == changes && people.iter().all(|person| readers.people.contains_key(*person))
    };
    let known = locked(&desk.readers).clone().filter(fresh);
    match known {
        Some(readers) => Ok(readers),
        None => Ok(renew(ctx, desk).await?.0),
    }
}

/// Forgets the browsers of people who have no account any more. Gives how many.
///
/// # Errors
/// When the accounts cannot be read, or the table not written.
pub(crate) async fn forget_strangers(ctx: &Ctx, desk: &Desk) -> Result<usize> {
    Ok(renew(ctx, desk).await?.1)
}

async fn renew(ctx: &Ctx, desk: &Desk) -> Result<(Arc<Readers>, usize)> {
    // Before they are read: what changes meanwhile is read again.
    let changes = ctx.memory.of::<IdentityChanges>().number();
    let people = match ctx.gate() {
        Some(gate) => (gate.people)(ctx.clone()).await?,
        None => Vec::new(),
    };
    let people: HashMap<String, Visitor> =
        people.into_iter().map(|person| (person.id.clone(), visitor(ctx, person))).collect();
    let strangers: Vec<String> = desk
        .book(|book| {
            let gone = book.all().filter(|b| b.person.as_ref().is_some_and(|id| !people.contains_key(id)));
            gone.map(|browser| browser.id.clone()).collect()
        })
        .unwrap_or_default();
    if !strangers.is_empty() {
        post::forget(ctx, desk, &strangers).await?;
    }
    let nobody = Visitor::by_token(ctx, None, None).await.ok();
    let readers = Arc::new(Readers { changes, people, nobody });
    *locked(&desk.readers) = Some(readers.clone());
    Ok((readers, strangers.len()))
}

fn visitor(ctx: &Ctx, person: Person) -> Visitor {
    let scope = if person.is_admin { Scope::Admin } else { Scope::Read };
    let who =
        Identity { user_id: Some(person.id), name: person.name, scopes: vec![scope], via: Via::Password };
    Visitor::of_identity(ctx, &who)
}
