//! One probe over the network: which engine is asked what.

mod http;
mod server;

use super::{AnchorFn, ProbeFn};
use crate::model::Outcome;
use crate::model::outcome::Member;
use hob_base::ResourceId;
use hob_feature::checks::{CheckSecret, CheckSpec, CheckTarget, DomainCheck, GroupCheck, RegistryCheck};
use hob_feature::secrets::{Sealer, Secret};
use hob_feature::{Ctx, Resources, boxed};
use http_probe::Url;
use std::sync::Arc;
use std::time::Duration;

/// How long an anchor has to accept a connection.
const ANCHOR_TIMEOUT: Duration = Duration::from_secs(5);

/// The engines. Cheap to clone.
#[derive(Clone)]
struct Engines {
    http: http_probe::Client,
    tls: tls_probe::Client,
    service: service_probe::Client,
    resources: Resources,
    sealer: Sealer,
}

/// Probes with one client of each engine for all checks.
pub(super) fn over_the_network(ctx: &Ctx) -> ProbeFn {
    let tls = tls_probe::Client::new();
    let engines = Engines {
        http: http_probe::Client::new(),
        service: service_probe::Client::new(tls.clone()),
        tls,
        resources: ctx.resources.clone(),
        sealer: ctx.sealer.clone(),
    };
    Arc::new(move |spec| {
        let engines = engines.clone();
        boxed(async move { engines.probe(&spec).await.unwrap_or_else(|refused| refused) })
    })
}

/// Whether the owner's anchors can be reached: a connection that is closed again at once.
pub(super) fn anchors_over_the_network() -> AnchorFn {
    let client = tls_probe::Client::new();
    Arc::new(move |anchor| {
        let client = client.clone();
        boxed(async move {
            let limits = tls_probe::Limits { total: ANCHOR_TIMEOUT, phase: ANCHOR_TIMEOUT };
            let deadline = tls_probe::Deadline::from_now(&limits);
            client.connect(&anchor.host, anchor.port, tls_probe::Family::Any, &deadline).await.is_ok()
        })
    })
}

impl Engines {
    /// # Errors
    /// What is said instead of an answer when nobody can be asked.
    async fn probe(&self, spec: &CheckSpec) -> Result<Outcome, Outcome> {
        match &spec.target {
            CheckTarget::Http(check) => self.http(check, spec.timeout).await,
            CheckTarget::Tcp(tcp) => self.tcp(tcp, spec.timeout).await,
            CheckTarget::Tls(tls) => self.tls(tls, spec.timeout).await,
            CheckTarget::Ping(ping) => self.ping(ping, spec.timeout).await,
            CheckTarget::Dns(dns) => self.dns(dns, spec.timeout).await,
            CheckTarget::Domain(domain) => self.domain(domain, spec.timeout).await,
            CheckTarget::Docker(docker) => self.docker(docker, spec.timeout).await,
            CheckTarget::Grpc(grpc) => self.grpc(grpc, spec.timeout).await,
            CheckTarget::Registry(registry) => self.registry(registry, spec.timeout).await,
            CheckTarget::Group(group) => Ok(look_at_group(&self.resources, group)),
            CheckTarget::Smtp(server)
            | CheckTarget::Imap(server)
            | CheckTarget::Ssh(server)
            | CheckTarget::Mqtt(server)
            | CheckTarget::Postgres(server)
            | CheckTarget::Mysql(server)
            | CheckTarget::Redis(server) => self.server(&spec.target, server, spec.timeout).await,
        }
    }

    /// Fetches a secret. A file may lie on a share that hangs, so that this waits elsewhere.
    async fn open(&self, secret: &CheckSecret) -> Result<Secret, Outcome> {
        let (secret, sealer) = (secret.clone(), self.sealer.clone());
        match tokio::task::spawn_blocking(move || secret.open(&sealer)).await {
            Ok(opened) => opened.map_err(Outcome::NoSecret),
            Err(broken) => Err(Outcome::Broken(broken.to_string())),
        }
    }

    async fn domain(&self, check: &DomainCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        let domain =
            rdap::Domain::parse(&check.domain).map_err(|error| Outcome::Unusable(error.to_string()))?;
        let url = Url::parse(&check.server).map_err(|error| Outcome::Unusable(error.to_string()))?;
        // Whatever server it is: one that knows nothing of the domain says nothing of whether it is registered.
        let server = rdap::Server::Redirecting(url);
        let question = rdap::Question { deadline: timeout, ..rdap::Question::new(domain, server) };
        Ok(Outcome::Domain(Box::new(rdap::ask(&self.http, &question).await)))
    }

    async fn registry(&self, check: &RegistryCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        let reference = registry_probe::Reference::parse(&check.image)
            .map_err(|error| Outcome::Unusable(error.to_string()))?;
        let credential = match (&check.user, &check.password) {
            (user, Some(password)) => {
                let password = self.open(password).await?.reveal().to_owned();
                Some(match user {
                    Some(user) => registry_probe::Credential::Password { user: user.clone(), password },
                    None => registry_probe::Credential::RegistryToken(password),
                })
            }
            (_, None) => None,
        };
        let question = registry_probe::Question {
            credential,
            deadline: timeout,
            ..registry_probe::Question::new(reference)
        };
        Ok(Outcome::Registry(Box::new(registry_probe::ask(&self.http, &question).await)))
    }
}

/// What is known of the members of a group. Nobody is asked.
pub(crate) fn look_at_group(resources: &Resources, group: &GroupCheck) -> Outcome {
    let member = |id: &ResourceId| match resources.get(id) {
        Some(resource) => Member {
            id: id.clone(),
            name: resource.name.clone(),
            level: resource.judged.then_some(resource.health.level),
        },
        None => Member { id: id.clone(), name: id.name().to_owned(), level: None },
    };
    Outcome::Group(group.members.iter().map(member).collect())
}
