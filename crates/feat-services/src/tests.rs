//! Discovery in a real context: SQLite in a temporary directory (and PostgreSQL where `HOB_TEST_POSTGRES` names a
//! server), real services on this machine, and a made-up `/proc` that names only them.

use crate::jobs::jobs_on;
use crate::model::tracked::SOURCE;
use crate::{MIGRATIONS, routes, store};
use axum::body::{Body, to_bytes};
use hob_base::{Clock, Level, Observation, Resource, ResourceId, Timestamp};
use hob_db::{Db, Location, migrate};
use hob_feature::jobs::{JobBoard, JobDriver};
use hob_feature::metrics::Metrics;
use hob_feature::resources::keeper;
use hob_feature::secrets::Sealer;
use hob_feature::{BASE_MIGRATIONS, CheckBook, CheckSpec, CheckTarget, Config, Ctx, CtxParts, Resources};
use hob_testkit::fake_service::{Behaviour, FakeService};
use http::{Request, StatusCode};
use jiff::tz::TimeZone;
use rustls_pki_types::PrivateKeyDer;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot really";

const NOTHING: &str = "Nothing new to ask.";

/// A machine of the test's own: its files, and the hub that runs on it.
struct Machine {
    dir: tempfile::TempDir,
    db: Db,
    clock: Clock,
}

struct Hub {
    ctx: Ctx,
    driver: JobDriver,
}

impl Machine {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("proc/net")).unwrap();
        let db = Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap();
        let machine = Self { dir, db, clock: Clock::fake(Timestamp::from_millis(1_800_000_000_000)) };
        machine.listen(&[]);
        machine
    }

    fn proc(&self) -> PathBuf {
        self.dir.path().join("proc")
    }

    /// Makes exactly these sockets listen: port and inode.
    fn listen(&self, sockets: &[(u16, u64)]) {
        let lines: String = sockets
            .iter()
            .map(|(port, inode)| {
                format!(
                    "   0: 0100007F:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
                )
            })
            .collect();
        fs::write(self.proc().join("net/tcp"), lines).unwrap();
    }

    fn process(&self, pid: u32, cmdline: &str, inodes: &[u64]) {
        let root = self.proc().join(pid.to_string());
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("fd")).unwrap();
        fs::write(root.join("comm"), cmdline.split(' ').next().unwrap()).unwrap();
        fs::write(root.join("cmdline"), cmdline.replace(' ', "\0")).unwrap();
        fs::write(root.join("cgroup"), "0::/system.slice/web.service\n").unwrap();
        for (n, inode) in inodes.iter().enumerate() {
            symlink(format!("socket:[{inode}]"), root.join(format!("fd/{n}"))).unwrap();
        }
    }

    async fn hub(&self, config: &str) -> Hub {
        let all = [("base", BASE_MIGRATIONS), ("services", MIGRATIONS)];
        migrate(&self.db, &all, Timestamp::from_millis(1)).await.unwrap();
        let ctx = Ctx::new(CtxParts {
            resources: Resources::new(self.db.clone()),
            silences: hob_feature::Silences::new(self.db.clone(), TimeZone::UTC),
            notices: hob_feature::Notices::new(self.db.clone()),
            db: self.db.clone(),
            clock: self.clock.clone(),
            zone: TimeZone::UTC,
            config: Config::parse(Path::new("hob.toml"), config).unwrap(),
            checks: CheckBook::default(),
            jobs: JobBoard::default(),
            metrics: Metrics::default(),
            sealer: Sealer::open(&self.dir.path().join("key")).unwrap(),
            data: self.dir.path().to_owned(),
            hostname: "nas".to_owned(),
            features: &[],
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            listening: Mutex::new(vec!["127.0.0.1:4620".parse().unwrap()]),
            shutdown: CancellationToken::new(),
            memory: Default::default(),
        });
        ctx.resources.load(&ctx.clock).await.unwrap();
        let mut jobs = jobs_on(&ctx, self.proc());
        jobs.push(keeper(Timestamp::from_millis(1)));
        let driver = JobDriver::start(&ctx, jobs);
        Hub { ctx, driver }
    }
}

impl Hub {
    /// Looks at the sockets once, and asks what is new.
    async fn look(&self) {
        for job in ["services.scan", "services.identify"] {
            self.ctx.jobs.run(job).await.unwrap().unwrap();
        }
        self.ctx.resources.settle().await;
    }

