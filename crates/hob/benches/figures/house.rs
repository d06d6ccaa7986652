//! Made-up houses with a past, written into the tables of a hub that does not run.

use crate::Outcome;
use hob_base::clock::{Clock, Timestamp};
use hob_base::resource::{Moment, Resource, observe};
use hob_base::{Health, Level, Observation, ResourceId, Transition};
use hob_db::{Db, Location};
use hob_web::hub::open_database;
use sqlx::{QueryBuilder, Sqlite};
use std::path::Path;
use std::time::Duration;

/// Who speaks of the made-up services.
const SOURCE: &str = "figures";
/// Rows that are written with one statement.
const ROWS_AT_ONCE: usize = 1000;
const DAY_MS: i64 = 86_400_000;
const MACHINES: [&str; 5] = ["nas", "tower", "attic", "pi-garage", "mini"];
/// What a homelab runs: a page's title and the process behind its port.
const PROGRAMS: [(&str, &str); 50] = [
    ("Grafana", "grafana"),
    ("Home Assistant", "hass"),
    ("Jellyfin", "jellyfin"),
    ("Nextcloud", "apache2"),
    ("Immich", "immich"),
    ("Paperless-ngx", "granian"),
    ("Vaultwarden", "vaultwarden"),
    ("Pi-hole Admin", "pihole-FTL"),
    ("AdGuard Home", "AdGuardHome"),
    ("Uptime Kuma", "node"),
    ("Portainer", "portainer"),
    ("Traefik Dashboard", "traefik"),
    ("Syncthing", "syncthing"),
    ("Gitea: Git with a cup of tea", "gitea"),
    ("Forgejo: Beyond coding", "forgejo"),
    ("Radarr", "Radarr"),
    ("Sonarr", "Sonarr"),
    ("Lidarr", "Lidarr"),
    ("Prowlarr", "Prowlarr"),
    ("Transmission Web Interface", "transmission-da"),
    ("qBittorrent", "qbittorrent-nox"),
    ("Calibre-Web", "python3"),
    ("Kavita", "Kavita"),
    ("Audiobookshelf", "node"),
    ("Navidrome", "navidrome"),
    ("Mealie", "uvicorn"),
    ("FreshRSS", "nginx"),
    ("Miniflux", "miniflux"),
    ("Wallabag", "php-fpm8.2"),
    ("Linkding", "uwsgi"),
    ("Prometheus Time Series Collection and Processing Server", "prometheus"),
    ("Alertmanager", "alertmanager"),
    ("Loki", "loki"),
    ("InfluxDB", "influxd"),
    ("Node-RED", "node-red"),
    ("Zigbee2MQTT", "node"),
    ("ESPHome Dashboard", "esphome"),
    ("Frigate", "nginx"),
    ("Scrutiny", "scrutiny"),
    ("Authelia", "authelia"),
    ("Keycloak", "java"),
    ("MinIO Console", "minio"),
    ("phpMyAdmin", "apache2"),
    ("pgAdmin 4", "gunicorn"),
    ("Stirling PDF", "java"),
    ("IT Tools", "nginx"),
    ("Actual Budget", "node"),
    ("Firefly III", "frankenphp"),
    ("Changedetection.io", "python3"),
    ("UniFi Network", "java"),
];
/// What tells two of the same program apart.
const FOR_WHOM: [&str; 5] = ["", " Family", " Workshop", " Test", " Guests"];

/// How much happened in a house.
#[derive(Clone, Copy)]
pub(crate) struct Past {
    pub(crate) services: usize,
    pub(crate) days: usize,
    /// Of a service, by its number.
    pub(crate) outages: fn(usize) -> usize,
}

/// Numbers that look random and are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }
}

/// What is said of the service with this number as long as nothing happens to it.
pub(crate) fn observation(number: usize) -> Observation {
    let machine = MACHINES[number % MACHINES.len()];
    let (title, process) = PROGRAMS[(number / MACHINES.len()) % PROGRAMS.len()];
    let whom = FOR_WHOM[(number / MACHINES.len() / PROGRAMS.len() + number) % FOR_WHOM.len()];
    // Odd steps through the ports never meet the same one twice.
    let port = u16::try_from(1024 + (number * 7919) % 60_000).unwrap_or(u16::MAX);
    Observation::new(SOURCE, id(number, machine, port), Duration::from_secs(3600))
        .named(format!("{title}{whom}"))
        .judged(well())
        .fact("url", format!("http://127.0.0.1:{port}/"))
        .fact("title", format!("{title}{whom}"))
        .fact("process", process)
        .fact("port", port)
        .fact("pid", u32::from(port) * 3 + 1700)
}

