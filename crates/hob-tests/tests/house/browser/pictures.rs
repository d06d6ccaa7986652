//! The pictures of the guide, drawn from a house that is made up. Only where `HOB_SCREENSHOTS=1`.

use super::{blank, open_as};
use crate::support::{PATIENCE, eventually, house, id, png};
use hob_base::{Clock, Health, IncidentId, Observation, Timestamp};
use hob_db::on;
use hob_feature::Ctx;
use hob_testkit::browser::{Page, Screen};
use hob_testkit::hub::TestHub;
use std::path::Path;
use std::time::Duration;

/// Monday, 23 November 2026, 20:14 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_464_840_000);
const DAYS: u64 = 90;
const HOUR: Duration = Duration::from_secs(3600);
const GIB: u64 = 1 << 30;

struct Service {
    name: &'static str,
    port: u16,
    process: &'static str,
    group: &'static str,
    colour: [u8; 3],
}

const fn service(
    name: &'static str,
    port: u16,
    process: &'static str,
    group: &'static str,
    colour: [u8; 3],
) -> Service {
    Service { name, port, process, group, colour }
}

const SERVICES: [Service; 12] = [
    service("Home Assistant", 8123, "python3", "Home", [24, 188, 242]),
    service("Pi-hole", 8053, "pihole-FTL", "Home", [150, 6, 12]),
    service("Vaultwarden", 8222, "vaultwarden", "Documents", [23, 93, 220]),
    service("Zigbee2MQTT", 8081, "node", "Home", [255, 193, 7]),
    service("Jellyfin", 8096, "jellyfin", "Media", [120, 90, 200]),
    service("Immich", 2283, "node", "Media", [230, 70, 110]),
    service("Audiobookshelf", 13378, "node", "Media", [150, 110, 60]),
    service("Node-RED", 1880, "node", "Workshop", [143, 0, 0]),
    service("Paperless-ngx", 8000, "granian", "Documents", [23, 84, 31]),
    service("Gitea", 3001, "gitea", "Workshop", [96, 153, 38]),
    service("Grafana", 3000, "grafana", "Workshop", [240, 90, 40]),
    service("Nextcloud", 8080, "apache2", "Documents", [0, 130, 201]),
];

/// What went wrong in the last ninety days: which service, how many hours ago, for how long, and what it said.
const PAST: [(usize, u64, u64, bool, &str); 14] = [
    (
        5,
        2010,
        7,
        true,
        "It answers 502 Bad Gateway: the proxy is up, but the service behind it cannot be reached.",
    ),
    (8, 1800, 3, true, "The server accepted the connection but sent no answer within 10 seconds."),
    (0, 1655, 1, true, "Nothing listens at 127.0.0.1:8123: the connection was refused."),
    (11, 1500, 30, false, "It answers, but takes more than 8 seconds; after 10 seconds it counts as failed."),
    (11, 1470, 9, true, "It answers 500 Internal Server Error: the service itself reports a fault."),
    (4, 1290, 2, true, "Nothing listens at 127.0.0.1:8096: the connection was refused."),
    (5, 1112, 22, false, "It answers, but takes more than 8 seconds; after 10 seconds it counts as failed."),
    (9, 900, 1, true, "Nothing listens at 127.0.0.1:3001: the connection was refused."),
    (2, 733, 1, true, "Nothing listens at 127.0.0.1:8222: the connection was refused."),
    (6, 610, 41, true, "Nothing listens at 127.0.0.1:13378: the connection was refused."),
    (3, 480, 5, true, "It answers 503 Service Unavailable: it is starting, overloaded or switched off."),
    (8, 330, 26, false, "It answers, but takes more than 8 seconds; after 10 seconds it counts as failed."),
    (0, 190, 1, true, "Nothing listens at 127.0.0.1:8123: the connection was refused."),
    (10, 75, 2, true, "The server closed the connection without an answer."),
];

/// What a made-up source says; it holds for longer than the story lasts.
fn says(resource: &str, name: &str, health: Health) -> Observation {
    Observation::new("story", id(resource), 2 * DAYS as u32 * 24 * HOUR).named(name).judged(health)
}

fn of(service: &Service, health: Health) -> Observation {
    says(&format!("service/nas/{}", service.port), service.name, health)
        .fact("url", format!("http://127.0.0.1:{}/", service.port))
        .fact("port", service.port)
        .fact("process", service.process)
        .fact("group", service.group)
        .fact("title", service.name)
        .fact("icon", icon_name(service))
        .needs(id("host/home/nas"))
}

fn icon_name(service: &Service) -> String {
    format!("{:016x}", service.port)
}

fn well() -> Health {
    Health::ok("Answers with 200 OK.")
}

async fn machine(ctx: &Ctx) {
    let host =
        says("host/home/nas", "nas", Health::ok("Up for 41 days; CPU, memory and temperatures are fine."))
            .fact("cpu_percent", 11.4)
            .fact("cpu_count", 8_u32)
            .fact("load_1", 0.82)
            .fact("memory_total_bytes", 32 * GIB)
            .fact("memory_available_bytes", 19 * GIB)
            .fact("memory_used_percent", 40.6)
            .fact("uptime_s", 41_u64 * 86_400)
            .fact("network_rx_bytes_per_s", 92_400.0)
            .fact("network_tx_bytes_per_s", 12_800.0)
            .fact("temperature_celsius", 47.0);
    ctx.resources.observe(host).await;
    for (mount, size, used) in [("/", 468_u64, 31_u64), ("/mnt/media", 14_901, 74), ("/mnt/backup", 7450, 58)]
    {
        let free = size * (100 - used) / 100 * GIB;
        let disk =
            says(&format!("filesystem/nas/{mount}"), mount, Health::ok(format!("Filled to {used} %.")))
                .fact("used_percent", used)
                .fact("size_bytes", size * GIB)
                .fact("available_bytes", free)
                .needs(id("host/home/nas"));
        ctx.resources.observe(disk).await;
    }
    for (port, name) in [(22_u16, "SSH"), (445, "Samba"), (1883, "Mosquitto")] {
        let open = says(&format!("port/nas/{port}"), name, Health::ok("It listens.")).fact("port", port);
        ctx.resources.observe(open).await;
    }
    ctx.resources.settle().await;
}