    fn get(&self, kind: &str, name: impl std::fmt::Display) -> Option<Arc<Resource>> {
        self.ctx.resources.get(&ResourceId::new(kind, "nas", &format!("{name}")))
    }

    fn service(&self, port: u16) -> Arc<Resource> {
        self.get("service", port).unwrap_or_else(|| panic!("{:#?}", self.ctx.resources.list()))
    }

    /// What the next run of asking says.
    async fn asked(&self) -> String {
        self.ctx.jobs.run("services.identify").await.unwrap().unwrap()
    }

    fn discovery(&self) -> Arc<Resource> {
        self.get("discovery", "ports").unwrap()
    }
}

#[tokio::test]
async fn a_web_service_is_found_named_and_checked() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    service.set(Behaviour::Page { title: "Grafana & Co".into(), status: 200, icon: Some(PNG.to_vec()) });
    machine.listen(&[(service.port(), 11), (4620, 12)]);
    machine.process(77, "node server.js", &[11]);
    let hub = machine.hub("").await;
    hub.look().await;
    let found = hub.service(service.port());
    assert_eq!(found.name, "Grafana & Co");
    assert_eq!(found.text("url"), Some(format!("{}/", service.url()).as_str()));
    assert_eq!((found.text("process"), found.text("unit")), (Some("node server.js"), Some("web.service")));
    assert_eq!((found.text("scheme"), found.text("content_type")), (Some("http"), Some("text/html")));
    assert_eq!(found.facts["loopback_only"], true.into());
    assert_eq!(found.depends_on, [ResourceId::new("host", "home", "nas")]);
    assert!(!found.judged, "that is for its check to say");
    let spec = hub.ctx.checks.find(&found.id).unwrap();
    assert_eq!((spec.every, spec.failures), (Duration::from_secs(30), 2));
    assert!(matches!(&spec.target, CheckTarget::Http(http) if http.found), "{spec:?}");
    assert_eq!(hub.discovery().health.reason, "Found 1 web service and 0 other ports on this machine.");
    assert!(hub.get("service", 4620).is_none(), "Hob does not find itself");
    assert!(service.requests().iter().all(|request| request.method == "GET"));
    // A second look asks nothing.
    hub.look().await;
    assert_eq!(hub.asked().await, NOTHING);
    assert!(hub.driver.stop().await);
}

