//! The jobs in a real context: SQLite in a temporary directory, real services on this machine, or a probe of the test's
//! own where time must be exact.

use crate::jobs::{AnchorFn, CONFIG_SOURCE, ProbeFn, SOURCE, connection, runner_with};
use crate::model::Outcome;
use crate::model::recent::Recent;
use hob_base::{Clock, Level, Resource, ResourceId, Timestamp};
use hob_db::{Db, Location, migrate};
use hob_feature::jobs::{JobBoard, JobDriver};
use hob_feature::metrics::Metrics;
use hob_feature::resources::keeper;
use hob_feature::secrets::Sealer;
use hob_feature::{
    BASE_MIGRATIONS, CheckBook, CheckSpec, CheckTarget, Config, Ctx, CtxParts, Job, Resources, boxed,
};
use hob_testkit::fake_service::{Behaviour, FakeService};
use http_probe::ProbeError;
use jiff::tz::TimeZone;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

mod api;
mod connection;
mod desk;
mod importing;
mod kinds;
mod tables;

const SECOND: Duration = Duration::from_secs(1);

struct House {
    ctx: Ctx,
    driver: JobDriver,
    _dir: tempfile::TempDir,
}

impl House {
    async fn new(clock: Clock, config: &str, jobs: impl FnOnce(&Ctx) -> Vec<Job>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap();
        migrate(&db, &[("base", BASE_MIGRATIONS)], Timestamp::from_millis(1)).await.unwrap();
        let ctx = Ctx::new(CtxParts {
            resources: Resources::new(db.clone()),
            silences: hob_feature::Silences::new(db.clone(), TimeZone::UTC),
            notices: hob_feature::Notices::new(db.clone()),
            db,
            clock,
            zone: TimeZone::UTC,
            config: Config::parse(Path::new("hob.toml"), config).unwrap(),
            checks: CheckBook::default(),
            jobs: JobBoard::default(),
            metrics: Metrics::default(),
            sealer: Sealer::open(&dir.path().join("key")).unwrap(),
            data: dir.path().to_owned(),
            hostname: "nas".to_owned(),
            features: &[],
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            listening: Mutex::default(),
            shutdown: CancellationToken::new(),
            memory: Default::default(),
        });
        let mut all = jobs(&ctx);
        all.push(keeper(Timestamp::from_millis(1)));
        let driver = JobDriver::start(&ctx, all);
        Self { ctx, driver, _dir: dir }
    }

    async fn real(config: &str) -> Self {
        Self::new(Clock::system(), config, crate::jobs::jobs).await
    }

