//! What the shell itself answers: liveness, metrics, the web app's manifest, and the page of background jobs.

use crate::assets::{asset, serve_fixed};
use crate::components::{empty, health_mark, table, time};
use crate::{Answer, Frame};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use hob_base::error::OrNotFound;
use hob_base::wording::{counted, duration_words};
use hob_feature::jobs::JobStatus;
use hob_feature::{Ctx, Scope};
use maud::{Markup, html};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use serde_json::json;
use std::sync::OnceLock;
use tracing::warn;

/// Counts answers by class of status.
#[derive(Default)]
pub(crate) struct Requests(OnceLock<[Counter; 5]>);

impl Requests {
    pub(crate) fn count(&self, ctx: &Ctx, status: StatusCode) {
        let counters = self.0.get_or_init(|| {
            [1, 2, 3, 4, 5].map(|class| {
                let name = format!("http_responses_{class}xx");
                ctx.metrics.register(&name, "Answers of this class of status", Counter::default())
            })
        });
        if let Some(counter) = counters.get(usize::from(status.as_u16() / 100).saturating_sub(1)) {
            counter.inc();
        }
    }
}

pub(crate) fn open_routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/manifest.webmanifest", get(manifest))
        .route("/sw.js", get(service_worker))
        .route("/favicon.ico", get(|| async { Redirect::permanent(asset("icon-192.png")) }))
        .with_state(ctx.clone())
}

pub(crate) fn guarded_routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/system/jobs", get(jobs))
        .route("/system/jobs/{name}/run", post(run_job))
        .with_state(ctx.clone())
}

/// Ready when resources are kept up to date and the database answers.
async fn readyz(State(ctx): State<Ctx>) -> Response {
    if !ctx.jobs.list().iter().any(|job| job.name == "resources.keeper" && job.running) {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: nobody keeps the resources\n").into_response();
    }
    match ctx.db.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            warn!(reason = error.chain(), "asked whether Hob is ready, the database did not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database does not answer\n").into_response()
        }
    }
}

#[derive(Default)]
struct Gauges(OnceLock<(Gauge, Gauge)>);

async fn metrics(State(ctx): State<Ctx>) -> Response {
    let gauges = ctx.memory.of::<Gauges>();
    let (resources, browsers) = gauges.0.get_or_init(|| {
        (
            ctx.metrics.register("resources", "Resources that are known", Gauge::default()),
            ctx.metrics.register("live_browsers", "Browsers that receive live changes", Gauge::default()),
        )
    });
    resources.set(i64::try_from(ctx.resources.list().len()).unwrap_or(i64::MAX));
    browsers.set(i64::try_from(crate::live(&ctx).browsers()).unwrap_or(i64::MAX));
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], ctx.metrics.render()).into_response()
}

/// What the service worker may reach: buttons of notifications send requests to where their message says, and pictures of
/// notifications come from there. Pages may not.
const WORKER_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self' http: https:; img-src 'self' https: data:; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

async fn service_worker(headers: HeaderMap) -> Response {
    let mut response = serve_fixed("sw.js", &headers);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(WORKER_POLICY));
    response
}

async fn manifest() -> Response {
    let icon = |name: &str, size: &str, purpose: &str| {
        let kind = if name.ends_with("svg") { "image/svg+xml" } else { "image/png" };
        json!({ "src": asset(name), "sizes": size, "type": kind, "purpose": purpose })
    };
    let manifest = json!({
        "name": "Hob",
        "short_name": "Hob",
        "description": "The state of this house",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f2ee",
        "theme_color": "#f4f2ee",
        "icons": [
            icon("icon-192.png", "192x192", "any"),
            icon("icon-512.png", "512x512", "any"),
            icon("icon-maskable-512.png", "512x512", "maskable"),
            icon("favicon.svg", "any", "any"),
        ],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response()
}

async fn jobs(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    frame.require(Scope::Admin)?;
    Ok(frame.page("Background jobs", &jobs_page(&ctx, &ctx.jobs.list())))
}

async fn run_job(State(ctx): State<Ctx>, frame: Frame, Path(name): Path<String>) -> Answer {
    frame.require(Scope::Admin)?;
    // The page shows what came of it, also when it failed.
    ctx.jobs.run(&name).await.or_not_found("background job", &name)?.ok();
    Ok(Redirect::to("/system/jobs").into_response())
}

fn jobs_page(ctx: &Ctx, jobs: &[JobStatus]) -> Markup {
    let failing = jobs.iter().filter(|job| job.failures_in_a_row > 0).count();
    html! {
        div.page-head {
            h1 { "Background jobs" }
            p.muted {
                @if failing == 0 { "All " (counted(jobs.len(), "job")) " work as they should." }
                @else { (counted(failing, "job")) " of " (jobs.len()) " failed when last run." }
            }
        }
        @if jobs.is_empty() { (empty("Nothing runs in the background.", "", &html! {})) }
        (table("Background jobs", &["Job", "Runs", "Last run", "Took", "Result", ""], jobs.iter().map(|job| job_row(ctx, job))))
    }
}

fn job_row(ctx: &Ctx, job: &JobStatus) -> Markup {
    let health = job.health();
    html! {
        tr {
            th scope="row" { (health_mark(health.level)) " " code { (job.name) } }
            td { (job.rhythm()) @if job.panics > 0 { br; (counted(usize::try_from(job.panics).unwrap_or(usize::MAX), "panic")) } }
            td { @if let Some(at) = job.started_at { (time(at, ctx)) } @else { "not yet" } }
            td.number { @if let Some(took) = job.took { (duration_words(took)) } }
            td { (health.reason) @if !health.evidence.is_empty() { br; code { (health.evidence) } } }
            td {
                @if job.every.is_some() {
                    form method="post" action={ "/system/jobs/" (job.name) "/run" } {
                        button.small type="submit" { "Run now" }
                    }
                }
            }
        }
    }
}