#[tokio::test]
async fn an_icon_is_served_without_any_power() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    service.set(Behaviour::Page { title: "X".into(), status: 200, icon: Some(svg.to_vec()) });
    machine.listen(&[(service.port(), 1)]);
    let hub = machine.hub("").await;
    hub.look().await;
    let hash = hub.service(service.port()).text("icon").unwrap().to_owned();
    let router = routes::routes(&hub.ctx);
    let get = |path: String| router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
    let answer = get(format!("/services/icon/{hash}")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/svg+xml");
    assert_eq!(header("content-security-policy"), "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(to_bytes(answer.into_body(), 10_000).await.unwrap(), svg.as_slice());
    for wrong in ["0000000000000000", "..%2F..%2Fetc", "x"] {
        assert_eq!(get(format!("/services/icon/{wrong}")).await.unwrap().status(), StatusCode::NOT_FOUND);
    }
    // Still in use, then not any more.
    machine.clock.advance(Duration::from_secs(2 * 3600));
    hub.ctx.jobs.run("services.tidy_icons").await.unwrap().unwrap();
    assert!(store::find_icon(&hub.ctx.db, &hash).await.unwrap().is_some());
    let id = hub.service(service.port()).id.to_string();
    store::update_services(&hub.ctx.db, &[], &[id]).await.unwrap();
    hub.ctx.jobs.run("services.tidy_icons").await.unwrap().unwrap();
    assert!(store::find_icon(&hub.ctx.db, &hash).await.unwrap().is_none());
}

#[tokio::test]
async fn whatever_answers_is_told_for_what_it_is() {
    let machine = Machine::new().await;
    let behaviours = [
        (Behaviour::Status(404), "service", "nginx"),
        (Behaviour::Status(500), "service", "nginx"),
        (Behaviour::page("Login"), "service", "nginx"),
        (Behaviour::ScriptTitle, "service", hob_testkit::fake_service::SCRIPT_TITLE),
        (Behaviour::InvalidUtf8, "service", "Caf"),
        (Behaviour::HugeIcon(300 * 1024), "service", "Huge icon"),
        (Behaviour::EndlessHeader, "service", "nginx"),
        (Behaviour::EndlessBody, "service", "nginx"),
        (Behaviour::HangInBody, "service", "nginx"),
        (Behaviour::RedirectForever, "service", "nginx"),
        (Behaviour::Redirect("http://evil.invalid/".into()), "service", "nginx"),
        (Behaviour::Banner("220 mail ESMTP\r\n".into()), "port", "nginx"),
        (Behaviour::Garbage(vec![0, 1, 2, 255]), "port", "nginx"),
        (Behaviour::CloseAtOnce, "port", "nginx"),
        (Behaviour::Hang, "port", "nginx"),
    ];
    let (mut services, mut sockets) = (vec![], vec![]);
    for (n, (behaviour, _, _)) in behaviours.iter().enumerate() {
        let service = FakeService::start().await;
        service.set(behaviour.clone());
        sockets.push((service.port(), n as u64 + 1));
        services.push(service);
    }
    machine.listen(&sockets);
    machine.process(9, "nginx", &sockets.iter().map(|(_, inode)| *inode).collect::<Vec<_>>());
    let hub = machine.hub("").await;
    hub.look().await;
    for (service, (behaviour, kind, name)) in services.iter().zip(behaviours) {
        let found = hub.get(kind, service.port()).unwrap_or_else(|| panic!("{behaviour:?}"));
        assert_eq!(found.name, name, "{behaviour:?}");
        assert_eq!(found.text("icon"), None, "{behaviour:?}");
        let expected = if kind == "port" { Level::Ok } else { Level::Unknown };
        assert_eq!(found.health.level, expected, "{behaviour:?}");
        assert_eq!(hub.ctx.checks.find(&found.id).is_some(), kind == "service");
    }
    assert_eq!(hub.discovery().facts["services_count"], 11_i64.into());
}

/// A page over TLS, with a certificate of its own making.
async fn secure_page(title: &'static str) -> (u16, JoinSet<()>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not speak TLS is hung up on.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let page = format!("<title>{title}</title>");
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", page.len());
            let _ = stream.write_all((head + &page).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, task)
}

#[tokio::test]
async fn what_speaks_tls_is_asked_over_tls() {
    let (machine, (port, _server)) = (Machine::new().await, secure_page("Proxmox").await);
    machine.listen(&[(port, 1)]);
    let hub = machine.hub("").await;
    hub.look().await;
    let found = hub.service(port);
    assert_eq!((found.name.as_str(), found.text("scheme")), ("Proxmox", Some("https")));
    assert_eq!(found.text("url"), Some(format!("https://127.0.0.1:{port}/").as_str()));
}

#[tokio::test]
async fn a_slow_starter_is_asked_again() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    service.set(Behaviour::CloseAtOnce);
    machine.listen(&[(service.port(), 1)]);
    let hub = machine.hub("").await;
    hub.look().await;
    assert!(hub.get("port", service.port()).is_some());
    service.set(Behaviour::page("Late"));
    hub.look().await;
    assert!(hub.get("port", service.port()).is_some(), "not before ten seconds are over");
    machine.clock.advance(Duration::from_secs(11));
    hub.look().await;
    assert_eq!(hub.service(service.port()).name, "Late");
    assert!(hub.get("port", service.port()).is_none(), "it has become something else");
}

#[tokio::test]
async fn a_service_that_stops_is_told_at_the_second_look_and_is_well_when_it_returns() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    machine.listen(&[(service.port(), 1)]);
    machine.process(77, "node server.js", &[1]);
    let hub = machine.hub("").await;
    hub.look().await;
    let id = hub.service(service.port()).id.clone();
    hub.ctx.checks.take_poked();
    machine.listen(&[]);
    hub.look().await;
    assert!(!hub.service(service.port()).judged, "a restart is no outage");
    hub.look().await;
    let gone = hub.service(service.port());
    assert_eq!(gone.health.level, Level::Critical);
    assert_eq!(
        gone.health.reason,
        format!("The process `node server.js` (pid 77) no longer listens on port {}.", service.port())
    );
    assert_eq!(hub.ctx.checks.take_poked(), std::slice::from_ref(&id));
    assert!(hub.ctx.checks.find(&id).is_some());
    // Another socket, another process, the same service.
    machine.process(78, "node server.js", &[2]);
    machine.listen(&[(service.port(), 2)]);
    hub.look().await;
    let back = hub.service(service.port());
    assert!(!back.judged);
    assert_eq!(back.number("pid"), Some(78.0));
    assert_eq!(hub.ctx.checks.take_poked(), [id]);
}

