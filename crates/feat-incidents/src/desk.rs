//! Where the judge and everybody else meet: what is open now, and the way to ask the judge for something.

use crate::model::deeds::Deed;
use crate::model::telling::QuietHours;
use crate::store;
use hob_base::{Error, Incident, IncidentId, Result};
use hob_db::Db;
use recurrence::Window;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};

/// The most requests that may wait.
const INBOX_MAX: usize = 64;

/// A request of a person.
pub(crate) struct Request {
    pub(crate) incident: IncidentId,
    pub(crate) deed: Deed,
    pub(crate) who: String,
    pub(crate) reply: oneshot::Sender<Result<IncidentId>>,
}

/// What pages read, and where they ask. One in every hub.
pub(crate) struct Desk {
    open: RwLock<Arc<Vec<Arc<Incident>>>>,
    version: watch::Sender<u64>,
    inbox: mpsc::Sender<Request>,
    /// Locked by the judge while it runs; a judge that panics gives it back.
    pub(crate) outbox: AsyncMutex<mpsc::Receiver<Request>>,
    quiet: RwLock<Arc<Vec<QuietHours>>>,
}

impl Default for Desk {
    fn default() -> Self {
        let (inbox, outbox) = mpsc::channel(INBOX_MAX);
        Self {
            open: RwLock::default(),
            version: watch::Sender::new(0),
            inbox,
            outbox: AsyncMutex::new(outbox),
            quiet: RwLock::default(),
        }
    }
}

impl Desk {
    /// The open incidents, the worst first, then the newest.
    pub(crate) fn open(&self) -> Arc<Vec<Arc<Incident>>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows what is open now.
    pub(crate) fn show(&self, open: Vec<Arc<Incident>>) {
        let open = Arc::new(open);
        let mut shown = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if *shown == open {
            return;
        }
        *shown = open;
        drop(shown);
        self.version.send_modify(|version| *version += 1);
    }

    /// Changes whenever what is open does.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Has the judge do something. Returns the incident to look at next.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub(crate) async fn ask(&self, incident: IncidentId, deed: Deed, who: &str) -> Result<IncidentId> {
        let (reply, answer) = oneshot::channel();
        let away = || {
            let text = "Hob is stopping or has just started, so this was not done. Try again in a moment.";
            Error::Unavailable(text.to_owned())
        };
        let request = Request { incident, deed, who: who.to_owned(), reply };
        self.inbox.send(request).await.map_err(|_| away())?;
        answer.await.map_err(|_| away())?
    }

    /// Everybody's quiet hours.
    pub(crate) fn quiet(&self) -> Arc<Vec<QuietHours>> {
        self.quiet.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads everybody's quiet hours from the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn load_quiet(&self, db: &Db) -> Result<()> {
        let saved = store::list_quiet(db).await?;
        let hours = saved.into_iter().map(|(person, lines)| QuietHours {
            person,
            // What cannot be read was refused when it was to be saved.
            windows: lines.lines().filter_map(|line| Window::parse(line).ok()).collect(),
        });
        *self.quiet.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hours.collect());
        Ok(())
    }
}
