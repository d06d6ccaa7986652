//! What pages know without asking the table: the names of topics, for the search; and telling open pages that something came.

use crate::desk::desk;
use crate::pages::topic_path;
use crate::store::inbox;
use crate::visitor::porter;
use hob_base::Result;
use hob_base::wording::counted;
use hob_feature::{Ctx, SearchHit};
use hob_web::live;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many names of topics are remembered.
const TOPICS_MAX: usize = 5000;
/// How many messages may wait to be told of; pages are told once for all of them.
const WAITING_MAX: usize = 4096;
/// Open pages fetch themselves anew no more often than this.
const PAUSE: Duration = Duration::from_secs(1);
/// How many topics a search shows.
const HITS_MAX: usize = 8;
/// What pages listen to.
pub(crate) const LIVE: &str = "messages";

/// The names of topics that have messages.
#[derive(Default)]
pub(crate) struct Shown(Mutex<BTreeSet<String>>);

impl Shown {
    fn learn<'a>(&self, topics: impl Iterator<Item = &'a str>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for topic in topics {
            if known.len() < TOPICS_MAX && !known.contains(topic) {
                known.insert(topic.to_owned());
            }
        }
    }

    /// All of them, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Topics with this text in their name, those that begin with it first.
    fn find(&self, text: &str) -> Vec<(String, bool)> {
        let text = text.to_lowercase();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = known.iter().filter_map(|topic| {
            let at = topic.to_lowercase().find(&text)?;
            Some((topic.clone(), at == 0))
        });
        let mut found: Vec<_> = fitting.collect();
        found.sort_by_key(|(_, begins)| !begins);
        found.truncate(HITS_MAX);
        found
    }
}

/// Tells open pages, until the hub stops.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let shown = ctx.memory.of::<Shown>();
    let mut came = desk(&ctx).broker.tap(WAITING_MAX);
    let kept = inbox::topics(&ctx.db).await?;
    shown.learn(kept.iter().map(|line| line.topic.as_str()));
    loop {
        let mut all = Vec::new();
        tokio::select! {
            count = came.recv_many(&mut all, WAITING_MAX) => if count == 0 { break },
            () = stop.cancelled() => break,
        }
        shown.learn(all.iter().map(|delivery| delivery.message.topic.as_str()));
        live(&ctx).stale(LIVE);
        tokio::select! {
            () = ctx.clock.sleep(PAUSE) => {}
            () = stop.cancelled() => break,
        }
    }
    Ok(())
}

/// Topics for the search of the whole hub. It does not say who searches, so reserved topics are left out.
pub(crate) fn search(ctx: &Ctx, text: &str) -> Vec<SearchHit> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let (shown, porter, desk) = (ctx.memory.of::<Shown>(), porter(ctx), desk(ctx));
    let open = shown.find(text).into_iter().filter(|(topic, _)| !porter.is_reserved(topic));
    open.map(|(topic, begins)| SearchHit {
        detail: format!("Topic of messages, {}", counted(desk.broker.listeners(&topic), "subscriber")),
        path: topic_path(&topic),
        title: topic,
        level: None,
        score: if begins { 60 } else { 30 },
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::Shown;

    #[test]
    fn topics_are_found_whatever_the_case_and_those_that_begin_so_first() {
        let shown = Shown::default();
        shown.learn(["my-backup", "Backups", "cellar"].into_iter());
        let found: Vec<String> = shown.find("BACK").into_iter().map(|(topic, _)| topic).collect();
        assert_eq!(found, ["Backups", "my-backup"]);
    }
}
