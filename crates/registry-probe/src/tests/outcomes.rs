//! One registry for every outcome.

use std::net::SocketAddr;
use std::time::Duration;

use super::fake::{Answer, Asked, Server};
use super::{asked, password, pulled, question, report};
use crate::{Digest, Known, Outcome, Platform, Question, RateLimit};

const CHILD: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const CONFIG: &str = r#"{"architecture":"amd64","os":"linux"}"#;
/// `me:good`.
const GOOD: &str = "Basic bWU6Z29vZA==";

fn index() -> String {
    format!(
        r#"{{"schemaVersion":2,"manifests":[{{"digest":"{CHILD}","platform":{{"os":"linux","architecture":"amd64"}}}},
        {{"digest":"{CHILD}","platform":{{"os":"linux","architecture":"arm64","variant":"v8"}}}}]}}"#
    )
}

/// The manifest of one image.
fn image() -> String {
    let digest = Digest::sha256(CONFIG.as_bytes());
    format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}"}}}}"#
    )
}

fn unauthorized(addr: SocketAddr) -> Answer {
    let realm =
        format!(r#"Bearer realm="http://{addr}/token",service="fake",scope="repository:user/image:pull""#);
    Answer::error(401, "UNAUTHORIZED", "authentication required").with("WWW-Authenticate", realm)
}

/// A registry with tokens: the name `me` and the password `good` may read `team/app:1`.
fn registry(asked: &Asked, addr: SocketAddr) -> Answer {
    let authorization = asked.authorization.as_deref();
    let (_, target) = asked.line.split_once(' ').unwrap();
    if let Some(query) = target.strip_prefix("/token?service=fake") {
        return match authorization {
            Some(GOOD) if query.contains("forbidden") => Answer::error(403, "DENIED", "denied"),
            Some(GOOD) => Answer::json(200, r#"{"token":"mine","expires_in":300}"#),
            // As GitHub does it.
            Some(_) => Answer::error(403, "DENIED", "denied"),
            None => Answer::json(200, r#"{"access_token":"anybody"}"#),
        };
    }
    match (target, authorization) {
        ("/v2/team/app/manifests/1", Some("Bearer mine")) => Answer::json(200, index())
            .with("RateLimit-Limit", "100;w=21600")
            .with("RateLimit-Remaining", "76;w=21600"),
        ("/v2/team/app/manifests/single", Some("Bearer mine")) => Answer::json(200, image()),
        ("/v2/public/app/manifests/1", Some("Bearer anybody")) => Answer::json(200, index()),
        (path, Some("Bearer mine")) if path.contains("/blobs/") => Answer::new(200, CONFIG),
        (path, Some("Bearer mine")) if path.ends_with(CHILD) => Answer::json(200, "{}"),
        ("/v2/team/app/tags/list?n=1", Some("Bearer mine")) => Answer::json(200, r#"{"tags":["1"]}"#),
        (path, Some("Bearer mine")) if path.starts_with("/v2/team/") => {
            Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        }
        _ => unauthorized(addr),
    }
}

async fn fake() -> Server {
    Server::plain(registry).await
}

fn about(server: &Server, image: &str) -> Question {
    Question { credential: password("me", "good"), ..question(&format!("{}/{image}", server.addr)) }
}

/// A registry which demands nothing and answers for the manifest with `answer`.
async fn open(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (Server, Question) {
    let server = Server::plain(move |asked, _| match asked.line.as_str() {
        "GET /v2/" => Answer::json(200, "{}").with("Docker-Distribution-Api-Version", "registry/2.0"),
        _ => answer(),
    })
    .await;
    let question = question(&format!("{}/app", server.addr));
    (server, question)
}

#[tokio::test]
async fn a_good_credential_pulls() {
    let server = fake().await;
    let found = pulled(asked(&about(&server, "team/app:1")).await);
    assert_eq!(found.digest, Digest::sha256(index().as_bytes()));
    assert_eq!(
        found.platforms.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["linux/amd64", "linux/arm64"]
    );
    assert_eq!(found.token_lifetime, Some(Duration::from_secs(300)));
    let window = Some(Duration::from_secs(21600));
    assert_eq!(found.rate_limit, Some(RateLimit { limit: Some(100), remaining: Some(76), window }));
    assert!(found.credential_used);
    assert_eq!(
        server.lines(),
        [
            "GET /v2/".to_owned(),
            "GET /token?service=fake&scope=repository%3Ateam%2Fapp%3Apull&account=me".to_owned(),
            "GET /v2/team/app/manifests/1".to_owned(),
            format!("HEAD /v2/team/app/manifests/{CHILD}"),
        ]
    );
}

#[tokio::test]
async fn a_single_image_tells_its_platform_by_its_configuration() {
    let server = fake().await;
    let question = about(&server, "team/app:single");
    assert_eq!(pulled(asked(&question).await).platforms, [Platform::parse("linux/amd64").unwrap()]);
    let arm = Question { platform: Platform::parse("linux/arm64").unwrap(), ..question };
    let outcome = asked(&arm).await;
    let Outcome::WrongArchitecture { wanted, there } = outcome else { panic!("{outcome:?}") };
    assert_eq!((wanted.to_string().as_str(), there.len()), ("linux/arm64", 1));
}

#[tokio::test]
async fn a_bad_credential_is_rejected_also_where_anybody_may_read() {
    let server = fake().await;
    for image in ["team/app:1", "public/app:1"] {
        let report =
            report(&Question { credential: password("me", "expired"), ..about(&server, image) }).await;
        assert!(
            matches!(&report.outcome, Outcome::CredentialRejected { said: Some(said) } if said == "denied")
        );
        assert!(report.to_string().contains("rejects the credential"), "{report}");
    }
}

#[tokio::test]
async fn a_service_that_says_401_is_not_asked_twice() {
    let server = Server::plain(|asked, addr| match asked.line.starts_with("GET /token") {
        true => Answer::json(401, r#"{"details":"incorrect username or password"}"#),
        false => unauthorized(addr),
    })
    .await;
    let outcome = asked(&about(&server, "team/app:1")).await;
    assert!(
        matches!(outcome, Outcome::CredentialRejected { said: Some(said) } if said.starts_with("incorrect"))
    );
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn without_a_credential_only_what_is_public_is_there() {
    let server = fake().await;
    let nobody = |image| Question { credential: None, ..about(&server, image) };
    let outcome = asked(&nobody("team/app:1")).await;
    assert!(matches!(outcome, Outcome::NoCredential { .. }), "{outcome:?}");
    let found = pulled(asked(&nobody("public/app:1")).await);
    assert!(!found.credential_used && found.token_lifetime.is_none());
}

#[tokio::test]
async fn a_valid_credential_may_not_read_everything() {
    let server = fake().await;
    for image in ["other/app:1", "forbidden/app:1"] {
        let report = report(&about(&server, image)).await;
        assert!(matches!(report.outcome, Outcome::NoAccess { .. }), "{image}: {report:?}");
        assert!(report.to_string().contains("do not tell which"), "{report}");
    }
}

#[tokio::test]
async fn a_missing_tag_is_told_from_a_missing_repository() {
    let server = fake().await;
    let outcome = asked(&about(&server, "team/app:2")).await;
    assert!(matches!(outcome, Outcome::TagMissing), "{outcome:?}");
    let outcome = asked(&about(&server, "team/none:1")).await;
    assert!(matches!(outcome, Outcome::NoAccess { .. }), "{outcome:?}");
}

#[tokio::test]
async fn another_platform_is_the_wrong_one() {
    let server = fake().await;
    let riscv = Platform::parse("linux/riscv64").unwrap();
    let report = report(&Question { platform: riscv, ..about(&server, "team/app:1") }).await;
    assert_eq!(
        report.to_string(),
        "team/app has no image for linux/riscv64, only for linux/amd64, linux/arm64."
    );
}

#[tokio::test]
async fn limits_are_told() {
    let (_server, question) = open(|| {
        Answer::error(429, "TOOMANYREQUESTS", "slow down")
            .with("Retry-After", "90")
            .with("RateLimit-Remaining", "0;w=21600")
    })
    .await;
    let outcome = asked(&question).await;
    let Outcome::RateLimited { retry_after, limit } = outcome else { panic!("{outcome:?}") };
    assert_eq!((retry_after, limit.remaining), (Some(Duration::from_secs(90)), Some(0)));
}

#[tokio::test]
async fn faults_of_the_registry_are_its_own() {
    let (_server, question) = open(|| Answer::error(503, "UNAVAILABLE", "down for maintenance")).await;
    let report = report(&question).await;
    assert!(matches!(report.outcome, Outcome::RegistryFault { status: 503, .. }), "{report:?}");
    assert!(report.to_string().contains("down for maintenance"), "{report}");
    for (body, digest) in [(image(), CHILD), ("{}".to_owned(), "nonsense"), ("x".repeat(5 << 20), CHILD)] {
        let (_server, question) =
            open(move || Answer::new(200, body.clone()).with("Docker-Content-Digest", digest)).await;
        let outcome = asked(&question).await;
        assert!(matches!(outcome, Outcome::RegistryFault { status: 200, .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_index_whose_image_was_tidied_away_is_a_fault() {
    let server = Server::plain(|asked, _| match asked.line.as_str() {
        "GET /v2/" => Answer::json(200, "{}"),
        "GET /v2/app/manifests/latest" => Answer::json(200, index()),
        _ => Answer::error(404, "MANIFEST_UNKNOWN", "gone"),
    })
    .await;
    let report = report(&question(&format!("{}/app", server.addr))).await;
    assert!(matches!(report.outcome, Outcome::RegistryFault { status: 404, .. }), "{report:?}");
    assert!(report.to_string().contains("the image for linux/amd64 that it names is gone"), "{report}");
}

#[tokio::test]
async fn what_is_no_registry_is_told() {
    let page = || Answer::new(200, "<!doctype html>").with("Content-Type", "text/html; charset=utf-8");
    let answers: [fn() -> Answer; 4] = [
        || Answer::new(200, "<!doctype html>").with("Content-Type", "text/html; charset=utf-8"),
        || Answer::new(404, "not found"),
        || Answer::new(302, "").with("Location", "/login"),
        || Answer::new(403, "go away"),
    ];
    for answer in answers {
        let server = Server::plain(move |_, _| answer()).await;
        let outcome = asked(&question(&format!("{}/app", server.addr))).await;
        assert!(matches!(outcome, Outcome::NotARegistry { .. }), "{outcome:?}");
    }
    let (_server, question) = open(page).await;
    let outcome = asked(&question).await;
    assert!(matches!(outcome, Outcome::NotARegistry { .. }), "{outcome:?}");
}

#[tokio::test]
async fn no_answer_is_a_matter_of_the_network() {
    let server = fake().await;
    let question = about(&server, "team/app:1");
    drop(server);
    let outcome = asked(&question).await;
    assert!(matches!(&outcome, Outcome::Network(error) if error.kind() == "refused"), "{outcome:?}");
}

#[tokio::test]
async fn the_deadline_is_for_all_together() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let image = format!("{}/app", silent.local_addr().unwrap());
    let outcome = asked(&Question { deadline: Duration::from_millis(50), ..question(&image) }).await;
    assert!(matches!(&outcome, Outcome::Network(error) if error.kind() == "head_timeout"), "{outcome:?}");
}

#[tokio::test]
async fn what_is_known_is_not_fetched_again() {
    let server = Server::plain(|asked, _| match asked.line.as_str() {
        "GET /v2/" => Answer::json(200, "{}"),
        _ => Answer::json(200, index())
            .with("Docker-Content-Digest", Digest::sha256(index().as_bytes()).to_string()),
    })
    .await;
    let question = question(&format!("{}/app", server.addr));
    let found = pulled(asked(&question).await);
    let known = Known { digest: found.digest.clone(), platforms: found.platforms.clone() };
    let before = server.asked().len();
    let again = Question { known: Some(known.clone()), ..question.clone() };
    assert_eq!(pulled(asked(&again).await), found);
    assert_eq!(server.lines()[before..], ["GET /v2/", "HEAD /v2/app/manifests/latest"]);
    let before = server.lines().len();
    let head = pulled(asked(&Question { head_only: true, ..question.clone() }).await);
    assert_eq!((&head.digest, head.platforms.len()), (&found.digest, 0));
    let lines = server.lines();
    let fetched =
        lines.iter().skip(before).filter(|line| line.starts_with("GET") && line.contains("/manifests/"));
    assert_eq!(fetched.count(), 0);
    let other = Known { digest: Digest::parse(CHILD).unwrap(), ..known };
    assert_eq!(pulled(asked(&Question { known: Some(other), ..question }).await), found);
    assert!(server.lines()[before + 2..].contains(&"GET /v2/app/manifests/latest".to_owned()));
}

#[tokio::test]
async fn passwords_are_shown_to_a_registry_that_wants_them() {
    let server = Server::plain(|asked, _| {
        let basic =
            || Answer::error(401, "UNAUTHORIZED", "who?").with("WWW-Authenticate", r#"Basic realm="x""#);
        match (asked.line.as_str(), asked.authorization.as_deref()) {
            ("GET /v2/", Some(GOOD)) => Answer::json(200, "{}"),
            ("GET /v2/app/manifests/latest", Some(GOOD)) => Answer::json(200, index()),
            _ => basic(),
        }
    })
    .await;
    assert!(pulled(asked(&about(&server, "app")).await).credential_used);
    let outcome = asked(&about(&server, "denied")).await;
    assert!(matches!(outcome, Outcome::NoAccess { .. }), "{outcome:?}");
    let bad = Question { credential: password("me", "bad"), ..about(&server, "app") };
    let outcome = asked(&bad).await;
    assert!(matches!(outcome, Outcome::CredentialRejected { .. }), "{outcome:?}");
    let outcome = asked(&Question { credential: None, ..about(&server, "app") }).await;
    assert!(matches!(outcome, Outcome::NoCredential { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_registry_may_ask_only_for_the_manifest() {
    let server = Server::plain(|asked, addr| match asked.line.as_str() {
        "GET /v2/" => Answer::json(200, "{}"),
        _ => registry(asked, addr),
    })
    .await;
    assert!(pulled(asked(&about(&server, "team/app:1")).await).credential_used);
}

#[tokio::test]
async fn where_everybody_may_knock_the_manifest_judges_the_password() {
    let server = Server::plain(|asked, _| match asked.line.as_str() {
        "GET /v2/" => Answer::json(200, "{}"),
        _ => Answer::error(401, "UNAUTHORIZED", "who?").with("WWW-Authenticate", r#"Basic realm="x""#),
    })
    .await;
    let outcome = asked(&about(&server, "app")).await;
    assert!(matches!(outcome, Outcome::CredentialRejected { .. }), "{outcome:?}");
}
