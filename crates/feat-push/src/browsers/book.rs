//! All browsers in memory, as in the table, by what they are looked for. No I/O.

use super::life;
use hob_base::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use webpush::Subscription;

/// How many browsers are known at most.
pub(crate) const ALL_MAX: usize = 2_000;
/// How many browsers one person may have.
pub(crate) const OF_PERSON_MAX: usize = 30;
/// How many browsers may be added from one address by somebody who is not logged in.
pub(crate) const OF_ADDRESS_MAX: usize = 10;
/// How many topics one browser may listen to.
pub(crate) const TOPICS_MAX: usize = 50;

/// A browser that gets messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Browser {
    /// `wps_` and ten letters.
    pub(crate) id: String,
    /// Where its letters go, and for which keys.
    pub(crate) subscription: Subscription,
    /// Whether it was added on Hob's own page.
    pub(crate) own: bool,
    /// The id of the person whose it is.
    pub(crate) person: Option<String>,
    /// Whose limit it counts in.
    pub(crate) visitor: String,
    /// What it listens to.
    pub(crate) topics: Vec<String>,
    /// What to call it.
    pub(crate) name: String,
    /// The origin of the pages on which it was added; empty for unknown.
    pub(crate) site: String,
    /// When it was added.
    pub(crate) created_at: Timestamp,
    /// How it is.
    pub(crate) state: State,
}

/// What changes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// When it was last heard of.
    pub(crate) renewed_at: Timestamp,
    /// When it was told that it will be forgotten.
    pub(crate) warned_at: Option<Timestamp>,
    /// When its push service last took a letter.
    pub(crate) ok_at: Option<Timestamp>,
    /// When it last did not.
    pub(crate) failed_at: Option<Timestamp>,
    /// Since when it takes none.
    pub(crate) failing_since: Option<Timestamp>,
    /// What it last answered when it took none.
    pub(crate) failure: String,
}

impl State {
    /// Of a browser that was just added.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            renewed_at: now,
            warned_at: None,
            ok_at: None,
            failed_at: None,
            failing_since: None,
            failure: String::new(),
        }
    }
}

/// All browsers.
#[derive(Debug, Default)]
pub(crate) struct Book {
    browsers: BTreeMap<String, Arc<Browser>>,
    by_endpoint: HashMap<String, String>,
    by_topic: HashMap<String, HashSet<String>>,
    /// Whose state is not yet in the table.
    unsaved: HashSet<String>,
}

impl Book {
    /// A book of those in the table.
    pub(crate) fn new(browsers: Vec<Browser>) -> Self {
        let mut book = Self::default();
        for browser in browsers {
            book.put(browser);
        }
        book
    }

    /// Writes a browser in, in place of the one with its id.
    pub(crate) fn put(&mut self, browser: Browser) {
        self.strike(&browser.id);
        self.by_endpoint.insert(browser.subscription.endpoint().to_string(), browser.id.clone());
        for topic in &browser.topics {
            self.by_topic.entry(topic.clone()).or_default().insert(browser.id.clone());
        }
        self.browsers.insert(browser.id.clone(), Arc::new(browser));
    }

