//! Checks that people made on the page or over the API, and what they want otherwise for those that were found: in memory
//! for pages and for the runner, in the database for ever.
//!
//! A change is written first, then seen in memory, then taken up by the pass `checks.added`, which is poked.

use crate::jobs::ADDED_JOB;
use crate::model::adjust::{Override, with_override};
use crate::model::definition::{ADDED_SCOPE, CheckDefinition};
use crate::store::{self, Stored};
use hob_base::error::OrNotFound;
use hob_base::{Error, ResourceId, Result};
use hob_feature::{CheckSpec, CheckTarget, Ctx};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::Mutex as AsyncMutex;

/// The most checks that people can make; what listens on this machine and what stands in `hob.toml` comes on top.
pub(crate) const CHECKS_MAX: usize = 5000;

/// All checks by id.
pub(crate) type Added = Arc<BTreeMap<String, Arc<Stored>>>;

#[derive(Default)]
struct Memory {
    checks: RwLock<Option<Added>>,
    overrides: RwLock<Arc<HashMap<ResourceId, Override>>>,
    /// What is to be probed as soon as it is published.
    impatient: Mutex<Vec<ResourceId>>,
    /// One change at a time, so that memory follows the database in its order.
    changing: AsyncMutex<()>,
}

impl Memory {
    fn set_checks(&self, checks: Added) {
        *self.checks.write().unwrap_or_else(PoisonError::into_inner) = Some(checks);
    }