fn id(number: usize, machine: &str, port: u16) -> ResourceId {
    // Past the ports of one machine, names tell them apart.
    let name = if number < 60_000 { port.to_string() } else { format!("{port}-{number}") };
    ResourceId::new("service", machine, &name)
}

/// One of many resources that need each other: the first needs nothing; of the others each needs one of the thirty before
/// it, the first of its hundred, and one from anywhere before it.
pub(crate) fn node(number: usize) -> Observation {
    let id = |number: usize| ResourceId::new("service", "graph", &format!("node-{number}"));
    let mut observation = Observation::new(SOURCE, id(number), Duration::from_secs(3600))
        .named(format!("Node {number}"))
        .judged(well());
    if number > 0 {
        let near = number - 1 - (number * 7) % 30.min(number);
        for needed in [near, (number - 1) / 100 * 100, ((number * 2_654_435_761) >> 7) % number] {
            observation = observation.needs(id(needed));
        }
    }
    observation
}

/// As most services are most of the time.
pub(crate) fn well() -> Health {
    Health::ok("Answers with 200 OK.")
}

/// As a service is that somebody stopped.
pub(crate) fn down(id: &ResourceId) -> Health {
    Health::critical(format!("Nothing listens on port {}: the connection was refused.", id.name()))
        .with_evidence("connect: Connection refused (os error 111)")
        .with_remedy("Look whether it runs, and start it.")
}

/// Writes a house into the database of `data`.
pub(crate) fn build(data: &Path, past: Past) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = Clock::system();
        let location = Location::File(data.join("hob.db"));
        let db = open_database(hob::FEATURES, &location, data, &clock).await?;
        write(&db, past, clock.now()).await?;
        db.close().await;
        Ok(())
    })
}

async fn write(db: &Db, past: Past, now: Timestamp) -> Outcome<()> {
    let Db::Sqlite(sqlite) = db else { return Err("the house is written into a file".into()) };
    let began = now.minus(Duration::from_secs(past.days as u64 * 86_400));
    let lives: Vec<(Resource, Vec<Transition>)> =
        (0..past.services).map(|number| life(number, past, began, now)).collect();
    let mut all: Vec<&Transition> = lives.iter().flat_map(|(_, transitions)| transitions).collect();
    all.sort_by_key(|transition| transition.at);
    let mut states = Vec::with_capacity(lives.len());
    for (resource, _) in &lives {
        states.push((resource.id.as_str(), serde_json::to_string(resource)?));
    }
    let mut tx = sqlite.write.begin().await?;
    for rows in all.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO hob_transition (resource_id, at, from_level, to_level, reason) ",
        );
        insert.push_values(rows, |mut row, t| {
            row.push_bind(t.resource.as_str()).push_bind(t.at.millis());
            row.push_bind(t.from.map(Level::as_str)).push_bind(t.to.as_str()).push_bind(&t.reason);
        });
        insert.build().execute(&mut *tx).await?;
    }
    for rows in states.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO hob_resource (id, state, saved_at) ");
        insert.push_values(rows, |mut row, (id, state)| {
            row.push_bind(*id).push_bind(state).push_bind(now.millis());
        });
        insert.build().execute(&mut *tx).await?;
    }
    sqlx::query("INSERT INTO hob_run (started_at, alive_at) VALUES ($1, $2)")
        .bind(began.millis())
        .bind(now.millis())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// A service as it is now, and all that happened to it.
fn life(number: usize, past: Past, began: Timestamp, now: Timestamp) -> (Resource, Vec<Transition>) {
    let mut resource = observe(None, observation(number), Moment { wall: began, monotonic: Duration::ZERO });
    let transition = |at: i64, from: Option<Level>, health: &Health| Transition {
        resource: resource.id.clone(),
        at: Timestamp::from_millis(at),
        from,
        to: health.level,
        reason: health.reason.clone(),
    };
    let (well, down) = (well(), down(&resource.id));
    let mut transitions = vec![transition(began.millis(), None, &well)];
    let mut dice = Dice(number as u64);
    let outages = (past.outages)(number) as i64;
    let each = past.days as i64 * DAY_MS / outages.max(1);
    for outage in 0..outages {
        let minutes = 1 + dice.below(30);
        let last_ms = i64::try_from(minutes * 60_000 + dice.below(60_000)).unwrap_or(60_000);
        let room = u64::try_from(each - last_ms - 2).unwrap_or(1).max(1);
        let from = began.millis() + outage * each + 1 + i64::try_from(dice.below(room)).unwrap_or(0);
        transitions.push(transition(from, Some(Level::Ok), &down));
        transitions.push(transition(from + last_ms, Some(Level::Critical), &well));
    }
    resource.since = transitions.last().map_or(began, |last| last.at.min(now));
    for word in resource.words.values_mut() {
        (word.since, word.heard_at) = (resource.since, now);
    }
    (resource, transitions)
}
