//! The objects of one kind.

use super::meta::{Key, Meta};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An object of a cluster.
pub trait Object: DeserializeOwned + PartialEq {
    /// What every object has.
    fn meta(&self) -> &Meta;
}

/// Says of a struct that its field `metadata` is what every object has.
macro_rules! object {
    ($($type:ident),* $(,)?) => {
        $(impl $crate::objects::Object for $type {
            fn meta(&self) -> &$crate::objects::Meta {
                &self.metadata
            }
        })*
    };
}
pub(super) use object;

/// The objects of one kind by namespace and name. A clone shares everything with its original until one of them changes,
/// so a snapshot of a large cluster costs nothing.
#[derive(Debug)]
pub struct Table<T>(Arc<BTreeMap<Key, Arc<T>>>);

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Table<T> {
    /// One object.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        self.0.get(&Key::new(namespace, name))
    }

    /// All of them, by namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.0.values()
    }

    /// Those of one namespace.
    pub fn in_namespace<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<T>> {
        let first = Key::new(namespace, "");
        self.0
            .range(first..)
            .take_while(move |(key, _)| &*key.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By namespace and name, what each is called there.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.keys()
    }

    pub(super) fn remove(&mut self, key: &Key) -> bool {
        // Looked for first: what is not there must not copy a table that a snapshot shares.
        self.0.contains_key(key) && Arc::make_mut(&mut self.0).remove(key).is_some()
    }

    pub(super) fn retain(&mut self, keep: &BTreeSet<Key>) {
        if self.0.keys().any(|key| !keep.contains(key)) {
            Arc::make_mut(&mut self.0).retain(|key, _| keep.contains(key));
        }
    }
}

impl<T: Object> Table<T> {
    pub(super) fn apply(&mut self, object: Value) -> Result<(Key, bool), String> {
        let object: T = serde_json::from_value(object).map_err(|error| error.to_string())?;
        if object.meta().name.is_empty() {
            return Err("it has no metadata.name".to_owned());
        }
        let key = object.meta().key();
        if self.0.get(&key).is_some_and(|before| **before == object) {
            return Ok((key, false));
        }
        Arc::make_mut(&mut self.0).insert(key.clone(), Arc::new(object));
        Ok((key, true))
    }
}
