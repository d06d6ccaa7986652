//! What this feature adds to the page of a resource: the last hour of this machine, and two weeks of a filesystem with
//! its forecast.

use crate::config::Settings;
use crate::history::recent::{Recent, Ring};
use crate::jobs::HostsMemory;
use crate::model::Point;
use hob_base::units::{Bytes, BytesPerSecond, Celsius, Percent};
use hob_base::wording::duration_words;
use hob_base::{Level, Resource, Timestamp};
use hob_feature::{Card, Ctx, Problems};
use hob_web::components::{Band, chart_frame, sparkline};
use maud::{Markup, html};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// A network chart is never drawn finer than this, so that silence does not look like a storm.
const RATE_SCALE_MIN: f64 = 16.0 * 1024.0;
/// A drawing has no use for more points.
const POINTS_DRAWN_MAX: usize = 240;

/// The cards for one resource; none for other machines' resources.
pub(crate) fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let memory: Arc<HostsMemory> = ctx.memory.of();
    if resource.id == ctx.this_host() {
        return last_hour(&memory.recent()).into_iter().collect();
    }
    if resource.id.kind() != "filesystem" || resource.id.scope() != ctx.hostname {
        return Vec::new();
    }
    let settings = Settings::read(&ctx.config, &Problems::default());
    let full_in_days = resource.number("forecast_full_days");
    let usage = memory.usage();
    let drawn = Usage { points: usage.points(resource.id.name()), full_in_days, now: ctx.clock.now() };
    usage_card(&drawn, &settings).into_iter().collect()
}

/// The last hour; `None` before anything is known.
fn last_hour(recent: &Recent) -> Option<Card> {
    let percent = |ring: &Ring, title: &str| chart(ring, title, 100.0, &|v| Percent(v).to_string());
    let rate = |ring: &Ring, title: &str| {
        chart(ring, title, ring.greatest().max(RATE_SCALE_MIN), &|v| BytesPerSecond(v).to_string())
    };
    let charts: Vec<Markup> = [
        percent(&recent.cpu_percent, "CPU"),
        percent(&recent.memory_percent, "Memory"),
        rate(&recent.rx_bytes_per_s, "Received"),
        rate(&recent.tx_bytes_per_s, "Sent"),
        chart(&recent.celsius, "Temperature", recent.celsius.greatest().max(100.0), &|v| {
            Celsius(v).to_string()
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!charts.is_empty()).then(|| Card {
        title: "Last hour".to_owned(),
        body: html! { div.charts { @for chart in &charts { (chart) } } },
    })
}

/// One figure of the last hour; `None` where it is not known at all, as the temperature of a virtual machine.
fn chart(ring: &Ring, title: &str, scale: f64, told: &dyn Fn(f64) -> String) -> Option<Markup> {
    if ring.is_empty() {
        return None;
    }
    let now = ring.last().map_or_else(|| "–".to_owned(), told);
    let greatest = format!("at most {}", told(ring.greatest()));
    let label = format!("{title} over the last hour: now {now}, {greatest}");
    Some(chart_frame(title, &now, &greatest, &sparkline(&ring.values(), 0.0, scale, &[], &label)))
}

/// What the chart of a filesystem shows.
struct Usage<'a> {
    points: &'a [Point],
    full_in_days: Option<f64>,
    now: Timestamp,
}

fn usage_card(usage: &Usage<'_>, settings: &Settings) -> Option<Card> {
    let (first, last) = (usage.points.first()?, usage.points.last()?);
    if usage.points.len() < 2 {
        return None;
    }
    let span = duration_words(usage.now.since(first.at));
    let free = Bytes(last.available_bytes);
    let detail = match usage.full_in_days {
        Some(days) => {
            let full_in = Duration::try_from_secs_f64(days * 86_400.0).unwrap_or_default();
            format!("last {span}; {free} free, full in about {}", duration_words(full_in))
        }
        None => format!("last {span}; {free} free"),
    };
    let now = Percent(used_percent(last)).to_string();
    let label = format!("In use: {now}, {detail}");
    let body = html! { div.charts { (chart_frame("In use", &now, &detail, &usage_chart(usage, settings, &label))) } };
    Some(Card { title: "Usage".to_owned(), body })
}

/// The share in use by time, then the forecast as a broken line. The future is given as much room as the past, and no
/// more than it takes until the filesystem is full.
fn usage_chart(usage: &Usage<'_>, settings: &Settings, label: &str) -> Markup {
    const WIDTH: f64 = 240.0;
    const HEIGHT: f64 = 48.0;
    let bands = [
        Band { at: settings.filesystem_warning_percent, level: Level::Warning },
        Band { at: settings.filesystem_critical_percent, level: Level::Critical },
    ];
    let (Some(first), Some(last)) = (usage.points.first(), usage.points.last()) else {
        return sparkline(&[], 0.0, 100.0, &bands, label);
    };
    let hours = |duration: Duration| duration.as_secs_f64() / 3600.0;
    let past = hours(last.at.since(first.at)).max(0.5);
    let full_in = usage.full_in_days.filter(|days| days.is_finite()).map(|days| (days * 24.0).max(0.1));
    let future = full_in.map_or(0.0, |full_in| full_in.min(past));
    let x = |hour: f64| hour / (past + future) * WIDTH;
    let y = |percent: f64| HEIGHT - percent.clamp(0.0, 100.0) / 100.0 * (HEIGHT - 2.0) - 1.0;
    let step = usage.points.len().div_ceil(POINTS_DRAWN_MAX).max(1);
    let mut line = String::new();
    for point in usage.points.iter().rev().step_by(step) {
        let command = if line.is_empty() { 'M' } else { 'L' };
        // Writing to a String cannot fail.
        let _ =
            write!(line, "{command}{:.1} {:.1}", x(hours(point.at.since(first.at))), y(used_percent(point)));
    }
    let foretold = full_in.map(|full_in| {
        let now = used_percent(last);
        let then = now + (100.0 - now) * future / full_in;
        format!("M{:.1} {:.1}L{:.1} {:.1}", x(past), y(now), x(past + future), y(then))
    });
    html! {
        svg.sparkline viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for band in &bands { path.band.(band.level) d={ "M0 " (format!("{:.1}", y(band.at))) "H" (WIDTH) } {} }
            path.line d=(line) {}
            @if let Some(foretold) = &foretold { path.band.unknown d=(foretold) {} }
        }
    }
}

