//! The page of one cluster: what is wrong with it by cause, what runs, and what that stands on.

mod tables;

use super::chain::{is_bad, name_of, text};
use super::findings::{Cause, Found, by_cause};
use super::list::{TOPIC, counts, gaps, state};
use super::{cluster_path, encode, fault_block, findings_of, heard, state_badge};
use crate::clusters::ClusterView;
use crate::publish::resource_id;
use cluster_model::{Thing, ThingId, ThingKind};
use hob_base::Level;
use hob_base::wording::counted;
use hob_feature::Ctx;
use hob_web::components::{badge, empty, health_mark, resource_path, subnav, table};
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The most causes that are told.
const CAUSES_MAX: usize = 40;
/// The most that is told to follow from a cause.
const FOLLOWS_MAX: usize = 12;
/// The most notes.
const NOTES_MAX: usize = 100;
/// The most rows of a table; more are on further pages.
pub(super) const ROWS_MAX: usize = 100;

/// What a page is narrowed down to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Narrow {
    /// Words of which each must be found.
    pub(crate) text: String,
    /// The namespace; empty: all.
    pub(crate) namespace: String,
    /// The page, from 1.
    pub(crate) page: usize,
}

impl Narrow {
    /// Whether something of this namespace, with these words, is wanted.
    pub(super) fn wants(&self, namespace: &str, words: &[&str]) -> bool {
        let inside = self.namespace.is_empty() || self.namespace == namespace;
        let has = |word: &str| words.iter().any(|text| text.to_lowercase().contains(&word.to_lowercase()));
        inside && self.text.split_whitespace().take(8).all(has)
    }

    /// Whether it narrows anything down.
    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.namespace.is_empty()
    }

    /// The query of another page of the same.
    fn query(&self, page: usize) -> String {
        format!("?q={}&namespace={}&page={page}", encode(self.text.trim()), encode(&self.namespace))
    }
}

/// The rows of one page, and the way to the others.
pub(super) fn paged<T>(all: Vec<T>, narrow: &Narrow) -> (Vec<T>, Markup) {
    let pages = all.len().div_ceil(ROWS_MAX).max(1);
    let page = narrow.page.clamp(1, pages);
    let links = html! {
        @if pages > 1 {
            nav.row aria-label="Pages" {
                @for number in 1..=pages {
                    a.button.small href=(narrow.query(number)) aria-current=[(number == page).then_some("page")] { (number) }
                }
                small { (all.len()) " in all, those that are not well first" }
            }
        }
    };
    let rows = all.into_iter().skip((page - 1) * ROWS_MAX).take(ROWS_MAX).collect();
    (rows, links)
}

/// The way between the pages of a cluster.
pub(super) fn head(view: &ClusterView, here: &str, text: &Markup) -> Markup {
    let path = cluster_path(&view.name);
    let routes = format!("{path}/routes");
    html! {
        div.page-head data-live-topic=(TOPIC) {
            h1 { "Cluster " (view.name) " " (state_badge(&view.state)) }
            (text)
        }
        (subnav("Cluster", [("What runs", path.as_str(), here.is_empty()), ("Routes", routes.as_str(), here == "routes"), ("All clusters", crate::routes::PATH, false)]))
    }
}

/// The page.
pub(crate) fn cluster(ctx: &Ctx, view: &ClusterView, narrow: &Narrow) -> Markup {
    let all = findings_of(ctx, view);
    let path = cluster_path(&view.name);
    html! {
        (head(view, "", &html! { p.muted { (view.server) } }))
        (state(ctx, view))
        (counts(view, &path))
        @if narrow.is_empty() && narrow.page <= 1 { (findings(ctx, view, &all)) }
        (workloads(ctx, view, narrow))
        (tables::all(ctx, view, narrow))
        (gaps(&view.name, &view.gaps))
    }
}

fn findings(ctx: &Ctx, view: &ClusterView, all: &[Found]) -> Markup {
    let causes = by_cause(&view.picture, all);
    let notes: Vec<&Found> = all.iter().filter(|found| !is_bad(found.level)).collect();
    html! {
        section.findings #findings aria-label="What is wrong" {
            @if causes.is_empty() && view.complete {
                p.verdict.ok { (health_mark(Level::Ok)) " Nothing in this cluster is broken." }
            } @else if !causes.is_empty() {
                div.section-head { h2 { "What is wrong" } small { (counted(causes.len(), "cause")) } }
                @for (number, cause) in causes.iter().take(CAUSES_MAX).enumerate() { (one(ctx, view, cause, number)) }
                @if causes.len() > CAUSES_MAX { p.muted { "And " (causes.len() - CAUSES_MAX) " more: what is mended first makes room for them." } }
            }
            @if !notes.is_empty() {
                details #notes {
                    summary { (counted(notes.len(), "thing")) " worth knowing" }
                    ul.sentences {
                        @for note in notes.iter().take(NOTES_MAX) {
                            li { (link(view, &note.id)) ": " (note.fault.sentence) @if let Some(remedy) = &note.fault.remedy { " " span.muted { (remedy) } } }
                        }
                        @if notes.len() > NOTES_MAX { li.muted { "And " (notes.len() - NOTES_MAX) " more." } }
                    }
                }
            }
        }
    }
}

