//! What is kept with a line of a timeline: what was known of the resource at that time.

use hob_base::incident::{Evidence, EvidenceBody, Happening, TimelineEntry};
use hob_base::wording::tidy;
use hob_feature::Ctx;

/// The most pieces of evidence of one line.
const PIECES_MAX: usize = 12;
/// The longest text, in characters.
const TEXT_MAX: usize = 4000;
/// The longest series, in points: the newest.
const POINTS_MAX: usize = 240;

/// What is known now of the resource that the line is about, where it tells that something broke.
pub(crate) fn gather(ctx: &Ctx, entry: &TimelineEntry) -> Vec<Evidence> {
    let breaks = matches!(
        entry.what,
        Happening::Opened | Happening::Joined | Happening::Changed | Happening::Cause | Happening::Reopened
    );
    let Some(resource) = entry.resource.as_ref().filter(|_| breaks).and_then(|id| ctx.resources.get(id))
    else {
        return Vec::new();
    };
    let mut pieces = Vec::new();
    if !resource.health.evidence.is_empty() {
        let title = format!("What “{}” saw", resource.source);
        pieces.push(Evidence { title, body: EvidenceBody::Text(resource.health.evidence.clone()) });
    }
    for feature in ctx.features {
        pieces.extend((feature.evidence)(ctx, &resource));
    }
    pieces.truncate(PIECES_MAX);
    pieces.into_iter().map(bounded).collect()
}

fn bounded(piece: Evidence) -> Evidence {
    let body = match piece.body {
        EvidenceBody::Text(text) => {
            let lines: Vec<String> = text.lines().map(|line| tidy(line, 500)).collect();
            EvidenceBody::Text(lines.join("\n").chars().take(TEXT_MAX).collect())
        }
        EvidenceBody::Series { unit, mut points } => {
            let excess = points.len().saturating_sub(POINTS_MAX);
            points.drain(..excess);
            EvidenceBody::Series { unit: tidy(&unit, 20), points }
        }
    };
    Evidence { title: tidy(&piece.title, 100), body }
}
