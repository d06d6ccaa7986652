//! Every check of everybody, for the list and the API: those of `hob.toml`, those that were found, those that people made.

use crate::added::{self, override_of};
use crate::config;
use crate::model::definition::{ADDED_SCOPE, CONFIG_SCOPE, CheckDefinition};
use crate::model::recent::Recent;
use hob_base::{Level, Resource, ResourceId};
use hob_feature::checks::CheckTarget;
use hob_feature::{Ctx, Problems};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Who made a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// People, on the page or over the API; the id.
    Added(String),
    /// The owner, in this line of `hob.toml`.
    File(usize),
    /// Nobody: it was found, or another part of Hob asks for it.
    Found,
}

/// One check in the list.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The resource of which its results are said.
    pub(crate) id: ResourceId,
    /// What people call it.
    pub(crate) name: String,
    /// The word for its kind.
    pub(crate) kind: &'static str,
    /// Where it looks.
    pub(crate) place: String,
    /// How often.
    pub(crate) every: Duration,
    /// How it is; `None` while nothing is known.
    pub(crate) level: Option<Level>,
    /// Whether it is not probed.
    pub(crate) paused: bool,
    /// Who made it.
    pub(crate) origin: Origin,
    /// Whether the owner wants something otherwise than whoever found it.
    pub(crate) adjusted: bool,
    resource: Option<Arc<Resource>>,
}

impl Row {
    /// What came of the last probes.
    pub(crate) fn reason(&self) -> &str {
        match &self.resource {
            _ if self.paused => "Paused: it is not probed.",
            Some(resource) if resource.judged => &resource.health.reason,
            _ => "Not probed yet.",
        }
    }

    /// How long the last answer took.
    pub(crate) fn took(&self, ctx: &Ctx) -> Option<Duration> {
        let last = ctx.memory.of::<Recent>().of(&self.id).last().copied();
        last.filter(|sample| sample.well && !self.paused).map(|sample| sample.took)
    }

    /// What the filter calls its state.
    pub(crate) fn state(&self) -> &'static str {
        if self.paused { "paused" } else { self.level.unwrap_or(Level::Unknown).as_str() }
    }
}

/// What is wanted of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Words that are all in name, id, place or reason.
    pub(crate) text: String,
    /// The word of a kind; empty for all.
    pub(crate) kind: String,
    /// A level or `paused`; empty for all.
    pub(crate) health: String,
}

