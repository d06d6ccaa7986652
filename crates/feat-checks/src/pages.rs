//! What checks add to the page of a resource: the response times of the last probes.

mod asked;
pub(crate) mod edit;
pub(crate) mod import;
pub(crate) mod list;

use crate::jobs::VALID_UNTIL;
use crate::model::recent::{Recent, Sample};
use hob_base::Resource;
use hob_base::incident::{Evidence, EvidenceBody};
use hob_base::wording::counted;
use hob_feature::{Card, CheckSpec, Ctx};
use hob_web::components::{chart_frame, sparkline};
use maud::{Markup, html};
use std::time::Duration;

/// The card of a resource that is checked.
pub(crate) fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let Some(spec) = ctx.checks.find(&resource.id) else { return Vec::new() };
    let recent = ctx.memory.of::<Recent>();
    let until = resource.text(VALID_UNTIL);
    let body = card(&spec, &recent.of(&resource.id), &recent.words(&resource.id), until);
    vec![Card { title: "Check".to_owned(), body }]
}

/// What is known of a checked resource at this moment: what came of the last probe, and the last response times.
pub(crate) fn evidence(ctx: &Ctx, resource: &Resource) -> Vec<Evidence> {
    let recent = ctx.memory.of::<Recent>();
    of_probes(&recent.of(&resource.id), recent.words(&resource.id))
}

fn of_probes(samples: &[Sample], words: String) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    if !words.is_empty() {
        evidence
            .push(Evidence { title: "Answer of the last probe".to_owned(), body: EvidenceBody::Text(words) });
    }
    if !samples.is_empty() {
        let points = samples
            .iter()
            .map(|sample| (sample.at, sample.well.then_some(sample.took.as_secs_f64() * 1000.0)))
            .collect();
        let body = EvidenceBody::Series { unit: "ms".to_owned(), points };
        evidence.push(Evidence { title: "Response time".to_owned(), body });
    }
    evidence
}

fn card(spec: &CheckSpec, samples: &[Sample], words: &str, until: Option<&str>) -> Markup {
    let asked = asked::of(spec);
    html! {
        @match Figures::of(samples) {
            Some(figures) => (chart_frame("Response time", &figures.last, &figures.detail, &figures.chart)),
            None => p { "It has not been asked since Hob was started." },
        }
        @if !words.is_empty() {
            p { "The last probe: " (words) }
        }
        @if let Some(day) = until {
            p { (asked::ending(&spec.target)) " " (day) "." }
        }
        @for line in asked {
            p { (line) }
        }
    }
}

struct Figures {
    last: String,
    detail: String,
    chart: Markup,
}

impl Figures {
    fn of(samples: &[Sample]) -> Option<Self> {
        let latest = samples.last()?;
        let mut times: Vec<Duration> = samples.iter().filter(|s| s.well).map(|s| s.took).collect();
        times.sort_unstable();
        let slowest = times.last().copied().unwrap_or_default();
        let failed = samples.len() - times.len();
        let detail = match (times.get(times.len() / 2), failed) {
            (None, _) => format!("{} without a good answer", counted(samples.len(), "probe")),
            (Some(median), 0) => {
                format!("median {}, slowest {}", milliseconds(*median), milliseconds(slowest))
            }
            (Some(median), failed) => {
                format!("median {}, {failed} of {} failed", milliseconds(*median), samples.len())
            }
        };
        let values: Vec<f32> = samples
            .iter()
            .map(|sample| if sample.well { sample.took.as_secs_f32() * 1000.0 } else { f32::NAN })
            .collect();
        let label = format!("Response times of the last {}", counted(samples.len(), "probe"));
        Some(Self {
            last: if latest.well { milliseconds(latest.took) } else { "no answer".to_owned() },
            detail,
            // A little room above the slowest.
            chart: sparkline(&values, 0.0, slowest.as_secs_f64().max(0.001) * 1100.0, &[], &label),
        })
    }
}

fn milliseconds(time: Duration) -> String {
    match time.as_millis() {
        0 => "less than 1 ms".to_owned(),
        ms @ 1..10_000 => format!("{ms} ms"),
        ms => format!("{:.1} s", ms as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::{ResourceId, Timestamp};
    use hob_feature::CheckTarget;

    fn sample(ms: u64, well: bool) -> Sample {
        Sample { at: Timestamp::from_millis(0), took: Duration::from_millis(ms), well }
    }

    fn drawn(samples: &[Sample]) -> String {
        let resource = ResourceId::new("service", "nas", "80");
        let spec = CheckSpec::new(resource, CheckTarget::tcp("nas", 80), Duration::from_secs(60));
        card(&spec, samples, "It answers.", Some("2027-05-01")).into_string()
    }

    #[test]
    fn the_card_tells_the_last_the_usual_and_the_worst() {
        let html = drawn(&[sample(12, true), sample(40, true), sample(0, true)]);
        for words in
            ["less than 1 ms", "median 12 ms, slowest 40 ms", "Hob asks every minute and gives it 10 seconds"]
        {
            assert!(html.contains(words), "{html}");
        }
        assert!(drawn(&[sample(12, true), sample(9999, false)]).contains("median 12 ms, 1 of 2 failed"));
        assert!(drawn(&[sample(1, false)]).contains("1 probe without a good answer"));
        assert!(drawn(&[]).contains("has not been asked"));
        assert!(drawn(&[]).contains("The last probe: It answers."));
        assert!(drawn(&[]).contains("Its certificate is valid until 2027-05-01."));
    }

    #[test]
    fn evidence_is_the_last_answer_and_the_times() {
        let evidence = of_probes(&[sample(12, true), sample(9, false)], "It answers 502.".to_owned());
        assert_eq!(evidence.len(), 2);
        assert_eq!(evidence[0].body, EvidenceBody::Text("It answers 502.".into()));
        let at = Timestamp::from_millis(0);
        let points = vec![(at, Some(12.0)), (at, None)];
        assert_eq!(evidence[1].body, EvidenceBody::Series { unit: "ms".into(), points });
        assert!(of_probes(&[], String::new()).is_empty());
    }
}
