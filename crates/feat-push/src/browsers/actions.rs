//! What people and clients do with their browsers: add, renew, choose topics, try, remove.

use super::book::{Browser, State, TOPICS_MAX};
use super::{Desk, desk, letter, life, post};
use crate::store::browsers as store;
use hob_base::error::OrNotFound;
use hob_base::{Error, Result};
use hob_feature::Ctx;
use ntfy_protocol::Topic;
use ring::digest::{SHA256, digest};
use std::sync::Arc;
use webpush::{Failure, Subscription};

/// The longest name of a browser, in characters.
const NAME_MAX: usize = 80;

/// Who adds a browser, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The id of the person, if somebody is logged in.
    pub(crate) person: Option<String>,
    /// Whose limit it counts in.
    pub(crate) visitor: String,
    /// Whether it is added on Hob's own page.
    pub(crate) own: bool,
    /// The origin of the page; empty for unknown.
    pub(crate) site: String,
}

/// Why a browser was not added.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Its push service is not one of the public Internet. The sentence says why.
    Unreachable(String),
    /// There are too many.
    TooMany,
    /// The address is that of a browser which is somebody else's.
    Taken,
    /// Something failed.
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads the names of topics, separated by commas or white space; each once.
///
/// # Errors
/// A sentence that names the first that is none, or says that there are too many.
pub(crate) fn topics_of(text: &str) -> Result<Vec<String>, String> {
    let mut topics: Vec<String> = Vec::new();
    for name in text.split([',', ' ', '\n', '\r', '\t']).filter(|name| !name.is_empty()) {
        let topic = Topic::new(name).map_err(|_| {
            let name = life::short(name, 70);
            format!("“{name}” is no name of a topic: use up to 64 letters, digits, - and _.")
        })?;
        if !topics.iter().any(|known| known == topic.as_str()) {
            topics.push(topic.into_string());
        }
    }
    if topics.len() > TOPICS_MAX {
        return Err(format!(
            "One browser can listen to {TOPICS_MAX} topics, and these are {}.",
            topics.len()
        ));
    }
    Ok(topics)
}

/// Adds a browser, or notes that a known one was heard of, with its topics as they are now. Without topics it keeps
/// those that it has. Gives its id.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn add(
    ctx: &Ctx,
    owner: Owner,
    subscription: Subscription,
    topics: Option<Vec<String>>,
    name: &str,
) -> Result<String, Refused> {
    let desk = desk(ctx).await?;
    let reach = desk.sender()?;
    reach.reach().check(subscription.endpoint()).map_err(|why| Refused::Unreachable(why.to_string()))?;
    let known = desk.book(|book| book.at(&subscription.endpoint().to_string())).flatten();
    let now = ctx.clock.now();
    if let Some(known) = &known
        && (known.own != owner.own || (known.own && known.person != owner.person))
        // Who knows both secrets is the browser itself: somebody else has logged in on it.
        && !(owner.own && same_keys(known, &subscription))
    {
        return Err(Refused::Taken);
    }
    let moves = known.as_ref().is_none_or(|known| known.person != owner.person);
    let has_room = desk.book(|book| book.has_room(owner.person.as_deref(), &owner.visitor));
    if moves && has_room != Some(true) {
        return Err(Refused::TooMany);
    }
    let same = known.as_ref().filter(|known| known.person == owner.person);
    let id = match &known {
        Some(known) => known.id.clone(),
        None => new_id(ctx)?,
    };
    let state = same.map_or_else(|| State::new(now), |known| known.state.clone());
    let browser = Browser {
        id: id.clone(),
        topics: topics.or_else(|| same.map(|known| known.topics.clone())).unwrap_or_default(),
        name: life::short(name, NAME_MAX),
        created_at: same.map_or(now, |known| known.created_at),
        // What failed for other keys need not fail for these.
        state: State { renewed_at: now, warned_at: None, failing_since: None, ..state },
        subscription,
        own: owner.own,
        person: owner.person,
        visitor: owner.visitor,
        site: owner.site,
    };
    keep(ctx, &desk, browser).await?;
    Ok(id)
}

async fn keep(ctx: &Ctx, desk: &Desk, browser: Browser) -> Result<()> {
    store::save(&ctx.db, &ctx.sealer, &browser).await?;
    desk.book(|book| book.put(browser));
    Ok(())
}

fn new_id(ctx: &Ctx) -> Result<String> {
    let id = ntfy_protocol::message_id(ctx.sealer.random_bytes()?);
    Ok(format!("wps_{}", id.get(..10).unwrap_or_default()))
}

/// An address as it is kept: it may be written in several ways.
fn as_kept(endpoint: &str) -> String {
    webpush::endpoint(endpoint).map_or_else(|_| endpoint.to_owned(), |url| url.to_string())
}

