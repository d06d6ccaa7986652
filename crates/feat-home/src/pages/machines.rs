//! The machines: gauges of each, or, where there are many, only those that are not well.

use crate::model::{House, Machine};
use hob_base::units::{Bytes, BytesPerSecond, Celsius, Percent};
use hob_base::wording::{counted, duration_words};
use hob_base::{Level, Resource};
use hob_web::components::{health_mark, meter, resource_path};
use maud::{Markup, html};
use std::time::Duration;

/// Of more machines than this only those that are not well are shown.
const MACHINES_MAX: usize = 6;
/// More that are not well than this are on the list of resources.
const UNWELL_MAX: usize = 8;

/// Machines with their gauges and filesystems.
pub(crate) fn machines(house: &House) -> Markup {
    let all = &house.machines;
    html! {
        section #machines aria-label="Machines" {
            @if all.is_empty() {
                p.loading role="status" { span.spinner aria-hidden="true" {} " Looking at this machine…" }
            }
            @if all.len() > MACHINES_MAX { (many_machines(all)) }
            @else { div.stack { @for machine in all { (machine_cards(machine)) } } }
        }
    }
}

/// Of a hundred machines nobody wants a hundred boxes: how many there are, and those that are not well.
fn many_machines(all: &[Machine]) -> Markup {
    let unwell: Vec<&Machine> = all.iter().filter(|machine| machine.level() != Level::Ok).collect();
    html! {
        article.card {
            div {
                h2 { a href="/resources?kind=host" { (counted(all.len(), "machine")) } }
                small { @if unwell.is_empty() { "All of them are well." } @else { (unwell.len()) " not well" } }
            }
            @if !unwell.is_empty() {
                ul.links {
                    @for machine in unwell.iter().take(UNWELL_MAX) { (machine_line(machine)) }
                }
                @if unwell.len() > UNWELL_MAX { p { a href="/resources?health=bad" { "And " (counted(unwell.len() - UNWELL_MAX, "more machine")) } } }
            }
        }
    }
}

fn machine_line(machine: &Machine) -> Markup {
    let host = &machine.host;
    let full = machine.filesystems.iter().max_by_key(|filesystem| filesystem.health.level);
    let worst = full.filter(|filesystem| filesystem.health.level > host.health.level).unwrap_or(host);
    html! {
        li { a href=(resource_path(&worst.id)) { (health_mark(worst.health.level)) span { (host.name) } small { (worst.health.reason) } } }
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
