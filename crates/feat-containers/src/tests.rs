//! The whole feature in a hub: against an engine that misbehaves on request, and against a real Podman where there is one.

mod podman;

use crate::FEATURE;
use hob_base::{Level, Observation, ResourceId};
use hob_feature::{Ctx, Feature};
use hob_testkit::fake_engine::FakeEngine;
use hob_testkit::hub::TestHub;
use serde_json::{Value, json};
use std::time::Duration;

const FEATURES: &[Feature] = &[FEATURE];
const SOON: Duration = Duration::from_secs(10);

fn config(engine: &FakeEngine) -> String {
    format!(
        "[[containers]]\nname = \"docker\"\nsocket = \"{}\"\n[containers_auto]\nenabled = false\n",
        engine.socket().display()
    )
}

fn container(id: char, name: &str, image: &str) -> Value {
    json!({
        "Id": id.to_string().repeat(64), "Name": format!("/{name}"), "Image": format!("sha256:{name}"),
        "State": { "Status": "running", "StartedAt": "2026-11-23T07:00:00Z" },
        "Config": { "Image": image, "Labels": {} },
        "HostConfig": { "NetworkMode": "bridge", "RestartPolicy": { "Name": "always" } },
    })
}

fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

fn level(ctx: &Ctx, resource: &str) -> Option<Level> {
    ctx.resources.get(&id(resource)).map(|resource| resource.health.level)
}

/// Waits until the engine was asked for its events, so that none is missed.
async fn until_heard(engine: &FakeEngine, hub: &TestHub) {
    hub.wait_until("the engine is watched", SOON, |ctx| {
        level(ctx, "engine/containers/docker") == Some(Level::Ok)
    })
    .await;
    let asked = engine.requests();
    assert!(asked.iter().any(|path| path == "GET /v1.47/events"), "{asked:?}");
    assert!(asked.iter().all(|path| path.starts_with("GET ")), "{asked:?}");
}

#[tokio::test]
async fn what_happens_is_seen_without_asking_again() {
    let engine = FakeEngine::start();
    let app = "a".repeat(64);
    engine.image("sha256:app", "ghcr.io/me/app:1", "sha256:abc", 1_700_000_000);
    engine.put(container('a', "app", "ghcr.io/me/app:1"), "create");
    let hub = TestHub::with(FEATURES).config(&config(&engine)).start().await;
    until_heard(&engine, &hub).await;
    hub.wait_until("the container", SOON, |ctx| level(ctx, "workload/docker/app") == Some(Level::Ok)).await;
    // A new one, with its log.
    engine.set_log(&"b".repeat(64), "starting\npanic: no database\n");
    let mut broken = container('b', "broken", "me/broken");
    broken["State"] = json!({ "Status": "exited", "ExitCode": 2, "FinishedAt": "2026-11-23T07:00:00Z" });
    engine.put(broken, "die");
    hub.wait_until("the broken one", SOON, |ctx| {
        level(ctx, "workload/docker/broken") == Some(Level::Critical)
    })
    .await;
    let said = hub.ctx().resources.get(&id("workload/docker/broken")).unwrap();
    assert!(said.health.evidence.contains("panic: no database"), "{:?}", said.health);
    let evidence = (FEATURE.evidence)(hub.ctx(), &said);
    assert_eq!(evidence.len(), 1);
    assert_eq!((FEATURE.cards)(hub.ctx(), &said).len(), 1);
    // Unhealthy, and well again; what health checks do all day is not even asked about.
    let _ = engine.requests();
    for _ in 0..50 {
        engine.tell(&app, "exec_create: curl", &json!({}));
        engine.tell(&app, "exec_die", &json!({ "exitCode": "0" }));
    }
    engine.change(&app, "health_status: unhealthy", |app| {
        app["State"]["Health"] = json!({ "Status": "unhealthy", "Log": [{ "Output": "no" }] });
    });
    hub.wait_until("unhealthy", SOON, |ctx| level(ctx, "workload/docker/app") == Some(Level::Critical)).await;
    engine.change(&app, "health_status: healthy", |app| app["State"]["Health"]["Status"] = json!("healthy"));
    hub.wait_until("healthy", SOON, |ctx| level(ctx, "workload/docker/app") == Some(Level::Ok)).await;
    let asked = engine.requests();
    assert!(asked.len() <= 4 && asked.iter().all(|path| path.contains(&app)), "{asked:?}");
    engine.remove(&app);
    hub.wait_until("it is gone", SOON, |ctx| level(ctx, "workload/docker/app").is_none()).await;
    hub.stop().await;
}

