//! What the fake server keeps: objects, their versions, and the changes that watches are told.

use super::kinds::FakeKind;
use super::select::Selection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

/// So many changes can be watched from; older versions are gone.
const CHANGES_MAX: usize = 50_000;

/// Where the counting begins: a number that nobody takes for a count of objects.
const FIRST_VERSION: u64 = 1_000;

/// Group and plural.
pub(super) type TableName = (String, String);
/// Namespace (empty where there is none) and name.
pub(super) type ObjectName = (String, String);

/// What happened to an object.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) version: u64,
    pub(super) table: TableName,
    pub(super) before: Option<Arc<Value>>,
    /// With the change's version, also if it was deleted.
    pub(super) object: Arc<Value>,
    pub(super) deleted: bool,
}

/// Why a server refuses: status, reason, message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into() }
    }

    pub(super) fn not_found(kind: &FakeKind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.resource()))
    }

    /// The version that is asked for is not kept any more.
    pub(super) fn expired(asked: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// The object that a server answers.
    pub(super) fn status(&self) -> Value {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        })
    }
}

/// What a page of a list holds.
pub(super) struct ListPage {
    pub(super) items: Vec<Arc<Value>>,
    /// Where the next one begins, and how much is left.
    pub(super) next: Option<(ObjectName, usize)>,
}

/// All objects.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) kinds: Vec<FakeKind>,
    /// Of the last change.
    pub(super) version: u64,
    /// Whoever watches from before this one has missed something.
    pub(super) oldest: u64,
    changes: VecDeque<Change>,
    tables: BTreeMap<TableName, BTreeMap<ObjectName, Arc<Value>>>,
    made: u64,
}

impl Store {
    pub(super) fn new(kinds: Vec<FakeKind>) -> Self {
        Self { kinds, version: FIRST_VERSION, oldest: FIRST_VERSION, ..Self::default() }
    }

    pub(super) fn kind(&self, group: &str, plural: &str) -> Option<&FakeKind> {
        self.kinds.iter().find(|kind| kind.group == group && kind.plural == plural)
    }

    /// The kind of an object by its `apiVersion` and `kind`.
    pub(super) fn kind_of(&self, object: &Value) -> Option<&FakeKind> {
        let version = object.get("apiVersion")?.as_str()?;
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let kind = object.get("kind")?.as_str()?;
        self.kinds.iter().find(|one| {
            one.group == group && one.kind == kind && one.versions.iter().any(|known| known == version)
        })
    }

    /// Adds a kind, or changes what is served of it.
    pub(super) fn install(&mut self, kind: FakeKind) {
        self.kinds.retain(|one| (&one.group, &one.plural) != (&kind.group, &kind.plural));
        self.kinds.push(kind);
    }

    /// Removes kinds and what there is of them. Nobody is told, as in real life: watches end, and the path is gone.
    pub(super) fn uninstall(&mut self, gone: impl Fn(&FakeKind) -> bool) -> usize {
        let before = self.kinds.len();
        let tables: Vec<TableName> = self.kinds.iter().filter(|kind| gone(kind)).map(table_of).collect();
        self.kinds.retain(|kind| !gone(kind));
        for table in tables {
            self.tables.remove(&table);
            self.changes.retain(|change| change.table != table);
        }
        before - self.kinds.len()
    }

