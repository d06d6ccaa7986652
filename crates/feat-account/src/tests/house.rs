//! A hub with nothing but accounts, and a browser.

use crate::{FEATURE, cli};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use hob_base::{Clock, Timestamp};
use hob_db::{Db, Location, migrate};
use hob_feature::metrics::Metrics;
use hob_feature::secrets::Sealer;
use hob_feature::{BASE_MIGRATIONS, CheckBook, Config, Ctx, CtxParts, Feature, Resources};
use hob_web::Peer;
use http_body_util::BodyExt;
use std::path::Path;
use std::sync::Mutex;
use tower::ServiceExt;

static FEATURES: [Feature; 1] = [FEATURE];

/// 12 November 2026, 09:00 UTC.
pub(super) const START: Timestamp = Timestamp::from_millis(1_794_474_000_000);
pub(super) const PASSWORD: &str = "correct horse";

pub(super) struct House {
    pub(super) ctx: Ctx,
    app: Router,
    _dir: tempfile::TempDir,
}

impl House {
    /// Nobody lives here yet.
    pub(super) async fn empty() -> Self {
        Self::with_config("").await
    }

    pub(super) async fn with_config(toml: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap();
        migrate(&db, &[("hob", BASE_MIGRATIONS), ("account", FEATURE.migrations)], START).await.unwrap();
        let ctx = Ctx::new(CtxParts {
            resources: Resources::new(db.clone()),
            silences: hob_feature::Silences::new(db.clone(), jiff::tz::TimeZone::UTC),
            notices: hob_feature::Notices::new(db.clone()),
            db,
            clock: Clock::fake(START),
            zone: jiff::tz::TimeZone::UTC,
            config: Config::parse(Path::new("hob.toml"), toml).unwrap(),
            checks: CheckBook::default(),
            jobs: hob_feature::jobs::JobBoard::default(),
            metrics: Metrics::default(),
            sealer: Sealer::open(&dir.path().join("secret.key")).unwrap(),
            data: dir.path().to_owned(),
            hostname: "nas".to_owned(),
            features: &FEATURES,
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            listening: Mutex::default(),
            shutdown: tokio_util::sync::CancellationToken::new(),
            memory: hob_feature::Memory::default(),
        });
        Self { app: hob_web::router(&ctx), ctx, _dir: dir }
    }

    /// Anna administrates, Ben looks.
    pub(super) async fn inhabited() -> Self {
        let house = Self::empty().await;
        house.settle_in().await;
        house
    }

    pub(super) async fn settle_in(&self) {
        cli::add_user(&self.ctx.db, &self.ctx.clock, "Anna", PASSWORD, true).await.unwrap();
        cli::add_user(&self.ctx.db, &self.ctx.clock, "ben", PASSWORD, false).await.unwrap();
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        self.browser_at("192.0.2.7")
    }

    pub(super) fn browser_at(&self, address: &str) -> Browser<'_> {
        Browser {
            house: self,
            address: address.parse().unwrap(),
            cookie: None,
            origin: Some("http://hob.lan".to_owned()),
            headers: HeaderMap::new(),
        }
    }

    pub(super) async fn logged_in(&self, name: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.log_in(name, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// A program with a token.
    pub(super) async fn call(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "hob.lan")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()));
        Answer::read(self.app.clone().oneshot(request.unwrap()).await.unwrap()).await
    }
}

/// Something that keeps a cookie and says where its forms come from.
pub(super) struct Browser<'a> {
    house: &'a House,
    pub(super) address: std::net::IpAddr,
    pub(super) cookie: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) headers: HeaderMap,
}

impl Browser<'_> {
    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, String::new()).await
    }

    pub(super) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send("POST", path, body).await
    }

    pub(super) async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/login", &[("name", name), ("password", password)]).await
    }

    async fn send(&mut self, method: &str, path: &str, body: String) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "hob.lan")
            .header(header::ACCEPT, "text/html")
            .header(
                header::USER_AGENT,
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            )
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(Peer::Network((self.address, 4711).into()));
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if method == "POST"
            && let Some(origin) = &self.origin
        {
            request = request.header(header::ORIGIN, origin);
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let answer = Answer::read(self.house.app.clone().oneshot(request).await.unwrap()).await;
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(ToOwned::to_owned);
        }
        answer
    }
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Checks for problem+json with this status and this in its detail.
    pub(super) fn assert_problem(&self, status: u16, detail: &str) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert!(self.json()["detail"].as_str().unwrap().contains(detail), "{}", self.body);
    }
}