    fn checks(&self) -> Option<Added> {
        self.checks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn overrides(&self) -> Arc<HashMap<ResourceId, Override>> {
        self.overrides.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// All checks that people made.
///
/// # Errors
/// When they have not been read yet and the database does not answer.
pub(crate) async fn known(ctx: &Ctx) -> Result<Added> {
    match ctx.memory.of::<Memory>().checks() {
        Some(checks) => Ok(checks),
        None => reload(ctx).await,
    }
}

/// Those that are in memory; none before the first run of the pass.
pub(crate) fn at_hand(ctx: &Ctx) -> Added {
    ctx.memory.of::<Memory>().checks().unwrap_or_default()
}

/// Reads checks and overrides from the database.
///
/// # Errors
/// When it does not answer.
pub(crate) async fn reload(ctx: &Ctx) -> Result<Added> {
    let memory = ctx.memory.of::<Memory>();
    let _one = memory.changing.lock().await;
    let stored = store::list_checks(&ctx.db).await?;
    let overrides = store::list_overrides(&ctx.db).await?;
    let checks: Added =
        Arc::new(stored.into_iter().map(|one| (one.definition.slug.clone(), Arc::new(one))).collect());
    memory.set_checks(checks.clone());
    let before = std::mem::replace(
        &mut *memory.overrides.write().unwrap_or_else(PoisonError::into_inner),
        Arc::new(overrides),
    );
    let now = memory.overrides();
    if *before != *now {
        // Whoever runs checks looks at the book again.
        for id in before.keys().chain(now.keys()) {
            ctx.checks.poke(id.clone());
        }
    }
    Ok(checks)
}

/// One check by id.
///
/// # Errors
/// When there is none; when the database does not answer.
pub(crate) async fn find(ctx: &Ctx, id: &str) -> Result<Arc<Stored>> {
    known(ctx).await?.get(id).cloned().or_not_found("check", id)
}

/// Adds checks, all or none. Their slugs are made unique first; what they need of each other follows.
///
/// # Errors
/// When there are too many; when the database does not answer.
pub(crate) async fn add(ctx: &Ctx, mut definitions: Vec<CheckDefinition>) -> Result<Vec<CheckDefinition>> {
    let memory = ctx.memory.of::<Memory>();
    let known = known(ctx).await?;
    let _one = memory.changing.lock().await;
    if known.len() + definitions.len() > CHECKS_MAX {
        return Err(Error::Conflict(format!(
            "At most {CHECKS_MAX} checks can be made, and there are {} already. Delete some first.",
            known.len()
        )));
    }
    let known = memory.checks().unwrap_or_default();
    make_unique(&mut definitions, |slug| known.contains_key(slug));
    let now = ctx.clock.now();
    if !store::add_checks(&ctx.db, &definitions, now).await? {
        let text = "Another check took the same name at this moment. Try again.";
        return Err(Error::Conflict(text.to_owned()));
    }
    let mut checks = BTreeMap::clone(&known);
    for definition in &definitions {
        let stored = Stored { definition: definition.clone(), updated_at: now };
        checks.insert(definition.slug.clone(), Arc::new(stored));
    }
    memory.set_checks(Arc::new(checks));
    took_up(ctx, definitions.iter().map(|one| one.resource(ADDED_SCOPE)));
    Ok(definitions)
}

/// Replaces a check.
///
/// # Errors
/// When there is none of its slug; when the database does not answer.
pub(crate) async fn change(ctx: &Ctx, definition: CheckDefinition) -> Result<()> {
    let now = ctx.clock.now();
    let slug = definition.slug.clone();
    let changed = |_: &Stored| Stored { definition: definition.clone(), updated_at: now };
    edit(ctx, &slug, store::change_check(&ctx.db, &definition, now), changed).await
}

/// Pauses or resumes a check.
///
/// # Errors
/// When there is none of this id; when the database does not answer.
pub(crate) async fn enable(ctx: &Ctx, id: &str, enabled: bool) -> Result<()> {
    let now = ctx.clock.now();
    let changed = |stored: &Stored| Stored {
        definition: CheckDefinition { enabled, ..stored.definition.clone() },
        updated_at: now,
    };
    edit(ctx, id, store::enable_check(&ctx.db, id, enabled, now), changed).await
}

async fn edit(
    ctx: &Ctx,
    id: &str,
    write: impl Future<Output = Result<bool>>,
    changed: impl FnOnce(&Stored) -> Stored,
) -> Result<()> {
    let memory = ctx.memory.of::<Memory>();
    known(ctx).await?;
    let _one = memory.changing.lock().await;
    // As it is now that nobody else changes it.
    let before = memory.checks().unwrap_or_default().get(id).cloned().or_not_found("check", id)?;
    if !write.await? {
        return Err(Error::not_found("check", id));
    }
    let stored = Arc::new(changed(&before));
    let resource = stored.definition.resource(ADDED_SCOPE);
    let mut checks = BTreeMap::clone(&memory.checks().unwrap_or_default());
    checks.insert(id.to_owned(), stored);
    memory.set_checks(Arc::new(checks));
    took_up(ctx, [resource]);
    Ok(())
}

/// Deletes a check.
///
/// # Errors
/// When there is none of this id; when the database does not answer.
pub(crate) async fn delete(ctx: &Ctx, id: &str) -> Result<()> {
    let memory = ctx.memory.of::<Memory>();
    known(ctx).await?;
    let _one = memory.changing.lock().await;
    if !store::delete_check(&ctx.db, id).await? {
        return Err(Error::not_found("check", id));
    }
    let mut checks = BTreeMap::clone(&memory.checks().unwrap_or_default());
    checks.remove(id);
    memory.set_checks(Arc::new(checks));
    took_up(ctx, []);
    Ok(())
}

/// Asks for the pass that takes changes up, and for a probe of what changed right after.
fn took_up(ctx: &Ctx, resources: impl IntoIterator<Item = ResourceId>) {
    let memory = ctx.memory.of::<Memory>();
    memory.impatient.lock().unwrap_or_else(PoisonError::into_inner).extend(resources);
    ctx.jobs.poke(ADDED_JOB);
}

/// What is to be probed as soon as it is published. Asked for once.
pub(crate) fn take_impatient(ctx: &Ctx) -> Vec<ResourceId> {
    let memory = ctx.memory.of::<Memory>();
    let mut impatient = memory.impatient.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *impatient)
}

/// Sets what is wanted otherwise for a check that somebody else publishes.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn set_override(ctx: &Ctx, id: &ResourceId, wanted: Override) -> Result<()> {
    let memory = ctx.memory.of::<Memory>();
    let _one = memory.changing.lock().await;
    store::set_override(&ctx.db, id, &wanted, ctx.clock.now()).await?;
    let mut overrides = HashMap::clone(&memory.overrides());
    if wanted.is_nothing() {
        overrides.remove(id);
    } else {
        overrides.insert(id.clone(), wanted);
    }
    *memory.overrides.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(overrides);
    ctx.checks.poke(id.clone());
    Ok(())
}

/// What is wanted otherwise for one resource.
pub(crate) fn override_of(ctx: &Ctx, id: &ResourceId) -> Option<Override> {
    ctx.memory.of::<Memory>().overrides().get(id).cloned()
}

/// Every specification as its owner wants it: without those that are paused.
pub(crate) fn wanted(ctx: &Ctx) -> Vec<Arc<CheckSpec>> {
    let overrides = ctx.memory.of::<Memory>().overrides();
    let all = ctx.checks.all();
    if overrides.is_empty() {
        return all;
    }
    all.iter().filter_map(|spec| with_override(spec, overrides.get(&spec.resource))).collect()
}

/// Gives every definition a slug that nobody has, by a number at its end; what the others need of it follows.
pub(crate) fn make_unique(definitions: &mut [CheckDefinition], taken: impl Fn(&str) -> bool) {
    let mut own: HashSet<String> = HashSet::new();
    let mut moved: HashMap<ResourceId, ResourceId> = HashMap::new();
    for definition in definitions.iter_mut() {
        let before = definition.resource(ADDED_SCOPE);
        let stem = definition.slug.clone();
        // Of several that are called the same, others mean the first.
        let is_first = !own.contains(&stem);
        let mut number = 2_u32;
        while taken(&definition.slug) || own.contains(&definition.slug) || is_reserved(&definition.slug) {
            definition.slug = format!("{stem}-{number}");
            number += 1;
        }
        own.insert(definition.slug.clone());
        let after = definition.resource(ADDED_SCOPE);
        if after != before && is_first {
            moved.insert(before, after);
        }
    }
    if moved.is_empty() {
        return;
    }
    for definition in definitions {
        let members = match &mut definition.target {
            CheckTarget::Group(group) => group.members.as_mut_slice(),
            _ => &mut [],
        };
        for id in definition.depends_on.iter_mut().chain(members) {
            if let Some(after) = moved.get(id) {
                *id = after.clone();
            }
        }
    }
}

/// Words that are pages of their own under `/checks/`.
fn is_reserved(slug: &str) -> bool {
    matches!(slug, "new" | "import" | "override" | "run")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_feature::checks::{GroupCheck, GroupRule};

    #[test]
    fn a_slug_is_taken_once_and_groups_follow() {
        let web = CheckDefinition::new("Web", CheckTarget::tcp("nas", 80));
        let reserved = CheckDefinition::new("New", CheckTarget::tcp("nas", 81));
        let members = vec![web.resource(ADDED_SCOPE), ResourceId::new("service", "config", "web")];
        let group = GroupCheck { members, rule: GroupRule::All };
        let group = CheckDefinition::new("All", CheckTarget::Group(group));
        let mut definitions = vec![web, reserved, group];
        make_unique(&mut definitions, |slug| matches!(slug, "web" | "web-2"));
        let slugs: Vec<&str> = definitions.iter().map(|one| one.slug.as_str()).collect();
        assert_eq!(slugs, ["web-3", "new-2", "all"]);
        let CheckTarget::Group(group) = &definitions[2].target else { panic!() };
        assert_eq!(group.members[0].to_string(), "service/added/web-3");
        assert_eq!(group.members[1].to_string(), "service/config/web", "somebody else's");
    }
}
