//! What happened in an incident, with the evidence as it was then; and who was told.

use super::resource_link;
use hob_base::incident::{Evidence, EvidenceBody, Happening, TimelineEntry};
use hob_base::wording::counted;
use hob_base::{Incident, Timestamp};
use hob_feature::{Ctx, Delivery, DeliveryOutcome, Notice, NoticeKind};
use hob_web::components::{badge, card, chart_frame, icon, sparkline, table, time};
use maud::{Markup, html};

/// The longest timeline that is shown whole; of a longer one the middle is folded.
const ENTRIES_MAX: usize = 200;
/// So many messages are shown: the newest.
const NOTICES_MAX: usize = 50;

/// The timeline, oldest first.
pub(super) fn timeline(incident: &Incident, entries: &[TimelineEntry], ctx: &Ctx) -> Markup {
    let rows = |entries: &[TimelineEntry], from: usize| {
        html! {
            ol.timeline { @for (i, entry) in entries.iter().enumerate() { (line(incident, entry, from + i, ctx)) } }
        }
    };
    let (first, rest) = entries.split_at(entries.len().min(ENTRIES_MAX / 2));
    let (middle, last) = rest.split_at(rest.len().saturating_sub(ENTRIES_MAX / 2));
    card(
        "What happened",
        &html! {
            @if entries.is_empty() { p.muted { "Nothing has been written down yet." } }
            @if !first.is_empty() { (rows(first, 0)) }
            @if !middle.is_empty() {
                details #timeline-middle {
                    summary { "Another " (counted(middle.len(), "line")) }
                    (rows(middle, first.len()))
                }
            }
            @if !last.is_empty() { (rows(last, first.len() + middle.len())) }
        },
    )
}

/// The symbol of a line, and the class that gives it its colour.
const fn sign(what: Happening) -> (&'static str, &'static str) {
    match what {
        Happening::Opened | Happening::Reopened => ("critical", "critical"),
        Happening::Joined | Happening::Changed | Happening::Flapping => ("warning", "warning"),
        Happening::Cause => ("search", "unknown"),
        Happening::Recovered | Happening::Closed => ("ok", "ok"),
        Happening::Acknowledged => ("person", "unknown"),
        Happening::Note => ("edit", "unknown"),
        Happening::Hushed => ("silence", "unknown"),
        Happening::Merged | Happening::Split => ("link", "unknown"),
        Happening::Told => ("incident", "unknown"),
    }
}

/// What a line is, in a word, for who cannot see its symbol.
const fn word(what: Happening) -> &'static str {
    match what {
        Happening::Opened => "Opened",
        Happening::Reopened => "Broken again",
        Happening::Joined => "Affected",
        Happening::Changed => "Changed",
        Happening::Flapping => "Comes and goes",
        Happening::Cause => "Cause",
        Happening::Recovered => "Well again",
        Happening::Closed => "Over",
        Happening::Acknowledged => "Care",
        Happening::Note => "Note",
        Happening::Hushed => "Silence",
        Happening::Merged => "Merged",
        Happening::Split => "Split",
        Happening::Told => "Told",
    }
}

fn line(incident: &Incident, entry: &TimelineEntry, number: usize, ctx: &Ctx) -> Markup {
    let (symbol, class) = sign(entry.what);
    let name = |id: &hob_base::ResourceId| {
        let member = incident.members.iter().find(|member| member.resource == *id);
        member.map_or_else(|| id.to_string(), |member| member.name.clone())
    };
    html! {
        li {
            span.mark.(class) { (icon(symbol)) span.sr { (word(entry.what)) ": " } }
            div {
                p.said[entry.what == Happening::Note] { (entry.text) }
                @if !entry.evidence.is_empty() { (evidence(&entry.evidence, number, ctx)) }
            }
            small {
                (time(entry.at, ctx))
                @if let Some(by) = &entry.by { " · " (by) }
                @if let Some(id) = &entry.resource { " · " (resource_link(id, &name(id), ctx)) }
            }
        }
    }
}

