//! How other features read incidents.

use crate::config::read;
use crate::desk::Desk;
use crate::model::record::{Record, Sick};
use crate::model::telling::{news, notices};
use crate::model::words::title;
use crate::store;
use hob_base::{Health, Incident, IncidentId, Level, Resource, Result, Timestamp};
use hob_feature::{Ctx, Delivery, IncidentQuery, IncidentReader, Notice, Problems, boxed};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const READER: IncidentReader = IncidentReader {
    open: |ctx| ctx.memory.of::<Desk>().open(),
    changes: |ctx| ctx.memory.of::<Desk>().changes(),
    find: |ctx, id| boxed(async move { find(&ctx, id).await }),
    list: |ctx, query| boxed(async move { list(&ctx, &query).await }),
    timeline: |ctx, id| boxed(async move { store::list_entries(&ctx.db, id).await }),
    preview,
};

/// What people would be told if this resource alone turned this bad.
fn preview(ctx: &Ctx, resource: &Resource, level: Level, at: Timestamp) -> Vec<Notice> {
    let sick = Sick {
        id: resource.id.clone(),
        name: resource.name.clone(),
        health: Health::new(level, format!("It is {level}.")),
        since: at,
        seen_at: Duration::ZERO,
        needs: resource.depends_on.clone(),
    };
    let mut record = Record::open(IncidentId(0), &[&sick], at);
    record.incident.title = title(&record.incident, false);
    // Mistakes were reported when the hub started.
    let rota = read(&ctx.config, &Problems::default()).rota;
    let Some(news) = news(&record, &rota, at) else { return Vec::new() };
    notices(&news, &record, &rota, &ctx.memory.of::<Desk>().quiet(), at, &ctx.zone)
}

/// One incident, open or closed.
pub(crate) async fn find(ctx: &Ctx, id: IncidentId) -> Result<Option<Arc<Incident>>> {
    let open = ctx.memory.of::<Desk>().open();
    if let Some(incident) = open.iter().find(|incident| incident.id == id) {
        return Ok(Some(incident.clone()));
    }
    Ok(store::find(&ctx.db, id).await?.map(|record| Arc::new(record.incident)))
}

/// Those that a query asks for, newest first.
pub(crate) async fn list(ctx: &Ctx, query: &IncidentQuery) -> Result<Vec<Arc<Incident>>> {
    let records = store::list(&ctx.db, query).await?;
    Ok(records.into_iter().map(|record| Arc::new(record.incident)).collect())
}

/// What became of these notices, if a feature carries them.
pub(crate) async fn deliveries(ctx: &Ctx, notices: &[Notice]) -> Result<Vec<Delivery>> {
    match ctx.deliveries() {
        Some(reader) if !notices.is_empty() => {
            let keys = notices.iter().map(|notice| notice.key.clone()).collect();
            (reader.of_notices)(ctx.clone(), keys).await
        }
        _ => Ok(Vec::new()),
    }
}
