//! How incidents are read by who does not judge them: pages, the API, channels.

use crate::{BoxFuture, Ctx, Notice};
use hob_base::incident::TimelineEntry;
use hob_base::{Incident, IncidentId, Level, Resource, ResourceId, Result, Timestamp};
use std::sync::Arc;
use tokio::sync::watch;

/// How the feature that keeps incidents is asked.
#[derive(Clone, Copy)]
pub struct IncidentReader {
    /// The open ones, the worst first, then the newest. Reads memory only.
    pub open: fn(&Ctx) -> Arc<Vec<Arc<Incident>>>,
    /// Changes whenever an open incident does, or one is opened or closed.
    pub changes: fn(&Ctx) -> watch::Receiver<u64>,
    /// One incident, open or closed.
    pub find: fn(Ctx, IncidentId) -> BoxFuture<Result<Option<Arc<Incident>>>>,
    /// Those that a query asks for, newest first.
    pub list: fn(Ctx, IncidentQuery) -> BoxFuture<Result<Vec<Arc<Incident>>>>,
    /// What happened in one, oldest first.
    pub timeline: fn(Ctx, IncidentId) -> BoxFuture<Result<Vec<TimelineEntry>>>,
    /// What people would be told at a time if this resource alone turned this bad then: whom, and when their quiet hours
    /// let it through. Silences are left aside. Nothing is written, and nobody is told.
    pub preview: fn(&Ctx, &Resource, Level, Timestamp) -> Vec<Notice>,
}

/// Which incidents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentQuery {
    /// Open ones, closed ones, or with `None` both.
    pub open: Option<bool>,
    /// Only those that went on at some time from here on.
    pub from: Option<Timestamp>,
    /// Only those that began before this.
    pub to: Option<Timestamp>,
    /// Only those that this resource is or was part of.
    pub resource: Option<ResourceId>,
    /// Only those with a lower number: for the next page.
    pub before: Option<IncidentId>,
    /// At most so many.
    pub limit: u32,
}

impl Default for IncidentQuery {
    fn default() -> Self {
        Self { open: None, from: None, to: None, resource: None, before: None, limit: 100 }
    }
}
