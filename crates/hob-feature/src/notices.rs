//! What people are to be told: decided by the judge of incidents, kept in the database, carried by channels.
//!
//! A notice has a key that says what it is about. Adding it again changes nothing, so that neither a restart nor a second
//! look can say a thing twice.
//!
//! While the database refuses to be written, what is added or taken back waits in a journal in memory. Every question is
//! answered as if it were written already, and who carries notices gets them at once ([`Notices::hand_over`]). The
//! journal is written, in its order, as soon as the database accepts it. A crash before that loses it: the judge then
//! decides anew.

mod store;

use hob_base::{Error, IncidentId, Level, Result, Timestamp};
use hob_db::Db;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as AsyncMutex, broadcast, watch};

/// The most that waits for a database that refuses.
const JOURNAL_MAX: usize = 10_000;
/// How far one who carries notices may fall behind.
const HAND_OVER_MAX: usize = 1024;

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

/// One thing that is to be written.
#[derive(Debug, Clone)]
enum Act {
    Add {
        notice: Arc<Notice>,
        /// Whether those who carry notices have it already.
        handed: bool,
    },
    Withdraw {
        incident: IncidentId,
        after: Timestamp,
        /// Of whom; `None`: of all.
        only: Option<BTreeSet<Option<String>>>,
    },
}

impl Act {
    fn withdraws(&self, notice: &Notice) -> bool {
        let Self::Withdraw { incident, after, only } = self else { return false };
        notice.incident == Some(*incident)
            && notice.due > *after
            && only.as_ref().is_none_or(|only| only.contains(&notice.to))
    }
}

/// The handle on all notices. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notices(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    changed: watch::Sender<u64>,
    handed: broadcast::Sender<Arc<Notice>>,
    journal: Mutex<VecDeque<Act>>,
    /// Held while the journal is written, so that it is written in its order.
    writing: AsyncMutex<()>,
}

impl Notices {
    /// A handle on the notices in this database.
    pub fn new(db: Db) -> Self {
        Self(Arc::new(Inner {
            db,
            changed: watch::Sender::new(0),
            handed: broadcast::channel(HAND_OVER_MAX).0,
            journal: Mutex::default(),
            writing: AsyncMutex::default(),
        }))
    }

    /// Adds those whose key is not known yet. While the database refuses they are kept in memory, handed over all the
    /// same, and written by [`Notices::save_waiting`] or with the next ones.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too much waits for a database that refuses: then none of them is added.
    pub async fn add(&self, notices: &[Notice]) -> Result<()> {
        if notices.is_empty() {
            return Ok(());
        }
        {
            let mut journal = self.journal();
            let known: HashSet<String> = journal.iter().filter_map(added).map(|n| n.key.clone()).collect();
            let new = notices.iter().filter(|notice| !known.contains(&notice.key));
            let new: Vec<Act> =
                new.map(|notice| Act::Add { notice: Arc::new(notice.clone()), handed: false }).collect();
            check_room(&journal, new.len())?;
            journal.extend(new);
        }
        // Who adds cannot do anything about a refusal; the judge tries again and says so.
        let _ = self.save_waiting().await;
        Ok(())
    }

    /// Takes back those of an incident that are not due yet at `now`, of all people or of `only` these: what happened
    /// since is told instead. It holds at once and is written with what is added next or by [`Notices::save_waiting`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too much waits for a database that refuses.
    pub fn withdraw_undue(
        &self,
        incident: IncidentId,
        now: Timestamp,
        only: Option<&[Option<String>]>,
    ) -> Result<()> {
        let act = Act::Withdraw { incident, after: now, only: only.map(|to| to.iter().cloned().collect()) };
        let mut journal = self.journal();
        // What is in memory only is gone at once, so that its key may be used again.
        journal.retain(|kept| added(kept).is_none_or(|notice| !act.withdraws(notice)));
        check_room(&journal, 1)?;
        journal.push_back(act);
        Ok(())
    }

    /// Writes what waits because the database refused. Cheap when nothing does.
    ///
    /// # Errors
    /// When it still refuses.
    pub async fn save_waiting(&self) -> Result<()> {
        let turn = self.0.writing.lock().await;
        let acts: Vec<Act> = self.journal().iter().cloned().collect();
        if acts.is_empty() {
            return Ok(());
        }
        let fresh = match store::write(&self.0.db, &acts).await {
            Ok(inserted) => {
                // Whoever added something meanwhile added it behind.
                let written = self.drop_written(&acts);
                written.into_iter().filter(|notice| inserted.contains(&notice.key)).collect()
            }
            Err(error) => {
                let fresh = self.keep_unwritten(&acts).await;
                drop(turn);
                self.hand(fresh);
                return Err(error);
            }
        };
        drop(turn);
        self.hand(fresh);
        Ok(())
    }

