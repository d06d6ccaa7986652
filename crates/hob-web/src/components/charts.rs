//! Small drawings, made on the server as SVG.

use super::raw;
use hob_base::Level;
use maud::{Markup, html};
use std::fmt::Write as _;

/// The days of a strip as `(level, first day, number of days)`, neighbours of one level together.
fn runs(days: &[Option<Level>]) -> Vec<(Level, usize, usize)> {
    let mut runs: Vec<(Level, usize, usize)> = Vec::new();
    for (i, level) in days.iter().enumerate().filter_map(|(i, level)| Some((i, (*level)?))) {
        match runs.last_mut() {
            Some((last, start, len)) if *last == level && *start + *len == i => *len += 1,
            _ => runs.push((level, i, 1)),
        }
    }
    runs
}

/// Up-time by day, oldest left. One path per level, so that a page with hundreds of strips stays small; the gaps
/// between days are made by the stylesheet. What is opaque is drawn over a run of well days and does not interrupt it:
/// the run is then the same on most strips, and compression makes it vanish.
pub fn strip(days: &[Option<Level>], label: &str) -> Markup {
    let mut paths = String::new();
    let covered = |level: Level| matches!(level, Level::Warning | Level::Critical);
    let beneath: Vec<Option<Level>> =
        days.iter().map(|day| day.map(|level| if covered(level) { Level::Ok } else { level })).collect();
    let (below, above) = (runs(&beneath), runs(days));
    for level in Level::ALL {
        let mut d = String::new();
        let layer = if covered(level) { &above } else { &below };
        for (_, start, len) in layer.iter().filter(|(l, _, _)| *l == level) {
            // Writing to a String cannot fail.
            let _ = write!(d, "M{start} .5h{len}");
        }
        if !d.is_empty() {
            let class = &level.as_str()[..1];
            let _ = write!(paths, "<path class={class} d=\"{d}\"/>");
        }
    }
    html! {
        svg.strip viewBox={ "0 0 " (days.len()) " 1" } preserveAspectRatio="none" role="img" aria-label=(label) {
            (raw(paths))
        }
    }
}

/// A bar that is filled to `percent`, in the colour of `level`.
pub fn meter(percent: f64, level: Level, label: &str) -> Markup {
    let width = if percent.is_nan() { 0.0 } else { percent.clamp(0.0, 100.0) };
    let width = format!("{width:.1}");
    html! {
        svg.meter.(level) viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label=(label) {
            rect class="rest" width="100" height="1" {}
            rect class="fill" width=(width) height="1" {}
        }
    }
}

/// A line that marks a limit in a sparkline.
#[derive(Debug, Clone, Copy)]
pub struct Band {
    /// Where, in the unit of the values.
    pub at: f64,
    /// Its colour.
    pub level: Level,
}

/// A line through `values`, oldest left, from `min` to `max`; `NaN` leaves a gap.
pub fn sparkline(values: &[f32], min: f64, max: f64, bands: &[Band], label: &str) -> Markup {
    const WIDTH: f64 = 240.0;
    const HEIGHT: f64 = 48.0;
    let range = if max > min { max - min } else { 1.0 };
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let y = |value: f64| HEIGHT - (value.clamp(min, max) - min) / range * (HEIGHT - 2.0) - 1.0;
    let (mut line, mut pen_up) = (String::new(), true);
    for (i, value) in values.iter().enumerate() {
        if !value.is_finite() {
            pen_up = true;
            continue;
        }
        let command = if pen_up { 'M' } else { 'L' };
        let _ = write!(line, "{command}{:.1} {:.1}", i as f64 * step, y(f64::from(*value)));
        pen_up = false;
    }
    html! {
        svg.sparkline viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for band in bands.iter().filter(|band| band.at > min && band.at < max) {
                path.band.(band.level) d={ "M0 " (format!("{:.1}", y(band.at))) "H" (WIDTH) } {}
            }
            path.line d=(line) {}
        }
    }
}

/// A chart with its title and its present value.
pub fn chart_frame(title: &str, value: &str, detail: &str, chart: &Markup) -> Markup {
    html! {
        figure.chart {
            figcaption { span { (title) } strong { (value) } @if !detail.is_empty() { small { (detail) } } }
            (chart)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_days_of_one_level_are_one_run() {
        let (ok, bad) = (Some(Level::Ok), Some(Level::Critical));
        assert_eq!(
            runs(&[None, ok, ok, bad, ok, None, ok]),
            [(Level::Ok, 1, 2), (Level::Critical, 3, 1), (Level::Ok, 4, 1), (Level::Ok, 6, 1)]
        );
    }

    #[test]
    fn a_strip_of_ninety_well_days_is_short() {
        let text = strip(&[Some(Level::Ok); 90], "90 days").into_string();
        assert!(text.len() < 160, "{text}");
    }

    #[test]
    fn trouble_is_drawn_over_the_well_days_and_what_is_unknown_between_them() {
        let (ok, bad, unknown) = (Some(Level::Ok), Some(Level::Critical), Some(Level::Unknown));
        let text = strip(&[None, ok, bad, ok, unknown, bad], "6 days").into_string();
        assert!(text.contains("class=o d=\"M1 .5h3M5 .5h1\""), "{text}");
        assert!(text.contains("class=c d=\"M2 .5h1M5 .5h1\""), "{text}");
        assert!(text.contains("class=u d=\"M4 .5h1\""), "{text}");
        assert!(text.find("class=o") < text.find("class=c"), "what is drawn later covers: {text}");
    }

    #[test]
    fn charts_survive_odd_values() {
        for values in [&[][..], &[1.0], &[f32::NAN, f32::INFINITY, 5.0]] {
            let text = sparkline(values, 0.0, 0.0, &[], "x").into_string();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
        assert!(meter(f64::NAN, Level::Ok, "x").into_string().contains("width=\"0.0\""));
    }
}
