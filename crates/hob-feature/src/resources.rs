//! What is known of every resource: kept in memory for reading, in the database for ever.
//!
//! One listener ([`keeper()`]) folds observations in, in the order in which they come. A change of health is in the
//! database before it is shown, so that `kill -9` never loses a transition that somebody saw. When the database refuses
//! (a full disk), what could not be written is kept in memory and tried again, and a resource of Hob's own says so.

mod history;
mod keeper;
mod store;

pub use history::{History, Recorded, STRIP_DAYS};
pub use keeper::keeper;

use hob_base::{Error, Observation, Resource, ResourceId, Result, Source, Timestamp, Transition};
use hob_db::Db;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, broadcast, mpsc, oneshot};

/// The longest that messages may queue before a source has to wait.
const INBOX_MAX: usize = 4096;

/// The handle on all resources. Cheap to clone.
#[derive(Clone)]
pub struct Resources(Arc<Inner>);

struct Inner {
    map: RwLock<BTreeMap<ResourceId, Arc<Resource>>>,
    history: RwLock<HashMap<ResourceId, Arc<History>>>,
    gaps: RwLock<Arc<Vec<hob_base::uptime::Span>>>,
    version: AtomicU64,
    inbox: mpsc::Sender<Message>,
    /// Locked by the keeper while it runs; an unwinding keeper gives it back.
    outbox: AsyncMutex<mpsc::Receiver<Message>>,
    changes: broadcast::Sender<Arc<Vec<ResourceId>>>,
    db: Db,
}

enum Message {
    Observe(Box<Observation>),
    Withdraw(Source, ResourceId),
    Forget(ResourceId),
    Settle(oneshot::Sender<()>),
}

impl Resources {
    /// An empty house. [`Resources::load`] fills it, [`keeper()`] keeps it.
    pub fn new(db: Db) -> Self {
        let (inbox, outbox) = mpsc::channel(INBOX_MAX);
        Self(Arc::new(Inner {
            map: RwLock::default(),
            history: RwLock::default(),
            gaps: RwLock::default(),
            version: AtomicU64::new(1),
            inbox,
            outbox: AsyncMutex::new(outbox),
            changes: broadcast::channel(256).0,
            db,
        }))
    }

    /// Says something of a resource. Waits while the inbox is full.
    pub async fn observe(&self, observation: Observation) {
        self.send(Message::Observe(Box::new(observation))).await;
    }

    /// Takes back what `source` said; a resource of which nobody speaks any more ceases to exist.
    pub async fn withdraw(&self, source: &str, resource: ResourceId) {
        self.send(Message::Withdraw(source.into(), resource)).await;
    }

    /// Forgets a resource, whoever spoke of it. Its transitions stay; if it is observed again, it is new.
    pub async fn forget(&self, resource: ResourceId) {
        self.send(Message::Forget(resource)).await;
    }

    /// Waits until everything said before this call is folded in.
    pub async fn settle(&self) {
        let (sender, receiver) = oneshot::channel();
        self.send(Message::Settle(sender)).await;
        let _ = receiver.await;
    }

    async fn send(&self, message: Message) {
        // The keeper owns the other end for as long as this handle lives; during shutdown nobody listens any more and
        // what is said then is of no use.
        let _ = self.0.inbox.send(message).await;
    }

    /// One resource.
    pub fn get(&self, id: &ResourceId) -> Option<Arc<Resource>> {
        self.0.map.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All resources, by id.
    pub fn list(&self) -> Vec<Arc<Resource>> {
        self.0.map.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// All resources of one kind, by id.
    pub fn of_kind(&self, kind: &str) -> Vec<Arc<Resource>> {
        let map = self.0.map.read().unwrap_or_else(PoisonError::into_inner);
        let Ok(first) = format!("{kind}/ / ").parse::<ResourceId>() else { return Vec::new() };
        map.range((Bound::Included(first), Bound::Unbounded))
            .take_while(|(id, _)| id.kind() == kind)
            .map(|(_, resource)| resource.clone())
            .collect()
    }

    /// Grows with every change that a page would show.
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Which resources changed, as it happens. Who falls behind is told so and reads everything anew.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Vec<ResourceId>>> {
        self.0.changes.subscribe()
    }

    /// The changes of level of the last days, for strips.
    pub fn history(&self, id: &ResourceId) -> Arc<History> {
        self.0.history.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }

    /// The spans in which the hub did not run.
    pub fn gaps(&self) -> Arc<Vec<hob_base::uptime::Span>> {
        self.0.gaps.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest transitions of one resource, or of all, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn transitions(&self, of: Option<&ResourceId>, limit: u32) -> Result<Vec<Transition>> {
        store::list_transitions(&self.0.db, of, limit).await
    }

    /// What the database has of the time from `span.from` to `span.to`, of one resource or of all: for what memory no
    /// longer has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn recorded(
        &self,
        of: Option<&ResourceId>,
        span: hob_base::uptime::Span,
        now: Timestamp,
    ) -> Result<Recorded> {
        store::recorded(&self.0.db, of, span, now).await
    }

    /// The transitions of one resource, or of all, from `span.from` to `span.to`, oldest first, at most `limit`. `after`
    /// is the last one of an earlier answer.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn transitions_between(
        &self,
        of: Option<&ResourceId>,
        span: hob_base::uptime::Span,
        after: Option<(Timestamp, &ResourceId)>,
        limit: u32,
    ) -> Result<Vec<Transition>> {
        store::transitions_between(&self.0.db, of, span, after, limit).await
    }

    fn add_gap(&self, gap: hob_base::uptime::Span) {
        let mut gaps = self.0.gaps.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut gaps).push(gap);
    }

    fn publish(&self, changed: Vec<(ResourceId, Option<Arc<Resource>>)>, visible: Vec<ResourceId>) {
        let mut map = self.0.map.write().unwrap_or_else(PoisonError::into_inner);
        for (id, resource) in changed {
            match resource {
                Some(resource) => map.insert(id, resource),
                None => {
                    // Its transitions stay in the database; should it come back, its strip begins anew.
                    self.0.history.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
                    map.remove(&id)
                }
            };
        }
        drop(map);
        if !visible.is_empty() {
            self.0.version.fetch_add(1, Ordering::AcqRel);
            // Nobody may be listening.
            let _ = self.0.changes.send(Arc::new(visible));
        }
    }

    fn remember(&self, transitions: &[Transition]) {
        let mut map = self.0.history.write().unwrap_or_else(PoisonError::into_inner);
        for transition in transitions {
            let history = map.entry(transition.resource.clone()).or_default();
            Arc::make_mut(history).push(transition);
        }
    }

    fn outbox(&self) -> Result<AsyncMutexGuard<'_, mpsc::Receiver<Message>>> {
        self.0
            .outbox
            .try_lock()
            .map_err(|_| Error::Conflict("The keeper of resources runs already.".to_owned()))
    }
}
