//! A page of a list, read object by object.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// What a list says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Page {
    /// From which version on a watch goes on.
    #[serde(rename = "resourceVersion")]
    pub(crate) version: String,
    /// With what the next page is had; empty at the end.
    #[serde(rename = "continue")]
    pub(crate) next: String,
}

/// Reads a list. `items` may be `null` (an empty list of some servers).
///
/// # Errors
/// When it is no JSON or no list.
pub(super) fn read(bytes: &[u8], mut each: impl FnMut(Value)) -> Result<Page, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let page = List(&mut each).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(page)
}

struct List<'a, F>(&'a mut F);

impl<'de, F: FnMut(Value)> DeserializeSeed<'de> for List<'_, F> {
    type Value = Page;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(Value)> Visitor<'de> for List<'_, F> {
    type Value = Page;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
        let mut page = Page::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" => page = map.next_value::<Option<Page>>()?.unwrap_or_default(),
                "items" => map.next_value_seed(Items(&mut *self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(page)
    }
}

struct Items<'a, F>(&'a mut F);

impl<'de, F: FnMut(Value)> DeserializeSeed<'de> for Items<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value)> Visitor<'de> for Items<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Value>()? {
            (self.0)(item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_one_by_one_with_what_the_list_says() {
        let mut names = Vec::new();
        let text = br#"{"kind":"PodList","items":[{"a":1},{"a":2}],"metadata":{"resourceVersion":"7","continue":"x","remainingItemCount":3}}"#;
        let page = read(text, |item| names.push(item["a"].as_i64())).unwrap();
        assert_eq!(page, Page { version: "7".to_owned(), next: "x".to_owned() });
        assert_eq!(names, [Some(1), Some(2)]);
    }

    #[test]
    fn an_empty_list_may_be_null_and_rubbish_is_none() {
        assert_eq!(read(br#"{"items":null,"metadata":{}}"#, |_| ()).unwrap(), Page::default());
        for text in [&b"<html>"[..], b"[]", br#"{"items":5}"#, b"{} {}", b""] {
            assert!(read(text, |_| ()).is_err());
        }
    }
}