fn evidence(pieces: &[Evidence], number: usize, ctx: &Ctx) -> Markup {
    html! {
        details #{ "evidence-" (number) } {
            summary { "What was known then (" (pieces.len()) ")" }
            div.stack { @for piece in pieces { (show(piece, ctx)) } }
        }
    }
}

fn show(piece: &Evidence, ctx: &Ctx) -> Markup {
    match &piece.body {
        EvidenceBody::Text(text) => html! {
            div { h3 { (piece.title) } pre.evidence { (text) } }
        },
        EvidenceBody::Series { unit, points } => series(&piece.title, unit, points, ctx),
    }
}

fn series(title: &str, unit: &str, points: &[(Timestamp, Option<f64>)], ctx: &Ctx) -> Markup {
    let values: Vec<f32> = points.iter().map(|(_, value)| value.map_or(f32::NAN, |v| v as f32)).collect();
    let finite = || values.iter().copied().map(f64::from).filter(|value| value.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    if low > high {
        return html! { div { h3 { (title) } p.muted { "There was no value." } } };
    }
    let told = |value: f64| format!("{} {unit}", number(value)).trim_end().to_owned();
    let span = format!("{} to {}", first.0.clock_time(&ctx.zone), last.0.clock_time(&ctx.zone));
    let label = format!("{title}, {span}: from {} to {}", told(low), told(high));
    // A run of equal values is drawn in the middle.
    let margin = if high > low { (high - low) * 0.05 } else { high.abs().max(1.0) };
    let present = points.iter().rev().find_map(|(_, value)| *value).map_or_else(String::new, told);
    let detail = format!("{span} · {} – {}", told(low), told(high));
    chart_frame(title, &present, &detail, &sparkline(&values, low - margin, high + margin, &[], &label))
}

/// Three figures are enough for a glance.
fn number(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

const fn kind_word(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Opened => "that it broke",
        NoticeKind::Changed => "that it changed",
        NoticeKind::Reminder => "that it still goes on",
        NoticeKind::Escalated => "that nobody took care",
        NoticeKind::Closed => "that it is over",
    }
}

/// How one message went: “phones, 14:05” or why it did not.
fn way(delivery: &Delivery, ctx: &Ctx) -> Markup {
    html! {
        @match &delivery.outcome {
            DeliveryOutcome::Sent => { "through " (delivery.channel) ", " (time(delivery.at, ctx)) }
            DeliveryOutcome::Waiting(None) => { (delivery.channel) ": is on its way." }
            DeliveryOutcome::Waiting(Some(why)) => { (delivery.channel) ": waits. " (why) }
            DeliveryOutcome::Failed(why) => { (delivery.channel) ": not delivered. " (why) }
        }
    }
}

/// Who was told, and who is to be told later.
pub(super) fn told(notices: &[Notice], deliveries: &[Delivery], ctx: &Ctx) -> Markup {
    let now = ctx.clock.now();
    let left_out = notices.len().saturating_sub(NOTICES_MAX);
    let row = |notice: &Notice| {
        html! {
            tr {
                th scope="row" { @match &notice.to { Some(name) => (name), None => "Everybody who listens" } }
                td {
                    (kind_word(notice.kind)) br;
                    small { (notice.title) }
                    @for delivery in deliveries.iter().filter(|delivery| delivery.notice == notice.key) {
                        br; small.muted { (way(delivery, ctx)) }
                    }
                }
                td { (time(notice.due, ctx)) @if notice.due > now { " " (badge("waits for the end of quiet hours")) } }
            }
        }
    };
    card(
        "Who was told",
        &html! {
            @if notices.is_empty() { p.muted { "Nobody so far." } }
            @else { (table("Who was told", &["Whom", "What", "When"], notices.iter().skip(left_out).map(row))) }
            @if left_out > 0 { p.muted { (counted(left_out, "earlier message")) " are left out." } }
        },
    )
}