    /// Takes a browser out.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Arc<Browser>> {
        self.unsaved.remove(id);
        self.strike(id)
    }

    fn strike(&mut self, id: &str) -> Option<Arc<Browser>> {
        let old = self.browsers.remove(id)?;
        self.by_endpoint.remove(&old.subscription.endpoint().to_string());
        for topic in &old.topics {
            if let Some(ids) = self.by_topic.get_mut(topic) {
                ids.remove(id);
                if ids.is_empty() {
                    self.by_topic.remove(topic);
                }
            }
        }
        Some(old)
    }

    /// The browser of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Browser>> {
        self.browsers.get(id).cloned()
    }

    /// The browser with this address at its push service.
    pub(crate) fn at(&self, endpoint: &str) -> Option<Arc<Browser>> {
        self.by_endpoint.get(endpoint).and_then(|id| self.get(id))
    }

    /// Who listens to a topic.
    pub(crate) fn of_topic(&self, topic: &str) -> Vec<Arc<Browser>> {
        self.by_topic.get(topic).into_iter().flatten().filter_map(|id| self.get(id)).collect()
    }

    /// The browsers which people added on Hob's own page; of one of them, or of all.
    pub(crate) fn of_person(&self, person: Option<&str>) -> Vec<Arc<Browser>> {
        let theirs = |browser: &&Arc<Browser>| {
            browser.own && person.is_none_or(|person| browser.person.as_deref() == Some(person))
        };
        self.browsers.values().filter(theirs).cloned().collect()
    }

    /// All browsers that belong to a person, of either kind, the newest first.
    pub(crate) fn everything_of(&self, person: &str) -> Vec<Arc<Browser>> {
        let theirs = |browser: &&Arc<Browser>| browser.person.as_deref() == Some(person);
        let mut found: Vec<_> = self.browsers.values().filter(theirs).cloned().collect();
        found.sort_by(|one, other| (other.created_at, &one.id).cmp(&(one.created_at, &other.id)));
        found
    }

    /// All.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Browser>> {
        self.browsers.values()
    }

    /// Whether there is room for one more of this person or, where nobody is logged in, of this visitor.
    pub(crate) fn has_room(&self, person: Option<&str>, visitor: &str) -> bool {
        let (counted, limit) = match person {
            Some(person) => {
                (self.all().filter(|b| b.person.as_deref() == Some(person)).count(), OF_PERSON_MAX)
            }
            None => {
                let of_visitor = |b: &&Arc<Browser>| b.person.is_none() && b.visitor == visitor;
                (self.all().filter(of_visitor).count(), OF_ADDRESS_MAX)
            }
        };
        counted < limit && self.browsers.len() < ALL_MAX
    }

    /// Changes the state of a browser; it is in the table a little later.
    pub(crate) fn change(&mut self, id: &str, change: impl FnOnce(&mut State)) {
        if let Some(browser) = self.browsers.get_mut(id) {
            change(&mut Arc::make_mut(browser).state);
            self.unsaved.insert(id.to_owned());
        }
    }

    /// Notes that a browser was heard of.
    pub(crate) fn renew(&mut self, id: &str, now: Timestamp) {
        self.change(id, |state| {
            state.renewed_at = now;
            state.warned_at = None;
        });
    }

    /// Notes what became of a letter.
    pub(crate) fn note(&mut self, id: &str, failure: Option<&str>, now: Timestamp) {
        self.change(id, |state| match failure {
            None => {
                state.ok_at = Some(now);
                state.failing_since = None;
            }
            Some(failure) => {
                state.failed_at = Some(now);
                state.failing_since.get_or_insert(now);
                state.failure = life::short(failure, 400);
            }
        });
    }

    /// Takes the states that are not yet in the table.
    pub(crate) fn take_unsaved(&mut self) -> Vec<(String, State)> {
        let ids = std::mem::take(&mut self.unsaved);
        ids.into_iter().filter_map(|id| self.get(&id).map(|browser| (id, browser.state.clone()))).collect()
    }

    /// Gives states back that could not be written.
    pub(crate) fn still_unsaved(&mut self, ids: impl Iterator<Item = String>) {
        self.unsaved.extend(ids);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use webpush::receiver::Receiver;

    pub(crate) fn browser(id: &str, person: Option<&str>, topics: &[&str]) -> Browser {
        Browser {
            id: id.to_owned(),
            subscription: Receiver::new().subscription(&format!("https://push.example/{id}")),
            own: person.is_some(),
            person: person.map(str::to_owned),
            visitor: "192.0.2.1".to_owned(),
            topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
            name: "Firefox on Linux".to_owned(),
            site: "https://hob.example.org".to_owned(),
            created_at: Timestamp::from_millis(1_000),
            state: State::new(Timestamp::from_millis(1_000)),
        }
    }

    fn ids(browsers: &[Arc<Browser>]) -> Vec<&str> {
        let mut ids: Vec<_> = browsers.iter().map(|browser| browser.id.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn browsers_are_found_by_what_they_want() {
        let mut book = Book::new(vec![
            browser("a", Some("u-anna"), &["one", "two"]),
            browser("b", Some("u-ben"), &[]),
            browser("c", None, &["two"]),
        ]);
        assert_eq!(ids(&book.of_topic("two")), ["a", "c"]);
        assert_eq!(ids(&book.of_topic("three")), [""; 0]);
        assert_eq!(ids(&book.of_person(None)), ["a", "b"]);
        assert_eq!(ids(&book.of_person(Some("u-ben"))), ["b"]);
        assert_eq!(book.at("https://push.example/c").unwrap().id, "c");
        book.put(browser("a", Some("u-anna"), &["three"]));
        assert_eq!(ids(&book.of_topic("two")), ["c"]);
        assert_eq!(ids(&book.of_topic("three")), ["a"]);
        book.remove("c");
        assert!(book.of_topic("two").is_empty() && book.at("https://push.example/c").is_none());
        assert!(!book.by_topic.contains_key("two"));
    }

    #[test]
    fn there_is_room_for_some() {
        let mut book = Book::default();
        for n in 0..OF_ADDRESS_MAX {
            assert!(book.has_room(None, "192.0.2.1"));
            book.put(browser(&n.to_string(), None, &[]));
        }
        assert!(!book.has_room(None, "192.0.2.1"));
        assert!(book.has_room(None, "192.0.2.2") && book.has_room(Some("u-anna"), "192.0.2.1"));
        for n in 0..OF_PERSON_MAX {
            book.put(browser(&format!("anna{n}"), Some("u-anna"), &[]));
        }
        assert!(!book.has_room(Some("u-anna"), "192.0.2.9"));
    }

    #[test]
    fn the_state_is_written_a_little_later() {
        let now = Timestamp::from_millis(5_000);
        let mut book = Book::new(vec![browser("a", None, &[]), browser("b", None, &[])]);
        assert!(book.take_unsaved().is_empty());
        book.note("a", Some("It is out of order."), now);
        book.note("a", Some("It is still out of order."), now.plus(std::time::Duration::from_secs(1)));
        let unsaved = book.take_unsaved();
        let (id, state) = &unsaved[0];
        assert_eq!((id.as_str(), state.failing_since), ("a", Some(now)));
        assert_eq!(state.failure, "It is still out of order.");
        book.still_unsaved(unsaved.into_iter().map(|(id, _)| id));
        book.note("a", None, now);
        let unsaved = book.take_unsaved();
        assert_eq!((unsaved[0].1.ok_at, unsaved[0].1.failing_since), (Some(now), None));
        book.renew("b", now);
        book.remove("b");
        assert!(book.take_unsaved().is_empty());
    }
}
