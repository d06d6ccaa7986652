//! View data → markup.

mod detail;
mod edit;
mod list;
mod search;

pub(crate) use detail::{Detail, detail};
pub(crate) use edit::{Mistakes, edit};
pub(crate) use list::{Filter, list};
pub(crate) use search::{search_box, search_results};

use crate::model::{Group, House, Machine, Tile};
use hob_base::incident::Role;
use hob_base::units::{Bytes, BytesPerSecond, Celsius, Percent};
use hob_base::uptime::Span;
use hob_base::wording::{counted, duration_words};
use hob_base::{Level, Resource, ResourceId};
use hob_feature::Ctx;
use hob_web::components::{
    SYMBOLS, day, empty, encode_id, health_mark, icon, level_word, meter, resource_path, strip, time,
};
use maud::{Markup, PreEscaped, html};
use std::collections::HashSet;
use std::time::Duration;

/// More open incidents than this are on their own list.
const INCIDENTS_MAX: usize = 3;
/// More problems than this are on the list of resources.
const PROBLEMS_MAX: usize = 12;

/// What a tile draws beside its resource.
pub(crate) struct Uptime<'a> {
    /// The days of the strip.
    pub days: &'a [Span],
    /// The spans in which the hub did not run.
    pub gaps: &'a [Span],
}

/// The whole home page; `tiles` draws one tile, from a cache where it can.
pub(crate) fn home(house: &House, ctx: &Ctx, mut tiles: impl FnMut(&Tile) -> String) -> Markup {
    html! {
        div.page-head data-live-topic="home" { (state(house)) (incidents(house, ctx)) (problems(house, ctx)) }
        div.house {
            div.services {
                @if house.groups.is_empty() { (no_services()) }
                @for group in &house.groups { (section(group, &mut tiles)) }
            }
            (machines(house))
        }
        @if !house.ports.is_empty() { (ports(house)) }
        @if house.hidden > 0 {
            p.muted { a href="/resources?hidden=yes" { (counted(house.hidden, "hidden tile")) } " not shown." }
        }
    }
}

/// The state of the house in one sentence.
pub(crate) fn state(house: &House) -> Markup {
    html! {
        section.state #state aria-live="polite" {
            h1 { (health_mark(house.level)) span { (house.sentence) } }
        }
    }
}

/// The open incidents, the worst first.
pub(crate) fn incidents(house: &House, ctx: &Ctx) -> Markup {
    let more = house.incidents.len().saturating_sub(INCIDENTS_MAX);
    html! {
        section #open-incidents aria-label="Open incidents" {
            @if !house.incidents.is_empty() {
                ul.incidents {
                    @for incident in house.incidents.iter().take(INCIDENTS_MAX) {
                        li.(incident.severity) {
                            (health_mark(incident.severity))
                            a href={ "/incidents/" (incident.id) } { (incident.title) }
                            p {
                                "Incident, since " (time(incident.began_at, ctx))
                                @if incident.members.len() > 1 { " · " (incident.members.len() - 1) " affected" }
                                @if let Some(ack) = &incident.acknowledged { " · " (ack.by) " takes care" }
                            }
                        }
                    }
                }
            }
            @if more > 0 { p { a href="/incidents" { "And " (counted(more, "more incident")) } } }
        }
    }
}

/// What is not well, with reason and next step.
pub(crate) fn problems(house: &House, ctx: &Ctx) -> Markup {
    // What an incident explains is told there: fifty services of one dead machine are one line.
    let explained: HashSet<&ResourceId> = house
        .incidents
        .iter()
        .flat_map(|incident| &incident.members)
        .filter(|member| member.role == Role::Affected)
        .map(|member| &member.resource)
        .collect();
    let problems: Vec<_> =
        house.problems.iter().filter(|(_, resource)| !explained.contains(&resource.id)).collect();
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    html! {
        section #problems aria-label="What needs attention" {
            @if !problems.is_empty() {
                ul.problems {
                    @for (name, resource) in problems.iter().take(PROBLEMS_MAX) { (problem(name, resource, ctx)) }
                }
            }
            @if more > 0 { p { a href="/resources?health=bad" { "And " (counted(more, "more thing")) } } }
        }
    }
}

fn problem(name: &str, resource: &Resource, ctx: &Ctx) -> Markup {
    html! {
        li.problem.(resource.health.level) {
            (health_mark(resource.health.level))
            a href=(resource_path(&resource.id)) { (name) }
            span.since { "since " (time(resource.since, ctx)) }
            p.reason { (resource.health.reason) }
            @if let Some(remedy) = &resource.health.remedy { p.remedy { (remedy) } }
        }
    }
}

fn no_services() -> Markup {
    empty(
        "No web service has been found on this machine yet.",
        "Whatever starts to listen here and speaks HTTP appears by itself within a few seconds. Services elsewhere can be \
         added to hob.toml as [[service]] entries.",
        &html! {},
    )
}

fn section(group: &Group, tiles: &mut impl FnMut(&Tile) -> String) -> Markup {
    html! {
        section {
            div.section-head { h2 { (group.title) } small { (group.tiles.len()) } }
            ul.tiles { @for tile in &group.tiles { (PreEscaped(tiles(tile))) } }
        }
    }
}