/// Icons as discovery keeps them.
async fn icons(ctx: &Ctx) {
    const ADD: &str =
        "INSERT INTO services_icon (hash, content_type, bytes, fetched_at) VALUES ($1, $2, $3, $4)";
    for service in &SERVICES {
        let (name, picture) = (icon_name(service), png(service.colour));
        on!(write &ctx.db, p => sqlx::query(ADD)
            .bind(&name).bind("image/png").bind(&picture).bind(NOW.millis()).execute(p).await.map(|_| ()))
        .unwrap();
    }
}

/// Lets the last ninety days happen.
async fn live_through(ctx: &Ctx) {
    let clock = &ctx.clock;
    let until = async |moment: Timestamp| {
        clock.advance(moment.since(clock.now()));
        ctx.resources.settle().await;
    };
    for service in &SERVICES {
        ctx.resources.observe(of(service, well())).await;
    }
    machine(ctx).await;
    let mut events: Vec<(Timestamp, usize, Health)> = Vec::new();
    for (which, hours_ago, hours, critical, reason) in PAST {
        let begin = NOW.minus(HOUR * u32::try_from(hours_ago).unwrap());
        let health = if critical { Health::critical(reason) } else { Health::warning(reason) };
        events.push((begin, which, health));
        events.push((begin.plus(HOUR * u32::try_from(hours).unwrap()), which, well()));
    }
    events.sort_by_key(|(at, which, _)| (*at, *which));
    for (at, which, health) in events {
        until(at).await;
        ctx.resources.observe(of(&SERVICES[which], health)).await;
        ctx.resources.settle().await;
    }
    until(NOW).await;
}

async fn photograph(page: &Page, hub: &TestHub, name: &str) {
    photograph_at(page, hub, "/", name).await;
}

async fn photograph_at(page: &Page, hub: &TestHub, path: &str, name: &str) {
    page.open(&hub.url(path)).await.unwrap();
    page.wait_until("[...document.images].every(i => i.complete && i.naturalWidth > 0)", PATIENCE)
        .await
        .unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots");
    let file = folder.join(format!("{name}.png"));
    page.screenshot_viewport(&file).await.unwrap();
    eprintln!("{} is drawn", file.display());
}

#[tokio::test]
async fn the_pictures_of_the_guide_are_drawn_where_that_is_asked_for() {
    if std::env::var("HOB_SCREENSHOTS").as_deref() != Ok("1") {
        eprintln!("skipped: HOB_SCREENSHOTS is not 1");
        return;
    }
    let Some(page) = blank().await else { return };
    let clock = Clock::fake(NOW.minus(HOUR * 24 * DAYS as u32));
    let hub = house().clock(clock).start().await;
    live_through(hub.ctx()).await;
    icons(hub.ctx()).await;
    let anna = hub.set_up().await;
    let wide = Screen { width: 1280, height: 860, scale: 2.0, mobile: false };
    open_as(&page, &hub, &anna, "/").await;
    page.screen(wide).await.unwrap();
    photograph(&page, &hub, "home-wide").await;
    page.dark(true).await.unwrap();
    photograph(&page, &hub, "home-dark").await;
    page.dark(false).await.unwrap();
    page.screen(Screen::PHONE).await.unwrap();
    photograph(&page, &hub, "home-phone").await;

    hub.ctx().clock.advance(Duration::from_secs(240));
    let broken = Health::critical("The process `granian` (pid 2114) no longer listens on port 8000.")
        .with_evidence("It was last seen listening at 23 Nov 2026, 20:17.")
        .with_remedy("Start it again. If it is gone for good, press Forget.");
    hub.ctx().resources.observe(of(&SERVICES[8], broken)).await;
    hub.ctx().resources.settle().await;
    page.screen(wide).await.unwrap();
    photograph(&page, &hub, "home-failing").await;
    let incident = an_outage(hub.ctx()).await;
    page.screen(Screen::PHONE).await.unwrap();
    photograph_at(&page, &hub, &format!("/incidents/{incident}"), "incident-phone").await;
}

/// A database stops, and with it what needs it.
async fn an_outage(ctx: &Ctx) -> IncidentId {
    let needs = |which: usize, reason: &str| {
        of(&SERVICES[which], Health::critical(reason)).needs(id("database/config/postgresql"))
    };
    let reason = "It answers 500 Internal Server Error: the service itself reports a fault.";
    for observation in [needs(5, reason), needs(11, reason)] {
        ctx.resources.observe(observation).await;
    }
    let health = Health::critical("Nothing listens at 127.0.0.1:5432: the connection was refused.")
        .with_evidence("postgres connection to 127.0.0.1:5432")
        .with_remedy("Start the service again; its log should say why it ended.");
    let database = says("database/config/postgresql", "PostgreSQL", health).needs(id("host/home/nas"));
    ctx.resources.observe(database).await;
    ctx.resources.settle().await;
    let reader = ctx.incidents().unwrap();
    let cause = id("database/config/postgresql");
    eventually("the incident is open", async || {
        ctx.clock.advance(Duration::from_secs(5));
        let open = (reader.open)(ctx);
        let found = open.iter().find(|one| one.cause.resource == cause && one.members.len() >= 3);
        found.map(|incident| incident.id)
    })
    .await
}