    pub(super) fn get(&self, kind: &FakeKind, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.tables.get(&table_of(kind))?.get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn count(&self, kind: &FakeKind) -> usize {
        self.tables.get(&table_of(kind)).map_or(0, BTreeMap::len)
    }

    /// A page of a list, in the order of namespaces and names.
    pub(super) fn list(
        &self,
        kind: &FakeKind,
        namespace: Option<&str>,
        selection: &Selection,
        after: Option<ObjectName>,
        limit: usize,
    ) -> ListPage {
        let none = BTreeMap::new();
        let table = self.tables.get(&table_of(kind)).unwrap_or(&none);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut wanted = table.range((from, Bound::Unbounded)).filter(|((space, _), object)| {
            namespace.is_none_or(|namespace| namespace == space) && selection.takes(object)
        });
        let mut items = Vec::new();
        let mut last = None;
        for (name, object) in wanted.by_ref().take(if limit == 0 { usize::MAX } else { limit }) {
            items.push(Arc::clone(object));
            last = Some(name.clone());
        }
        let left = wanted.count();
        ListPage { items, next: last.filter(|_| left > 0).map(|last| (last, left)) }
    }

    /// Writes an object as it is, whatever was there. Fills in what servers fill in.
    pub(super) fn put(&mut self, kind: &FakeKind, mut object: Value, now: &str) -> Arc<Value> {
        let (namespace, name) = name_of(&object);
        let namespace = if kind.namespaced { namespace } else { String::new() };
        let table = table_of(kind);
        let before = self.get(kind, &namespace, &name).cloned();
        self.version += 1;
        self.made += 1;
        let version = self.version;
        let uid = format!("00000000-0000-4000-8000-{:012x}", self.made);
        fill_in(kind, &mut object, before.as_deref(), version, &uid, now);
        let object = Arc::new(object);
        self.tables.entry(table.clone()).or_default().insert((namespace, name), Arc::clone(&object));
        self.note(Change { version, table, before, object: Arc::clone(&object), deleted: false });
        object
    }

    /// Removes an object, or marks it where a finalizer holds it. Returns what is left of it.
    pub(super) fn delete(
        &mut self,
        kind: &FakeKind,
        namespace: &str,
        name: &str,
        now: &str,
    ) -> Option<Arc<Value>> {
        let present = Arc::clone(self.get(kind, namespace, name)?);
        let held = present
            .pointer("/metadata/finalizers")
            .and_then(Value::as_array)
            .is_some_and(|list| !list.is_empty());
        if held {
            let mut marked = (*present).clone();
            if let Some(metadata) = marked.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.entry("deletionTimestamp").or_insert_with(|| now.into());
            }
            return Some(self.put(kind, marked, now));
        }
        if kind.group.is_empty() && kind.plural == "namespaces" {
            self.empty_namespace(name, now);
        }
        let table = table_of(kind);
        self.tables.get_mut(&table)?.remove(&(namespace.to_owned(), name.to_owned()));
        self.version += 1;
        let mut last = (*present).clone();
        set_version(&mut last, self.version);
        let object = Arc::new(last);
        let change = Change {
            version: self.version,
            table,
            before: Some(present),
            object: Arc::clone(&object),
            deleted: true,
        };
        self.note(change);
        Some(object)
    }

    fn empty_namespace(&mut self, namespace: &str, now: &str) {
        let kinds: Vec<FakeKind> = self.kinds.iter().filter(|kind| kind.namespaced).cloned().collect();
        for kind in kinds {
            let table = self.tables.get(&table_of(&kind));
            let names =
                table.into_iter().flat_map(|table| table.keys()).filter(|(space, _)| space == namespace);
            let names: Vec<ObjectName> = names.cloned().collect();
            for (space, name) in names {
                self.delete(&kind, &space, &name, now);
            }
        }
    }

    /// The changes of a kind since a version.
    ///
    /// # Errors
    /// When they are not kept any more.
    pub(super) fn since(&self, table: &TableName, version: u64) -> Result<Vec<Change>, Refusal> {
        if version < self.oldest {
            return Err(Refusal::expired(version, self.oldest));
        }
        let first = self.changes.partition_point(|change| change.version <= version);
        Ok(self.changes.range(first..).filter(|change| change.table == *table).cloned().collect())
    }

    /// Forgets every change so far: whoever watches from before now has to list again.
    pub(super) fn forget(&mut self) {
        self.version += 1;
        self.oldest = self.version;
        self.changes.clear();
    }

    fn note(&mut self, change: Change) {
        self.changes.push_back(change);
        if self.changes.len() > CHANGES_MAX
            && let Some(gone) = self.changes.pop_front()
        {
            self.oldest = gone.version;
        }
    }
}

pub(super) fn table_of(kind: &FakeKind) -> TableName {
    (kind.group.clone(), kind.plural.clone())
}

/// Namespace and name.
pub(super) fn name_of(object: &Value) -> ObjectName {
    let text = |name: &str| object.get("metadata").and_then(|meta| meta.get(name)).and_then(Value::as_str);
    (text("namespace").unwrap_or_default().to_owned(), text("name").unwrap_or_default().to_owned())
}

fn set_version(object: &mut Value, version: u64) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".to_owned(), version.to_string().into());
    }
}

