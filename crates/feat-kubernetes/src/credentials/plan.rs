//! Which registries are asked what, and when. Pure.

use super::known::{Answer, Key, Known};
use super::settings::Settings;
use cluster_model::gitops::{Login, Pull, pulls};
use cluster_model::{Kind, Objects, Settings as Examined};
use hob_base::Timestamp;
use registry_probe::{Platform, Reference};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// After an answer that is bad for good, it may have been mended at the registry.
const BAD_EVERY: Duration = Duration::from_secs(3600);
/// After no answer, the first pause; it doubles.
const RETRY: Duration = Duration::from_secs(15 * 60);
/// The longest pause after no answer.
const RETRY_MAX: Duration = Duration::from_secs(6 * 3600);
/// The pause after a registry said that it was too much, at least.
const LIMITED: Duration = Duration::from_secs(2 * 3600);
/// Answers that nobody needs any more are kept as long: pods come and go.
const KEEP: Duration = Duration::from_secs(7 * 86_400);

/// A cluster, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cluster<'a> {
    pub(crate) name: &'a str,
    pub(crate) objects: &'a Objects,
    pub(crate) examined: &'a Examined,
}

/// One image of one cluster with the questions that its pods would ask, in their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Need {
    pub(crate) cluster: String,
    pub(crate) pull: Pull,
    /// The questions, each with its login; one without where there is no login at all. Empty: nobody is asked, since it is
    /// not known with what.
    pub(crate) keys: Vec<(Key, Option<Login>)>,
    /// Why nobody is asked, where nobody is.
    pub(crate) unasked: Option<&'static str>,
}

/// One question that is due.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) key: Key,
    /// The cluster and the login whose credential is shown.
    pub(crate) login: Option<(String, Login)>,
    /// The platforms that it has to run on.
    pub(crate) platforms: Vec<Platform>,
    /// The registry, for how many are asked at once.
    pub(crate) registry: String,
}

/// What all clusters pull.
pub(crate) fn needs(clusters: &[Cluster<'_>], settings: &Settings) -> Vec<Need> {
    let mut needs = Vec::new();
    for cluster in clusters {
        let blind = cluster.examined.unread.contains(&Kind::Secret);
        for pull in pulls(cluster.objects) {
            let Ok(reference) = Reference::parse(&pull.image) else { continue };
            let unasked = unasked(&pull, &reference, blind, settings);
            let key = |login: Option<&Login>| Key {
                image: pull.image.to_string(),
                login: login.map(|login| login.fingerprint.to_string()),
            };
            let keys = match (&unasked, pull.logins.as_slice()) {
                (Some(_), _) => Vec::new(),
                (None, []) => vec![(key(None), None)],
                (None, logins) => {
                    logins.iter().map(|login| (key(Some(login)), Some(login.clone()))).collect()
                }
            };
            needs.push(Need { cluster: cluster.name.to_owned(), pull, keys, unasked });
        }
    }
    needs
}

/// Why nobody is asked for an image.
fn unasked(pull: &Pull, reference: &Reference, blind: bool, settings: &Settings) -> Option<&'static str> {
    if blind && !pull.secrets.is_empty() {
        return Some("Its pull secret may not be read, so that nobody is asked for it.");
    }
    // The registry is on each node, which is another machine than this one.
    if reference.is_local() && !is_plain(reference, settings) {
        return Some("Its registry is reached from the nodes only, so that it is not asked from here.");
    }
    None
}

/// Whether the owner said that a registry is asked over plain HTTP.
pub(crate) fn is_plain(reference: &Reference, settings: &Settings) -> bool {
    settings.plain_http.iter().any(|named| named.eq_ignore_ascii_case(reference.registry()))
}

/// What is due, the longest waiting first. Of several logins for one image the second is asked for when the first is refused,
/// as the kubelet does.
pub(crate) fn plan(
    needs: &[Need],
    known: &BTreeMap<Key, Known>,
    settings: &Settings,
    now: Timestamp,
) -> Vec<Ask> {
    let mut asks: BTreeMap<Key, (Option<Timestamp>, Ask)> = BTreeMap::new();
    for need in needs {
        for (key, login) in &need.keys {
            let before = known.get(key);
            if before.is_none_or(|before| due_at(key, before, settings) <= now) {
                let ask = asks.entry(key.clone()).or_insert_with(|| {
                    let registry = Reference::parse(&key.image).map(|image| image.registry().to_owned());
                    let login = login.clone().map(|login| (need.cluster.clone(), login));
                    let ask = Ask {
                        key: key.clone(),
                        login,
                        platforms: Vec::new(),
                        registry: registry.unwrap_or_default(),
                    };
                    (before.map(|before| before.asked_at), ask)
                });
                for platform in need.pull.platforms.iter().filter_map(|text| Platform::parse(text).ok()) {
                    if !ask.1.platforms.contains(&platform) {
                        ask.1.platforms.push(platform);
                    }
                }
            }
            // The next login counts only where this one is known to be refused.
            if !before.is_some_and(|before| is_refused(before.answer)) {
                break;
            }
        }
    }
    let mut asks: Vec<_> = asks.into_values().collect();
    asks.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.key.cmp(&y.key)));
    asks.into_iter().map(|(_, ask)| ask).collect()
}

/// Whether the kubelet goes on to its next login.
pub(crate) fn is_refused(answer: Answer) -> bool {
    matches!(answer, Answer::Rejected | Answer::NoCredential | Answer::NoAccess)
}

/// When a question is asked again.
fn due_at(key: &Key, before: &Known, settings: &Settings) -> Timestamp {
    let pause = match before.latest {
        answer if answer.is_good() => settings.interval + jitter(key, settings.interval / 12),
        answer if answer.is_final() => BAD_EVERY.min(settings.interval),
        answer => {
            let doubled = RETRY.saturating_mul(1 << before.failures.saturating_sub(1).min(6)).min(RETRY_MAX);
            if answer == Answer::RateLimited { doubled.max(LIMITED) } else { doubled }
        }
    };
    before.asked_at.plus(pause)
}

/// Spreads the questions of a day, each always alike.
fn jitter(key: &Key, most: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    (&key.image, &key.login).hash(&mut hasher);
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(hasher.finish() % most)
}

/// Answers that nobody needs any more.
pub(crate) fn outdated(needs: &[Need], known: &BTreeMap<Key, Known>, now: Timestamp) -> Vec<Key> {
    let needed: BTreeSet<&Key> = needs.iter().flat_map(|need| need.keys.iter().map(|(key, _)| key)).collect();
    let old = |(key, known): &(&Key, &Known)| !needed.contains(*key) && now.since(known.asked_at) > KEEP;
    known.iter().filter(old).map(|(key, _)| key.clone()).collect()
}
