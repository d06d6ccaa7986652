//! What is asked, when, and what is said of it: values only.

use super::known::{Answer, Key, Known};
use super::plan::{Cluster, Need, needs, outdated, plan};
use super::settings::Settings;
use super::words::{Word, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cluster_model::{Kind, Objects, Settings as Examined};
use hob_base::{Level, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

fn settings() -> Settings {
    Settings {
        enabled: true,
        interval: 24 * HOUR,
        start_after: Duration::ZERO,
        plain_http: vec!["nas.lan:5000".to_owned()],
        github: None,
    }
}

fn secret(namespace: &str, name: &str, registries: &Value) -> (Kind, Value) {
    let config = STANDARD.encode(json!({"auths": registries}).to_string());
    let secret = json!({"type": "kubernetes.io/dockerconfigjson", "metadata": {"namespace": namespace, "name": name},
        "data": {".dockerconfigjson": config}});
    (Kind::Secret, secret)
}

fn login(user: &str) -> Value {
    json!({"username": user, "password": "x"})
}

fn pod(name: &str, image: &str, secrets: &[&str]) -> (Kind, Value) {
    let secrets: Vec<Value> = secrets.iter().map(|name| json!({"name": name})).collect();
    let pod = json!({"metadata": {"namespace": "web", "name": name},
        "spec": {"imagePullSecrets": secrets, "containers": [{"name": "a", "image": image}]},
        "status": {"phase": "Running"}});
    (Kind::Pod, pod)
}

fn needs_of(values: &[(Kind, Value)], examined: &Examined) -> Vec<Need> {
    let mut objects = Objects::default();
    for (kind, value) in values {
        objects.apply(*kind, value.clone()).unwrap();
    }
    needs(&[Cluster { name: "home", objects: &objects, examined }], &settings())
}

fn all(values: &[(Kind, Value)]) -> Vec<Need> {
    needs_of(values, &Examined::default())
}

fn known(answer: Answer, ago: Duration) -> Known {
    Known {
        id: "1".into(),
        answer,
        latest: answer,
        detail: "ghcr.io says something.".into(),
        digest: format!("sha256:{}", "0".repeat(64)),
        platforms: vec!["linux/amd64".into()],
        asked_at: NOW.minus(ago),
        good_at: answer.is_good().then(|| NOW.minus(ago)),
        failures: u32::from(!answer.is_final()),
        expires_at: None,
    }
}

/// The first key of the first need with what is known of it.
fn with(needs: &[Need], answer: Answer, ago: Duration) -> BTreeMap<Key, Known> {
    BTreeMap::from([(needs[0].keys[0].0.clone(), known(answer, ago))])
}

fn said(needs: &[Need], known: &BTreeMap<Key, Known>, id: &str) -> Word {
    let words = words(needs, known, NOW);
    words.get(&id.parse().unwrap()).unwrap_or_else(|| panic!("no {id} in {:?}", words.keys())).clone()
}

fn one() -> Vec<Need> {
    all(&[pod("a", "ghcr.io/me/app:1", &["ghcr"]), secret("web", "ghcr", &json!({"ghcr.io": login("me")}))])
}

const CREDENTIAL: &str = "credential/home/web/ghcr";
const IMAGE: &str = "image/home/ghcr.io/me/app:1";

#[test]
fn each_image_is_asked_for_once_with_each_login() {
    let needs = all(&[
        pod("a", "ghcr.io/me/app:1", &["ghcr"]),
        pod("b", "ghcr.io/me/app:1", &["copy"]),
        pod("c", "nginx:1", &[]),
        secret("web", "ghcr", &json!({"ghcr.io": login("me")})),
        secret("web", "copy", &json!({"https://ghcr.io": login("me")})),
    ]);
    let asks = plan(&needs, &BTreeMap::new(), &settings(), NOW);
    let short: Vec<_> =
        asks.iter().map(|ask| (ask.key.image.as_str(), ask.login.is_some(), ask.registry.as_str())).collect();
    assert_eq!(short, [("ghcr.io/me/app:1", true, "ghcr.io"), ("nginx:1", false, "docker.io")]);
}

#[test]
fn what_is_known_is_asked_again_after_a_day_and_what_is_bad_after_an_hour() {
    let needs = one();
    let is_due = |answer, ago| !plan(&needs, &with(&needs, answer, ago), &settings(), NOW).is_empty();
    for (answer, ago, due) in [
        (Answer::Ok, 23 * HOUR, false),
        (Answer::Ok, 26 * HOUR, true),
        (Answer::Open, 23 * HOUR, false),
        (Answer::Rejected, HOUR / 2, false),
        (Answer::Rejected, HOUR + HOUR / 2, true),
        (Answer::TagMissing, 2 * HOUR, true),
        (Answer::Silent, HOUR / 5, false),
        (Answer::Silent, HOUR / 3, true),
        (Answer::RateLimited, HOUR, false),
        (Answer::RateLimited, 3 * HOUR, true),
    ] {
        assert_eq!(is_due(answer, ago), due, "{answer:?} {ago:?}");
    }
    let mut silent = known(Answer::Silent, 4 * HOUR);
    silent.failures = 9;
    let known = BTreeMap::from([(needs[0].keys[0].0.clone(), silent)]);
    assert_eq!(plan(&needs, &known, &settings(), NOW), [], "the pause grows");
}

#[test]
fn a_new_password_or_image_is_asked_at_once() {
    let before = one();
    let heard = with(&before, Answer::Ok, HOUR);
    let renewed = all(&[
        pod("a", "ghcr.io/me/app:1", &["ghcr"]),
        secret("web", "ghcr", &json!({"ghcr.io": {"username": "me", "password": "new"}})),
    ]);
    assert_eq!(plan(&renewed, &heard, &settings(), NOW).len(), 1);
    let newer = all(&[
        pod("a", "ghcr.io/me/app:2", &["ghcr"]),
        secret("web", "ghcr", &json!({"ghcr.io": login("me")})),
    ]);
    assert_eq!(plan(&newer, &heard, &settings(), NOW).len(), 1);
}

#[test]
fn the_second_login_is_asked_only_when_the_first_is_refused() {
    let needs = all(&[
        pod("a", "ghcr.io/me/app:1", &["ghcr"]),
        secret("web", "ghcr", &json!({"ghcr.io": login("wide"), "ghcr.io/me": login("narrow")})),
    ]);
    let user = |known: &BTreeMap<Key, Known>| {
        let asks = plan(&needs, known, &settings(), NOW);
        asks.iter().map(|ask| ask.login.as_ref().unwrap().1.user.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(user(&BTreeMap::new()), ["narrow".into()]);
    assert_eq!(user(&with(&needs, Answer::Ok, HOUR)), Vec::<Box<str>>::new());
    assert_eq!(user(&with(&needs, Answer::Rejected, Duration::ZERO)), ["wide".into()]);
    // The image can be pulled with the second; the first is told all the same.
    let mut heard = with(&needs, Answer::Rejected, Duration::ZERO);
    heard.insert(needs[0].keys[1].0.clone(), known(Answer::Ok, Duration::ZERO));
    assert_eq!(said(&needs, &heard, IMAGE).health.unwrap().level, Level::Ok);
    assert_eq!(said(&needs, &heard, CREDENTIAL).health.unwrap().level, Level::Critical);
}

#[test]
fn nobody_is_asked_where_the_secret_may_not_be_read_or_only_nodes_reach_the_registry() {
    let blind = Examined { unread: [Kind::Secret].into(), ..Examined::default() };
    let needs = needs_of(
        &[
            pod("a", "ghcr.io/me/app:1", &["ghcr"]),
            pod("b", "nginx:1", &[]),
            pod("c", "localhost:30500/x", &[]),
        ],
        &blind,
    );
    let asks = plan(&needs, &BTreeMap::new(), &settings(), NOW);
    assert_eq!(asks.iter().map(|ask| ask.key.image.as_str()).collect::<Vec<_>>(), ["nginx:1"]);
    let word = said(&needs, &BTreeMap::new(), IMAGE);
    assert_eq!(word.health, None);
    assert_eq!(
        word.facts["not_asked"].as_text(),
        Some("Its pull secret may not be read, so that nobody is asked for it.")
    );
}

#[test]
fn a_token_that_stops_the_next_pull_is_critical_now() {
    let needs = one();
    let heard = with(&needs, Answer::Rejected, Duration::ZERO);
    let health = said(&needs, &heard, CREDENTIAL).health.unwrap();
    assert_eq!(health.level, Level::Critical);
    assert_eq!(
        health.reason,
        "The registry ghcr.io rejects the credential of me: it is wrong, expired or withdrawn. The next pull with it fails."
    );
    assert_eq!(
        health.remedy.as_deref(),
        Some("Create a new token at ghcr.io and replace it in the secret web/ghcr.")
    );
    assert!(health.evidence.starts_with("Needed for ghcr.io/me/app:1 by web/pod/a."), "{}", health.evidence);
    let image = said(&needs, &heard, IMAGE).health.unwrap();
    assert_eq!(
        (image.level, image.reason.as_str()),
        (Level::Warning, "The next pull of this image fails: ghcr.io rejects the credential for it.")
    );
    // Anybody may have the image: the pods could do without.
    let mut open = heard;
    open.insert(Key { image: "ghcr.io/me/app:1".into(), login: None }, known(Answer::Open, Duration::ZERO));
    let remedy = said(&needs, &open, CREDENTIAL).health.unwrap().remedy.unwrap();
    assert!(remedy.ends_with("Or take the secret away: the registry gives this to anybody."), "{remedy}");
}

#[test]
fn a_token_that_ends_soon_is_told_with_its_day() {
    let needs = one();
    let mut heard = with(&needs, Answer::Ok, HOUR);
    for (days, level) in [(2, Level::Critical), (10, Level::Warning), (90, Level::Ok)] {
        heard.values_mut().next().unwrap().expires_at = Some(1_800_000_000 + days * 86_400 + 9);
        let word = said(&needs, &heard, CREDENTIAL);
        let health = word.health.unwrap();
        assert_eq!(health.level, level, "{health:?}");
        assert!(word.facts.contains_key("expires_at"));
        if days == 2 {
            assert_eq!(health.reason, "The credential of me for ghcr.io expires in 2 days.");
        }
    }
}

#[test]
fn a_registry_that_is_silent_says_nothing_of_a_credential() {
    let needs = one();
    let health = |known: Known, id: &str| {
        let heard = BTreeMap::from([(needs[0].keys[0].0.clone(), known)]);
        said(&needs, &heard, id).health.unwrap()
    };
    let never = known(Answer::Silent, HOUR);
    assert_eq!(health(never.clone(), CREDENTIAL).level, Level::Unknown);
    assert_eq!(health(never, IMAGE).level, Level::Unknown);
    let before = Known { latest: Answer::Silent, failures: 3, ..known(Answer::Ok, 5 * HOUR) };
    assert_eq!(health(before.clone(), CREDENTIAL).level, Level::Ok);
    let image = health(before.clone(), IMAGE);
    assert_eq!(image.level, Level::Ok);
    assert!(image.evidence.contains("since then the registry did not answer"), "{image:?}");
    let stale = Known { good_at: Some(NOW.minus(100 * HOUR)), ..before };
    assert_eq!(health(stale, CREDENTIAL).level, Level::Unknown);
    let limited = known(Answer::RateLimited, HOUR);
    assert_eq!(health(limited.clone(), CREDENTIAL).level, Level::Ok);
    assert_eq!(health(limited, IMAGE).level, Level::Ok);
    assert_eq!(health(known(Answer::Fault, HOUR), IMAGE).level, Level::Warning);
}

#[test]
fn what_is_wrong_with_an_image_is_told_of_the_image() {
    let needs = one();
    for (answer, level, start) in [
        (Answer::Ok, Level::Ok, "ghcr.io lets me/app be pulled."),
        (
            Answer::NoAccess,
            Level::Critical,
            "The registry ghcr.io takes the credential of me but does not give out me/app",
        ),
        (Answer::TagMissing, Level::Critical, "ghcr.io has no 1 of me/app."),
        (
            Answer::NoCredential,
            Level::Critical,
            "The registry ghcr.io wants another credential for me/app than",
        ),
    ] {
        let health = said(&needs, &with(&needs, answer, HOUR), IMAGE).health.unwrap();
        assert_eq!(health.level, level, "{health:?}");
        assert!(health.reason.starts_with(start), "{health:?}");
    }
    let wrong = Known { detail: "linux/arm64".into(), ..known(Answer::WrongArchitecture, HOUR) };
    let heard = BTreeMap::from([(needs[0].keys[0].0.clone(), wrong)]);
    let health = said(&needs, &heard, IMAGE).health.unwrap();
    assert_eq!(
        (health.level, health.reason.as_str()),
        (Level::Warning, "ghcr.io has me/app, but not for linux/arm64, which is what runs here.")
    );
}

#[test]
fn a_private_image_without_a_pull_secret_is_told_by_what_its_pods_name() {
    let none = all(&[pod("a", "ghcr.io/me/app:1", &[])]);
    let health = said(&none, &with(&none, Answer::NoCredential, HOUR), IMAGE).health.unwrap();
    assert_eq!(health.level, Level::Warning, "the nodes may have one");
    assert_eq!(
        health.reason,
        "The registry ghcr.io wants a credential for me/app, and the pods that use it name no pull secret; or the image does not exist."
    );
    let missing = all(&[pod("a", "ghcr.io/me/app:1", &["ghcr"])]);
    let health = said(&missing, &with(&missing, Answer::NoCredential, HOUR), IMAGE).health.unwrap();
    assert_eq!(health.level, Level::Critical);
    assert!(health.reason.contains("the pull secret “ghcr” has none for it"), "{health:?}");
}

#[test]
fn answers_that_nobody_needs_are_dropped_after_a_week() {
    let needs = one();
    let mut heard = with(&needs, Answer::Ok, 400 * HOUR);
    let key = |image: &str| Key { image: image.to_owned(), login: None };
    heard.insert(key("old:1"), known(Answer::Open, 200 * HOUR));
    heard.insert(key("young:1"), known(Answer::Open, 20 * HOUR));
    assert_eq!(outdated(&needs, &heard, NOW), [key("old:1")]);
}
