//! What this feature knows of a moment that is worth keeping with an incident: how busy this machine was before it.

use crate::history::recent::{Ring, STEP};
use crate::jobs::HostsMemory;
use hob_base::incident::{Evidence, EvidenceBody};
use hob_base::{Resource, Timestamp};
use hob_feature::Ctx;
use std::sync::Arc;

/// The last quarter of an hour.
const POINTS_MAX: usize = 90;

/// CPU and memory of this machine, for itself and for what needs it.
pub(crate) fn evidence(ctx: &Ctx, resource: &Resource) -> Vec<Evidence> {
    let host = ctx.this_host();
    if resource.id != host && !resource.depends_on.contains(&host) {
        return Vec::new();
    }
    let memory: Arc<HostsMemory> = ctx.memory.of();
    let (recent, now) = (memory.recent(), ctx.clock.now());
    [("CPU", &recent.cpu_percent), ("Memory", &recent.memory_percent)]
        .into_iter()
        .filter(|(_, ring)| !ring.is_empty())
        .map(|(what, ring)| Evidence {
            title: format!("{what} of {}", ctx.hostname),
            body: EvidenceBody::Series { unit: "%".to_owned(), points: points(ring, now) },
        })
        .collect()
}

/// The newest values with their times, oldest first.
fn points(ring: &Ring, now: Timestamp) -> Vec<(Timestamp, Option<f64>)> {
    let values = ring.values();
    let values = &values[values.len().saturating_sub(POINTS_MAX)..];
    let last = values.len().saturating_sub(1);
    let at = |i: usize| now.minus(STEP * u32::try_from(last - i).unwrap_or(u32::MAX));
    let value = |value: f32| value.is_finite().then(|| (f64::from(value) * 10.0).round() / 10.0);
    values.iter().enumerate().map(|(i, v)| (at(i), value(*v))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::recent::{Recent, Sample};
    use std::time::Duration;

    #[test]
    fn the_newest_value_is_now_and_gaps_stay_gaps() {
        let mut recent = Recent::default();
        for (second, percent) in [(0, Some(1.0)), (10, None), (20, Some(3.25))] {
            let sample = Sample { cpu_percent: percent, ..Sample::default() };
            recent.push(Duration::from_secs(second), sample);
        }
        let now = Timestamp::from_millis(100_000);
        let points: Vec<(i64, Option<f64>)> =
            points(&recent.cpu_percent, now).into_iter().map(|(at, value)| (at.millis(), value)).collect();
        assert_eq!(points, [(80_000, Some(1.0)), (90_000, None), (100_000, Some(3.3))]);
    }
}
