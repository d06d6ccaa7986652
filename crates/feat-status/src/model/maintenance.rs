//! When maintenance was, and of what. A window also covers what depends on what it names.

use hob_base::silence::{Matcher, labels_of};
use hob_base::uptime::Span;
use hob_base::{Resource, ResourceId, Silence, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Planned work as it really was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// The silence whose time it was.
    pub(crate) silence: String,
    /// From when to when.
    pub(crate) span: Span,
    /// Of what: all must match.
    pub(crate) matchers: Vec<Matcher>,
}

/// The resources that these matchers mean, and all that depends on them.
pub(crate) fn covered(all: &[Arc<Resource>], lists: &[&[Matcher]]) -> Vec<HashSet<ResourceId>> {
    if lists.is_empty() {
        return Vec::new();
    }
    let labels: Vec<_> = all.iter().map(|resource| labels_of(resource)).collect();
    let mut needed_by: HashMap<&ResourceId, Vec<&ResourceId>> = HashMap::new();
    for resource in all {
        for on in &resource.depends_on {
            needed_by.entry(on).or_default().push(&resource.id);
        }
    }
    let one = |matchers: &&[Matcher]| {
        let named = all.iter().zip(&labels).filter(|(_, labels)| {
            !matchers.is_empty() && matchers.iter().all(|matcher| matcher.matches(labels))
        });
        let mut waiting: Vec<&ResourceId> = named.map(|(resource, _)| &resource.id).collect();
        let mut found: HashSet<ResourceId> = HashSet::new();
        while let Some(id) = waiting.pop() {
            // Dependencies may go in circles.
            if found.insert(id.clone()) {
                waiting.extend(needed_by.get(id).into_iter().flatten());
            }
        }
        found
    };
    lists.iter().map(one).collect()
}

/// The times of maintenance of each resource.
pub(crate) fn spans_by_resource(all: &[Arc<Resource>], windows: &[Window]) -> HashMap<ResourceId, Vec<Span>> {
    // A window that recurs is the same list of matchers many times.
    let mut lists: Vec<(&[Matcher], Vec<Span>)> = Vec::new();
    for window in windows {
        match lists.iter_mut().find(|(matchers, _)| *matchers == window.matchers.as_slice()) {
            Some((_, spans)) => spans.push(window.span),
            None => lists.push((&window.matchers, vec![window.span])),
        }
    }
    let matchers: Vec<&[Matcher]> = lists.iter().map(|(matchers, _)| *matchers).collect();
    let mut by_resource: HashMap<ResourceId, Vec<Span>> = HashMap::new();
    for (ids, (_, spans)) in covered(all, &matchers).into_iter().zip(&lists) {
        for id in ids {
            by_resource.entry(id).or_default().extend(spans);
        }
    }
    by_resource
}

/// What is noted of the maintenance that is under way: windows that were open are made longer, others begin.
///
/// `open` are those that were under way at the last look, `last` is when that was: what began in between began at its
/// start, or at the last look where it recurs.
pub(crate) fn note(
    open: &[Window],
    active: &[Arc<Silence>],
    last: Option<Timestamp>,
    now: Timestamp,
    patience: Duration,
) -> Vec<Window> {
    let watched = last.filter(|last| now.since(*last) <= patience);
    let maintenance = active.iter().filter(|silence| silence.maintenance);
    maintenance
        .map(|silence| {
            let before = open
                .iter()
                .find(|window| window.silence == silence.id && window.matchers == silence.matchers)
                .filter(|_| watched.is_some());
            let from = match before {
                Some(window) => window.span.from,
                None => watched.unwrap_or(now).max(silence.starts_at).min(now),
            };
            let to = silence.ends_at.map_or(now, |end| end.min(now)).max(from);
            Window {
                silence: silence.id.clone(),
                span: Span { from, to },
                matchers: silence.matchers.clone(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::house::thing;
    use hob_base::Health;

    fn t(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn silence(id: &str, matcher: &str, from: i64, to: i64) -> Arc<Silence> {
        Arc::new(Silence {
            id: id.to_owned(),
            matchers: vec![matcher.parse().unwrap()],
            starts_at: t(from),
            ends_at: Some(t(to)),
            recurs: None,
            maintenance: true,
            created_by: "anna".to_owned(),
            comment: String::new(),
            updated_at: t(0),
        })
    }

    #[test]
    fn what_depends_on_a_machine_under_repair_is_covered_too() {
        let ok = || Some(Health::ok("Works."));
        let all = [
            thing("host/home/nas", "nas", ok(), &["service/nas/1"]),
            thing("service/nas/1", "Photos", ok(), &["host/home/nas"]),
            thing("service/nas/2", "Albums", ok(), &["service/nas/1"]),
            thing("service/far/1", "Far", ok(), &[]),
        ];
        let matchers = ["resource=host/home/nas".parse().unwrap()];
        let found = covered(&all, &[&matchers, &[]]);
        let mut ids: Vec<&str> = found[0].iter().map(ResourceId::as_str).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["host/home/nas", "service/nas/1", "service/nas/2"]);
        assert!(found[1].is_empty(), "no matcher means nothing, not everything");
    }

    #[test]
    fn a_window_grows_while_it_is_under_way_and_ends_with_the_silence() {
        let patience = Duration::from_secs(90);
        let work = [silence("a", "kind=service", 100, 200)];
        let first = note(&[], &work, Some(t(90)), t(120), patience);
        assert_eq!(first[0].span, Span { from: t(100), to: t(120) });
        let second = note(&first, &work, Some(t(120)), t(150), patience);
        assert_eq!(second[0].span, Span { from: t(100), to: t(150) });
        let late = note(&second, &work, Some(t(150)), t(230), patience);
        assert_eq!(late[0].span, Span { from: t(100), to: t(200) });
    }

    #[test]
    fn after_a_pause_of_the_hub_a_new_window_begins() {
        let work = [silence("a", "kind=service", 0, 100_000)];
        let open = note(&[], &work, None, t(1000), Duration::from_secs(90));
        assert_eq!(
            open[0].span,
            Span { from: t(1000), to: t(1000) },
            "what was before the hub started is not claimed"
        );
        let again = note(&open, &work, Some(t(1000)), t(5000), Duration::from_secs(90));
        assert_eq!(again[0].span.from, t(5000));
    }
}
