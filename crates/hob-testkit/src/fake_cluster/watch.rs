//! The stream of a watch: what happened since a version, bookmarks, and whatever a test wants to go wrong with it.

use super::kinds::FakeKind;
use super::select::Selection;
use super::store::{Change, Refusal, TableName, table_of};
use super::{Shared, Signal, State};
use bytes::Bytes;
use hyper::body::Frame;
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

/// The annotation that ends the objects which a streaming list begins with (KEP-3157).
const LIST_ENDS: &str = "k8s.io/initial-events-end";

/// As long as servers let a watch be that does not say for how long.
const LONGEST: Duration = Duration::from_secs(1_800);

/// What a watch asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// The API version in which objects are wanted.
    pub(super) version: String,
    pub(super) namespace: Option<String>,
    pub(super) selection: Selection,
    /// From where on; `None` begins with what is there.
    pub(super) since: Option<u64>,
    pub(super) bookmarks: bool,
    /// A list as a stream: what is there, a bookmark that says so, then what happens.
    pub(super) initial: bool,
    pub(super) timeout: Option<Duration>,
}

/// A running watch.
pub(super) struct Watch {
    shared: Arc<Shared>,
    kind: FakeKind,
    table: TableName,
    asked: Asked,
    signals: Receiver<Signal>,
    start: Signal,
    /// Up to where it has been told.
    told: u64,
    injected: usize,
    began: bool,
    over: bool,
    ends: Instant,
    next_bookmark: Instant,
}

impl Watch {
    pub(super) fn new(shared: Arc<Shared>, kind: FakeKind, asked: Asked, state: &State) -> Self {
        let signals = shared.signals.subscribe();
        let start = signals.borrow().clone();
        let injected = state.injected.len();
        let now = Instant::now();
        Self {
            table: table_of(&kind),
            told: asked.since.unwrap_or_default(),
            ends: now + asked.timeout.unwrap_or(LONGEST),
            next_bookmark: now + state.faults.bookmark_every,
            signals,
            start,
            injected,
            began: false,
            over: false,
            shared,
            kind,
            asked,
        }
    }

    /// The next piece of the stream; `None` when it ends in good order, an error when the connection breaks.
    pub(super) async fn next(&mut self) -> Option<io::Result<Frame<Bytes>>> {
        loop {
            if self.over {
                return None;
            }
            let signal = self.signals.borrow_and_update().clone();
            if signal.dropped != self.start.dropped {
                self.over = true;
                return Some(Err(io::Error::other("the test drops every watch")));
            }
            if signal.ended != self.start.ended {
                return None;
            }
            if !signal.paused {
                let lines = self.lines();
                if !lines.is_empty() {
                    return Some(Ok(Frame::data(lines.into())));
                }
            }
            tokio::select! {
                changed = self.signals.changed() => self.over |= changed.is_err(),
                () = tokio::time::sleep_until(self.next_bookmark) => {}
                () = tokio::time::sleep_until(self.ends) => self.over = true,
            }
        }
    }

    /// What is to be told now.
    fn lines(&mut self) -> Vec<u8> {
        let mut lines = Vec::new();
        let shared = Arc::clone(&self.shared);
        let state = shared.state();
        let Some(kind) = state.store.kind(&self.kind.group, &self.kind.plural).cloned() else {
            self.over = true;
            return lines;
        };
        self.kind = kind;
        if !self.began {
            self.began = true;
            self.begin(&state.store, &mut lines);
        }
        match state.store.since(&self.table, self.told) {
            Ok(changes) => changes.iter().for_each(|change| self.tell(change, &mut lines)),
            Err(refusal) => {
                push(&mut lines, "ERROR", &refusal.status());
                self.over = true;
                return lines;
            }
        }
        self.told = self.told.max(state.store.version);
        for (table, line) in state.injected.iter().skip(self.injected) {
            if *table == self.table {
                lines.extend_from_slice(line.as_bytes());
                lines.push(b'\n');
            }
        }
        self.injected = state.injected.len();
        if Instant::now() >= self.next_bookmark {
            self.next_bookmark = Instant::now() + state.faults.bookmark_every;
            if self.asked.bookmarks {
                self.bookmark(&mut lines, false);
            }
        }
        lines
    }

