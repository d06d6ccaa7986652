//! Readings of what a registry and its token service answer.

use std::time::Duration;

use http::HeaderMap;
use http::header::{self, AsHeaderName};
use http_probe::Url;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use crate::challenge::Challenge;
use crate::outcome::{Outcome, RateLimit};

/// Longest text kept of what a registry says, in characters.
const MAX_SAID: usize = 200;

/// Number of errors looked at in one answer.
const MAX_ERRORS: usize = 8;

/// Longest wait and lifetime which are believed.
const MAX_WAIT: Duration = Duration::from_secs(400 * 86_400);

/// What may stand in a query without being encoded (RFC 3986, section 2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an answer says of its failure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Errors {
    /// The codes (OCI distribution specification, error codes).
    pub(crate) codes: Vec<String>,
    /// The first thing said, cut and without control characters.
    pub(crate) said: Option<String>,
}

impl Errors {
    /// Reads the body of an answer: `errors` as the specification has it, or `details`, `message`,
    /// `error_description` or `error` as token services have it.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return Self::default() };
        let errors = fields.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let text = |error: &Value, name| error.get(name).and_then(Value::as_str).and_then(plain);
        let mut codes: Vec<String> = Vec::new();
        let mut said = None;
        for error in errors.iter().take(MAX_ERRORS) {
            let code = text(error, "code");
            said = said.or_else(|| text(error, "message")).or_else(|| code.clone());
            codes.extend(code);
        }
        let elsewhere = ["details", "message", "error_description", "error"];
        let said = said.or_else(|| {
            elsewhere.iter().find_map(|name| fields.get(*name).and_then(Value::as_str).and_then(plain))
        });
        Self { codes, said }
    }

    pub(crate) fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|other| other.eq_ignore_ascii_case(code))
    }
}

/// A text of a stranger for a sentence: one line, at most 200 characters. `None` if nothing is left.
pub(crate) fn plain(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !plain.is_empty() {
            plain.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length >= MAX_SAID {
                plain.push('…');
                return Some(plain);
            }
            plain.push(c);
            length += 1;
        }
    }
    (!plain.is_empty()).then_some(plain)
}

/// What a registry demands before it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A token from a service.
    Token {
        /// Where to get it.
        realm: Url,
        /// For whom.
        service: Option<String>,
    },
    /// A name and a password.
    Password,
}

impl Demand {
    /// The first demand which can be met, tokens before passwords.
    ///
    /// # Errors
    ///
    /// A clause which says what is demanded instead.
    pub(crate) fn of(base: &Url, challenges: &[Challenge]) -> Result<Self, String> {
        let mut reason = "it demands no login although it refuses to answer without one".to_owned();
        for bearer in challenges.iter().filter(|challenge| challenge.scheme == "bearer") {
            match bearer.get("realm").map(|realm| base.join(realm.as_bytes())) {
                Some(Ok(realm)) => {
                    return Ok(Self::Token { realm, service: bearer.get("service").map(str::to_owned) });
                }
                Some(Err(error)) => {
                    reason = format!("the address of its token service cannot be asked: {error}");
                }
                None => reason = "it wants a token and does not tell where to get it".to_owned(),
            }
        }
        if challenges.iter().any(|challenge| challenge.scheme == "basic") {
            return Ok(Self::Password);
        }
        match challenges.iter().find(|challenge| challenge.scheme != "bearer") {
            Some(other) => {
                let scheme = plain(&other.scheme).unwrap_or_default();
                Err(format!("it wants a login by “{scheme}”, which is not for pulling images"))
            }
            None => Err(reason),
        }
    }
}

/// All challenges of an answer.
pub(crate) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all(header::WWW_AUTHENTICATE).iter().take(8);
    values.flat_map(|value| Challenge::parse_all(&String::from_utf8_lossy(value.as_bytes()))).collect()
}

