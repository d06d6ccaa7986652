//! Silences and maintenance windows: in memory for who asks at every change, in the database for ever.
//!
//! Those that people make are kept in the database; those of `hob.toml` are published by the feature that reads them, as
//! often as it likes.

mod store;

use hob_base::silence::Labels;
use hob_base::{Clock, Error, Result, Silence, Timestamp};
use hob_db::Db;
use jiff::tz::TimeZone;
use recurrence::Window;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;

/// The most silences that are kept at once, apart from those of `hob.toml`.
pub const SILENCES_MAX: usize = 2000;
/// The most matchers of one silence.
pub const MATCHERS_MAX: usize = 50;
/// How long a silence that has ended is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(5 * 86_400);

/// The handle on all silences. Cheap to clone.
#[derive(Clone)]
pub struct Silences(Arc<Inner>);

struct Inner {
    db: Db,
    zone: TimeZone,
    clock: OnceLock<Clock>,
    state: RwLock<State>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    saved: BTreeMap<String, Arc<Entry>>,
    published: BTreeMap<String, Vec<Arc<Entry>>>,
}

/// A silence with its windows read.
struct Entry {
    silence: Arc<Silence>,
    windows: Vec<Window>,
}

impl Entry {
    /// # Errors
    /// One sentence that says what is wrong with it.
    fn new(silence: Silence) -> Result<Self, String> {
        if silence.matchers.is_empty() {
            return Err("a silence needs at least one matcher, else it would cover everything".to_owned());
        }
        if silence.matchers.len() > MATCHERS_MAX {
            return Err(format!("a silence has at most {MATCHERS_MAX} matchers"));
        }
        if silence.ends_at.is_some_and(|end| end <= silence.starts_at) {
            return Err("it ends before it starts".to_owned());
        }
        if silence.ends_at.is_none() && silence.recurs.is_none() {
            return Err("a silence needs an end".to_owned());
        }
        let lines =
            silence.recurs.as_deref().unwrap_or_default().lines().filter(|line| !line.trim().is_empty());
        let windows = lines
            .map(|line| Window::parse(line.trim()).map_err(|error| error.to_string()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { silence: Arc::new(silence), windows })
    }

    fn is_active(&self, at: Timestamp, zone: &TimeZone) -> bool {
        self.silence.is_within(at)
            && (self.silence.recurs.is_none()
                || jiff::Timestamp::from_millisecond(at.millis())
                    .is_ok_and(|at| self.windows.iter().any(|window| window.covers(at, zone).is_some())))
    }
}

impl Silences {
    /// No silences. [`Silences::load`] reads those of the database.
    pub fn new(db: Db, zone: TimeZone) -> Self {
        Self(Arc::new(Inner {
            db,
            zone,
            clock: OnceLock::new(),
            state: RwLock::default(),
            changed: watch::Sender::new(0),
        }))
    }

    /// Reads what is in the database, and forgets there what ended long ago.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(&self, clock: &Clock) -> Result<()> {
        let _ = self.0.clock.set(clock.clone());
        store::delete_ended(&self.0.db, clock.now().minus(KEPT_FOR)).await?;
        let saved = store::list_silences(&self.0.db).await?;
        let entries = saved.into_iter().filter_map(|silence| {
            let id = silence.id.clone();
            match Entry::new(silence) {
                Ok(entry) => Some((id, Arc::new(entry))),
                Err(problem) => {
                    tracing::warn!(id, problem, "a saved silence cannot be used; it is left out");
                    None
                }
            }
        });
        let saved = entries.collect();
        self.0.state.write().unwrap_or_else(PoisonError::into_inner).saved = saved;
        self.changed();
        Ok(())
    }