#[tokio::test]
async fn who_comes_and_goes_is_one_finding() {
    let engine = FakeEngine::start();
    let app = "a".repeat(64);
    engine.put(container('a', "app", "me/app"), "create");
    let hub = TestHub::with(FEATURES).config(&config(&engine)).start().await;
    until_heard(&engine, &hub).await;
    // The engine's own clock is not ours: what it says counts against what it says. Here both agree.
    let now = hub.ctx().clock.now().millis() / 1000;
    for n in 0..3 {
        let event = json!({ "exitCode": "3" });
        engine.tell_at(&app, "die", &event, now + n);
    }
    hub.wait_until("a loop", SOON, |ctx| level(ctx, "workload/docker/app") == Some(Level::Critical)).await;
    let said = hub.ctx().resources.get(&id("workload/docker/app")).unwrap();
    assert!(said.health.reason.contains("crashes again and again (3 times"), "{:?}", said.health);
    hub.stop().await;
}

#[tokio::test]
async fn an_engine_that_goes_away_is_one_finding_and_comes_back() {
    let engine = FakeEngine::start();
    engine.put(container('a', "app", "me/app"), "create");
    let hub = TestHub::with(FEATURES).config(&config(&engine)).start().await;
    until_heard(&engine, &hub).await;
    engine.stop().await;
    hub.wait_until("it is away", Duration::from_secs(20), |ctx| {
        level(ctx, "engine/containers/docker") == Some(Level::Critical)
    })
    .await;
    let said = hub.ctx().resources.get(&id("engine/containers/docker")).unwrap();
    assert!(
        said.health.reason.contains("does not answer") && said.health.reason.contains("was known before"),
        "{said:?}"
    );
    assert_eq!(level(hub.ctx(), "workload/docker/app"), Some(Level::Ok), "what was known stands");
    let app = hub.ctx().resources.get(&id("workload/docker/app")).unwrap();
    assert!(app.depends_on.contains(&id("engine/containers/docker")));
    engine.resume();
    engine.put(container('b', "new", "me/new"), "create");
    hub.wait_until("it is back", Duration::from_secs(20), |ctx| {
        level(ctx, "workload/docker/new") == Some(Level::Ok)
    })
    .await;
    assert_eq!(level(hub.ctx(), "engine/containers/docker"), Some(Level::Ok));
    hub.stop().await;
}

#[tokio::test]
async fn a_proxy_that_forbids_things_is_named() {
    let engine = FakeEngine::start();
    engine.put(container('a', "app", "me/app"), "create");
    engine.forbid("/images");
    engine.forbid("/events");
    let hub = TestHub::with(FEATURES).config(&config(&engine)).start().await;
    hub.wait_until("the container", SOON, |ctx| level(ctx, "workload/docker/app") == Some(Level::Ok)).await;
    let said = hub.ctx().resources.get(&id("engine/containers/docker")).unwrap();
    assert!(
        said.health.evidence.contains("EVENTS=1") && said.health.evidence.contains("IMAGES=1"),
        "{said:?}"
    );
    hub.stop().await;

    let closed = FakeEngine::start();
    closed.forbid("/containers");
    let hub = TestHub::with(FEATURES).config(&config(&closed)).start().await;
    hub.wait_until("it is said", SOON, |ctx| level(ctx, "engine/containers/docker") == Some(Level::Unknown))
        .await;
    let said = hub.ctx().resources.get(&id("engine/containers/docker")).unwrap();
    assert!(said.health.remedy.as_ref().unwrap().contains("CONTAINERS=1"), "{said:?}");
    hub.stop().await;
}