/// Whether a token service may be shown the credential, or asked at all: over HTTPS, or, if the
/// registry itself is asked over plain HTTP, on the same host.
pub(crate) fn may_be_asked(base: &Url, realm: &Url) -> bool {
    use http_probe::Scheme::{Http, Https};
    match (base.scheme(), realm.scheme()) {
        (_, Https) => true,
        (Http, Http) => base.host() == realm.host(),
        (Https, Http) => false,
    }
}

/// The address at which a token service is asked for a token.
pub(crate) fn token_url(
    realm: &Url,
    service: Option<&str>,
    scope: Option<&str>,
    account: Option<&str>,
) -> Option<Url> {
    let mut text = realm.to_string();
    let mut between = if text.contains('?') { '&' } else { '?' };
    for (name, value) in [("service", service), ("scope", scope), ("account", account)] {
        let Some(value) = value else { continue };
        text.push(between);
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(value, QUERY));
        between = '&';
    }
    Url::parse(&text).ok()
}

/// The form with which a token service is asked for a token in exchange for a refresh token
/// (<https://distribution.github.io/distribution/spec/auth/oauth/>).
pub(crate) fn refresh_form(service: Option<&str>, scope: Option<&str>, refresh_token: &str) -> String {
    let fields = [
        ("grant_type", Some("refresh_token")),
        ("client_id", Some(env!("CARGO_PKG_NAME"))),
        ("service", service),
        ("scope", scope),
        ("refresh_token", Some(refresh_token)),
    ];
    let encode =
        |(name, value): (&str, Option<&str>)| Some(format!("{name}={}", utf8_percent_encode(value?, QUERY)));
    fields.into_iter().filter_map(encode).collect::<Vec<_>>().join("&")
}

/// Whether a token service does not take a refresh token (RFC 6749, section 5.2).
pub(crate) fn is_invalid_grant(body: &[u8]) -> bool {
    let error: Option<Value> = serde_json::from_slice(body).ok();
    error.is_some_and(|error| error.get("error").and_then(Value::as_str) == Some("invalid_grant"))
}

/// What a token service gives out. `Debug` is not there, as the token is a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) token: String,
    pub(crate) lifetime: Option<Duration>,
}

impl Token {
    /// Reads the answer of a token service: `token`, or `access_token` as OAuth 2 has it.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Raw {
            token: Option<String>,
            access_token: Option<String>,
            expires_in: Option<Value>,
        }
        let raw: Raw = serde_json::from_slice(json).ok()?;
        let filled = |token: Option<String>| token.filter(|token| !token.is_empty());
        let token = filled(raw.token).or_else(|| filled(raw.access_token))?;
        let lifetime = raw.expires_in.and_then(|seconds| seconds.as_u64()).filter(|seconds| *seconds > 0);
        Some(Self { token, lifetime: lifetime.map(|seconds| Duration::from_secs(seconds).min(MAX_WAIT)) })
    }
}

/// What an answer tells of limits; `None` if nothing.
pub(crate) fn rate_limit(headers: &HeaderMap) -> Option<RateLimit> {
    let field = |names: [&'static str; 2]| names.into_iter().find_map(|name| counted(headers, name));
    let limit = field(["ratelimit-limit", "x-ratelimit-limit"]);
    let remaining = field(["ratelimit-remaining", "x-ratelimit-remaining"]);
    let window = limit.and_then(|(_, window)| window).or(remaining.and_then(|(_, window)| window));
    let told = limit.is_some() || remaining.is_some();
    told.then(|| RateLimit {
        limit: limit.map(|(count, _)| count),
        remaining: remaining.map(|(count, _)| count),
        window,
    })
}

/// `100;w=21600`: a number and a window in seconds.
fn counted(headers: &HeaderMap, name: impl AsHeaderName) -> Option<(u64, Option<Duration>)> {
    let text = headers.get(name)?.to_str().ok()?;
    let mut parts = text.split(';');
    let count = parts.next()?.trim().parse().ok()?;
    let window = parts.find_map(|part| part.trim().strip_prefix("w=")?.parse().ok());
    Some((count, window.map(|seconds| Duration::from_secs(seconds).min(MAX_WAIT))))
}

/// How long to wait, where the answer tells it in seconds (RFC 9110, section 10.2.3). A date is not
/// read: what the wait is then depends on whose clock is right.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds)).filter(|wait| *wait <= MAX_WAIT)
}

