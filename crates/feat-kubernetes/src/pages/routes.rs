//! The page of all routes of a cluster: where each leads, and why one has no tile.

use super::chain::{text, whole};
use super::cluster::{Narrow, head, level_here, link, paged};
use super::cluster_path;
use crate::clusters::ClusterView;
use cluster_model::{Thing, ThingId, ThingKind};
use hob_base::Level;
use hob_feature::Ctx;
use hob_web::components::{badge, empty, health_mark, table};
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most hidden addresses and ports that are told.
const OTHERS_MAX: usize = 200;
/// The most things that one cell names.
const NAMES_MAX: usize = 3;

/// One route as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row<'a> {
    id: &'a ThingId,
    level: Option<Level>,
    host: &'a str,
    path: &'a str,
    /// How the tile above it is opened: `https`.
    scheme: &'a str,
    exposure: &'a str,
    services: Vec<&'a ThingId>,
    entries: Vec<&'a ThingId>,
    certificates: Vec<&'a ThingId>,
}

/// The page.
pub(crate) fn routes(ctx: &Ctx, view: &ClusterView, narrow: &Narrow) -> Markup {
    let rows = rows(ctx, view, narrow);
    let (count, nothing) = (rows.len(), rows.is_empty());
    let (rows, pages) = paged(rows, narrow);
    let all = cluster_path(&view.name) + "/routes";
    html! {
        (head(view, "routes", &html! { p.muted { "Every address that the cluster answers, and where it leads." } }))
        form.row.narrow-down method="get" action=(all) role="search" {
            div.field { label.sr for="q" { "Containing" } input #q name="q" type="search" value=(narrow.text) placeholder="Host, service, namespace …" autocomplete="off" data-keep; }
            button type="submit" { "Show" }
        }
        section aria-label="Routes" {
            div.section-head { h2 { "Routes" } small { (count) } }
            @if nothing && narrow.is_empty() { (empty("No route is known.", "Routes are Ingress objects, routes of Traefik and of the Gateway API. One that is added is here within two seconds.", &html! {})) }
            @else if nothing { (empty("Nothing matches.", "Try fewer words.", &html! { a.button href=(all) { "Show all" } })) }
            @else {
                (table("Routes", &["Address", "Route", "Leads to", "Entry point", "TLS"], rows.iter().map(|one| row(view, one))))
                (pages)
            }
        }
        (hidden(view, narrow))
        (ports(view, narrow))
    }
}

fn rows<'a>(ctx: &Ctx, view: &'a ClusterView, narrow: &Narrow) -> Vec<Row<'a>> {
    let things = &view.picture.things;
    let mut tiles: BTreeMap<&ThingId, &Thing> = BTreeMap::new();
    for (_, tile) in things.iter().filter(|(id, _)| id.kind == ThingKind::Service) {
        tiles.extend(tile.needs.iter().map(|need| (need, tile)));
    }
    let routes = things.iter().filter(|(id, _)| id.kind == ThingKind::Route);
    let mut rows: Vec<Row<'a>> = routes
        .map(|(id, thing)| {
            let tile = tiles.get(id);
            let of = |kind: ThingKind| thing.needs.iter().filter(|need| need.kind == kind).collect();
            let url = tile.and_then(|tile| text(tile, "url")).unwrap_or_default();
            Row {
                id,
                level: level_here(ctx, view, id, thing),
                host: text(thing, "host").unwrap_or_default(),
                path: text(thing, "path").unwrap_or_default(),
                scheme: url.split_once("://").map_or("", |(scheme, _)| scheme),
                exposure: tile.and_then(|tile| text(tile, "exposure")).unwrap_or_default(),
                services: of(ThingKind::Backend),
                entries: of(ThingKind::EntryPoint),
                certificates: of(ThingKind::Certificate),
            }
        })
        .filter(|row| {
            let services = row.services.iter().map(|id| id.name.as_str());
            let words: Vec<&str> =
                [row.host, row.path, row.id.name.as_str()].into_iter().chain(services).collect();
            narrow.wants("", &words)
        })
        .collect();
    rows.sort_by_key(|row| {
        (Reverse(row.level.filter(|level| super::chain::is_bad(*level))), row.host, row.path, row.id)
    });
    rows
}

fn row(view: &ClusterView, row: &Row<'_>) -> Markup {
    html! {
        tr {
            th scope="row" {
                @if let Some(level) = row.level { (health_mark(level)) " " }
                @if row.host.is_empty() { "any host" } @else { (row.host) }
                @if row.path != "/" { (row.path) }
                @if !row.exposure.is_empty() { " " (badge(row.exposure)) }
            }
            td { (link(view, row.id)) }
            td { (names(view, &row.services, "nothing")) }
            td { (names(view, &row.entries, "–")) }
            td {
                @if row.certificates.is_empty() { span.muted { (if row.scheme == "https" { "default certificate" } else if row.scheme == "http" { "no" } else { "–" }) } }
                @else { (names(view, &row.certificates, "–")) }
            }
        }
    }
}

fn names(view: &ClusterView, ids: &[&ThingId], nothing: &str) -> Markup {
    html! {
        @if ids.is_empty() { span.muted { (nothing) } }
        @for (number, id) in ids.iter().take(NAMES_MAX).enumerate() {
            @if number > 0 { ", " }
            @if view.picture.things.contains_key(*id) { (link(view, id)) } @else { (id.name) }
        }
        @if ids.len() > NAMES_MAX { " and " (ids.len() - NAMES_MAX) " more" }
    }
}

/// Addresses without a tile, and why.
fn hidden(view: &ClusterView, narrow: &Narrow) -> Markup {
    let found: Vec<(&ThingId, &Thing)> = view
        .picture
        .things
        .iter()
        .filter(|(id, thing)| {
            matches!(id.kind, ThingKind::Service | ThingKind::Port)
                && thing.facts.contains_key("hidden")
                && narrow.wants("", &[&id.name, &thing.title])
        })
        .collect();
    html! {
        @if !found.is_empty() {
            section #hidden aria-label="Not on the home page" {
                div.section-head { h2 { "Not on the home page" } small { (found.len()) } }
                (table("Not on the home page", &["Address", "Why"], found.iter().take(OTHERS_MAX).map(|(id, thing)| html! {
                    tr { th scope="row" { (link(view, id)) " " small { (id.name) } } td { (text(thing, "hidden_because").unwrap_or("A rule says so.")) } }
                })))
                p.muted { "The annotation " code { "hob.dev/hide: \"false\"" } " on the route shows it." }
            }
        }
    }
}

/// What is reached by other protocols than HTTP.
fn ports(view: &ClusterView, narrow: &Narrow) -> Markup {
    let found: Vec<(&ThingId, &Thing)> = view
        .picture
        .things
        .iter()
        .filter(|(id, _)| id.kind == ThingKind::Port && narrow.wants("", &[&id.name]))
        .collect();
    html! {
        @if !found.is_empty() {
            section #ports aria-label="Ports" {
                div.section-head { h2 { "Ports of TCP and UDP" } small { (found.len()) } }
                (table("Ports", &["Name", "Port", "Protocol", "Host", "Found in"], found.iter().take(OTHERS_MAX).map(|(id, thing)| html! {
                    tr {
                        th scope="row" { (link(view, id)) }
                        td.number { @if let Some(port) = whole(thing, "port") { (port) } }
                        @for key in ["protocol", "host", "found_in"] { td { (text(thing, key).unwrap_or_default()) } }
                    }
                })))
            }
        }
    }
}