#[tokio::test]
async fn an_engine_elsewhere_is_asked_through_a_proxy() {
    let engine = FakeEngine::start();
    let mut app = container('a', "jellyfin", "jellyfin/jellyfin");
    app["NetworkSettings"] =
        json!({ "Ports": { "8096/tcp": [{ "HostIp": "0.0.0.0", "HostPort": "18096" }] } });
    engine.put(app, "create");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, socket) = (listener.local_addr().unwrap().port(), engine.socket());
    let mut proxy = tokio::task::JoinSet::new();
    proxy.spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut inside, _)) = listener.accept().await {
            let socket = socket.clone();
            connections.spawn(async move {
                let mut outside = tokio::net::UnixStream::connect(socket).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
            });
        }
    });
    let settings = format!(
        "[[containers]]\nname = \"nas2\"\nurl = \"tcp://127.0.0.1:{port}\"\nhost = \"nas2.lan\"\nprobe = false\n\
         [containers_auto]\nenabled = false\n"
    );
    let hub = TestHub::with(FEATURES).config(&settings).start().await;
    let tile = id("service/nas2/jellyfin:18096");
    hub.wait_until("the tile", SOON, |ctx| ctx.resources.get(&tile).is_some()).await;
    let tile = hub.ctx().resources.get(&tile).unwrap();
    assert_eq!(tile.text("url"), Some("http://nas2.lan:18096/"));
    assert!(hub.ctx().checks.find(&tile.id).is_none(), "the owner does not want it probed");
    let engine = hub.ctx().resources.get(&id("engine/containers/nas2")).unwrap();
    assert_eq!(engine.name, "Containers on nas2");
    hub.stop().await;
}

#[tokio::test]
async fn a_port_that_discovery_finds_is_told_what_it_is_and_let_go_again() {
    let engine = FakeEngine::start();
    let mut app = container('a', "jellyfin", "jellyfin/jellyfin");
    app["State"]["StartedAt"] = json!("2100-01-01T00:00:00Z");
    app["NetworkSettings"] =
        json!({ "Ports": { "8096/tcp": [{ "HostIp": "0.0.0.0", "HostPort": "8096" }] } });
    engine.put(app, "create");
    let hub = TestHub::with(FEATURES).config(&config(&engine)).start().await;
    until_heard(&engine, &hub).await;
    let resources = &hub.ctx().resources;
    let web = id("service/nas/8096");
    assert!(resources.get(&web).is_none(), "nothing is said of what nobody found");
    let found = Observation::new("services", web.clone(), Duration::from_secs(300))
        .named("Port 8096")
        .fact("port", 8096_u16)
        .fact("url", "http://127.0.0.1:8096/");
    resources.observe(found).await;
    let name = |ctx: &Ctx| ctx.resources.get(&web).map(|resource| resource.name.clone());
    hub.wait_until("it has a name", SOON, |ctx| name(ctx).as_deref() == Some("Jellyfin")).await;
    let tile = resources.get(&web).unwrap();
    assert_eq!((tile.text("symbol"), tile.text("url")), (Some("🪼"), Some("http://127.0.0.1:8096/")));
    assert!(tile.depends_on.contains(&id("workload/docker/jellyfin")));
    resources.withdraw("services", web.clone()).await;
    hub.wait_until("it is let go", SOON, |ctx| ctx.resources.get(&web).is_none()).await;
    hub.stop().await;
}

#[tokio::test]
async fn what_was_said_before_a_restart_is_taken_back_where_it_is_gone() {
    let engine = FakeEngine::start();
    engine.put(container('a', "old", "me/old"), "create");
    engine.put(container('b', "stays", "me/stays"), "create");
    let hub = TestHub::with(FEATURES).config(&config(&engine)).start().await;
    until_heard(&engine, &hub).await;
    hub.wait_until("both", SOON, |ctx| level(ctx, "workload/docker/old").is_some()).await;
    let builder = hub.stop().await;
    engine.remove(&"a".repeat(64));
    let hub = builder.start().await;
    hub.wait_until("the old one is gone", SOON, |ctx| {
        level(ctx, "workload/docker/old").is_none() && level(ctx, "workload/docker/stays").is_some()
    })
    .await;
    let builder = hub.stop().await;
    // The engine is not named any more.
    let hub = builder.config("[containers_auto]\nenabled = false\n").start().await;
    hub.wait_until("all is taken back", SOON, |ctx| level(ctx, "workload/docker/stays").is_none()).await;
    hub.stop().await;
}
