//! What people are to be told: decided by the judge of incidents, kept in the database, carried by channels.
//!
//! A notice has a key that says what it is about. Adding it again changes nothing, so that neither a restart nor a second
//! look can say a thing twice.

mod store;

use hob_base::{IncidentId, Level, Result, Timestamp};
use hob_db::Db;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::watch;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Something broke.
    Opened,
    /// It turned out to be worse, or its cause is another.
    Changed,
    /// It still goes on.
    Reminder,
    /// Nobody took care, so the next person hears of it.
    Escalated,
    /// It is over.
    Closed,
}

/// One thing that people are to be told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about: `incident/12/opened/anna`. Unique for ever.
    pub key: String,
    /// What kind of news it is.
    pub kind: NoticeKind,
    /// When it was decided.
    pub at: Timestamp,
    /// Not to be told before: the end of quiet hours, else the same as `at`.
    pub due: Timestamp,
    /// About which incident.
    pub incident: Option<IncidentId>,
    /// How bad it is.
    pub severity: Level,
    /// A headline without a full stop.
    pub title: String,
    /// A few sentences: why, since when, what else, what to do.
    pub body: String,
    /// The page in Hob.
    pub path: String,
    /// Whom: the name of a user; `None`: whoever listens.
    pub to: Option<String>,
}

/// The handle on all notices. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notices {
    db: Db,
    changed: Arc<watch::Sender<u64>>,
}

impl Notices {
    /// A handle on the notices in this database.
    pub fn new(db: Db) -> Self {
        Self { db, changed: Arc::new(watch::Sender::new(0)) }
    }

    /// Adds those whose key is not known yet, all or none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add(&self, notices: &[Notice]) -> Result<()> {
        if notices.is_empty() {
            return Ok(());
        }
        store::add_notices(&self.db, notices).await?;
        self.changed.send_modify(|version| *version += 1);
        Ok(())
    }

    /// Takes back those of an incident that are not due yet at `now`: what happened since is told instead.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn withdraw_undue(&self, incident: IncidentId, now: Timestamp) -> Result<()> {
        store::delete_undue(&self.db, incident, now).await
    }

    /// Those about one incident, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of_incident(&self, incident: IncidentId) -> Result<Vec<Notice>> {
        store::list_of_incidents(&self.db, incident, incident).await
    }

    /// Those about incidents with these numbers, the last included, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of_incidents(&self, first: IncidentId, last: IncidentId) -> Result<Vec<Notice>> {
        store::list_of_incidents(&self.db, first, last).await
    }

    /// Those that became due from `from` (included) to `to` (excluded), oldest first: what a channel has to carry.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Notice>> {
        store::list_due(&self.db, from, to).await
    }

    /// Changes whenever something is added.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
