//! Addresses of the pages of clusters, and of the same for programs.

mod api;

use crate::clusters::{ClusterView, Clusters};
use crate::pages::{self, Narrow};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use hob_base::Result;
use hob_base::error::OrNotFound;
use hob_feature::Ctx;
use hob_web::{Answer, Frame};
use serde::Deserialize;
use std::sync::Arc;

/// Where the pages begin.
pub(crate) const PATH: &str = "/kubernetes";

/// All addresses of the crate.
pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new()
        .route(PATH, get(list))
        .route("/kubernetes/{name}", get(cluster))
        .route("/kubernetes/{name}/routes", get(cluster_routes))
        .route("/api/v1/clusters", get(api::clusters))
        .route("/api/v1/clusters/{name}", get(api::cluster))
        .with_state(ctx.clone())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NarrowQuery {
    q: String,
    namespace: String,
    page: Option<usize>,
}

impl From<NarrowQuery> for Narrow {
    fn from(query: NarrowQuery) -> Self {
        Self { text: query.q, namespace: query.namespace, page: query.page.unwrap_or(1) }
    }
}

fn find(ctx: &Ctx, name: &str) -> Result<Arc<ClusterView>> {
    ctx.memory.of::<Clusters>().get(name).or_not_found("cluster", name)
}

async fn list(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    Ok(frame.page("Clusters", &pages::list::list(&ctx)))
}

async fn cluster(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(name): Path<String>,
    Query(query): Query<NarrowQuery>,
) -> Answer {
    let view = find(&ctx, &name)?;
    Ok(frame.page(&format!("Cluster {name}"), &pages::cluster(&ctx, &view, &query.into())))
}

async fn cluster_routes(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(name): Path<String>,
    Query(query): Query<NarrowQuery>,
) -> Answer {
    let view = find(&ctx, &name)?;
    Ok(frame.page(&format!("Routes of {name}"), &pages::routes::routes(&ctx, &view, &query.into())))
}
