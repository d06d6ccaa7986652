//! One tile. Kept short: a house may have hundreds.

use super::{Look, Uptime};
use crate::model::{Tile, link_target};
use hob_base::units::Percent;
use hob_base::uptime::Span;
use hob_base::wording::tidy;
use hob_base::{Fact, Level, Resource};
use hob_feature::Ctx;
use hob_web::components::{SYMBOLS, day, encode_id, icon, level_word, resource_path, strip};
use maud::{Markup, html};

/// The longest line under a tile's name.
const SUBTITLE_MAX: usize = 80;

/// One tile: the link to the service itself, a star, and a mark that leads to the details.
pub(crate) fn tile(tile: &Tile, look: Look, ctx: &Ctx, uptime: &Uptime<'_>) -> Markup {
    let resource = &tile.resource;
    let level = tile.level();
    let id = encode_id(&resource.id);
    let tags = (!tile.tags.is_empty()).then(|| tile.tags.join(" "));
    html! {
        li.tile.(level) id=(resource.id) data-tags=[tags] {
            (face(tile))
            a href=(href(resource, &id)) target=[look.new_tab.then_some("_blank")] { (tile.name) }
            small { (subtitle(tile)) }
            button.star name="tile" value=(resource.id) title="Favourite" {}
            a.more href={ "/resources/" (id) } title={ (tile.name) " is " (level_word(level)) ": details" } { (icon(level.as_str())) }
            @if level != Level::Ok { p.why { (tile.worst().health.reason) } }
            @if !look.compact { (past(resource, ctx, uptime)) }
        }
    }
}

/// The last ninety days, and since when it is as it is.
fn past(resource: &Resource, ctx: &Ctx, uptime: &Uptime<'_>) -> Markup {
    let history = ctx.resources.history(&resource.id);
    let days = history.days(uptime.gaps, uptime.days);
    let whole = Span {
        from: uptime.days.first().map_or(resource.first_seen, |day| day.from),
        to: uptime.days.last().map_or(resource.since, |day| day.to),
    };
    let percent = history.totals(uptime.gaps, whole).uptime_percent();
    let percent = percent.map_or_else(|| "no history yet".to_owned(), |p| format!("{} up", Percent(p)));
    html! {
        (strip(&days, &percent))
        p.below { span { (percent) (exposure(resource)) } span { @if let Some(took) = resource.number("response_ms") { (format!("{took:.0} ms")) } @else { "since " (day(resource.since, ctx)) } } }
    }
}

/// Where a click leads: to the service itself; by way of the hub where its address depends on the name by which this machine
/// was reached; to its details where it has none.
fn href(resource: &Resource, id: &str) -> String {
    match (link_target(resource, None), link_target(resource, Some("elsewhere"))) {
        (Some(here), Some(there)) if here == there => here,
        (Some(_), _) => format!("/open/{id}"),
        (None, _) => resource_path(&resource.id),
    }
}

/// The picture of a tile: what somebody chose, the service's own icon, or its first letter.
pub(crate) fn face(tile: &Tile) -> Markup {
    if let Some(chosen) = &tile.icon {
        if SYMBOLS.contains(&chosen.as_str()) {
            return html! { span.face { (icon(chosen)) } };
        }
        return html! { span.face aria-hidden="true" { (chosen) } };
    }
    match tile.resource.text("icon") {
        Some(hash) => {
            html! { img.face src={ "/services/icon/" (hash) } alt="" loading="lazy" width="32" height="32"; }
        }
        None => html! { span.face aria-hidden="true" { (letter(&tile.name)) } },
    }
}

/// The first letter of a name.
pub(crate) fn letter(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect()
}

/// What is said under a tile's name: what it is, port and process, or the address; and where it was found if that is in
/// several places.
fn subtitle(tile: &Tile) -> String {
    let resource = &tile.resource;
    let said = match resource.text("description") {
        Some(description) if !description.trim().is_empty() => description.to_owned(),
        _ => address(resource),
    };
    let said = tidy(&said, SUBTITLE_MAX);
    if tile.also.is_empty() {
        return said;
    }
    let mut places: Vec<&str> = std::iter::once(resource).chain(&tile.also).map(|one| place(one)).collect();
    places.sort_unstable();
    places.dedup();
    if places.len() < 2 { said } else { tidy(&format!("{} · {said}", places.join(" + ")), SUBTITLE_MAX) }
}

/// On which cluster or machine something was found.
fn place(resource: &Resource) -> &str {
    resource.text("cluster").unwrap_or_else(|| resource.id.scope())
}

/// Port and process, or the address without what every address has.
pub(crate) fn address(resource: &Resource) -> String {
    let port = resource.facts.get("port").and_then(Fact::as_number).map(|port| format!(":{port}"));
    match (port, resource.text("process")) {
        (Some(port), Some(process)) => format!("{port} · {process}"),
        (Some(port), None) => port,
        _ => resource.text("url").map_or_else(String::new, |url| {
            url.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned()
        }),
    }
}

/// Whether it is reached from the internet or only from the house, where a source knows.
fn exposure(resource: &Resource) -> Markup {
    html! {
        @match resource.text("exposure") {
            Some("external") => { " " i.exposure title="Reached from the internet" { "external" } },
            Some("internal") => { " " i.exposure title="Reached only from the house" { "internal" } },
            _ => {}
        }
    }
}
