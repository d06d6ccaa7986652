//! Tells open pages that clusters look different.

use super::list::TOPIC;
use crate::clusters::{ClusterView, Clusters, State};
use cluster_model::Picture;
use hob_base::Result;
use hob_feature::Ctx;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Changes within this time are told together: a busy cluster changes all the time.
const TOGETHER: Duration = Duration::from_millis(1_500);
/// How often the age of what is shown is told anew while a cluster is away.
const AGES: Duration = Duration::from_secs(60);

/// What makes a page look different.
type Look = (String, String, State, bool, usize, Arc<Picture>);

/// Follows until the hub stops.
pub(crate) async fn follow(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let clusters = ctx.memory.of::<Clusters>();
    let mut changes = clusters.subscribe();
    let mut shown: Vec<Look> = Vec::new();
    let mut named = clusters.candidates();
    loop {
        let looks: Vec<Look> = clusters.list().iter().map(|view| look(view)).collect();
        let candidates = clusters.candidates();
        if !same(&shown, &looks) || candidates != named {
            hob_web::live(&ctx).stale(TOPIC);
        }
        (shown, named) = (looks, candidates);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = ctx.clock.sleep(AGES), if is_away(&shown) => hob_web::live(&ctx).stale(TOPIC),
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = ctx.clock.sleep(TOGETHER) => {}
        }
    }
}

fn look(view: &ClusterView) -> Look {
    let text = (view.name.clone(), view.version.clone());
    (text.0, text.1, view.state.clone(), view.complete, view.gaps.len(), view.picture.clone())
}

/// Whether both look the same. Pictures are compared last, and only where they are two.
fn same(before: &[Look], now: &[Look]) -> bool {
    before.len() == now.len()
        && before.iter().zip(now).all(|(a, b)| {
            (&a.0, &a.1, &a.2, a.3, a.4) == (&b.0, &b.1, &b.2, b.3, b.4)
                && (Arc::ptr_eq(&a.5, &b.5) || a.5 == b.5)
        })
}

fn is_away(looks: &[Look]) -> bool {
    looks.iter().any(|look| matches!(look.2, State::Away { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster_model::ThingId;

    #[test]
    fn an_examination_that_found_the_same_redraws_nothing() {
        let mut view = ClusterView { name: "home".to_owned(), ..ClusterView::default() };
        let before = [look(&view)];
        view.examined_at = Some(hob_base::Timestamp::from_millis(5));
        view.picture = Arc::new(Picture::default());
        assert!(same(&before, &[look(&view)]));
        let mut other = Picture::default();
        other.thing(ThingId::host("n"));
        view.picture = Arc::new(other);
        assert!(!same(&before, &[look(&view)]));
        assert!(!same(&before, &[]));
    }
}