/// Whether an answer is a page for people.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    kind.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
}

/// Whether an answer says that it comes from a registry.
pub(crate) fn says_registry(headers: &HeaderMap) -> bool {
    headers.contains_key("docker-distribution-api-version")
}

/// With what right a manifest was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Without any, as the registry demanded none.
    Open,
    /// With a token that anybody gets.
    Anonymous,
    /// With a token that was given out for the credential.
    Token,
    /// With the name and the password themselves.
    Password,
    /// With a token that was given as the credential.
    GivenToken,
}

/// What is to be made of a refusal.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// This is it.
    Is(Outcome),
    /// It is the credential or the repository: ask the registry for what needs the credential only.
    AskCredential,
    /// It is the tag or the repository: ask for what needs the repository only.
    AskRepository,
}

/// Judges an answer about a manifest which is neither the manifest nor a matter of limits or faults
/// (429, 5xx). `sure` says whether the server is known to be a registry.
pub(crate) fn refusal(right: Right, status: u16, headers: &HeaderMap, body: &[u8], sure: bool) -> Refusal {
    let Errors { codes, said } = Errors::parse(body);
    let errors = Errors { codes, said: said.clone() };
    let invalid_token =
        challenges(headers).iter().any(|challenge| challenge.get("error") == Some("invalid_token"));
    Refusal::Is(match (status, right) {
        (401, Right::Token) if invalid_token => {
            let reason = "it does not take the token that its own token service gave out".to_owned();
            Outcome::RegistryFault { status, reason }
        }
        (401, Right::Password) => return Refusal::AskCredential,
        (401, Right::GivenToken) => Outcome::CredentialRejected { said },
        (401, Right::Open) | (401 | 403, Right::Anonymous) => Outcome::NoCredential { said },
        (401, Right::Token) | (403, _) => Outcome::NoAccess { said },
        (404, _) if errors.has("NAME_UNKNOWN") || errors.has("DENIED") || errors.has("UNAUTHORIZED") => {
            Outcome::NoAccess { said }
        }
        (404, _) if !sure && errors.codes.is_empty() => {
            Outcome::NotARegistry { saw: "it knows nothing under the addresses of registries".to_owned() }
        }
        (404, _) => return Refusal::AskRepository,
        _ => Outcome::RegistryFault { status, reason: unexpected(said) },
    })
}

