//! Events by the object that they are about.

use crate::Objects;
use crate::objects::Event;
use std::collections::BTreeMap;
use std::sync::Arc;

type ByName<'a, T> = BTreeMap<&'a str, T>;

/// Kind, namespace and name of an object.
type Of<'a> = (&'a str, &'a str, &'a str);

/// Warnings by the object that they are about, the newest last.
#[derive(Debug, Default)]
pub(super) struct Events<'a>(ByName<'a, ByName<'a, ByName<'a, Vec<&'a Arc<Event>>>>>);

impl<'a> Events<'a> {
    pub(super) fn of(objects: &'a Objects) -> Self {
        let mut events = Self::default();
        for event in objects.events.iter() {
            let about = &event.involved_object;
            let names = events.0.entry(&about.kind).or_default().entry(&about.namespace).or_default();
            names.entry(&about.name).or_default().push(event);
        }
        for list in events.0.values_mut().flat_map(BTreeMap::values_mut).flat_map(BTreeMap::values_mut) {
            list.sort_by(|a, b| a.seen_ms().cmp(&b.seen_ms()).then_with(|| a.message.cmp(&b.message)));
        }
        events
    }

    /// All that was said of an object, the newest last.
    pub(super) fn about(&self, (kind, namespace, name): Of<'_>) -> &[&'a Arc<Event>] {
        self.0.get(kind).and_then(|of| of.get(namespace)?.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The newest of some reasons that is not older than so long.
    pub(super) fn newest(&self, of: Of<'_>, reasons: &[&str], since_ms: i64) -> Option<&'a Event> {
        let mut events = self.about(of).iter().rev();
        let fits = |event: &&&'a Arc<Event>| {
            reasons.contains(&&*event.reason) && event.seen_ms().is_none_or(|seen| seen >= since_ms)
        };
        events.find(fits).map(|event| &***event)
    }
}
