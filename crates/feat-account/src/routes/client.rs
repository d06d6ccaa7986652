//! What a request tells about the browser, and the cookie it is given.

use crate::actions;
use crate::memory::remembered;
use crate::model::{SESSION_MAX, User, client_address, throttle_address};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::{Error, Result, error::Doing};
use hob_feature::Ctx;
use hob_web::answer::wants_json;
use hob_web::{Failure, Peer, SESSION_COOKIE, SESSION_COOKIE_SECURE, is_https};
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use tracing::warn;

const AGENT_CHARS_MAX: usize = 256;

/// Who sends a request, before anybody knows their name.
pub(super) struct Client {
    /// The address, for people.
    pub(super) address: String,
    /// The address by which tries are counted.
    pub(super) counted_address: String,
    user_agent: String,
    https: bool,
    /// Whether it is a program that reads JSON.
    pub(super) wants_json: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let ctx = parts.extensions.get::<Ctx>();
        let ctx = ctx.ok_or_else(|| Error::internal("Reading a request", "it did not pass the shell"))?;
        let headers = &parts.headers;
        let address = match parts.extensions.get::<Peer>() {
            Some(Peer::Network(peer)) => behind_proxies(ctx, peer.ip(), headers).to_string(),
            Some(Peer::Local) => "local".to_owned(),
            None => "unknown".to_owned(),
        };
        let user_agent =
            headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        Ok(Self {
            counted_address: throttle_address(&address),
            address,
            user_agent: user_agent.unwrap_or_default().chars().take(AGENT_CHARS_MAX).collect(),
            https: is_https(headers),
            wants_json: wants_json(parts.uri.path(), headers),
        })
    }
}

fn behind_proxies(ctx: &Ctx, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let remembered = remembered(ctx);
    let trusted = &remembered.settings(ctx).trusted_proxies;
    // A line that is no text ends the walk, as an address that cannot be read does.
    let lines = headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or("?"));
    let lines: Vec<&str> = lines.collect();
    let is_trusted = trusted.iter().any(|network| network.contains(peer));
    if !lines.is_empty() && !is_trusted && !remembered.told_of_proxy.swap(true, Ordering::Relaxed) {
        warn!(
            %peer,
            "a request came through a proxy that is not trusted: everybody behind it counts as one address when \
             passwords are guessed. If it is yours, name it in hob.toml: [account] trusted_proxies"
        );
    }
    client_address(peer, lines.into_iter(), trusted)
}

impl Client {
    /// Logs a user in and sends the browser on; `None` when the user is no longer let in.
    pub(super) async fn log_in(&self, ctx: &Ctx, user: &User, to: &str) -> Result<Option<Response>> {
        let token = actions::add_session(&ctx.db, &ctx.clock, user, &self.address, &self.user_agent).await?;
        let Some(token) = token else { return Ok(None) };
        Ok(Some(self.with_cookie(to, &token, SESSION_MAX.as_secs())?))
    }

    /// Takes the cookie back and sends the browser on.
    pub(super) fn log_out(&self, to: &str) -> Result<Response> {
        self.with_cookie(to, "", 0)
    }

    /// How long a session lasts without being seen is decided here and not by the browser, so the cookie is given for
    /// the longest that one can last.
    fn with_cookie(&self, to: &str, value: &str, max_age_s: u64) -> Result<Response> {
        let (name, secure) =
            if self.https { (SESSION_COOKIE_SECURE, "; Secure") } else { (SESSION_COOKIE, "") };
        let cookie = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
        let cookie = HeaderValue::from_str(&cookie).doing(|| "Writing a cookie".to_owned())?;
        let mut response = Redirect::to(to).into_response();
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        Ok(response)
    }
}
