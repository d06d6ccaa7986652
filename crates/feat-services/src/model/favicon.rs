//! Which tiles of others get an icon: those that a cluster or an engine of containers has found and that are probed anyway.

use super::tracked::SOURCE;
use hob_base::{Fact, Resource, Timestamp};
use std::time::Duration;

/// Who finds routes that the owner has made himself.
const FINDERS: [&str; 2] = ["kubernetes", "containers"];
/// An icon is asked for again after this time.
const ASK_AGAIN: Duration = Duration::from_secs(86_400);
/// What did not answer is asked again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(3600);

/// What is known of the icon of a tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TileIcon {
    /// Where it was asked for.
    pub(crate) url: String,
    /// The icon; `None`: the site has none.
    pub(crate) hash: Option<String>,
    /// When it was asked for.
    pub(crate) asked_at: Timestamp,
    /// Whether the site answered.
    pub(crate) answered: bool,
}

/// The address that the icon of a tile is asked from: the tile's own, as a finder said it. `None` for what discovery
/// itself found (it has asked already), for what is hidden, and for everything that anybody else speaks of.
pub(crate) fn address(resource: &Resource) -> Option<&str> {
    let discovered = resource.words.get(&SOURCE.into()).is_some_and(|word| word.facts.contains_key("port"));
    if resource.id.kind() != "service"
        || discovered
        || resource.facts.get("hidden") == Some(&Fact::Boolean(true))
    {
        return None;
    }
    let url = FINDERS.iter().find_map(|finder| {
        let word = resource.words.get(&(*finder).into()).filter(|word| !word.expired)?;
        word.facts.get("url").and_then(Fact::as_text)
    })?;
    (url.starts_with("http://") || url.starts_with("https://")).then_some(url)
}

/// Whether nobody but this feature speaks of a resource, and only of its icon: then the tile is gone.
pub(crate) fn is_left_behind(resource: &Resource) -> bool {
    let own = resource.words.get(&SOURCE.into());
    let others = resource.words.keys().any(|source| source.as_str() != SOURCE && source.as_str() != "checks");
    own.is_some_and(is_icon_word) && !others
}

/// Whether a word of this feature is about the icon of somebody else's tile.
pub(crate) fn is_icon_word(word: &hob_base::resource::Word) -> bool {
    word.health.is_none() && word.facts.len() == 1 && word.facts.contains_key("icon")
}

/// Whether it is time to ask.
pub(crate) fn is_due(known: Option<&TileIcon>, url: &str, now: Timestamp) -> bool {
    let Some(known) = known else { return true };
    let pause = if known.answered { ASK_AGAIN } else { TRY_AGAIN };
    known.url != url || now.since(known.asked_at) >= pause || known.asked_at > now
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::resource::{Moment, observe};
    use hob_base::{Health, Observation, ResourceId};

    fn said(words: &[(&str, &[(&str, Fact)])]) -> Resource {
        let now = Moment { wall: Timestamp::from_millis(1), monotonic: Duration::ZERO };
        let mut resource = None;
        for (source, facts) in words {
            let mut word = Observation::new(
                source,
                ResourceId::new("service", "home", "a.lan"),
                Duration::from_secs(60),
            );
            for (key, fact) in *facts {
                word = word.fact(key, fact.clone());
            }
            if *source == "checks" {
                word = word.judged(Health::ok("It answers."));
            }
            resource = Some(observe(resource.as_ref(), word, now));
        }
        resource.unwrap()
    }

    #[test]
    fn only_the_own_routes_of_the_house_are_asked() {
        let url = [("url", Fact::from("https://a.lan/"))];
        assert_eq!(address(&said(&[("kubernetes", &url)])), Some("https://a.lan/"));
        assert_eq!(address(&said(&[("containers", &url), ("checks", &[])])), Some("https://a.lan/"));
        for words in [
            &[("alertmanager", &url[..])][..],
            &[("config", &url)],
            &[("kubernetes", &[("url", Fact::from("javascript:x"))])],
            &[("kubernetes", &[("url", Fact::from("https://a.lan/")), ("hidden", Fact::from(true))])],
            &[("containers", &url), ("services", &[("port", Fact::from(80_u16))])],
            &[("kubernetes", &[]), ("somebody", &url)],
        ] {
            assert_eq!(address(&said(words)), None, "{words:?}");
        }
    }

    #[test]
    fn a_tile_of_which_only_the_icon_is_left_is_gone() {
        let icon = [("icon", Fact::from("0123456789abcdef"))];
        assert!(is_left_behind(&said(&[("services", &icon)])));
        assert!(is_left_behind(&said(&[("services", &icon), ("checks", &[])])));
        assert!(!is_left_behind(&said(&[("services", &icon), ("kubernetes", &[])])));
        assert!(!is_left_behind(&said(&[("services", &[("port", Fact::from(80_u16))])])));
    }

    #[test]
    fn once_a_day_and_sooner_what_did_not_answer() {
        let at = |hours: i64| Timestamp::from_millis(hours * 3_600_000);
        let known = |answered| TileIcon { url: "a".to_owned(), hash: None, asked_at: at(100), answered };
        assert!(is_due(None, "a", at(100)) && is_due(Some(&known(true)), "b", at(100)));
        assert!(!is_due(Some(&known(true)), "a", at(123)) && is_due(Some(&known(true)), "a", at(124)));
        assert!(!is_due(Some(&known(false)), "a", at(100)) && is_due(Some(&known(false)), "a", at(101)));
        assert!(
            is_due(Some(&known(true)), "a", at(50)),
            "a clock that was set back must not keep it for ever"
        );
    }
}