    /// Waits until a resource is as wanted, at most 15 seconds.
    async fn until(
        &self,
        id: &ResourceId,
        wanted: impl Fn(Option<&Resource>) -> bool,
    ) -> Option<Arc<Resource>> {
        for _ in 0..1500 {
            let resource = self.ctx.resources.get(id);
            if wanted(resource.as_deref()) {
                return resource;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{id} is {:#?}", self.ctx.resources.get(id));
    }

    async fn until_level(&self, id: &ResourceId, level: Level) -> Arc<Resource> {
        self.until(id, |resource| resource.is_some_and(|r| r.judged && r.health.level == level))
            .await
            .unwrap()
    }
}

fn spec(id: &ResourceId, url: String, every: Duration) -> CheckSpec {
    CheckSpec { timeout: 2 * SECOND, ..CheckSpec::new(id.clone(), CheckTarget::found(url), every) }
}

#[tokio::test]
async fn a_service_that_stops_and_returns_is_seen_within_seconds() {
    let (house, service) = (House::real("").await, FakeService::start().await);
    let id = ResourceId::new("service", "nas", "web");
    house.ctx.checks.publish("test", vec![spec(&id, service.url(), 30 * SECOND)]);
    let up = house.until_level(&id, Level::Ok).await;
    assert_eq!(up.health.reason, "Answers with 200 OK.");
    assert_eq!(up.number("http_status"), Some(200.0));
    service.stop().await;
    house.ctx.checks.poke(id.clone());
    let down = house.until_level(&id, Level::Critical).await;
    assert!(down.health.reason.starts_with("Nothing listens at 127.0.0.1:"), "{}", down.health.reason);
    assert!(down.health.remedy.is_some());
    service.restart().await;
    // Without a poke: what fails is asked every five seconds.
    house.until_level(&id, Level::Ok).await;
    assert!(house.ctx.memory.of::<Recent>().of(&id).len() >= 4);
    let metrics = house.ctx.metrics.render();
    for name in ["hob_checks_total", "hob_checks_failed_total", "hob_check_lateness_seconds_bucket"] {
        assert!(metrics.contains(name), "{metrics}");
    }
    house.ctx.checks.publish("test", vec![]);
    house.until(&id, |resource| resource.is_none()).await;
    assert!(house.driver.stop().await);
}

#[tokio::test]
async fn every_misbehaviour_ends_in_a_sentence() {
    let house = House::real("").await;
    let behaviours = [
        (Behaviour::Hang, Level::Critical, "sent no answer within 2 seconds"),
        (Behaviour::HangInBody, Level::Critical, "does not finish its page within 2 seconds"),
        (Behaviour::Status(503), Level::Critical, "503 Service Unavailable"),
        (Behaviour::Status(401), Level::Ok, "it asks who is there"),
        (Behaviour::RedirectForever, Level::Critical, "redirected more than 5 times"),
        (Behaviour::Redirect("http://auth.lan/x".into()), Level::Ok, "sends visitors on to auth.lan"),
        (Behaviour::Garbage(b"\x00\x01\x02".to_vec()), Level::Critical, "not in HTTP"),
        (Behaviour::EndlessHeader, Level::Critical, "headers of the answer are too large"),
        (Behaviour::EndlessBody, Level::Ok, "Answers with 200 OK."),
        (Behaviour::CloseAtOnce, Level::Critical, "closed the connection"),
    ];
    let id = |n: usize| ResourceId::new("service", "nas", &n.to_string());
    let (mut services, mut specs) = (vec![], vec![]);
    for (n, (behaviour, _, _)) in behaviours.iter().enumerate() {
        let service = FakeService::start().await;
        service.set(behaviour.clone());
        specs.push(spec(&id(n), service.url(), SECOND));
        services.push(service);
    }
    house.ctx.checks.publish("test", specs);
    for (n, (behaviour, level, words)) in behaviours.into_iter().enumerate() {
        let resource = house.until_level(&id(n), level).await;
        assert!(resource.health.reason.contains(words), "{behaviour:?}: {}", resource.health.reason);
    }
}

#[tokio::test]
async fn configured_services_are_resources_and_are_checked() {
    let service = FakeService::start().await;
    let toml = format!(
        "[[service]]\nurl = \"{0}/\"\nname = \"Web\"\ngroup = \"Family\"\nexpect_text = \"Fake\"\ndepends_on = \"host/home/nas\"\n\
         [[service]]\nurl = \"tcp://127.0.0.1:{1}\"\n[[service]]\nurl = \"{0}\"\nname = \"Gone\"\nexpect_status = 410\ninterval = \"1s\"\n",
        service.url(),
        service.port()
    );
    let house = House::real(&toml).await;
    let web = house.until_level(&ResourceId::new("service", "config", "web"), Level::Ok).await;
    assert_eq!((web.name.as_str(), web.text("group")), ("Web", Some("Family")));
    assert_eq!(web.facts.get("configured"), Some(&true.into()));
    assert_eq!(web.depends_on, [ResourceId::new("host", "home", "nas")]);
    assert!(web.words.contains_key(&SOURCE.into()) && web.words.contains_key(&CONFIG_SOURCE.into()));
    let port = ResourceId::new("service", "config", &format!("127.0.0.1:{}", service.port()));
    house.until_level(&port, Level::Ok).await;
    let gone = house.until_level(&ResourceId::new("service", "config", "gone"), Level::Critical).await;
    assert_eq!(gone.health.reason, "It answers 200 OK, but 410 is expected.");
}

/// A probe that does what the test says, and counts.
fn scripted(
    answer: impl Fn(&CheckSpec, usize) -> Outcome + Send + Sync + 'static,
) -> (ProbeFn, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (counter, answer) = (count.clone(), Arc::new(answer));
    let probe: ProbeFn = Arc::new(move |spec| {
        let n = counter.fetch_add(1, Ordering::SeqCst);
        let answer = answer.clone();
        boxed(async move { answer(&spec, n) })
    });
    (probe, count)
}

fn well() -> Outcome {
    Outcome::Tcp(Ok(http_probe::TcpOutcome {
        remote: SocketAddr::from(([127, 0, 0, 1], 80)),
        resolve: Duration::ZERO,
        connect: Duration::ZERO,
    }))
}

fn tcp(n: usize, every: Duration) -> CheckSpec {
    let resource = ResourceId::new("service", "nas", &n.to_string());
    CheckSpec { timeout: SECOND, ..CheckSpec::new(resource, CheckTarget::tcp("nas", 80), every) }
}

/// No anchor is there.
fn nobody() -> AnchorFn {
    Arc::new(|_| boxed(async { false }))
}

/// Lets a fake clock run, with time for the work that becomes due.
async fn run_for(ctx: &Ctx, seconds: u32) {
    for _ in 0..seconds * 10 {
        ctx.clock.advance(Duration::from_millis(100));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        ctx.resources.settle().await;
    }
}

#[tokio::test]
async fn a_panic_in_one_probe_is_one_failed_check_and_not_the_end() {
    let (probe, _) = scripted(|spec, _| {
        assert!(spec.resource.name() != "0", "boom");
        well()
    });
    let clock = Clock::fake(Timestamp::from_millis(1_800_000_000_000));
    let house = House::new(clock, "", |ctx| vec![runner_with(ctx, probe, nobody())]).await;
    house.ctx.checks.publish("test", vec![tcp(0, 10 * SECOND), tcp(1, 10 * SECOND)]);
    run_for(&house.ctx, 8).await;
    let bad = house.ctx.resources.get(&ResourceId::new("service", "nas", "0")).unwrap();
    assert_eq!(bad.health.level, Level::Unknown);
    assert!(bad.health.reason.starts_with("Hob's own probe broke off"), "{:?}", bad.health);
    let good = house.ctx.resources.get(&ResourceId::new("service", "nas", "1")).unwrap();
    assert_eq!(good.health.level, Level::Ok);
    assert!(house.ctx.jobs.list().iter().all(|job| job.panics == 0));
}

#[tokio::test]
async fn nothing_visible_changes_while_the_state_is_the_same() {
    let (probe, count) = scripted(|spec, n| {
        if spec.resource.name() == "1" {
            return Outcome::Tcp(Err(ProbeError::NotHttp { first_bytes: format!("it is probe {n}") }));
        }
        well()
    });
    let clock = Clock::fake(Timestamp::from_millis(1_800_000_000_000));
    let house = House::new(clock, "", |ctx| vec![runner_with(ctx, probe, nobody())]).await;
    house.ctx.checks.publish("test", vec![tcp(0, 2 * SECOND), tcp(1, 2 * SECOND)]);
    run_for(&house.ctx, 8).await;
    let (version, before) = (house.ctx.resources.version(), count.load(Ordering::SeqCst));
    run_for(&house.ctx, 20).await;
    assert!(count.load(Ordering::SeqCst) >= before + 18, "{}", count.load(Ordering::SeqCst) - before);
    assert_eq!(house.ctx.resources.version(), version);
    let id = ResourceId::new("service", "nas", "1");
    assert_eq!(house.ctx.resources.transitions(Some(&id), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn words_on_resources_that_nobody_wants_checked_any_more_are_taken_back() {
    let (probe, _) = scripted(|_, _| well());
    let clock = Clock::fake(Timestamp::from_millis(1_800_000_000_000));
    let house = House::new(clock, "", |ctx| vec![runner_with(ctx, probe, nobody())]).await;
    let old = ResourceId::new("service", "nas", "old");
    let word = hob_base::Observation::new(SOURCE, old.clone(), 600 * SECOND);
    house.ctx.resources.observe(word.judged(hob_base::Health::ok("Well."))).await;
    run_for(&house.ctx, 30).await;
    assert!(house.ctx.resources.get(&old).is_some());
    run_for(&house.ctx, 20).await;
    assert!(house.ctx.resources.get(&old).is_none());
}

/// The share of probes that began more than a second late, from the histogram.
fn late_share(metrics: &str) -> f64 {
    let value = |wanted: &str| -> f64 {
        let line = metrics.lines().find(|line| line.starts_with(wanted)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let all = value("hob_check_lateness_seconds_count");
    (all - value("hob_check_lateness_seconds_bucket{le=\"1.0\"}")) / all
}

#[tokio::test]
async fn checks_are_on_time_although_one_in_ten_hangs() {
    let (house, service, hung) =
        (House::real("").await, FakeService::start().await, FakeService::start().await);
    hung.set(Behaviour::Hang);
    let id = |n: usize| ResourceId::new("service", "nas", &n.to_string());
    // Three times as many probes in a second as 2,000 checks every 30 seconds make.
    let specs = (0..200).map(|n| {
        let url = if n % 10 == 0 { hung.url() } else { service.url() };
        CheckSpec { timeout: SECOND, ..spec(&id(n), url, SECOND) }
    });
    house.ctx.checks.publish("test", specs.collect());
    for n in 0..200 {
        house.until_level(&id(n), if n % 10 == 0 { Level::Critical } else { Level::Ok }).await;
    }
    tokio::time::sleep(2 * SECOND).await;
    let share = late_share(&house.ctx.metrics.render());
    assert!(share < 0.01, "{share}");
}
