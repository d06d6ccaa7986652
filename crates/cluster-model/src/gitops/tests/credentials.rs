use super::*;
use crate::Severity;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

fn secret(namespace: &str, name: &str, auths: &Value) -> Value {
    let config = STANDARD.encode(json!({"auths": auths}).to_string());
    json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"namespace": namespace, "name": name}, "data": {".dockerconfigjson": config}})
}

fn pod(namespace: &str, name: &str, image: &str, secrets: &[&str]) -> Value {
    let secrets: Vec<Value> = secrets.iter().map(|name| json!({"name": name})).collect();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name},
        "spec": {"nodeName": "n1", "imagePullSecrets": secrets, "containers": [{"name": "app", "image": image}]},
        "status": {"phase": "Running"}})
}

fn node() -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1",
        "labels": {"kubernetes.io/arch": "arm64", "kubernetes.io/os": "linux"}}})
}

fn login(user: &str) -> Value {
    json!({"username": user, "password": "x"})
}

#[test]
fn each_image_is_pulled_with_the_credentials_of_its_pods() {
    let objects = objects(&[
        node(),
        pod("web", "a", "ghcr.io/me/app:1", &["pull"]),
        pod("web", "b", "ghcr.io/me/app:1", &["pull"]),
        pod("web", "c", "nginx:1", &["pull"]),
        pod("other", "d", "ghcr.io/me/app:1", &[]),
        secret("web", "pull", &json!({"ghcr.io": login("me")})),
    ]);
    let pulls = pulls(&objects);
    let short: Vec<_> = pulls
        .iter()
        .map(|pull| {
            let users: Vec<_> = pull.logins.iter().map(|login| login.user.as_deref().unwrap()).collect();
            (&*pull.namespace, &*pull.image, users, pull.used_by.len())
        })
        .collect();
    assert_eq!(
        short,
        [
            ("other", "ghcr.io/me/app:1", vec![], 1),
            ("web", "ghcr.io/me/app:1", vec!["me"], 2),
            ("web", "nginx:1", vec![], 1),
        ]
    );
    assert_eq!(pulls[0].platforms, ["linux/arm64".into()].into());
}

#[test]
fn the_service_account_counts_where_the_pod_names_no_secret() {
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": "web", "name": "default"},
        "imagePullSecrets": [{"name": "of-account"}]});
    let objects = objects(&[
        account,
        pod("web", "a", "ghcr.io/me/app", &[]),
        pod("web", "b", "ghcr.io/me/app", &["of-pod"]),
        secret("web", "of-account", &json!({"ghcr.io": login("account")})),
        secret("web", "of-pod", &json!({"ghcr.io": login("pod")})),
    ]);
    let users = |name: &str| {
        let pod = objects.pods.get("web", name).unwrap();
        let logins = credentials_of(&objects, pod, "ghcr.io/me/app");
        logins.iter().map(|login| login.user.as_deref().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((users("a"), users("b")), (vec!["account".to_owned()], vec!["pod".to_owned()]));
}

#[test]
fn of_several_logins_the_narrower_comes_first_and_of_equals_the_first_secret() {
    let objects = objects(&[
        pod("web", "a", "ghcr.io/me/app", &["one", "two"]),
        secret("web", "one", &json!({"ghcr.io": login("wide-1")})),
        secret("web", "two", &json!({"ghcr.io/me": login("narrow"), "https://ghcr.io/": login("wide-2")})),
    ]);
    let pod = objects.pods.get("web", "a").unwrap();
    let users: Vec<_> = credentials_of(&objects, pod, "ghcr.io/me/app")
        .iter()
        .map(|login| login.user.clone().unwrap())
        .collect();
    assert_eq!(users, ["narrow".into(), "wide-1".into(), "wide-2".into()]);
}

#[test]
fn scheduled_jobs_pull_too_and_pods_that_have_ended_do_not() {
    let mut ended = pod("web", "a", "ended:1", &[]);
    ended["status"]["phase"] = json!("Succeeded");
    let job = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"namespace": "web", "name": "night"},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec":
            {"containers": [{"name": "x", "image": "nightly:1"}]}}}}}});
    let pulls = pulls(&objects(&[ended, job]));
    assert_eq!(pulls.len(), 1);
    assert_eq!(
        (&*pulls[0].image, pulls[0].used_by.first().unwrap().name.as_str()),
        ("nightly:1", "web/night")
    );
}

