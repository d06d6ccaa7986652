//! Where a credential goes, and where it does not.

use http_probe::Client;

use super::fake::{Answer, Authority, Server};
use super::{asked, password, question};
use crate::{Credential, Outcome, Question, ask};

const SECRET: &str = "Basic bWU6Z29vZA==";

fn with_secret(image: &str) -> Question {
    Question { credential: password("me", "good"), ..question(image) }
}

/// A registry whose token service is at `realm`.
fn sends_to(realm: String) -> impl Fn() -> Answer {
    move || Answer::new(401, "").with("WWW-Authenticate", format!(r#"Bearer realm="{realm}",service="x""#))
}

fn told(server: &Server) -> bool {
    server.asked().iter().any(|asked| asked.authorization.is_some())
}

#[tokio::test]
async fn no_redirect_gets_it() {
    let thief = Server::plain(|_, _| Answer::new(200, "{}")).await;
    let to = format!("http://{}/", thief.addr);
    let server = Server::plain(move |asked, addr| match asked.line.as_str() {
        "GET /v2/" => {
            Answer::new(401, "").with("WWW-Authenticate", format!(r#"Bearer realm="http://{addr}/token""#))
        }
        line if line.starts_with("GET /token") => Answer::json(200, r#"{"token":"mine"}"#),
        // Also not if it stays at home.
        "GET /v2/app/manifests/home" => Answer::new(307, "").with("Location", "/v2/app/manifests/away"),
        _ => Answer::new(307, "").with("Location", to.clone()),
    })
    .await;
    let outcome = asked(&with_secret(&format!("{}/app:home", server.addr))).await;
    assert!(matches!(outcome, Outcome::RegistryFault { status: 200, .. }), "{outcome:?}");
    assert_eq!(thief.lines(), ["GET /"]);
    assert!(!told(&thief));
    let last = server.asked().pop().unwrap();
    assert_eq!((last.line.as_str(), last.authorization), ("GET /v2/app/manifests/away", None));
}

#[tokio::test]
async fn a_token_service_that_redirects_is_not_followed() {
    let thief = Server::plain(|_, _| Answer::json(200, r#"{"token":"x"}"#)).await;
    let to = format!("http://{}/token", thief.addr);
    let server = Server::plain(move |asked, addr| match asked.line.starts_with("GET /token") {
        true => Answer::new(307, "").with("Location", to.clone()),
        false => sends_to(format!("http://{addr}/token"))(),
    })
    .await;
    let outcome = asked(&with_secret(&format!("{}/app", server.addr))).await;
    assert!(matches!(outcome, Outcome::RegistryFault { status: 307, .. }), "{outcome:?}");
    assert_eq!(thief.lines(), [""; 0]);
}

#[tokio::test]
async fn another_host_without_https_is_not_asked() {
    let thief = Server::plain(|_, _| Answer::json(200, r#"{"token":"x"}"#)).await;
    // Another host by name only.
    let answer = sends_to(format!("http://localhost:{}/token", thief.addr.port()));
    let server = Server::plain(move |_, _| answer()).await;
    let outcome = asked(&with_secret(&format!("{}/app", server.addr))).await;
    assert!(
        matches!(&outcome, Outcome::RegistryFault { reason, .. } if reason.contains("without HTTPS")),
        "{outcome:?}"
    );
    assert_eq!(thief.lines(), [""; 0]);
}

#[tokio::test]
async fn a_trusted_token_service_gets_it_and_another_does_not() {
    let (known, unknown) = (Authority::new(), Authority::new());
    for (authority, trusted) in [(&known, true), (&unknown, false)] {
        let service = Server::serve(Some(authority.server("localhost")), |_, _| {
            Answer::json(200, r#"{"token":"mine"}"#)
        })
        .await;
        let answer = sends_to(format!("https://localhost:{}/token", service.addr.port()));
        let server = Server::plain(move |asked, _| match asked.authorization {
            Some(_) => Answer::error(403, "DENIED", "denied"),
            None => answer(),
        })
        .await;
        let client = Client::with_roots(vec![known.root()]);
        let outcome = ask(&client, &with_secret(&format!("{}/app", server.addr))).await.outcome;
        assert_eq!(told(&service), trusted);
        if trusted {
            assert!(matches!(outcome, Outcome::NoAccess { .. }), "{outcome:?}");
            assert_eq!(service.asked().pop().unwrap().authorization.as_deref(), Some(SECRET));
            assert_eq!(service.lines()[0], "GET /token?service=x&scope=repository%3Aapp%3Apull&account=me");
        } else {
            assert!(
                matches!(&outcome, Outcome::Network(error) if error.kind() == "tls_handshake"),
                "{outcome:?}"
            );
            assert!(outcome_text(&outcome).contains("the certificate is"), "{outcome:?}");
        }
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Network(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_given_token_goes_to_the_registry_alone() {
    let answer = sends_to("https://localhost:9/token".to_owned());
    let server = Server::plain(move |asked, _| match asked.authorization.as_deref() {
        Some("Bearer given") => Answer::error(403, "DENIED", "denied"),
        _ => answer(),
    })
    .await;
    let given = |token: &str| Question {
        credential: Some(Credential::RegistryToken(token.to_owned())),
        ..question(&format!("{}/app", server.addr))
    };
    let outcome = asked(&given("given")).await;
    assert!(matches!(outcome, Outcome::NoAccess { .. }), "{outcome:?}");
    let outcome = asked(&given("old")).await;
    assert!(matches!(outcome, Outcome::CredentialRejected { .. }), "{outcome:?}");
}

/// A registry whose token service exchanges the identity token `id`.
fn exchanges(asked: &super::fake::Asked, addr: std::net::SocketAddr) -> Answer {
    let mine = asked.authorization.as_deref() == Some("Bearer mine");
    match asked.line.as_str() {
        "POST /token" if asked.body.ends_with("refresh_token=id") && asked.body.contains("app2") => {
            Answer::error(403, "DENIED", "denied")
        }
        "POST /token" if asked.body.ends_with("refresh_token=id") => {
            Answer::json(200, r#"{"access_token":"mine"}"#)
        }
        "POST /token" => {
            Answer::json(400, r#"{"error":"invalid_grant","error_description":"it has expired"}"#)
        }
        "GET /v2/app/manifests/latest" if mine => {
            Answer::json(200, r#"{"schemaVersion":1,"architecture":"amd64"}"#)
        }
        _ => sends_to(format!("http://{addr}/token"))(),
    }
}

#[tokio::test]
async fn an_identity_token_is_exchanged() {
    let server = Server::plain(exchanges).await;
    let with = |token: &str, image: &str| Question {
        credential: Some(Credential::IdentityToken(token.to_owned())),
        ..question(&format!("{}/{image}", server.addr))
    };
    assert!(super::pulled(asked(&with("id", "app")).await).credential_used);
    let form = server.asked().into_iter().find(|asked| asked.line == "POST /token").unwrap();
    let expected = "grant_type=refresh_token&client_id=registry-probe&service=x&scope=repository%3Aapp%3Apull&refresh_token=id";
    assert_eq!((form.body.as_str(), form.authorization), (expected, None));
    let outcome = asked(&with("old", "app")).await;
    assert!(matches!(outcome, Outcome::CredentialRejected { said: Some(said) } if said == "it has expired"));
    let outcome = asked(&with("id", "app2")).await;
    assert!(matches!(outcome, Outcome::NoAccess { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_identity_token_goes_to_nobody_who_is_not_trusted() {
    let service =
        Server::serve(Some(Authority::new().server("localhost")), |_, _| Answer::json(200, "{}")).await;
    let answer = sends_to(format!("https://localhost:{}/token", service.addr.port()));
    let server = Server::plain(move |_, _| answer()).await;
    let credential = Some(Credential::IdentityToken("id".to_owned()));
    let outcome = asked(&Question { credential, ..question(&format!("{}/app", server.addr)) }).await;
    assert!(matches!(&outcome, Outcome::Network(error) if error.kind() == "withheld"), "{outcome:?}");
    assert_eq!(service.lines(), [""; 0]);
}