/// One tile. Kept short: a house may have hundreds.
pub(crate) fn tile(tile: &Tile, ctx: &Ctx, uptime: &Uptime<'_>) -> Markup {
    let resource = &tile.resource;
    let level = resource.health.level;
    let history = ctx.resources.history(&resource.id);
    let days = history.days(uptime.gaps, uptime.days);
    let whole = Span {
        from: uptime.days.first().map_or(resource.first_seen, |day| day.from),
        to: uptime.days.last().map_or(resource.since, |day| day.to),
    };
    let percent = history.totals(uptime.gaps, whole).uptime_percent();
    let percent = percent.map_or_else(|| "no history yet".to_owned(), |p| format!("{} up", Percent(p)));
    let id = encode_id(&resource.id);
    html! {
        li.tile.(level) id=(resource.id) {
            (face(tile))
            a href={ "/open/" (id) } { (tile.name) }
            small { (subtitle(resource)) }
            a.more href={ "/resources/" (id) } title={ (tile.name) " is " (level_word(level)) ": details" } { (icon(level.as_str())) }
            @if level != Level::Ok { p.why { (resource.health.reason) } }
            (strip(&days, &percent))
            p.below { span { (percent) } span { "since " (day(resource.since, ctx)) } }
        }
    }
}

/// The picture of a tile: what somebody chose, the service's own icon, or its first letter.
fn face(tile: &Tile) -> Markup {
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
        None => {
            let letter: String = tile
                .name
                .chars()
                .find(|c| c.is_alphanumeric())
                .into_iter()
                .flat_map(char::to_uppercase)
                .collect();
            html! { span.face aria-hidden="true" { (letter) } }
        }
    }
}

/// What is said under a tile's name: port and process, or the address.
fn subtitle(resource: &Resource) -> String {
    let port = resource.facts.get("port").and_then(hob_base::Fact::as_number).map(|port| format!(":{port}"));
    let process = resource.text("process").map(str::to_owned);
    match (port, process) {
        (Some(port), Some(process)) => format!("{port} · {process}"),
        (Some(port), None) => port,
        _ => resource.text("url").map_or_else(String::new, |url| {
            url.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned()
        }),
    }
}

/// Machines with their gauges and filesystems.
pub(crate) fn machines(house: &House) -> Markup {
    html! {
        section #machines aria-label="Machines" {
            @if house.machines.is_empty() {
                p.loading role="status" { span.spinner aria-hidden="true" {} " Looking at this machine…" }
            }
            div.stack { @for machine in &house.machines { (machine_cards(machine)) } }
        }
    }
}

fn machine_cards(machine: &Machine) -> Markup {
    let host = &machine.host;
    let what = [host.text("os"), host.text("kernel")].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        article.card {
            div {
                h2 { a href=(resource_path(&host.id)) { (host.name) } " " (health_mark(host.health.level)) }
                small { (what) }
            }
            (gauge("CPU", host.number("cpu_percent"), Level::Ok, &load_text(host)))
            (gauge("Memory", host.number("memory_used_percent"), Level::Ok, &memory_text(host)))
            p { small { (vitals(host)) } }
        }
        @if !machine.filesystems.is_empty() {
            article.card {
                h2 { (counted(machine.filesystems.len(), "filesystem")) }
                @for filesystem in machine.filesystems.iter().take(6) { (filesystem_gauge(filesystem)) }
                @if machine.filesystems.len() > 6 {
                    p { a href="/resources?kind=filesystem" { "All filesystems" } }
                }
            }
        }
    }
}

fn gauge(label: &str, percent: Option<f64>, level: Level, text: &str) -> Markup {
    let Some(percent) = percent else { return html! {} };
    html! {
        div.gauge {
            span { (label) } span.number { (text) }
            (meter(percent, level, &format!("{label}: {}", Percent(percent))))
        }
    }
}

fn load_text(host: &Resource) -> String {
    let cpu = host.number("cpu_percent").map_or_else(String::new, |p| Percent(p).to_string());
    host.number("load_1").map_or(cpu.clone(), |load| format!("{cpu} · load {load:.2}"))
}

fn memory_text(host: &Resource) -> String {
    let bytes = |key: &str| host.number(key).map(|n| n.max(0.0) as u64);
    match (bytes("memory_total_bytes"), bytes("memory_available_bytes")) {
        (Some(total), Some(available)) => {
            format!("{} of {}", Bytes(total.saturating_sub(available)), Bytes(total))
        }
        _ => String::new(),
    }
}

fn vitals(host: &Resource) -> String {
    let mut parts = Vec::new();
    if let Some(s) = host.number("uptime_s") {
        parts.push(format!("up {}", duration_words(Duration::try_from_secs_f64(s).unwrap_or_default())));
    }
    if let (Some(rx), Some(tx)) =
        (host.number("network_rx_bytes_per_s"), host.number("network_tx_bytes_per_s"))
    {
        parts.push(format!("↓ {} ↑ {}", BytesPerSecond(rx), BytesPerSecond(tx)));
    }
    if let Some(celsius) = host.number("temperature_celsius") {
        parts.push(Celsius(celsius).to_string());
    }
    parts.join(" · ")
}

fn filesystem_gauge(filesystem: &Resource) -> Markup {
    let percent = filesystem.number("used_percent");
    let free = filesystem
        .number("available_bytes")
        .map_or_else(String::new, |n| format!("{} free", Bytes(n.max(0.0) as u64)));
    let level = filesystem.health.level;
    html! {
        div.gauge {
            span { a href=(resource_path(&filesystem.id)) { (filesystem.name) } @if level != Level::Ok { " " (health_mark(level)) } }
            span.number { (free) }
            @if let Some(percent) = percent { (meter(percent, level, &format!("{} is filled to {}", filesystem.name, Percent(percent)))) }
        }
    }
}

fn ports(house: &House) -> Markup {
    html! {
        details #ports {
            summary { "Other ports that listen (" (house.ports.len()) ")" }
            ul.facts {
                @for port in &house.ports {
                    li { a href=(resource_path(&port.id)) { (port.name) } " " small { (subtitle(port)) } }
                }
            }
        }
    }
}
