//! The objects of one kind.

use super::meta::{Key, Meta};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An object of a cluster.
pub trait Object: DeserializeOwned {
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

/// The objects of one kind by namespace and name. Clones share the objects.
#[derive(Debug, Clone)]
pub struct Table<T>(BTreeMap<Key, Arc<T>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
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

    pub(super) fn remove(&mut self, key: &Key) {
        self.0.remove(key);
    }

    pub(super) fn retain(&mut self, keep: &BTreeSet<Key>) {
        self.0.retain(|key, _| keep.contains(key));
    }
}

impl<T: Object> Table<T> {
    pub(super) fn apply(&mut self, object: Value) -> Result<Key, String> {
        let object: T = serde_json::from_value(object).map_err(|error| error.to_string())?;
        if object.meta().name.is_empty() {
            return Err("it has no metadata.name".to_owned());
        }
        let key = object.meta().key();
        self.0.insert(key.clone(), Arc::new(object));
        Ok(key)
    }
}