/// One cause with what follows from it.
fn one(ctx: &Ctx, view: &ClusterView, cause: &Cause, number: usize) -> Markup {
    let Some(first) = cause.found.first() else { return html! {} };
    let level = cause.level();
    html! {
        article.health.finding.(level) {
            h3 { (link(view, &first.id)) " " (badge(first.id.kind.as_str())) }
            @for found in &cause.found { (told(found)) }
            @if !cause.alike.is_empty() {
                details id={ "alike-" (number) } {
                    summary { "The same with " (counted(cause.alike.len(), "other")) }
                    ul.links { @for other in &cause.alike { li { (follower(view, other, other.level)) } } }
                }
            }
            @if !cause.follows.is_empty() {
                details id={ "follows-" (number) } open[cause.follows.len() <= 3] {
                    summary { (counted(cause.follows.len(), "other")) " not well because of it" }
                    ul.links {
                        @for other in cause.follows.iter().take(FOLLOWS_MAX) {
                            li { (follower(view, other, heard(ctx, &view.name, &other.id).map_or(other.level, |health| health.level))) }
                        }
                        @if cause.follows.len() > FOLLOWS_MAX { li.muted { "and " (cause.follows.len() - FOLLOWS_MAX) " more" } }
                    }
                }
            }
        }
    }
}

/// A finding with its evidence folded.
fn told(found: &Found) -> Markup {
    let short = super::Fault { evidence: String::new(), ..found.fault.clone() };
    html! {
        (fault_block(found.level, &short))
        @if !found.fault.evidence.is_empty() {
            details { summary { "What it rests on" } pre.evidence { (found.fault.evidence) } }
        }
    }
}

fn follower(view: &ClusterView, found: &Found, level: Level) -> Markup {
    html! {
        a href=(resource_path(&resource_id(&view.name, &found.id))) {
            (health_mark(level)) span { (called(view, &found.id)) } small { (found.fault.sentence) }
        }
    }
}

fn called(view: &ClusterView, id: &ThingId) -> String {
    name_of(id, view.picture.things.get(id))
}

/// The name of a thing, leading to its page.
pub(super) fn link(view: &ClusterView, id: &ThingId) -> Markup {
    html! { a href=(resource_path(&resource_id(&view.name, id))) { (called(view, id)) } }
}

/// How a thing is, by all who speak of it, or by the cluster alone.
pub(super) fn level_here(ctx: &Ctx, view: &ClusterView, id: &ThingId, thing: &Thing) -> Option<Level> {
    heard(ctx, &view.name, id).map(|health| health.level).or_else(|| {
        let own = thing.worst().map_or(Level::Ok, |finding| super::chain::level_of(finding.severity));
        thing.judged.then_some(own)
    })
}

/// The things of a kind that are wanted, those that are not well first.
pub(super) fn of_kind<'a>(
    ctx: &Ctx,
    view: &'a ClusterView,
    kind: ThingKind,
    narrow: &Narrow,
) -> Vec<(&'a ThingId, &'a Thing, Option<Level>)> {
    let things = view.picture.things.iter().filter(|(id, thing)| {
        let namespace = text(thing, "namespace").unwrap_or_default();
        id.kind == kind
            && narrow.wants(
                namespace,
                &[
                    &id.name,
                    &thing.title,
                    text(thing, "image").unwrap_or_default(),
                    text(thing, "nodes").unwrap_or_default(),
                ],
            )
    });
    let mut all: Vec<_> = things.map(|(id, thing)| (id, thing, level_here(ctx, view, id, thing))).collect();
    all.sort_by_key(|(_, _, level)| Reverse(level.filter(|level| is_bad(*level))));
    all
}

fn workloads(ctx: &Ctx, view: &ClusterView, narrow: &Narrow) -> Markup {
    let all = of_kind(ctx, view, ThingKind::Workload, narrow);
    let (nothing, count) = (all.is_empty(), all.len());
    let (rows, pages) = paged(all, narrow);
    html! {
        section #workloads aria-label="Workloads" {
            div.section-head { h2 { "Workloads" } small { (count) } }
            (filter(view, narrow))
            @if nothing && narrow.is_empty() { p.muted { "Nothing runs there, as far as Hob may see." } }
            @else if nothing { (empty("Nothing matches.", "Try fewer words or another namespace.", &html! { a.button href=(cluster_path(&view.name)) { "Show all" } })) }
            @else {
                (table("Workloads", &["Name", "Namespace", "Pods", "Restarts", "Image", "Node", "Age"], rows.iter().map(|row| tables::workload(ctx, view, row))))
                (pages)
            }
        }
    }
}

fn filter(view: &ClusterView, narrow: &Narrow) -> Markup {
    let namespaces: BTreeSet<&str> = view
        .picture
        .things
        .iter()
        .filter(|(id, _)| id.kind == ThingKind::Workload)
        .filter_map(|(_, thing)| text(thing, "namespace"))
        .chain([narrow.namespace.as_str()])
        .filter(|namespace| !namespace.is_empty())
        .collect();
    html! {
        form.row.narrow-down method="get" action={ (cluster_path(&view.name)) "#workloads" } role="search" {
            div.field { label.sr for="q" { "Containing" } input #q name="q" type="search" value=(narrow.text) placeholder="Name, image, node …" autocomplete="off" data-keep; }
            div.field { label.sr for="namespace" { "Namespace" } select #namespace name="namespace" data-keep {
                option value="" { "All namespaces" }
                @for namespace in namespaces { option value=(namespace) selected[narrow.namespace == namespace] { (namespace) } }
            } }
            button type="submit" { "Show" }
        }
    }
}