/// A clause for an answer which nothing can be made of.
pub(crate) fn unexpected(said: Option<String>) -> String {
    match said {
        Some(said) => format!("it says “{said}”"),
        None => "nothing more is known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        fields.iter().map(field).collect()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn demand(header: &str) -> Result<Demand, String> {
        Demand::of(&url("https://nas.lan/v2/"), &Challenge::parse_all(header))
    }

    #[test]
    fn errors_are_read_as_registries_and_token_services_write_them() {
        for (body, codes, said) in [
            (r#"{"errors":[{"code":"DENIED","message":"denied"}]}"#, vec!["DENIED"], Some("denied")),
            (
                r#"{"errors":[{"code":"NAME_UNKNOWN"},{"message":"x"}]}"#,
                vec!["NAME_UNKNOWN"],
                Some("NAME_UNKNOWN"),
            ),
            (
                r#"{"details":"incorrect username or password"}"#,
                vec![],
                Some("incorrect username or password"),
            ),
            (r#"{"error":"invalid_grant","error_description":"gone\nnow"}"#, vec![], Some("gone now")),
            (r#"{"errors":"x"}"#, vec![], None),
            (r#"{"message":"  "}"#, vec![], None),
            ("<html>", vec![], None),
        ] {
            let errors = Errors::parse(body.as_bytes());
            assert_eq!(
                (errors.codes, errors.said.as_deref()),
                (codes.into_iter().map(String::from).collect(), said)
            );
        }
    }

    #[test]
    fn tokens_go_before_passwords() {
        let token = |realm| Ok(Demand::Token { realm: url(realm), service: Some("x".to_owned()) });
        assert_eq!(
            demand(r#"Basic realm="a", Bearer realm="https://auth.lan/t",service="x""#),
            token("https://auth.lan/t")
        );
        assert_eq!(demand(r#"Bearer realm="/t",service="x""#), token("https://nas.lan/t"));
        assert_eq!(demand(r#"Bearer service="x", Basic realm="a""#), Ok(Demand::Password));
        for bad in
            ["", "Negotiate", "Bearer", r#"Bearer realm="ftp://x/""#, r#"Bearer realm="https://u:p@x/""#]
        {
            let reason = demand(bad).unwrap_err();
            assert!(!reason.ends_with('.') && !reason.contains("u:p"), "{reason}");
        }
    }

    #[test]
    fn a_secret_goes_over_https_or_stays_on_the_host() {
        let ask = |base, realm| may_be_asked(&url(base), &url(realm));
        assert!(ask("https://ghcr.io/v2/", "https://ghcr.io/token"));
        assert!(ask("https://registry-1.docker.io/v2/", "https://auth.docker.io/token"));
        assert!(ask("http://localhost:5000/v2/", "http://localhost:5001/token"));
        assert!(ask("http://localhost:5000/v2/", "https://auth.lan/token"));
        assert!(!ask("https://nas.lan/v2/", "http://nas.lan/token"));
        assert!(!ask("http://localhost:5000/v2/", "http://auth.lan/token"));
        assert!(!ask("http://nas.lan/v2/", "http://nas.lan.evil/token"));
    }

    #[test]
    fn a_token_is_asked_for_as_the_specification_says() {
        let ask = |realm, service, scope, account| {
            token_url(&url(realm), service, scope, account).unwrap().to_string()
        };
        assert_eq!(
            ask(
                "https://auth.docker.io/token",
                Some("registry.docker.io"),
                Some("repository:a/b:pull"),
                Some("me@x&y")
            ),
            "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Aa%2Fb%3Apull&account=me%40x%26y"
        );
        assert_eq!(
            ask("https://nas.lan/t?a=b", Some("ü x"), None, None),
            "https://nas.lan/t?a=b&service=%C3%BC%20x"
        );
        assert_eq!(ask("https://nas.lan/t", None, None, None), "https://nas.lan/t");
    }

    #[test]
    fn a_refresh_token_is_exchanged_by_a_form() {
        assert_eq!(
            refresh_form(Some("nas"), Some("repository:a/b:pull"), "a&b=c"),
            "grant_type=refresh_token&client_id=registry-probe&service=nas&scope=repository%3Aa%2Fb%3Apull&\
             refresh_token=a%26b%3Dc"
        );
        assert!(is_invalid_grant(br#"{"error":"invalid_grant"}"#));
        assert!(!is_invalid_grant(br#"{"error":"invalid_request"}"#) && !is_invalid_grant(b"invalid_grant"));
    }

    #[test]
    fn a_token_is_read_under_both_names() {
        let read = |json: &str| Token::parse(json.as_bytes()).map(|token| (token.token, token.lifetime));
        let second = Duration::from_secs;
        assert_eq!(read(r#"{"token":"a","expires_in":300}"#), Some(("a".to_owned(), Some(second(300)))));
        assert_eq!(read(r#"{"access_token":"b","expires_in":"x"}"#), Some(("b".to_owned(), None)));
        assert_eq!(read(r#"{"token":"","access_token":"b","expires_in":0}"#), Some(("b".to_owned(), None)));
        assert_eq!(
            read(r#"{"token":"a","expires_in":18446744073709551615}"#),
            Some(("a".to_owned(), Some(MAX_WAIT)))
        );
        for none in ["", "{}", r#"{"token":5}"#, "<html>"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn limits_are_read_as_docker_hub_writes_them() {
        let hub = headers(&[("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "76;w=21600")]);
        let window = Some(Duration::from_secs(21600));
        assert_eq!(rate_limit(&hub), Some(RateLimit { limit: Some(100), remaining: Some(76), window }));
        let plain = headers(&[("x-ratelimit-remaining", " 5 ")]);
        assert_eq!(rate_limit(&plain), Some(RateLimit { limit: None, remaining: Some(5), window: None }));
        assert_eq!(rate_limit(&headers(&[("ratelimit-limit", "many")])), None);
        assert_eq!(retry_after(&headers(&[("retry-after", "120")])), Some(Duration::from_secs(120)));
        for none in ["Fri, 31 Dec 1999 23:59:59 GMT", "-5", "99999999999", ""] {
            assert_eq!(retry_after(&headers(&[("retry-after", none)])), None, "{none}");
        }
    }

    #[test]
    fn a_refusal_means_what_the_right_makes_of_it() {
        let none = HeaderMap::new();
        let kind =
            |right, status, body: &str, sure| match refusal(right, status, &none, body.as_bytes(), sure) {
                Refusal::Is(outcome) => outcome.kind(),
                Refusal::AskCredential => "credential?",
                Refusal::AskRepository => "repository?",
            };
        let unknown = r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#;
        let nameless = r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#;
        for (right, status, body, sure, expected) in [
            (Right::Open, 401, "", true, "no_credential"),
            (Right::Open, 403, "", true, "no_access"),
            (Right::Anonymous, 401, "", true, "no_credential"),
            (Right::Anonymous, 403, "", true, "no_credential"),
            (Right::Token, 401, "", true, "no_access"),
            (Right::Token, 403, "", true, "no_access"),
            (Right::Password, 401, "", true, "credential?"),
            (Right::Password, 403, "", true, "no_access"),
            (Right::GivenToken, 401, "", true, "credential_rejected"),
            (Right::Token, 404, unknown, false, "repository?"),
            (Right::Token, 404, "", true, "repository?"),
            (Right::Open, 404, nameless, true, "no_access"),
            (Right::Open, 404, "<html>", false, "not_a_registry"),
            (Right::Open, 400, "", true, "registry_fault"),
        ] {
            assert_eq!(kind(right, status, body, sure), expected, "{right:?} {status} {body}");
        }
        let invalid = headers(&[("www-authenticate", r#"Bearer realm="x",error="invalid_token""#)]);
        let fault = refusal(Right::Token, 401, &invalid, b"", true);
        assert!(matches!(fault, Refusal::Is(Outcome::RegistryFault { status: 401, .. })), "{fault:?}");
    }

    proptest! {
        #[test]
        fn what_is_said_stays_short_and_on_one_line(text: String) {
            if let Some(plain) = plain(&text) {
                prop_assert!(!plain.is_empty() && plain.chars().count() <= MAX_SAID + 1);
                prop_assert!(!plain.chars().any(char::is_control));
            }
        }

        #[test]
        fn any_body_is_read(body: Vec<u8>) {
            let _ = (Errors::parse(&body), Token::parse(&body));
        }

        #[test]
        fn any_value_of_a_query_is_one_value(service: String, scope: String) {
            let realm = url("https://nas.lan/t?a=b");
            if let Some(asked) = token_url(&realm, Some(&service), Some(&scope), None) {
                prop_assert_eq!(asked.to_string().matches('&').count(), 2);
                prop_assert!(asked.same_origin(&realm));
            }
        }
    }
}