    /// Keeps a silence; one of the same id is replaced.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is wrong with it; or when the database does not answer.
    pub async fn save(&self, silence: Silence) -> Result<()> {
        let entry = Entry::new(silence).map_err(|problem| Error::invalid("silence", sentence(&problem)))?;
        let id = entry.silence.id.clone();
        if self.is_full_for(&id) {
            self.forget_ended().await?;
        }
        if self.is_full_for(&id) {
            return Err(Error::Conflict(format!(
                "There are {SILENCES_MAX} silences already, which is the most that Hob keeps. End some first."
            )));
        }
        store::save_silence(&self.0.db, &entry.silence).await?;
        self.0.state.write().unwrap_or_else(PoisonError::into_inner).saved.insert(id, Arc::new(entry));
        self.changed();
        Ok(())
    }

    fn is_full_for(&self, id: &str) -> bool {
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        state.saved.len() >= SILENCES_MAX && !state.saved.contains_key(id)
    }

    /// Forgets what ended long ago, and at any rate what ended first.
    async fn forget_ended(&self) -> Result<()> {
        let Some(now) = self.0.clock.get().map(Clock::now) else { return Ok(()) };
        let first = {
            let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
            state.saved.values().filter_map(|entry| entry.silence.ends_at).min()
        };
        let Some(first) = first.filter(|first| *first <= now) else { return Ok(()) };
        let before = now.minus(KEPT_FOR).max(first.plus(Duration::from_millis(1)));
        store::delete_ended(&self.0.db, before).await?;
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        state.saved.retain(|_, entry| entry.silence.ends_at.is_none_or(|end| end >= before));
        Ok(())
    }

    /// Ends a silence that people made. Returns whether there is such a one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end(&self, id: &str, now: Timestamp) -> Result<bool> {
        let found = {
            let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
            state.saved.get(id).map(|entry| Silence::clone(&entry.silence))
        };
        let Some(mut silence) = found else { return Ok(false) };
        if silence.ends_at.is_some_and(|end| end <= now) {
            return Ok(true);
        }
        // One that has not begun ends as it begins.
        silence.starts_at = silence.starts_at.min(now.minus(Duration::from_millis(1)));
        silence.ends_at = Some(now);
        silence.updated_at = now;
        self.save(silence).await?;
        Ok(true)
    }

    /// Replaces what `origin` wants silenced. One that cannot be used is left out: who reads settings has reported it.
    pub fn publish(&self, origin: &str, silences: Vec<Silence>) {
        let entries: Vec<Arc<Entry>> =
            silences.into_iter().filter_map(|silence| Entry::new(silence).ok()).map(Arc::new).collect();
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        let before = state.published.get(origin).map_or(&[][..], Vec::as_slice);
        let same =
            before.len() == entries.len() && before.iter().zip(&entries).all(|(a, b)| a.silence == b.silence);
        if same {
            return;
        }
        state.published.insert(origin.to_owned(), entries);
        drop(state);
        self.changed();
    }

    /// Every silence, those that ended lately too: by id, first those that people made.
    pub fn list(&self) -> Vec<Arc<Silence>> {
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        state.entries().map(|entry| entry.silence.clone()).collect()
    }

    /// Those whose time is now.
    pub fn active(&self, now: Timestamp) -> Vec<Arc<Silence>> {
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        let active = state.entries().filter(|entry| entry.is_active(now, &self.0.zone));
        active.map(|entry| entry.silence.clone()).collect()
    }

    /// One of those whose time is now that means these labels.
    pub fn covering(&self, labels: &Labels, now: Timestamp) -> Option<Arc<Silence>> {
        self.active(now).into_iter().find(|silence| silence.matches(labels))
    }

    /// Whether this silence's time is now.
    pub fn is_active(&self, silence: &Silence, now: Timestamp) -> bool {
        Entry::new(silence.clone()).is_ok_and(|entry| entry.is_active(now, &self.0.zone))
    }

    /// Changes whenever a silence is made, changed or ended; not when its time comes.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn changed(&self) {
        self.0.changed.send_modify(|version| *version += 1);
    }
}

impl State {
    fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.saved.values().chain(self.published.values().flatten())
    }
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let text = format!("{first}{}", letters.as_str());
    if text.ends_with('.') { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests;
