//! Reading JSON that others write: `null` says nothing, and an object is an object.

use crate::text::{cut, single_line};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Reads `null` as nothing said.
pub(crate) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// What is wrong with JSON, and where; it may repeat what somebody wrote, and so it is cut.
pub(crate) fn explained(error: &serde_json::Error) -> String {
    let full = single_line(&error.to_string());
    let short = cut(&full, 160);
    if short.len() < full.len() { format!("{short}…, line {}", error.line()) } else { full }
}

/// What is read from an object and from nothing else (serde would read the fields of a struct from a list, too), whatever
/// the case of its names is: Go does not mind, and so .NET's `{"Topic":"alerts"}` is understood.
#[derive(Debug, Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(LowerCase(map))).map(Object)
    }
}

/// An object with its names in lower case.
struct LowerCase<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for LowerCase<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(name) = self.0.next_key::<String>()? else { return Ok(None) };
        seed.deserialize(name.to_ascii_lowercase().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}