#[tokio::test]
async fn what_stopped_while_the_hub_was_down_is_missed() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    service.set(Behaviour::page("Photos"));
    machine.listen(&[(service.port(), 1)]);
    let hub = machine.hub("").await;
    hub.look().await;
    assert!(hub.driver.stop().await);
    machine.listen(&[]);
    let hub = machine.hub("").await;
    hub.look().await;
    hub.look().await;
    let gone = hub.service(service.port());
    assert_eq!((gone.name.as_str(), gone.health.level), ("Photos", Level::Critical));
    assert!(gone.health.evidence.contains("15 Jan 2027, 08:00"), "{}", gone.health.evidence);
    assert!(hub.ctx.checks.find(&gone.id).is_some());
    assert_eq!(store::list_services(&hub.ctx.db).await.unwrap().len(), 1);
    // After two weeks nobody misses it any more.
    machine.clock.advance(Duration::from_secs(14 * 86_400 + 60));
    hub.look().await;
    assert!(hub.get("service", service.port()).is_none());
    assert!(hub.ctx.checks.all().is_empty());
    assert_eq!(store::list_services(&hub.ctx.db).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_somebody_had_forgotten_stays_forgotten() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    machine.listen(&[(service.port(), 1)]);
    let hub = machine.hub("").await;
    hub.look().await;
    let id = hub.service(service.port()).id.clone();
    // One that listens is simply found again.
    hub.ctx.resources.forget(id.clone()).await;
    hub.ctx.resources.settle().await;
    hub.look().await;
    assert!(hub.ctx.resources.get(&id).is_some());
    machine.listen(&[]);
    for _ in 0..3 {
        hub.look().await;
    }
    assert_eq!(hub.service(service.port()).health.level, Level::Critical);
    hub.ctx.resources.forget(id.clone()).await;
    hub.ctx.resources.settle().await;
    // Its check may still say a last word.
    let word = Observation::new("checks", id.clone(), Duration::from_secs(60));
    hub.ctx.resources.observe(word).await;
    for _ in 0..3 {
        hub.look().await;
    }
    assert!(!hub.ctx.resources.get(&id).unwrap().words.contains_key(&SOURCE.into()));
    assert!(hub.ctx.checks.find(&id).is_none());
    assert!(store::list_services(&hub.ctx.db).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_no_outage() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    machine.listen(&[(service.port(), 1)]);
    let hub = machine.hub("").await;
    hub.look().await;
    fs::rename(machine.proc().join("net"), machine.proc().join("hidden")).unwrap();
    for _ in 0..3 {
        hub.look().await;
    }
    assert!(!hub.service(service.port()).judged);
    assert_eq!(hub.discovery().health.level, Level::Warning);
    assert!(hub.discovery().health.reason.contains("cannot read which sockets listen"));
}

#[tokio::test]
async fn what_is_ignored_or_known_is_never_asked() {
    let machine = Machine::new().await;
    let [ignored, driver, redis] =
        [FakeService::start().await, FakeService::start().await, FakeService::start().await];
    machine.listen(&[(ignored.port(), 1), (driver.port(), 2), (redis.port(), 3), (22, 4)]);
    machine.process(50, "chromedriver --port=1", &[2]);
    machine.process(51, "redis-server", &[3]);
    let hub = machine
        .hub(&format!("[services]\nignore_ports = {}\nignore_processes = \"chromedriver\"\n", ignored.port()))
        .await;
    hub.look().await;
    // Not by what the services saw: another hub on this machine may find them too.
    assert_eq!(hub.asked().await, NOTHING);
    for service in [&ignored, &driver, &redis] {
        assert!(hub.get("service", service.port()).is_none());
    }
    assert!(hub.get("port", ignored.port()).is_none() && hub.get("port", driver.port()).is_none());
    assert_eq!(hub.get("port", redis.port()).unwrap().name, "redis-server");
    assert_eq!(hub.get("port", 22).unwrap().name, "SSH");
    // The process of port 22 is somebody else's.
    let discovery = hub.discovery();
    assert_eq!(discovery.health.level, Level::Ok);
    assert!(
        discovery.health.reason.contains("Hob may not see which process owns 1 of 2 ports; run it as root"),
        "{}",
        discovery.health.reason
    );
}

#[tokio::test]
async fn discovery_that_is_switched_off_takes_everything_back() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    machine.listen(&[(service.port(), 1)]);
    let hub = machine.hub("").await;
    hub.look().await;
    assert!(hub.driver.stop().await);
    let hub = machine.hub("[services]\nenabled = false\n").await;
    hub.look().await;
    assert!(hub.ctx.resources.list().iter().all(|resource| resource.id.scope() == "hob"));
    assert!(hub.ctx.checks.all().is_empty());
}

