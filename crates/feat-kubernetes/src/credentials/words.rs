//! What is said of images and credentials. Pure.

use super::known::{Answer, Key, Known};
use super::plan::{Need, is_refused};
use crate::publish::resource_id;
use cluster_model::ThingId;
use cluster_model::gitops::Login;
use hob_base::wording::{counted, listed, tidy};
use hob_base::{Facts, Health, Level, ResourceId, Timestamp};
use hob_feature::checks::CertificateDays;
use hob_feature::checks::ending::{Ending, judge_end};
use registry_probe::{Asker, Severity, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long before its end a credential is a finding.
const DAYS: CertificateDays = CertificateDays { warning: 14, critical: 3 };
/// How long what was good stays good while a registry does not answer.
const STALE: Duration = Duration::from_secs(3 * 86_400);
/// How many names are told in one evidence.
const NAMED: usize = 6;
/// The longest evidence, in characters.
const EVIDENCE_MAX: usize = 1_000;

/// What is said of one resource.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Word {
    pub(crate) health: Option<Health>,
    pub(crate) facts: Facts,
}

/// Everything that is to be said.
pub(crate) fn words(
    needs: &[Need],
    known: &BTreeMap<Key, Known>,
    now: Timestamp,
) -> BTreeMap<ResourceId, Word> {
    let mut images: BTreeMap<ResourceId, Vec<&Need>> = BTreeMap::new();
    let mut credentials: BTreeMap<ResourceId, Vec<Shown<'_>>> = BTreeMap::new();
    for need in needs {
        let id = resource_id(&need.cluster, &ThingId::image(&need.pull.image));
        images.entry(id).or_default().push(need);
        for (key, login) in &need.keys {
            let (Some(login), Some(known)) = (login, known.get(key)) else { continue };
            let id = resource_id(&need.cluster, &ThingId::credential(&login.namespace, &login.secret));
            credentials.entry(id).or_default().push(Shown { need, key, login, known });
        }
    }
    let mut words: BTreeMap<ResourceId, Word> =
        images.into_iter().filter_map(|(id, needs)| Some((id, image(&needs, known, now)?))).collect();
    words.extend(credentials.into_iter().map(|(id, shown)| (id, credential(&shown, known, now))));
    words
}

/// A login that was shown for an image.
struct Shown<'a> {
    need: &'a Need,
    key: &'a Key,
    login: &'a Login,
    known: &'a Known,
}

impl Shown<'_> {
    fn place(&self) -> String {
        format!("the secret {}/{}", self.login.namespace, self.login.secret)
    }
}

fn with_asker<T>(login: Option<&Login>, secrets: &[Box<str>], ask: impl FnOnce(&Asker<'_>) -> T) -> T {
    let place =
        login.map(|login| format!("the secret {}/{}", login.namespace, login.secret)).unwrap_or_default();
    let user = login.and_then(|login| login.user.as_deref()).map(|user| tidy(user, 60));
    let lacks = match secrets {
        [] => "the pods that use it name no pull secret".to_owned(),
        secrets => format!("the pull secret {} has none for it", listed_names(secrets)),
    };
    ask(&Asker {
        user: user.as_deref(),
        has_credential: login.is_some(),
        place: &place,
        lacks: &lacks,
        give: "Give the pods a pull secret for it (imagePullSecrets)",
        slower: "",
    })
}

fn listed_names<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().take(NAMED).map(|name| format!("“{}”", name.as_ref())).collect();
    listed(&names)
}

fn health(verdict: Verdict) -> Health {
    let level = match verdict.severity {
        Severity::Well => Level::Ok,
        Severity::Warning => Level::Warning,
        Severity::Critical => Level::Critical,
    };
    Health { remedy: verdict.remedy, ..Health::new(level, verdict.sentence) }
}