    /// What is there, where no version was named.
    fn begin(&mut self, store: &super::store::Store, lines: &mut Vec<u8>) {
        if self.asked.since.is_some() && !self.asked.initial {
            return;
        }
        let page = store.list(&self.kind, self.asked.namespace.as_deref(), &self.asked.selection, None, 0);
        for object in &page.items {
            self.push(lines, "ADDED", object);
        }
        self.told = store.version;
        if self.asked.initial && self.asked.bookmarks {
            self.bookmark(lines, true);
        }
    }

    fn tell(&self, change: &Change, lines: &mut Vec<u8>) {
        let Some(kind) = event(change, self.asked.namespace.as_deref(), &self.asked.selection) else {
            return;
        };
        self.push(lines, kind, &change.object);
    }

    fn push(&self, lines: &mut Vec<u8>, kind: &str, object: &Value) {
        if self.kind.versions.first() == Some(&self.asked.version) {
            return push(lines, kind, object);
        }
        let mut object = object.clone();
        object["apiVersion"] = self.kind.api_version_of(&self.asked.version).into();
        push(lines, kind, &object);
    }

    fn bookmark(&self, lines: &mut Vec<u8>, list_ends: bool) {
        let mut object = json!({
            "apiVersion": self.kind.api_version_of(&self.asked.version), "kind": self.kind.kind,
            "metadata": {"resourceVersion": self.told.to_string(), "creationTimestamp": null},
        });
        if list_ends {
            object["metadata"]["annotations"] = json!({LIST_ENDS: "true"});
        }
        push(lines, "BOOKMARK", &object);
    }
}

fn push(lines: &mut Vec<u8>, kind: &str, object: &Value) {
    lines.extend_from_slice(format!(r#"{{"type":"{kind}","object":"#).as_bytes());
    serde_json::to_writer(&mut *lines, object).expect("values can be written");
    lines.extend_from_slice(b"}\n");
}

/// What a change is to who watches a part: an object may come into the part or leave it without being made or deleted.
fn event(change: &Change, namespace: Option<&str>, selection: &Selection) -> Option<&'static str> {
    let within = |object: &Value| {
        let space = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
        namespace.is_none_or(|wanted| wanted == space) && selection.takes(object)
    };
    let before = change.before.as_deref().is_some_and(within);
    let after = !change.deleted && within(&change.object);
    match (before, after) {
        (false, true) => Some("ADDED"),
        (true, true) => Some("MODIFIED"),
        (true, false) => Some("DELETED"),
        (false, false) => None,
    }
}

/// The answer to a version that the server has not reached: it may have been set back.
pub(super) fn too_new(asked: u64, version: u64) -> Refusal {
    Refusal::new(504, "Timeout", format!("Too large resource version: {asked}, current: {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coming_and_going_of_a_part_is_adding_and_deleting() {
        let object =
            |phase: &str| Arc::new(json!({"metadata": {"namespace": "a"}, "status": {"phase": phase}}));
        let selection = Selection::parse("", "status.phase=Running").unwrap();
        let change = |before: Option<&str>, after: &str, deleted| {
            let change = Change {
                version: 1,
                table: Default::default(),
                before: before.map(object),
                object: object(after),
                deleted,
            };
            (event(&change, None, &selection), event(&change, Some("b"), &selection))
        };
        assert_eq!(change(None, "Running", false), (Some("ADDED"), None));
        assert_eq!(change(Some("Pending"), "Running", false), (Some("ADDED"), None));
        assert_eq!(change(Some("Running"), "Running", false), (Some("MODIFIED"), None));
        assert_eq!(change(Some("Running"), "Failed", false), (Some("DELETED"), None));
        assert_eq!(change(Some("Running"), "Running", true), (Some("DELETED"), None));
        assert_eq!(change(None, "Pending", false), (None, None));
    }
}