#[tokio::test]
async fn nothing_visible_changes_while_nothing_happens() {
    let (machine, service) = (Machine::new().await, FakeService::start().await);
    machine.listen(&[(service.port(), 1), (22, 2)]);
    let hub = machine.hub("").await;
    hub.look().await;
    hub.look().await;
    let version = hub.ctx.resources.version();
    for _ in 0..5 {
        machine.clock.advance(Duration::from_secs(61));
        hub.look().await;
    }
    assert_eq!(hub.ctx.resources.version(), version);
}

#[tokio::test]
async fn thousands_of_sockets_are_a_warning_and_no_burden() {
    let machine = Machine::new().await;
    // Nothing listens there, so that asking ends at once.
    machine.listen(&(0..10_000_u16).map(|n| (n + 20_000, u64::from(n) + 1)).collect::<Vec<_>>());
    let hub = machine.hub("").await;
    hub.ctx.jobs.run("services.scan").await.unwrap().unwrap();
    hub.ctx.resources.settle().await;
    assert_eq!(
        hub.discovery().health.reason,
        "This machine listens on 10000 sockets; Hob looks at the first 2000 by port."
    );
}

/// SQLite always; PostgreSQL where there is one.
async fn both() -> Vec<(Db, tempfile::TempDir)> {
    let dir = tempfile::tempdir().unwrap();
    let mut all = vec![];
    if let Some(location) = hob_testkit::hub::postgres().await {
        all.push((Db::open(&location).await.unwrap(), tempfile::tempdir().unwrap()));
    }
    all.push((Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap(), dir));
    all
}

#[tokio::test]
async fn every_query_runs_on_both_databases() {
    use crate::model::tracked::{Identity, Other, Tracked, Web};
    for (db, _dir) in both().await {
        migrate(&db, &[("services", MIGRATIONS)], Timestamp::from_millis(1)).await.unwrap();
        let web = Web {
            url: "http://127.0.0.1:3000/".into(),
            title: Some("Grafana".into()),
            icon: Some("e3b0c44298fc1c14".into()),
            ..Web::default()
        };
        let addresses: std::collections::BTreeSet<_> =
            ["0.0.0.0", "::"].iter().map(|text| text.parse().unwrap()).collect();
        let times = [1, 2, 3].map(Timestamp::from_millis);
        let make = |name: &str, identity: Identity, process: Option<&str>| {
            Tracked::restored(
                name.into(),
                3000,
                addresses.clone(),
                identity,
                process.map(str::to_owned),
                times,
            )
        };
        let rows = [
            ("a".to_owned(), make("3000", Identity::Web(web.clone()), None)),
            ("b".to_owned(), make("9", Identity::Other(Other::Known), Some("sshd"))),
        ];
        store::update_services(&db, &rows, &[]).await.unwrap();
        let renamed = ("a".to_owned(), make("3000", Identity::Web(Web { title: None, ..web }), Some("node")));
        store::update_services(&db, &[renamed], &["b".to_owned()]).await.unwrap();
        let known = store::list_services(&db).await.unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!((known[0].name.as_str(), known[0].process_name.as_deref()), ("3000", Some("node")));
        assert_eq!((&known[0].addresses, known[0].first_seen.millis()), (&addresses, 1));
        let icon = store::Icon {
            hash: "e3b0c44298fc1c14".into(),
            content_type: "image/png".into(),
            bytes: vec![0, 255],
        };
        let other = store::Icon { hash: "0000000000000000".into(), ..icon.clone() };
        for icon in [&icon, &icon, &other] {
            store::add_icon(&db, icon, Timestamp::from_millis(5)).await.unwrap();
        }
        assert_eq!(store::find_icon(&db, &icon.hash).await.unwrap(), Some(icon));
        assert_eq!(store::delete_unused_icons(&db, Timestamp::from_millis(5)).await.unwrap(), 0);
        assert_eq!(store::delete_unused_icons(&db, Timestamp::from_millis(6)).await.unwrap(), 1);
        db.close().await;
    }
}