    /// Takes what was written out of the journal. Returns what was not handed over before.
    fn drop_written(&self, acts: &[Act]) -> Vec<Arc<Notice>> {
        let mut journal = self.journal();
        // What was withdrawn from memory while it was being written is taken out by the withdrawal behind it.
        let keys: HashSet<&str> = acts.iter().filter_map(added).map(|notice| notice.key.as_str()).collect();
        let mut withdrawals = acts.iter().filter(|act| added(act).is_none()).count();
        journal.retain(|act| match added(act) {
            Some(notice) => !keys.contains(notice.key.as_str()),
            None if withdrawals > 0 => {
                withdrawals -= 1;
                false
            }
            None => true,
        });
        acts.iter().filter_map(unhanded).collect()
    }

    /// Of what cannot be written, forgets what the database has already, and notes that the rest is handed over.
    async fn keep_unwritten(&self, acts: &[Act]) -> Vec<Arc<Notice>> {
        let keys: Vec<String> = acts.iter().filter_map(unhanded).map(|notice| notice.key.clone()).collect();
        // A database that refuses to be written can mostly be read.
        let known = store::known(&self.0.db, &keys).await.unwrap_or_default();
        let tried: HashSet<String> = keys.into_iter().collect();
        let mut journal = self.journal();
        journal.retain(|act| {
            added(act).is_none_or(|notice| !tried.contains(&notice.key) || !known.contains(&notice.key))
        });
        let mut fresh = Vec::new();
        for act in journal.iter_mut() {
            if let Act::Add { notice, handed } = act
                && !*handed
                && tried.contains(&notice.key)
            {
                *handed = true;
                fresh.push(notice.clone());
            }
        }
        fresh
    }

    fn hand(&self, fresh: Vec<Arc<Notice>>) {
        if fresh.is_empty() {
            return;
        }
        for notice in fresh {
            // Nobody may be listening.
            let _ = self.0.handed.send(notice);
        }
        self.0.changed.send_modify(|version| *version += 1);
    }

    fn journal(&self) -> MutexGuard<'_, VecDeque<Act>> {
        self.0.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every notice that is added from now on, once per key, whether the database took it or not. Those that are not due
    /// yet may still be taken back: who carries notices leaves them alone and asks [`Notices::due`] when it is time. Who
    /// falls behind is told so and asks it too.
    pub fn hand_over(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.0.handed.subscribe()
    }

    /// How much waits for a database that refuses.
    pub fn waiting(&self) -> usize {
        self.journal().len()
    }

    /// The highest number of an incident of which there is a notice; 0 when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_incident(&self) -> Result<IncidentId> {
        store::last_incident(&self.0.db).await
    }

    /// Those about one incident, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of_incident(&self, incident: IncidentId) -> Result<Vec<Notice>> {
        self.of_incidents(incident, incident).await
    }

    /// Those about incidents with these numbers, the last included, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of_incidents(&self, first: IncidentId, last: IncidentId) -> Result<Vec<Notice>> {
        let journal = self.snapshot();
        let written = store::list_of_incidents(&self.0.db, first, last).await?;
        let meant = |notice: &Notice| notice.incident.is_some_and(|id| first <= id && id <= last);
        let mut all = as_if_written(written, &journal, meant);
        all.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
        Ok(all)
    }

    /// Those that became due from `from` (included) to `to` (excluded), oldest first: what a channel has to carry.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Notice>> {
        let journal = self.snapshot();
        let written = store::list_due(&self.0.db, from, to).await?;
        let mut all = as_if_written(written, &journal, |notice| from <= notice.due && notice.due < to);
        all.sort_by(|a, b| (a.due, &a.key).cmp(&(b.due, &b.key)));
        Ok(all)
    }

    fn snapshot(&self) -> Vec<Act> {
        self.journal().iter().cloned().collect()
    }

    /// Changes whenever something is added.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }
}

fn added(act: &Act) -> Option<&Notice> {
    match act {
        Act::Add { notice, .. } => Some(notice),
        Act::Withdraw { .. } => None,
    }
}

fn unhanded(act: &Act) -> Option<Arc<Notice>> {
    match act {
        Act::Add { notice, handed: false } => Some(notice.clone()),
        _ => None,
    }
}

fn check_room(journal: &VecDeque<Act>, more: usize) -> Result<()> {
    if journal.len() + more <= JOURNAL_MAX {
        return Ok(());
    }
    let text = "Too many messages wait for the database, which refuses to be written.";
    Err(Error::Unavailable(text.to_owned()))
}

/// What the database would say if the journal were written.
fn as_if_written(mut all: Vec<Notice>, journal: &[Act], meant: impl Fn(&Notice) -> bool) -> Vec<Notice> {
    for act in journal {
        match act {
            Act::Withdraw { .. } => all.retain(|notice| !act.withdraws(notice)),
            Act::Add { notice, .. } if meant(notice) && !all.iter().any(|known| known.key == notice.key) => {
                all.push(Notice::clone(notice));
            }
            Act::Add { .. } => {}
        }
    }
    all
}

#[cfg(test)]
mod tests;