#[test]
fn a_pull_secret_that_is_not_there_is_found_where_it_is() {
    let picture = picture(&[
        pod("web", "a", "ghcr.io/me/app:1", &["ghcr"]),
        secret("default", "ghcr", &json!({"ghcr.io": login("me")})),
    ]);
    let finding = only(&picture, &ThingId::credential("web", "ghcr"));
    assert_eq!(
        finding.sentence,
        "The pods of web/pod/a in namespace “web” name the pull secret “ghcr”, which exists in namespace “default” \
         only: secrets are not shared between namespaces."
    );
    assert_eq!((finding.code, finding.severity), ("pull-secret-missing", Severity::Warning));
}

#[test]
fn a_pull_secret_that_is_nowhere_is_missing_unless_secrets_are_not_read() {
    let values = [pod("web", "a", "ghcr.io/me/app:1", &["ghcr"])];
    assert_eq!(only(&picture(&values), &ThingId::credential("web", "ghcr")).code, "pull-secret-missing");
    let settings = Settings { now_ms: NOW, unread: [Kind::Secret].into(), ..Settings::default() };
    let mut unread = Picture::default();
    examine(&objects(&values), &settings, &mut unread);
    assert_eq!(found(&unread, &ThingId::credential("web", "ghcr")), []);
}

#[test]
fn a_pull_secret_of_another_type_is_told() {
    let mut wrong = secret("web", "ghcr", &json!({}));
    wrong["type"] = json!("kubernetes.io/tls");
    let picture = picture(&[pod("web", "a", "ghcr.io/me/app:1", &["ghcr"]), wrong]);
    assert_eq!(
        only(&picture, &ThingId::credential("web", "ghcr")).sentence,
        "The secret “ghcr” is named for pulling images, but it is of the type kubernetes.io/tls: the kubelet takes only \
         kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg."
    );
}

#[test]
fn a_pull_secret_that_cannot_be_read_is_told_without_showing_it() {
    let broken = secret("web", "ghcr", &json!({"ghcr.io": {"auth": "hunter2"}}));
    let picture = picture(&[pod("web", "a", "ghcr.io/me/app:1", &["ghcr"]), broken]);
    let finding = only(&picture, &ThingId::credential("web", "ghcr"));
    assert_eq!(finding.code, "pull-secret-unreadable");
    assert!(!format!("{finding:?}").contains("hunter2"));
}

#[test]
fn a_pull_secret_for_another_registry_is_noted() {
    let picture = picture(&[
        pod("web", "a", "ghcr.io/me/app:1", &["pull"]),
        secret("web", "pull", &json!({"https://index.docker.io/v1": login("me")})),
    ]);
    let finding = only(&picture, &ThingId::credential("web", "pull"));
    assert_eq!(finding.severity, Severity::Note);
    assert_eq!(
        finding.sentence,
        "The pull secret “pull” holds a login for https://index.docker.io/v1 only, and the images of those who name it \
         come from ghcr.io: it is not used."
    );
}

#[test]
fn an_image_needs_the_credential_that_pulls_it() {
    let picture = picture(&[
        pod("web", "a", "ghcr.io/me/app:1", &["pull"]),
        secret("web", "pull", &json!({"ghcr.io": login("me")})),
    ]);
    let image = &picture.things[&ThingId::image("ghcr.io/me/app:1")];
    assert_eq!(image.needs, [ThingId::credential("web", "pull")].into());
    let credential = &picture.things[&ThingId::credential("web", "pull")];
    assert_eq!(credential.well, "It holds a login for ghcr.io as me.");
}
