//! Doors to what reads strangers' bytes, for the targets in `fuzz/`: bytes in, and a panic where a promise is broken.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use http_probe::Url;

use crate::answer::{
    Demand, Errors, Refusal, Right, Token, challenges, may_be_asked, rate_limit, refusal, token_url,
};
use crate::credential::bearer;
use crate::manifest::{Manifest, best, platforms};
use crate::{Challenge, DockerConfig, Outcome, Platform, Reference, Report, platform_of_config};

/// What a registry or a token service answers, with any status and a `WWW-Authenticate` header.
pub fn answer(status: u16, authenticate: &[u8], body: &[u8]) {
    let Ok(base) = Url::parse("https://nas.lan/v2/") else { panic!("the address of the target") };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(authenticate) {
        headers.insert(header::WWW_AUTHENTICATE, value.clone());
        headers.insert("ratelimit-remaining", value);
    }
    if let Ok(Demand::Token { realm, service }) = Demand::of(&base, &challenges(&headers)) {
        token_service(&base, &realm, service.as_deref());
    }
    assert!(rate_limit(&headers).is_none_or(|limit| limit.limit.is_none()), "a limit comes from nowhere");
    if let Some(token) = Token::parse(body) {
        assert!(token.lifetime.is_none_or(|time| time > Duration::ZERO), "a token ends as it begins");
        assert!(bearer(&token.token).is_none_or(|value| value.is_sensitive()), "a token is shown");
    }
    Errors::parse(body);
    for right in [Right::Open, Right::Anonymous, Right::Token, Right::Password, Right::GivenToken] {
        if let Refusal::Is(outcome) = refusal(right, status, &headers, body, status & 1 == 0) {
            sentence(outcome);
        }
    }
}

fn token_service(base: &Url, realm: &Url, service: Option<&str>) {
    if let Some(asked) = token_url(realm, service, Some("repository:a/b:pull"), Some("me")) {
        assert!(asked.same_origin(realm), "{realm} became {asked}");
        assert!(
            !may_be_asked(base, realm) || asked.to_string().starts_with("https://"),
            "{asked} is open to all"
        );
    }
}

fn sentence(outcome: Outcome) {
    let Ok(reference) = Reference::parse("nas.lan/a/b:1") else { panic!("the image of the target") };
    let text = Report { reference, outcome, credential_expires_at: None }.to_string();
    assert!(text.chars().count() <= 600 && !text.chars().any(char::is_control), "{text:?}");
}

/// A manifest and the configuration of an image.
pub fn manifest(json: &[u8]) {
    let machine = Platform::of_this_machine();
    if let Some(Manifest::Index(images)) = Manifest::parse(json) {
        let there = platforms(&images);
        let runs = there.iter().any(|platform| machine.runs(platform));
        let untold = images.iter().all(|image| image.platform.is_none()) && !images.is_empty();
        assert_eq!(
            best(&images, &machine).is_some(),
            runs || untold,
            "the image for a platform is not found"
        );
        let outcome = Outcome::WrongArchitecture { wanted: machine, there };
        sentence(outcome);
    }
    let _ = platform_of_config(json);
}

/// The name of an image.
pub fn reference(text: &str) {
    if let Ok(reference) = Reference::parse(text) {
        assert_eq!(
            Reference::parse(&reference.to_string()).as_ref(),
            Ok(&reference),
            "it is not read as it was written"
        );
        let url = Url::parse(&format!("https://{}/v2/{}/", reference.host(), reference.repository()));
        assert!(url.is_ok_and(|url| url.path_and_query().starts_with("/v2/")), "{reference} cannot be asked");
    }
}

/// A configuration of Docker, and the name of an image to pick a credential for.
pub fn config(json: &[u8], reference: &str) {
    let Ok(config) = DockerConfig::parse(json) else { return };
    let Ok(reference) = Reference::parse(reference) else { return };
    if let Ok(Some(credential)) = config.pick(&reference) {
        let _ = credential.expires_at();
    }
}

/// A `WWW-Authenticate` header.
pub fn challenge(header: &str) {
    for challenge in Challenge::parse_all(header) {
        assert!(!challenge.scheme.is_empty(), "a scheme has no name");
    }
}
