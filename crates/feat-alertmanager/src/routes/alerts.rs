//! `/alerts` and `/alerts/groups`.

use super::ALERTS_BYTES_MAX;
use super::answer::{Refusal, Who, body_of, done, json, unreadable, violation};
use crate::jobs::TELL;
use crate::memory::with_book;
use crate::model::alert::{Alert, Fingerprint, Labels};
use crate::model::book::{ALERTS_MAX, Phase, TEXT_BYTES_MAX};
use crate::model::filter::Wanted;
use crate::model::judge;
use crate::model::wire::{AlertStatus, GettableAlert, PostedAlerts, check_alerts, grouped};
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hob_base::Silence;
use hob_base::resource::observe;
use hob_base::silence::labels_of;
use hob_feature::{Ctx, Scope};
use std::sync::Arc;

/// How many alerts are handled before others get their turn.
const STRIDE: usize = 250;
/// How many faults of posted alerts are told.
const FAULTS_MAX: usize = 10;

type Pairs = Query<Vec<(String, String)>>;

pub(super) async fn list(State(ctx): State<Ctx>, who: Who, Query(query): Pairs) -> Result<Response, Refusal> {
    who.needs(&[Scope::Read])?;
    Ok(json(&wanted(&ctx, &query).await?))
}

pub(super) async fn groups(
    State(ctx): State<Ctx>,
    who: Who,
    Query(query): Pairs,
) -> Result<Response, Refusal> {
    who.needs(&[Scope::Read])?;
    Ok(json(&grouped(wanted(&ctx, &query).await?)))
}

async fn wanted(ctx: &Ctx, query: &[(String, String)]) -> Result<Vec<GettableAlert>, Refusal> {
    let wanted =
        Wanted::from_query(query).map_err(|problem| Refusal::text(StatusCode::BAD_REQUEST, &problem))?;
    if !wanted.is_for_us() {
        return Ok(Vec::new());
    }
    let firing = with_book(ctx, |book, _| book.firing());
    let silences = ctx.silences.active(ctx.clock.now());
    let mut found = Vec::new();
    for (i, (fingerprint, alert)) in firing.into_iter().enumerate() {
        if i % STRIDE == STRIDE - 1 {
            tokio::task::yield_now().await;
        }
        if !wanted.matches(&alert.labels) {
            continue;
        }
        let status = AlertStatus::new(silenced_by(ctx, fingerprint, &alert, &silences));
        if wanted.wants(&status) {
            found.push(GettableAlert::new(fingerprint, &alert, status));
        }
    }
    Ok(found)
}

/// The silences that mean this alert, by the same labels by which incidents are silenced.
fn silenced_by(ctx: &Ctx, fingerprint: Fingerprint, alert: &Alert, silences: &[Arc<Silence>]) -> Vec<String> {
    if silences.is_empty() {
        return Vec::new();
    }
    let labels = house_labels(ctx, fingerprint, alert);
    let mut ids: Vec<String> = silences
        .iter()
        .filter(|silence| silence.matches(&labels))
        .map(|silence| silence.id.clone())
        .collect();
    ids.sort();
    ids
}

fn house_labels(ctx: &Ctx, fingerprint: Fingerprint, alert: &Alert) -> Labels {
    match ctx.resources.get(&fingerprint.resource()) {
        Some(resource) => labels_of(&resource),
        // The house is about to be told of it.
        None => {
            let said = judge::observation(fingerprint, alert, Phase::Firing, Vec::new(), |at| {
                at.date_time(&ctx.zone)
            });
            labels_of(&observe(None, said, ctx.clock.moment()))
        }
    }
}

pub(super) async fn post(
    State(ctx): State<Ctx>,
    who: Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    who.needs(&[Scope::Push, Scope::Write])?;
    let body = body_of(&headers, body, ALERTS_BYTES_MAX).await?;
    if body.trim_ascii().is_empty() {
        return Err(violation((602, "alerts in body is required".to_owned())));
    }
    let posted: PostedAlerts = serde_json::from_slice(&body).map_err(|error| unreadable("alerts", &error))?;
    drop(body);
    check_alerts(&posted).map_err(violation)?;
    let (mut refused, mut faults) = (posted.left, Vec::new());
    let mut posted = posted.alerts.into_iter().peekable();
    while posted.peek().is_some() {
        let now = ctx.clock.now();
        let mut alerts = Vec::with_capacity(STRIDE);
        for posted in posted.by_ref().take(STRIDE) {
            match Alert::from_posted(posted, now) {
                Ok(alert) => alerts.push(alert),
                Err(fault) if faults.len() < FAULTS_MAX => faults.push(fault),
                Err(_) => {}
            }
        }
        refused += with_book(&ctx, |book, now| book.receive(alerts, now));
        tokio::task::yield_now().await;
    }
    ctx.jobs.poke(TELL);
    if refused > 0 {
        let text = format!(
            "{refused} of these alerts were refused: Hob keeps at most {ALERTS_MAX} alerts with together {} MiB of \
             labels and annotations. The others were taken.",
            TEXT_BYTES_MAX >> 20
        );
        return Err(Refusal::coded(StatusCode::TOO_MANY_REQUESTS, 429, &text));
    }
    if !faults.is_empty() {
        return Err(Refusal::text(StatusCode::BAD_REQUEST, &faults.join("; ")));
    }
    Ok(done())
}
