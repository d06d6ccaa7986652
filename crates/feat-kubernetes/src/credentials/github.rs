//! The last day of a GitHub token, which the registry ghcr.io does not tell and GitHub's API does.
//!
//! Source: <https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api>, the header
//! `github-authentication-token-expiration`, such as `2026-12-01 10:00:00 UTC` or `2026-12-01 10:00:00 +0200`. Tokens
//! without an end have none.

use http::{HeaderMap, HeaderValue, header};
use http_probe::{Client, Limits, Redirects, Request, Url};
use registry_probe::Credential;
use std::time::Duration;

/// How long GitHub has to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// The registry whose passwords are tokens of GitHub.
pub(super) const REGISTRY: &str = "ghcr.io";

/// The token of a login, if it is one of GitHub's.
pub(super) fn token(credential: &Credential) -> Option<&str> {
    let Credential::Password { password, .. } = credential else { return None };
    ["ghp_", "github_pat_", "gho_", "ghs_", "ghu_"]
        .iter()
        .any(|start| password.starts_with(start))
        .then_some(password.as_str())
}

/// When a token ends, in seconds since 1970; `None` where nobody tells.
pub(super) async fn expiry(client: &Client, api: &str, token: &str) -> Option<i64> {
    let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    authorization.set_sensitive(true);
    let request = Request {
        headers: vec![(header::AUTHORIZATION, authorization)],
        limits: Limits { total: PATIENCE, body_bytes: 0, ..Limits::default() },
        redirects: Redirects::No,
        ..Request::get(Url::parse(api).ok()?)
    };
    let answer = client.get(&request).await.ok()?;
    read(&answer.headers)
}

/// Reads the header.
fn read(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get("github-authentication-token-expiration")?.to_str().ok()?.trim();
    let text = text.replace("UTC", "+0000");
    let moment = jiff::fmt::strtime::parse("%Y-%m-%d %H:%M:%S %z", text.trim()).ok()?;
    Some(moment.to_timestamp().ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_read_in_each_of_its_forms() {
        for (text, seconds) in [
            ("2026-12-01 10:00:00 UTC", Some(1_796_119_200)),
            ("2026-12-01 10:00:00 +0000", Some(1_796_119_200)),
            ("2026-12-01 12:00:00 +0200", Some(1_796_119_200)),
            ("soon", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("github-authentication-token-expiration", HeaderValue::from_str(text).unwrap());
            assert_eq!(read(&headers), seconds, "{text}");
        }
        assert_eq!(read(&HeaderMap::new()), None);
    }

    #[test]
    fn only_tokens_of_github_are_shown_to_it() {
        let password = |text: &str| Credential::Password { user: "me".into(), password: text.into() };
        assert_eq!(token(&password("ghp_x")), Some("ghp_x"));
        assert_eq!(token(&password("github_pat_x")), Some("github_pat_x"));
        assert_eq!(token(&password("hunter2")), None);
        assert_eq!(token(&Credential::IdentityToken("ghp_x".into())), None);
    }
}