/// Waits until something holds. The clock of these tests stands still, so this waits for work, not for time.
async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not in time: {what}");
}

#[tokio::test]
async fn a_tile_that_a_cluster_found_gets_the_icon_of_its_site() {
    let (machine, site) = (Machine::new().await, FakeService::start().await);
    site.set(Behaviour::Page { title: "Photos".into(), status: 200, icon: Some(PNG.to_vec()) });
    let hub = machine.hub("").await;
    let url = format!("{}/", site.url());
    let tile = ResourceId::new("service", "home", "photos.example.org");
    let says = |source: &str| {
        Observation::new(source, tile.clone(), Duration::from_secs(300)).fact("url", url.as_str())
    };
    let icon = || hub.ctx.resources.get(&tile).and_then(|tile| tile.text("icon").map(str::to_owned));
    // What is not probed is not asked, nor is what anybody else speaks of.
    hub.ctx.resources.observe(says("kubernetes")).await;
    let other = ResourceId::new("service", "config", "elsewhere");
    hub.ctx.checks.publish(
        "x",
        vec![CheckSpec::new(other.clone(), CheckTarget::found(&*url), Duration::from_secs(60))],
    );
    hub.ctx
        .resources
        .observe(Observation::new("config", other, Duration::from_secs(300)).fact("url", url.as_str()))
        .await;
    hub.ctx.resources.settle().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(site.requests().len(), 0);
    // Its check is there: then its icon follows.
    let spec = CheckSpec::new(tile.clone(), CheckTarget::found(&*url), Duration::from_secs(60));
    hub.ctx.checks.publish("kubernetes/home", vec![spec]);
    hub.ctx.resources.observe(says("kubernetes").named("Photos")).await;
    until("the icon", || icon().is_some()).await;
    let hash = icon().unwrap();
    assert_eq!(store::find_icon(&machine.db, &hash).await.unwrap().unwrap().bytes, PNG);
    let asked = site.requests();
    assert!(asked.len() <= 3 && asked.iter().all(|request| request.method == "GET"), "{asked:?}");
    assert!(
        asked
            .iter()
            .all(|request| request.header("cookie").is_none() && request.header("authorization").is_none())
    );
    let facts = &hub.ctx.resources.get(&tile).unwrap().words[&SOURCE.into()];
    assert!(facts.health.is_none() && facts.name.is_none(), "{facts:?}");
    // It is not cleared away, and after a restart it is there without asking.
    machine.clock.advance(Duration::from_secs(2 * 3600));
    // Whoever found it says so again, as long as it runs; a word that has expired has no icon.
    hub.ctx.resources.observe(says("kubernetes").named("Photos")).await;
    until("the icon is there again", || icon().is_some()).await;
    assert_eq!(store::delete_unused_icons(&machine.db, machine.clock.now()).await.unwrap(), 0);
    assert!(hub.driver.stop().await);
    let count = site.requests().len();
    let hub = machine.hub("").await;
    hub.look().await;
    let icon = || hub.ctx.resources.get(&tile).and_then(|tile| tile.text("icon").map(str::to_owned));
    until("the icon is still there", || icon().as_deref() == Some(&*hash)).await;
    assert_eq!(site.requests().len(), count);
    // The route is taken away: the tile does not stay for its icon.
    hub.ctx.resources.withdraw("kubernetes", tile.clone()).await;
    until("the tile is gone", || hub.ctx.resources.get(&tile).is_none()).await;
    assert!(hub.driver.stop().await);
}