impl Filter {
    fn takes(&self, row: &Row, words: &[String]) -> bool {
        if !(self.kind.is_empty() || self.kind == row.kind)
            || !(self.health.is_empty() || self.health == row.state())
        {
            return false;
        }
        if words.is_empty() {
            return true;
        }
        let text = format!("{} {} {} {}", row.name, row.id, row.place, row.reason()).to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

/// The checks of `hob.toml` with their lines. The file is read once: it does not change while the hub runs.
fn of_file(ctx: &Ctx) -> Arc<OfFile> {
    let known = ctx.memory.of::<OfFile>();
    known.0.get_or_init(|| {
        let placed = config::read_placed(&ctx.config, &Problems::default());
        placed
            .into_iter()
            .map(|(definition, line)| (definition.resource(CONFIG_SCOPE), (definition, line)))
            .collect()
    });
    known
}

#[derive(Default)]
struct OfFile(OnceLock<HashMap<ResourceId, (CheckDefinition, usize)>>);

/// Those that the filter takes: what is broken first, then by name.
pub(crate) fn rows(ctx: &Ctx, filter: &Filter) -> Vec<Row> {
    let words: Vec<String> = filter.text.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let mut rows: Vec<Row> = all(ctx).into_iter().filter(|row| filter.takes(row, &words)).collect();
    rows.sort_by_cached_key(|row| {
        let level = row.level.filter(|_| !row.paused);
        (
            Reverse(level.filter(|level| *level != Level::Unknown).or(Some(Level::Ok))),
            row.name.to_lowercase(),
            row.id.clone(),
        )
    });
    rows
}

fn all(ctx: &Ctx) -> Vec<Row> {
    let (of_file, added) = (of_file(ctx), added::at_hand(ctx));
    let of_file = of_file.0.get();
    let mut seen: HashSet<ResourceId> = HashSet::new();
    let mut rows: Vec<Row> = Vec::new();
    for spec in ctx.checks.all() {
        // What people made is told from what they made, not from what is published of it.
        if spec.resource.scope() == ADDED_SCOPE || !seen.insert(spec.resource.clone()) {
            continue;
        }
        let line = of_file.and_then(|all| all.get(&spec.resource)).map(|(_, line)| *line);
        let wanted = override_of(ctx, &spec.resource);
        let mut row = row(
            ctx,
            &spec.resource,
            &spec.target,
            wanted.as_ref().and_then(|w| w.every).unwrap_or(spec.every),
        );
        row.origin = line.map_or(Origin::Found, Origin::File);
        row.paused = wanted.as_ref().is_some_and(|wanted| wanted.paused);
        row.adjusted = wanted.is_some();
        rows.push(row);
    }
    for (id, (definition, line)) in of_file.into_iter().flatten().filter(|(id, _)| !seen.contains(*id)) {
        let mut row = row(ctx, id, &definition.target, definition.every);
        row.name.clone_from(&definition.name);
        row.origin = Origin::File(*line);
        row.paused = !definition.enabled;
        rows.push(row);
    }
    for (slug, stored) in added.iter() {
        let definition = &stored.definition;
        let mut row = row(ctx, &definition.resource(ADDED_SCOPE), &definition.target, definition.every);
        row.name.clone_from(&definition.name);
        row.origin = Origin::Added(slug.clone());
        row.paused = !definition.enabled;
        rows.push(row);
    }
    rows
}

fn row(ctx: &Ctx, id: &ResourceId, target: &CheckTarget, every: Duration) -> Row {
    let resource = ctx.resources.get(id);
    Row {
        id: id.clone(),
        name: resource.as_ref().map_or_else(|| id.name().to_owned(), |resource| resource.name.clone()),
        kind: target.kind(),
        place: place(target),
        every,
        level: resource.as_ref().filter(|resource| resource.judged).map(|resource| resource.health.level),
        paused: false,
        origin: Origin::Found,
        adjusted: false,
        resource,
    }
}

/// Where a check looks, in a few words.
pub(crate) fn place(target: &CheckTarget) -> String {
    match target {
        CheckTarget::Http(http) => {
            let url = http.url.split(['?', '#']).next().unwrap_or_default();
            if http.method == "GET" { url.to_owned() } else { format!("{} {url}", http.method) }
        }
        CheckTarget::Group(group) => hob_base::wording::counted(group.members.len(), "member"),
        other => config::plain(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_feature::checks::HttpCheck;

    fn sample(name: &str, level: Option<Level>) -> Row {
        Row {
            id: ResourceId::new("service", "added", name),
            name: name.to_owned(),
            kind: "http",
            place: "http://nas/".to_owned(),
            every: Duration::from_secs(10),
            level,
            paused: false,
            origin: Origin::Found,
            adjusted: false,
            resource: None,
        }
    }

    #[test]
    fn the_filter_looks_at_words_kind_and_state() {
        let row = sample("Photos", Some(Level::Critical));
        let takes = |text: &str, kind: &str, health: &str| {
            let filter = Filter { text: text.into(), kind: kind.into(), health: health.into() };
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            filter.takes(&row, &words)
        };
        assert!(
            takes("", "", "") && takes("photos nas", "http", "critical") && takes("service/added", "", "")
        );
        assert!(
            !takes("music", "", "")
                && !takes("", "tcp", "")
                && !takes("", "", "ok")
                && !takes("", "", "paused")
        );
        let paused = Row { paused: true, ..row.clone() };
        assert_eq!((paused.state(), paused.reason()), ("paused", "Paused: it is not probed."));
        assert_eq!(sample("x", None).state(), "unknown");
    }

    #[test]
    fn a_place_holds_no_query() {
        let http = HttpCheck { method: "POST".into(), ..HttpCheck::new("http://nas/a?token=x") };
        assert_eq!(place(&CheckTarget::Http(Box::new(http))), "POST http://nas/a");
        assert_eq!(place(&CheckTarget::tcp("fd00::7", 22)), "[fd00::7]:22");
    }
}