/// What is said of a credential: that its registry does not take it, that it ends, or that it is taken.
fn credential(shown: &[Shown<'_>], known: &BTreeMap<Key, Known>, now: Timestamp) -> Word {
    let mut word = Word::default();
    let asked = shown.iter().map(|shown| shown.known.asked_at).max();
    if let Some(at) = asked {
        word.facts.insert("checked_at".to_owned(), at.rfc3339().into());
    }
    let ends =
        shown.iter().filter_map(|shown| Some((shown.known.expires_at?, shown))).min_by_key(|(end, _)| *end);
    if let Some((end, _)) = ends {
        word.facts.insert(
            "expires_at".to_owned(),
            Timestamp::from_millis(end.saturating_mul(1000)).rfc3339().into(),
        );
    }
    let rejected: Vec<&Shown<'_>> =
        shown.iter().filter(|shown| shown.known.answer == Answer::Rejected).collect();
    let mut health = if rejected.is_empty() { taken(shown, now) } else { refused(&rejected, known) };
    if let Some((end, shown)) = ends
        && rejected.is_empty()
    {
        health = health.or_worse(ending(end, shown, now));
    }
    word.health = Some(health);
    word
}

fn refused(rejected: &[&Shown<'_>], known: &BTreeMap<Key, Known>) -> Health {
    let Some(first) = rejected.first() else { return Health::ok("") };
    let report = first.known.report(&first.key.image);
    let verdict = with_asker(Some(first.login), &[], |asker| report.and_then(|report| report.verdict(asker)));
    let Some(verdict) = verdict else {
        return Health::unknown("It is not known whether its registry takes it.");
    };
    let mut health = health(verdict);
    health.reason = format!("{} The next pull with it fails.", health.reason);
    let images: BTreeSet<&str> = rejected.iter().map(|shown| &*shown.need.pull.image).collect();
    let users: BTreeSet<&str> =
        rejected.iter().flat_map(|shown| shown.need.pull.used_by.iter().map(|id| id.name.as_str())).collect();
    let evidence = format!("Needed for {} by {}.\n{}", some(&images), some(&users), first.known.detail);
    let anybody = |image: &&str| {
        let key = Key { image: (*image).to_owned(), login: None };
        known.get(&key).is_some_and(|known| known.answer == Answer::Open)
    };
    if images.iter().all(anybody) {
        let remedy = health.remedy.take().unwrap_or_default();
        health.remedy =
            Some(format!("{remedy} Or take the secret away: the registry gives this to anybody."));
    }
    health.with_evidence(cut(&evidence))
}

/// The first few names.
fn some(names: &BTreeSet<&str>) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| tidy(name, 120)).collect();
    match names.len().saturating_sub(NAMED) {
        0 => listed(&shown),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn taken(shown: &[Shown<'_>], now: Timestamp) -> Health {
    let Some(first) = shown.first() else { return Health::ok("") };
    // Whoever lets nobody in without it has looked at it.
    let proven = |shown: &&Shown<'_>| {
        matches!(
            shown.known.answer,
            Answer::Ok | Answer::NoAccess | Answer::TagMissing | Answer::WrongArchitecture
        )
    };
    let is_stale =
        |known: &Known| !known.latest.is_final() && known.good_at.is_none_or(|at| now.since(at) > STALE);
    let good: Vec<&Shown<'_>> = shown.iter().filter(proven).collect();
    if let Some(fresh) = good.iter().find(|shown| !is_stale(shown.known)) {
        let images = good.iter().filter(|shown| shown.known.answer == Answer::Ok).count();
        return Health::ok(match images {
            0 => format!("Its registry {} takes it.", fresh.login.key),
            n => format!(
                "Its registry {} takes it: {} can be pulled with it.",
                fresh.login.key,
                counted(n, "image")
            ),
        });
    }
    if shown.iter().any(|shown| shown.known.answer == Answer::Open) {
        return Health::ok("The images it is for are given to anybody, so that nobody looks at it.");
    }
    let Some(silent) = shown.iter().find(|shown| !shown.known.latest.is_final()) else {
        return Health::ok(format!("{} is kept for {}.", first.place(), first.login.key));
    };
    match silent.known.latest {
        Answer::RateLimited => {
            Health::ok("Its registry answers no more questions for now; it is asked again later.")
        }
        _ => Health::unknown(
            "Its registry could not be asked, so that it is not known whether it is still taken.",
        )
        .with_evidence(cut(&silent.known.detail))
        .with_remedy("It is asked again by itself."),
    }
}

fn ending(end: i64, shown: &Shown<'_>, now: Timestamp) -> Health {
    let registry = registry_of(&shown.key.image);
    let user = shown.login.user.as_deref().map(|user| format!(" of {}", tidy(user, 60))).unwrap_or_default();
    let ending = Ending {
        what: &format!("The credential{user} for {registry}"),
        verbs: ("expires", "expired"),
        remedy: &format!("Create a new token at {registry} and replace it in {}.", shown.place()),
    };
    judge_end(&ending, end, DAYS, now)
}

fn registry_of(image: &str) -> String {
    registry_probe::Reference::parse(image).map(|image| tidy(image.registry(), 100)).unwrap_or_default()
}

/// What is said of an image; `None` before anything is known.
fn image(needs: &[&Need], known: &BTreeMap<Key, Known>, now: Timestamp) -> Option<Word> {
    let mut word = Word::default();
    let mut worst: Option<Health> = None;
    for need in needs {
        if let Some(why) = need.unasked {
            word.facts.insert("not_asked".to_owned(), why.into());
            continue;
        }
        let Some((login, known)) = effective(need, known) else { continue };
        let at = known.asked_at.rfc3339();
        if word
            .facts
            .get("checked_at")
            .and_then(hob_base::Fact::as_text)
            .is_none_or(|before| before < at.as_str())
        {
            word.facts.insert("checked_at".to_owned(), at.into());
        }
        if !known.digest.is_empty() {
            word.facts.insert("registry_digest".to_owned(), known.digest.as_str().into());
        }
        let health = image_health(need, login, known, now);
        worst = Some(match worst {
            Some(before) => before.or_worse(health),
            None => health,
        });
    }
    word.health = worst;
    (word.health.is_some() || !word.facts.is_empty()).then_some(word)
}

/// The login that counts, and what came of it: the first that is not refused; where all are, the first.
fn effective<'a>(need: &'a Need, known: &'a BTreeMap<Key, Known>) -> Option<(Option<&'a Login>, &'a Known)> {
    let mut answers = Vec::new();
    for (key, login) in &need.keys {
        let known = known.get(key)?;
        answers.push((login.as_ref(), known));
        if !is_refused(known.answer) {
            break;
        }
    }
    let good = answers.iter().find(|(_, known)| !is_refused(known.answer));
    good.or_else(|| answers.first()).copied()
}

fn image_health(need: &Need, login: Option<&Login>, known: &Known, now: Timestamp) -> Health {
    let image = &need.pull.image;
    if known.answer == Answer::Silent {
        return Health::unknown(format!(
            "The registry {} could not be asked whether it has the image.",
            registry_of(image)
        ))
        .with_evidence(cut(&known.detail))
        .with_remedy(
            "It is asked again by itself. A registry that only the nodes reach cannot be asked from here.",
        );
    }
    if known.answer == Answer::Rejected {
        let registry = registry_of(image);
        return Health::warning(format!(
            "The next pull of this image fails: {registry} rejects the credential for it."
        ))
        .with_evidence(cut(&known.detail))
        .with_remedy("Replace the credential that it needs.");
    }
    let verdict = with_asker(login, &need.pull.secrets, |asker| {
        known.report(image).and_then(|report| report.verdict(asker))
    });
    let Some(verdict) = verdict else {
        return Health::unknown("It is not known whether it could be pulled.");
    };
    let mut health = health(verdict);
    match known.answer {
        Answer::RateLimited => health = Health::ok(health.reason),
        Answer::Fault | Answer::NotARegistry => health.level = Level::Warning,
        // The node may hold a credential of its own, as k3s has it in registries.yaml.
        Answer::NoCredential if need.pull.secrets.is_empty() => health.level = Level::Warning,
        _ => {}
    }
    if health.level == Level::Ok {
        return health.with_evidence(still(known, now));
    }
    health.with_evidence(cut(&format!("{}\n{}", used_by(need), known.detail)))
}

fn used_by(need: &Need) -> String {
    let users: BTreeSet<&str> = need.pull.used_by.iter().map(|id| id.name.as_str()).collect();
    format!("Used by {}.", some(&users))
}

/// That the last answer was none, though the one before was good.
fn still(known: &Known, now: Timestamp) -> String {
    match (known.latest.is_final(), known.good_at) {
        (false, Some(at)) => {
            let ago = hob_base::wording::duration_words(now.since(at));
            format!("That was {ago} ago; since then the registry did not answer.")
        }
        _ => String::new(),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(EVIDENCE_MAX).collect()
}