/// What a server adds to an object: identity, times, versions.
fn fill_in(kind: &FakeKind, object: &mut Value, before: Option<&Value>, version: u64, uid: &str, now: &str) {
    let old = |name: &str| before.and_then(|before| before.get("metadata")?.get(name).cloned());
    let changed = before.is_some_and(|before| before.get("spec") != object.get("spec"));
    let Some(object) = object.as_object_mut() else { return };
    object.insert("apiVersion".to_owned(), kind.api_version().into());
    object.insert("kind".to_owned(), kind.kind.clone().into());
    let metadata = object.entry("metadata").or_insert_with(|| json!({}));
    let Some(metadata) = metadata.as_object_mut() else { return };
    if !kind.namespaced {
        metadata.remove("namespace");
    }
    metadata.insert("resourceVersion".to_owned(), version.to_string().into());
    for (name, value) in [("uid", Value::from(uid)), ("creationTimestamp", now.into())] {
        // Tests may say when something was made; who it is stays as it was.
        let kept = old(name).or_else(|| metadata.get(name).filter(|given| !given.is_null()).cloned());
        metadata.insert(name.to_owned(), kept.unwrap_or(value));
    }
    let given = metadata.get("generation").and_then(Value::as_i64);
    let known = old("generation").and_then(|value| value.as_i64());
    let generation = known.map_or(given.unwrap_or(1), |known| known + i64::from(changed));
    metadata.insert("generation".to_owned(), generation.into());
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;

    const NOW: &str = "2026-11-23T16:00:00Z";

    fn store() -> (Store, FakeKind) {
        let store = Store::new(kinds::built_in());
        let pods = store.kind("", "pods").unwrap().clone();
        (store, pods)
    }

    fn pod(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a"}, "spec": {}})
    }

    #[test]
    fn each_change_has_a_version_and_can_be_watched_from() {
        let (mut store, pods) = store();
        let first = store.put(&pods, pod("x"), NOW);
        let start = store.version;
        let mut changed = pod("x");
        changed["spec"]["nodeName"] = "n1".into();
        let second = store.put(&pods, changed, NOW);
        assert_eq!(first["metadata"]["uid"], second["metadata"]["uid"]);
        assert_eq!(second["metadata"]["generation"], 2);
        store.delete(&pods, "a", "x", NOW).unwrap();
        let changes = store.since(&table_of(&pods), start).unwrap();
        assert_eq!(changes.iter().map(|one| one.deleted).collect::<Vec<_>>(), [false, true]);
        assert_eq!(changes[1].object["metadata"]["resourceVersion"], store.version.to_string());
        store.forget();
        assert_eq!(store.since(&table_of(&pods), start).unwrap_err().code, 410);
        assert!(store.since(&table_of(&pods), store.version).unwrap().is_empty());
    }

    #[test]
    fn lists_come_in_pages() {
        let (mut store, pods) = store();
        for number in 0..5 {
            store.put(&pods, pod(&format!("p{number}")), NOW);
        }
        let all = Selection::default();
        let page = store.list(&pods, None, &all, None, 2);
        let (next, left) = page.next.unwrap();
        assert_eq!((page.items.len(), next.1.as_str(), left), (2, "p1", 3));
        let rest = store.list(&pods, Some("a"), &all, Some(next), 0);
        assert!(rest.items.len() == 3 && rest.next.is_none());
        assert!(store.list(&pods, Some("b"), &all, None, 0).items.is_empty());
    }

    #[test]
    fn a_namespace_takes_everything_with_it_and_a_finalizer_holds() {
        let (mut store, pods) = store();
        let spaces = store.kind("", "namespaces").unwrap().clone();
        store.put(&spaces, json!({"metadata": {"name": "a"}}), NOW);
        store.put(&pods, pod("x"), NOW);
        store.delete(&spaces, "", "a", NOW).unwrap();
        assert_eq!(store.count(&pods), 0);
        let mut held = pod("y");
        held["metadata"]["finalizers"] = json!(["hob.dev/test"]);
        store.put(&pods, held, NOW);
        let left = store.delete(&pods, "a", "y", NOW).unwrap();
        assert_eq!(left["metadata"]["deletionTimestamp"], NOW);
        assert_eq!(store.count(&pods), 1);
    }

    #[test]
    fn what_is_uninstalled_is_gone() {
        let (mut store, pods) = store();
        store.put(&pods, pod("x"), NOW);
        assert_eq!(store.uninstall(|kind| kind.is_called("pods")), 1);
        assert!(store.kind("", "pods").is_none());
        assert_eq!(store.count(&pods), 0);
    }
}
