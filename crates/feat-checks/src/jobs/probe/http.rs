//! Questions over HTTP: web services, Docker, gRPC.

use super::Engines;
use crate::model::Outcome;
use crate::model::definition::bracketed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hob_feature::checks::{DockerCheck, GrpcCheck, HttpCheck, HttpLogin, HttpVersion, IpFamily};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http_probe::{Family, Limits, Method, Redirects, Request, Url, Versions};
use std::path::Path;
use std::time::Duration;

/// How much of a page is read to see that it comes, and to show its beginning.
const BODY_BYTES: usize = 16 * 1024;
/// How much of a page is searched for a text.
const SEARCHED_BYTES: usize = 512 * 1024;

impl Engines {
    pub(super) async fn http(&self, check: &HttpCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        let url = match Url::parse(&check.url) {
            Ok(url) => url,
            Err(reason) => return Err(Outcome::Http(Err(reason.into()))),
        };
        let body_bytes = if looks_at_page(check) { SEARCHED_BYTES } else { BODY_BYTES };
        let connect_to = check.connect_to.as_deref().map(str::parse).transpose();
        let request = Request {
            method: Method::from_bytes(check.method.as_bytes()).map_err(unusable)?,
            headers: self.headers(check).await?,
            body: check.body.clone().unwrap_or_default().into(),
            even_if_untrusted: !check.trusted,
            family: family(check.family),
            connect_to: connect_to.map_err(unusable)?,
            versions: match check.version {
                // What was found is asked as plainly as can be.
                HttpVersion::Any if check.found => Versions::Http1,
                HttpVersion::Any => Versions::Auto,
                HttpVersion::One => Versions::Http1,
                HttpVersion::Two => Versions::Http2,
            },
            limits: Limits { body_bytes, ..limits(timeout) },
            redirects: redirects(check),
            ..Request::get(url)
        };
        Ok(Outcome::Http(self.http.get(&request).await.map(Box::new)))
    }

    async fn headers(&self, check: &HttpCheck) -> Result<Vec<(HeaderName, HeaderValue)>, Outcome> {
        let mut headers = Vec::new();
        for (name, value) in &check.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(unusable)?;
            headers.push((name, HeaderValue::from_str(value).map_err(unusable)?));
        }
        for (name, secret) in &check.secret_headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(unusable)?;
            headers.push((name, sensitive(self.open(secret).await?.reveal())?));
        }
        match &check.login {
            Some(HttpLogin::Basic { user, password }) => {
                let password = self.open(password).await?;
                let plain = format!("{user}:{}", password.reveal());
                headers.push((AUTHORIZATION, sensitive(&format!("Basic {}", STANDARD.encode(plain)))?));
            }
            Some(HttpLogin::Bearer { token }) => {
                let token = self.open(token).await?;
                headers.push((AUTHORIZATION, sensitive(&format!("Bearer {}", token.reveal()))?));
            }
            None => {}
        }
        Ok(headers)
    }

    pub(super) async fn docker(&self, check: &DockerCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        // The name was checked to need no escaping.
        let url =
            Url::parse(&format!("http://docker/containers/{}/json", check.container)).map_err(unusable)?;
        let request =
            Request { limits: Limits { body_bytes: SEARCHED_BYTES, ..limits(timeout) }, ..Request::get(url) };
        Ok(Outcome::Docker(self.http.get_unix(Path::new(&check.socket), &request).await.map(Box::new)))
    }

    pub(super) async fn grpc(&self, check: &GrpcCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        let scheme = if check.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}:{}/", bracketed(&check.host), check.port);
        let url = Url::parse(&url).map_err(unusable)?;
        let health = self.http.grpc_health(&url, &check.service, &limits(timeout)).await;
        Ok(Outcome::Grpc(health.map(|health| (health.state, Box::new(health.response)))))
    }
}

fn unusable(problem: impl std::fmt::Display) -> Outcome {
    Outcome::Unusable(problem.to_string())
}

/// A header that no log shows and no redirect carries off.
fn sensitive(text: &str) -> Result<HeaderValue, Outcome> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Outcome::NoSecret("the secret holds a character that cannot be sent in a header".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn limits(timeout: Duration) -> Limits {
    Limits { total: timeout, connect: timeout, ..Limits::default() }
}

pub(super) fn family(family: IpFamily) -> Family {
    match family {
        IpFamily::Any => Family::Any,
        IpFamily::V4 => Family::V4,
        IpFamily::V6 => Family::V6,
    }
}

/// Whether what the page says matters.
fn looks_at_page(http: &HttpCheck) -> bool {
    !(http.expect_text.is_empty() && http.not_text.is_empty() && http.expect_json.is_empty())
        || http.expect_pattern.is_some()
}

/// What was merely found is not followed to other hosts; an address that the owner wrote down is. Where a redirect is
/// the very answer that is wanted, it is not followed.
fn redirects(http: &HttpCheck) -> Redirects {
    let of_class = |class: u16| http.expect_status.iter().any(|status| status / 100 == class);
    match http.follow {
        Some(false) => Redirects::No,
        None if of_class(3) && !of_class(2) => Redirects::No,
        _ if http.found => Redirects::SameHost,
        _ => Redirects::Follow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_followed_unless_one_is_wanted() {
        let check = |expect_status: Vec<u16>, follow, found| HttpCheck {
            expect_status,
            follow,
            found,
            ..HttpCheck::new("x")
        };
        for (check, expected) in [
            (check(vec![], None, false), Redirects::Follow),
            (check(vec![], None, true), Redirects::SameHost),
            (check(vec![301], None, false), Redirects::No),
            (check(vec![200, 301], None, false), Redirects::Follow),
            (check(vec![301], Some(true), false), Redirects::Follow),
            (check(vec![], Some(false), false), Redirects::No),
            (check(vec![], Some(true), true), Redirects::SameHost),
        ] {
            assert_eq!(redirects(&check), expected, "{check:?}");
        }
    }
}
