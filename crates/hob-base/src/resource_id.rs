//! The stable name of a resource: `kind/scope/name`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest id in bytes. Longer ones come from broken or hostile sources.
pub const ID_BYTES_MAX: usize = 512;

/// `kind/scope/name`: `host/home/nas`, `service/nas/3000`, `filesystem/nas//mnt/data`.
///
/// The kind is lower-case letters, digits and hyphens; the scope says within what the name is unique (a machine, a
/// cluster, `home`, `config`); the name is the rest and may itself contain slashes. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(Arc<str>);

impl ResourceId {
    /// Builds an id from its parts. Characters that an id cannot hold are replaced by `_`, so that whatever a machine
    /// calls its things can be named.
    pub fn new(kind: &str, scope: &str, name: &str) -> Self {
        let clean = |text: &str, slash: bool| -> String {
            let cleaned: String = text
                .chars()
                .map(|c| if c.is_control() || (c == '/' && !slash) { '_' } else { c })
                .take(ID_BYTES_MAX / 4)
                .collect();
            if cleaned.is_empty() { "_".to_owned() } else { cleaned }
        };
        let kind: String = kind
            .chars()
            .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '-' })
            .take(40)
            .collect();
        let kind = if kind.is_empty() { "thing".to_owned() } else { kind };
        let mut text = format!("{kind}/{}/{}", clean(scope, false), clean(name, true));
        if text.len() > ID_BYTES_MAX {
            let cut = (0..=ID_BYTES_MAX).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            text.truncate(cut);
        }
        Self(text.into())
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `host`, `service`, `filesystem` ...
    pub fn kind(&self) -> &str {
        self.parts().0
    }

    /// Within what the name is unique.
    pub fn scope(&self) -> &str {
        self.parts().1
    }

    /// The last part, which may contain slashes.
    pub fn name(&self) -> &str {
        self.parts().2
    }

    fn parts(&self) -> (&str, &str, &str) {
        let mut parts = self.0.splitn(3, '/');
        let mut next = || parts.next().unwrap_or_default();
        (next(), next(), next())
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ResourceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            let shown: String = text.chars().take(80).collect();
            Err(format!(
                "“{shown}” is not a resource id: {why}. An id looks like kind/scope/name, for example service/nas/3000."
            ))
        };
        if text.len() > ID_BYTES_MAX {
            return wrong("it is too long");
        }
        if text.chars().any(char::is_control) {
            return wrong("it contains a control character");
        }
        let mut parts = text.splitn(3, '/');
        let (Some(kind), Some(scope), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return wrong("it has fewer than three parts");
        };
        if kind.is_empty() || scope.is_empty() || name.is_empty() {
            return wrong("one of its parts is empty");
        }
        if !kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return wrong("its kind may have only lower-case letters, digits and hyphens");
        }
        Ok(Self(text.into()))
    }
}

impl Serialize for ResourceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ResourceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_found_and_a_name_may_hold_slashes() {
        let id: ResourceId = "filesystem/nas//mnt/data".parse().unwrap();
        assert_eq!((id.kind(), id.scope(), id.name()), ("filesystem", "nas", "/mnt/data"));
    }

    #[test]
    fn wrong_ids_say_what_is_wrong() {
        for (text, why) in [
            ("service", "fewer than three parts"),
            ("service//x", "empty"),
            ("Service/a/b", "lower-case"),
            ("a/b/c\n", "control character"),
        ] {
            assert!(text.parse::<ResourceId>().unwrap_err().contains(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_parts_the_id_can_be_parsed_again(kind in ".*", scope in ".*", name in ".*") {
            let id = ResourceId::new(&kind, &scope, &name);
            prop_assert_eq!(id.as_str().parse::<ResourceId>(), Ok(id));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = text.parse::<ResourceId>();
        }
    }
}