fn same_keys(known: &Browser, subscription: &Subscription) -> bool {
    // By their hashes: how long it takes tells nothing of the secret.
    let hash = |own: &Subscription| digest(&SHA256, format!("{} {}", own.p256dh(), own.auth()).as_bytes());
    hash(&known.subscription).as_ref() == hash(subscription).as_ref()
}

/// Removes the browser of a client of the protocol by its address. Whoever knows the address may, as in ntfy.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn remove_client(ctx: &Ctx, endpoint: &str) -> Result<()> {
    let desk = desk(ctx).await?;
    match desk.book(|book| book.at(&as_kept(endpoint))).flatten() {
        Some(browser) if !browser.own => post::forget(ctx, &desk, std::slice::from_ref(&browser.id)).await,
        _ => Ok(()),
    }
}

/// The browser of this id, if it is this person's.
///
/// # Errors
/// [`Error::NotFound`] also for somebody else's.
pub(crate) async fn theirs(ctx: &Ctx, person: &str, id: &str) -> Result<Arc<Browser>> {
    let desk = desk(ctx).await?;
    let browser = desk.book(|book| book.get(id)).flatten();
    browser.filter(|browser| browser.person.as_deref() == Some(person)).or_not_found("browser", id)
}

/// Removes a browser of this person.
///
/// # Errors
/// As [`theirs`].
pub(crate) async fn remove(ctx: &Ctx, person: &str, id: &str) -> Result<()> {
    let browser = theirs(ctx, person, id).await?;
    post::forget(ctx, &*desk(ctx).await?, std::slice::from_ref(&browser.id)).await
}

/// Changes what a browser of this person listens to, and what it is called.
///
/// # Errors
/// As [`theirs`].
pub(crate) async fn change(ctx: &Ctx, person: &str, id: &str, topics: Vec<String>, name: &str) -> Result<()> {
    let browser = theirs(ctx, person, id).await?;
    let name = life::short(name.trim(), NAME_MAX);
    let name = if name.is_empty() { browser.name.clone() } else { name };
    keep(ctx, &*desk(ctx).await?, Browser { topics, name, ..(*browser).clone() }).await
}

/// Sends a browser of this person a test. Gives what its push service said if it did not take it.
///
/// # Errors
/// As [`theirs`].
pub(crate) async fn test(ctx: &Ctx, person: &str, id: &str) -> Result<Result<(), Failure>> {
    let browser = theirs(ctx, person, id).await?;
    let desk = desk(ctx).await?;
    let result = post::send(ctx, &desk, &browser, &letter::test(ctx, &browser)?).await;
    post::note(ctx, &desk, &browser.id, &result).await;
    Ok(result)
}

/// Notes that a browser was heard of. Whether it is known.
///
/// # Errors
/// When the table cannot be read.
pub(crate) async fn seen(ctx: &Ctx, endpoint: &str) -> Result<bool> {
    let desk = desk(ctx).await?;
    let (endpoint, now) = (as_kept(endpoint), ctx.clock.now());
    let known = desk.book(|book| {
        let browser = book.at(&endpoint)?;
        if life::is_news(&browser, now) {
            book.renew(&browser.id, now);
        }
        Some(())
    });
    Ok(known.flatten().is_some())
}

/// A browser has got another address from its push service: it shows the old keys, and so that it is the same.
///
/// # Errors
/// [`Error::NotFound`] where the old one is not known or its keys are others, [`Error::Invalid`] where the new one cannot be
/// used.
pub(crate) async fn moved(ctx: &Ctx, old: &Subscription, new: Subscription) -> Result<()> {
    let desk = desk(ctx).await?;
    let known = desk.book(|book| book.at(&old.endpoint().to_string())).flatten();
    let known = known.filter(|known| same_keys(known, old)).or_not_found("browser", "with this address")?;
    let reachable = desk.sender()?.reach().check(new.endpoint());
    reachable.map_err(|why| Error::invalid("endpoint", why.to_string()))?;
    if desk.book(|book| book.at(&new.endpoint().to_string())).flatten().is_some_and(|at| at.id != known.id) {
        return Err(Error::Conflict("There is a browser with the new address already.".to_owned()));
    }
    let state = State::new(ctx.clock.now());
    keep(ctx, &desk, Browser { subscription: new, state, ..(*known).clone() }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_people_write_them() {
        assert_eq!(
            topics_of(" backups, alerts\nbackups ,,"),
            Ok(vec!["backups".to_owned(), "alerts".to_owned()])
        );
        assert_eq!(topics_of(""), Ok(Vec::new()));
        assert!(topics_of("a/b").unwrap_err().contains("“a/b” is no name"));
        assert!(topics_of("v1").is_err());
        let many: Vec<String> = (0..=TOPICS_MAX).map(|n| n.to_string()).collect();
        assert!(topics_of(&many.join(",")).unwrap_err().contains("these are 51"));
    }
}