fn used_percent(point: &Point) -> f64 {
    let whole = point.used_bytes.saturating_add(point.available_bytes);
    if whole == 0 { 0.0 } else { (100.0 * point.used_bytes as f64 / whole as f64).min(100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::recent::Sample;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_known_is_drawn() {
        let mut recent = Recent::default();
        assert!(last_hour(&recent).is_none());
        recent.push(Duration::ZERO, Sample { cpu_percent: Some(12.0), ..Sample::default() });
        recent.push(Duration::from_secs(10), Sample { cpu_percent: Some(50.0), ..Sample::default() });
        let text = last_hour(&recent).unwrap().body.into_string();
        assert!(text.contains("CPU over the last hour: now 50 %, at most 50 %"), "{text}");
        assert!(!text.contains("Temperature"), "{text}");
    }

    fn point(hours: u32, used_bytes: u64) -> Point {
        let at = Timestamp::from_millis(0).plus(Duration::from_secs(3600) * hours);
        Point { at, used_bytes, available_bytes: 100 - used_bytes }
    }

    #[test]
    fn the_forecast_goes_on_from_the_last_point() {
        let points = [point(0, 0), point(24, 50)];
        let usage = Usage { points: &points, full_in_days: Some(1.0), now: points[1].at };
        let text = usage_card(&usage, &Settings::default()).unwrap().body.into_string();
        assert!(text.contains(r#"<path class="line" d="M120.0 24.0L0.0 47.0">"#), "{text}");
        assert!(text.contains(r#"<path class="band unknown" d="M120.0 24.0L240.0 1.0">"#), "{text}");
        assert!(text.contains("full in about 24 hours"), "{text}");
        let none = Usage { full_in_days: None, ..usage };
        assert!(!usage_card(&none, &Settings::default()).unwrap().body.into_string().contains("unknown"));
    }

    #[test]
    fn one_point_is_no_chart() {
        let points = [point(0, 5)];
        let usage = Usage { points: &points, full_in_days: None, now: points[0].at };
        assert!(usage_card(&usage, &Settings::default()).is_none());
    }

    proptest! {
        #[test]
        fn nothing_that_is_no_number_is_drawn(
            raw in proptest::collection::vec((any::<i64>(), any::<u64>(), any::<u64>()), 2..20),
            days in proptest::option::of(any::<f64>()),
        ) {
            let points: Vec<Point> = raw
                .iter()
                .map(|(at, used_bytes, available_bytes)| Point {
                    at: Timestamp::from_millis(*at),
                    used_bytes: *used_bytes,
                    available_bytes: *available_bytes,
                })
                .collect();
            let usage = Usage { points: &points, full_in_days: days, now: Timestamp::from_millis(0) };
            let text = usage_chart(&usage, &Settings::default(), "x").into_string();
            prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
        }
    }
}
