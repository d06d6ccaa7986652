//! “Did you mean …”: the name that a reference that leads nowhere was probably meant to have.

/// What is there instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Near<'a> {
    /// The same name in another namespace.
    Elsewhere(&'a str),
    /// In the same namespace with something in front or behind, as kustomize renames it.
    Renamed(&'a str),
    /// In the same namespace, spelled nearly the same.
    Spelled(&'a str),
}

/// The longest name that is compared letter by letter.
const LETTERS_MAX: usize = 80;

/// Looks for what was meant by `name` in `namespace` among (namespace, name).
pub(super) fn near<'a>(
    namespace: &str,
    name: &str,
    there: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<Near<'a>> {
    let mut best: Option<(usize, Near<'a>)> = None;
    for (other_namespace, other) in there {
        let found = if other_namespace == namespace {
            beside(name, other)
        } else {
            (other == name).then_some((2, Near::Elsewhere(other_namespace)))
        };
        if let Some((rank, near)) = found
            && best.is_none_or(|(before, _)| rank < before)
        {
            best = Some((rank, near));
        }
    }
    best.map(|(_, near)| near)
}

fn beside<'a>(name: &str, other: &'a str) -> Option<(usize, Near<'a>)> {
    if name.is_empty() || other.is_empty() {
        return None;
    }
    let renamed = |long: &str, short: &str| {
        let rest = long.strip_suffix(short).map(|rest| rest.ends_with('-'));
        rest.or_else(|| long.strip_prefix(short).map(|rest| rest.starts_with('-'))).unwrap_or(false)
    };
    if renamed(other, name) {
        return Some((0, Near::Renamed(other)));
    }
    let distance = distance(name, other)?;
    if distance <= 2 && distance.saturating_mul(3) < name.len() {
        return Some((1, Near::Spelled(other)));
    }
    renamed(name, other).then_some((3, Near::Renamed(other)))
}

/// How many letters differ (Levenshtein); none where it is certainly more than two.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 2 || a.len().max(b.len()) > LETTERS_MAX {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        let mut left = i.saturating_add(1);
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            let swap = corner.saturating_add(usize::from(x != y));
            left = swap.min(left.saturating_add(1)).min(above.saturating_add(1));
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied()
}

impl Near<'_> {
    /// The next step.
    pub(super) fn remedy(self, kind: &str) -> String {
        match self {
            Self::Elsewhere(namespace) => {
                format!("There is one of that name in namespace “{namespace}”: was that one meant?")
            }
            Self::Renamed(other) => format!(
                "There is a {kind} “{other}”: a prefix or suffix of kustomize renames objects, but not what other objects name."
            ),
            Self::Spelled(other) => format!("There is a {kind} “{other}”: was that one meant?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_were_meant() {
        let there = [("media", "prod-api"), ("monitoring", "tailnet-allow"), ("media", "jellyfin")];
        let near = |namespace, name| near(namespace, name, there.into_iter());
        assert_eq!(near("media", "api"), Some(Near::Renamed("prod-api")));
        assert_eq!(near("apps", "tailnet-allow"), Some(Near::Elsewhere("monitoring")));
        assert_eq!(near("media", "jelyfin"), Some(Near::Spelled("jellyfin")));
        assert_eq!(near("media", "sonarr"), None);
        assert_eq!(near("media", ""), None);
    }

    #[test]
    fn letters_that_differ() {
        assert_eq!(distance("kitten", "mitten"), Some(1));
        assert_eq!(distance("flaw", "lawn"), Some(2));
        assert_eq!(distance("a", "abcd"), None);
        assert_eq!(distance("", ""), Some(0));
    }
}
