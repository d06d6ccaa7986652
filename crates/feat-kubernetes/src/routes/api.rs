//! Clusters for programs.

use super::find;
use crate::clusters::{ClusterView, Clusters, State as Reach};
use crate::gaps::{Gap, Why};
use crate::pages::findings::Found;
use crate::pages::findings_of;
use crate::publish::resource_id;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use cluster_model::{Kind, ThingKind};
use hob_base::{Level, Timestamp};
use hob_feature::Ctx;
use hob_web::Answer;
use serde_json::{Value, json};

/// The most findings that are told.
const FINDINGS_MAX: usize = 2_000;

/// `GET /api/v1/clusters`
pub(super) async fn clusters(State(ctx): State<Ctx>) -> Answer {
    let clusters = ctx.memory.of::<Clusters>();
    let watched: Vec<Value> = clusters.list().iter().map(|view| in_short(&ctx, view)).collect();
    let candidates: Vec<Value> = clusters
        .candidates()
        .iter()
        .map(|one| {
            json!({
                "name": one.name, "origin": one.origin, "server": one.server, "reason": one.reason, "lines": one.lines,
            })
        })
        .collect();
    Ok(Json(json!({ "clusters": watched, "not_watched": candidates })).into_response())
}

/// `GET /api/v1/clusters/NAME`
pub(super) async fn cluster(State(ctx): State<Ctx>, Path(name): Path<String>) -> Answer {
    let view = find(&ctx, &name)?;
    let mut told = in_short(&ctx, &view);
    let findings: Vec<Value> =
        findings_of(&ctx, &view).iter().take(FINDINGS_MAX).map(|found| finding(&view, found)).collect();
    if let Value::Object(told) = &mut told {
        told.insert("gaps".to_owned(), view.gaps.iter().map(gap).collect());
        told.insert("findings".to_owned(), findings.into());
    }
    Ok(Json(told).into_response())
}

fn in_short(ctx: &Ctx, view: &ClusterView) -> Value {
    let state = match &view.state {
        Reach::Connecting => json!({ "word": "connecting" }),
        Reach::Watching => json!({ "word": "watching" }),
        Reach::Away { since, reason, evidence, remedy } => json!({
            "word": "away", "since": since.rfc3339(), "reason": reason, "evidence": evidence, "remedy": remedy,
        }),
    };
    let count = |kind: ThingKind| view.picture.things.keys().filter(|id| id.kind == kind).count();
    let all = findings_of(ctx, view);
    let of_level = |level: Level| all.iter().filter(|found| found.level == level).count();
    json!({
        "name": view.name,
        "state": state,
        "found": view.found,
        "origin": view.origin,
        "server": view.server,
        "version": view.version,
        "complete": view.complete,
        "heard_at": view.heard_at.map(Timestamp::rfc3339),
        "examined_at": view.examined_at.map(Timestamp::rfc3339),
        "objects": view.object_count(),
        "nodes": view.objects.count(Kind::Node),
        "pods": view.objects.count(Kind::Pod),
        "workloads": count(ThingKind::Workload),
        "routes": count(ThingKind::Route),
        "addresses": count(ThingKind::Service),
        "critical": of_level(Level::Critical),
        "warning": of_level(Level::Warning),
        "not_read": view.gaps.len(),
    })
}

fn gap(gap: &Gap) -> Value {
    let why = match gap.why {
        Why::Forbidden => "forbidden",
        Why::Failing => "failing",
        Why::Unwanted => "unwanted",
    };
    json!({ "what": gap.what, "why": why, "sentence": gap.sentence, "evidence": gap.evidence, "grants": gap.grants })
}

fn finding(view: &ClusterView, found: &Found) -> Value {
    json!({
        "resource": resource_id(&view.name, &found.id).as_str(),
        "code": found.code,
        "severity": if found.level == Level::Ok { "note" } else { found.level.as_str() },
        "sentence": found.fault.sentence,
        "object": found.fault.object,
        "field": found.fault.field,
        "evidence": found.fault.evidence,
        "remedy": found.fault.remedy,
    })
}
