//! All SQL about pages for everybody, announcements, objectives and times of maintenance.

mod pages;
mod windows;

pub(crate) use pages::{
    add_announcement, add_page, change_page, delete_announcement, delete_old_announcements, delete_page,
    end_announcement, list_pages, replace_entries,
};
pub(crate) use windows::{list_windows, save_windows};

use hob_base::error::Doing;
use hob_base::{ResourceId, Result};
use hob_db::{Db, on};
use std::collections::HashMap;

/// What people want of each resource, in per cent.
pub(crate) async fn list_objectives(db: &Db) -> Result<HashMap<ResourceId, f64>> {
    const SQL: &str = "SELECT resource_id, percent FROM status_objective";
    let rows: Vec<(String, f64)> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the objectives".to_owned())?;
    Ok(rows.into_iter().filter_map(|(id, percent)| Some((id.parse().ok()?, percent))).collect())
}

/// Sets what is wanted of a resource; `None` goes back to the default.
pub(crate) async fn set_objective(db: &Db, id: &ResourceId, percent: Option<f64>) -> Result<()> {
    const SET: &str = "INSERT INTO status_objective (resource_id, percent) VALUES ($1, $2)
        ON CONFLICT (resource_id) DO UPDATE SET percent = excluded.percent";
    const RESET: &str = "DELETE FROM status_objective WHERE resource_id = $1";
    let done = match percent {
        Some(percent) => {
            on!(write db, p => sqlx::query(SET).bind(id.as_str()).bind(percent).execute(p).await.map(|_| ()))
        }
        None => on!(write db, p => sqlx::query(RESET).bind(id.as_str()).execute(p).await.map(|_| ())),
    };
    done.doing(|| format!("Saving the objective of {id}"))
}
