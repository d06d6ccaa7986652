//! Asks registries, a few at once.

use super::github;
use super::known::{Answers, Key, Known};
use super::plan::{Ask, is_plain};
use super::settings::Settings;
use crate::clusters::ClusterView;
use crate::store;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hob_base::Result;
use hob_feature::Ctx;
use http_probe::{Client, ProbeError};
use registry_probe::{Credential, Digest, Outcome, Platform, Question, Reference, Report, ask};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How many registries are asked at once, all together.
const AT_ONCE: usize = 6;
/// How many questions one registry gets at once.
const AT_ONCE_EACH: usize = 2;
/// How many questions are asked in one pass; the rest waits for the next.
const IN_A_PASS: usize = 60;
/// How long one conversation may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// After this many conversations without an answer a registry is left alone until the next pass.
const TRIES: usize = 2;
/// The registry that counts each manifest that is fetched as a pull.
const COUNTING: &str = "docker.io";

/// What was heard.
struct Heard {
    key: Key,
    known: Known,
}

/// Whom to ask with what.
pub(crate) struct Asking<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ctx: &'a Ctx,
    pub(crate) answers: &'a Answers,
    pub(crate) settings: &'a Settings,
    pub(crate) views: &'a [Arc<ClusterView>],
    pub(crate) known: &'a BTreeMap<Key, Known>,
}

impl Asking<'_> {
    /// Asks what is due, as much as fits into one pass, and keeps each answer as it comes. Gives how many there were.
    ///
    /// # Errors
    /// When the database refuses; the answers are in memory all the same.
    pub(crate) async fn run(&self, asks: Vec<Ask>) -> Result<usize> {
        let mut failed = None;
        let mut waiting: VecDeque<Ask> = asks.into_iter().take(IN_A_PASS).collect();
        let mut running = FuturesUnordered::new();
        let mut busy: BTreeMap<String, usize> = BTreeMap::new();
        let mut silent: BTreeMap<String, usize> = BTreeMap::new();
        let mut asked = 0;
        loop {
            while running.len() < AT_ONCE {
                let is_free = |ask: &Ask| busy.get(&ask.registry).is_none_or(|n| *n < AT_ONCE_EACH);
                let Some(at) = waiting.iter().position(is_free) else { break };
                let Some(ask) = waiting.remove(at) else { break };
                if silent.get(&ask.registry).is_some_and(|n| *n >= TRIES) {
                    continue;
                }
                *busy.entry(ask.registry.clone()).or_default() += 1;
                running.push(async move { (ask.registry.clone(), self.one(ask).await) });
            }
            let Some((registry, heard)) = running.next().await else { break };
            if let Some(n) = busy.get_mut(&registry) {
                *n = n.saturating_sub(1);
            }
            for heard in heard {
                asked += 1;
                if !heard.known.latest.is_final() {
                    *silent.entry(registry.clone()).or_default() += 1;
                }
                if let Err(error) = self.keep(heard).await {
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(asked), Err)
    }

    async fn keep(&self, heard: Heard) -> Result<()> {
        let Heard { key, mut known } = heard;
        let written = store::write_pull(&self.ctx.db, &self.ctx.sealer, &key, &known).await;
        if let Ok(id) = &written {
            known.id.clone_from(id);
        }
        self.answers.keep(key, known);
        written.map(|_| ())
    }

    /// One question. Where a credential is refused, also whether the image is had without one.
    async fn one(&self, ask: Ask) -> Vec<Heard> {
        let Ok(reference) = Reference::parse(&ask.key.image) else { return Vec::new() };
        let credential = match &ask.login {
            None => None,
            Some((cluster, login)) => {
                let view = self.views.iter().find(|view| view.name == *cluster);
                let secret = view.and_then(|view| view.objects.secrets.get(&login.namespace, &login.secret));
                let credential =
                    secret.and_then(|secret| secret.pull.as_ref()?.credential(&login.key).cloned());
                // It went away since: the next pass plans anew.
                let Some(credential) = credential else { return Vec::new() };
                Some(credential)
            }
        };
        let before = self.known.get(&ask.key);
        let mut report = self.talk(&reference, credential.clone(), &ask.platforms, before).await;
        if let Some(credential) = credential.as_ref().filter(|_| report.credential_expires_at.is_none()) {
            report.credential_expires_at = self.last_day(&reference, credential, &report.outcome).await;
        }
        let is_rejected = matches!(report.outcome, Outcome::CredentialRejected { .. });
        let mut heard = vec![self.heard(ask.key.clone(), &report, &ask.platforms)];
        if is_rejected {
            let key = Key { image: ask.key.image, login: None };
            let report = self.talk(&reference, None, &ask.platforms, self.known.get(&key)).await;
            heard.push(self.heard(key, &report, &ask.platforms));
        }
        heard
    }

    fn heard(&self, key: Key, report: &Report, platforms: &[Platform]) -> Heard {
        let known = Known::hear(self.known.get(&key), report, platforms, self.ctx.clock.now());
        Heard { key, known }
    }

    async fn talk(
        &self,
        reference: &Reference,
        credential: Option<Credential>,
        platforms: &[Platform],
        before: Option<&Known>,
    ) -> Report {
        let question = Question {
            credential,
            platform: platforms.first().cloned().unwrap_or_else(Platform::of_this_machine),
            insecure: is_plain(reference, self.settings),
            known: before.and_then(earlier),
            // Nobody knows where a scheduled job will run.
            head_only: platforms.is_empty() || reference.registry() == COUNTING,
            deadline: PATIENCE,
            ..Question::new(reference.clone())
        };
        let report = ask(self.client, &question).await;
        match &report.outcome {
            Outcome::Network(ProbeError::NotTls { addr, .. }) if !tls_probe::public::is_public(addr.ip()) => {
                self.talk_plainly(question).await.unwrap_or(report)
            }
            _ => report,
        }
    }

    /// A registry of one's own network without HTTPS. Whoever stands between could have it look so: it gets no credential,
    /// and says no more than that it gives the image to anybody.
    async fn talk_plainly(&self, question: Question) -> Option<Report> {
        let plain = Question { credential: None, insecure: true, ..question };
        let report = ask(self.client, &plain).await;
        matches!(report.outcome, Outcome::Ok(_) | Outcome::WrongArchitecture { .. }).then_some(report)
    }

    async fn last_day(
        &self,
        reference: &Reference,
        credential: &Credential,
        outcome: &Outcome,
    ) -> Option<i64> {
        if reference.registry() != github::REGISTRY || matches!(outcome, Outcome::CredentialRejected { .. }) {
            return None;
        }
        github::expiry(self.client, self.settings.github.as_deref()?, github::token(credential)?).await
    }
}

/// What an earlier answer told of the image.
fn earlier(known: &Known) -> Option<registry_probe::Known> {
    let platforms: Vec<Platform> =
        known.platforms.iter().filter_map(|text| Platform::parse(text).ok()).collect();
    Some(registry_probe::Known { digest: Digest::parse(&known.digest).ok()?, platforms })
}
