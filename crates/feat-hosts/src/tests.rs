//! Whole looks at made-up machines, and the jobs within a hub.

mod machines;

use crate::config::Settings;
use crate::history::usage::UsageHistory;
use crate::jobs::jobs_for;
use crate::watch::filesystems::{FilesystemWatch, Surroundings};
use crate::watch::host::{HostFindings, HostWatch};
use crate::watch::units::UnitWatch;
use crate::watch::{Findings, Machine};
use hob_base::{Clock, Health, Level, Observation, Timestamp};
use hob_db::{Db, Location};
use hob_feature::jobs::{JobBoard, JobDriver};
use hob_feature::metrics::Metrics;
use hob_feature::resources::keeper;
use hob_feature::secrets::Sealer;
use hob_feature::{BASE_MIGRATIONS, CheckBook, Config, Ctx, CtxParts, Memory, Problems, Resources};
use jiff::tz::TimeZone;
use machines::{Tree, fixture, full_to};
use std::io;
use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// 23 Nov 2026, 14:42 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_444_920_000);

fn clock() -> Clock {
    Clock::fake(NOW)
}

fn health(observation: &Observation) -> &Health {
    observation.health.as_ref().unwrap()
}

fn number(observation: &Observation, key: &str) -> Option<f64> {
    observation.facts.get(key).and_then(hob_base::Fact::as_number)
}

fn text<'a>(observation: &'a Observation, key: &str) -> &'a str {
    observation.facts.get(key).and_then(hob_base::Fact::as_text).unwrap_or_default()
}

async fn look_at_host(tree: &Tree, watch: &mut HostWatch, clock: &Clock) -> HostFindings {
    watch.look(&tree.machine, clock, &[]).await
}

async fn look_at_filesystems(
    machine: &Machine,
    watch: &mut FilesystemWatch,
    clock: &Clock,
    history: &Mutex<UsageHistory>,
) -> Findings {
    let settings = Settings::default();
    watch.look(&Surroundings { machine, clock, zone: &TimeZone::UTC, settings: &settings, history }).await
}

/// `(mount point, level)` of all that is said.
fn levels(found: &Findings) -> Vec<(&str, Level)> {
    let mut levels: Vec<_> =
        found.observations.iter().map(|said| (said.resource.name(), health(said).level)).collect();
    levels.sort_unstable();
    levels
}

#[tokio::test]
async fn a_raspberry_pi_tells_its_temperature_and_its_due_reboot() {
    let (tree, clock) = (machines::raspberry_pi(), clock());
    let found = look_at_host(&tree, &mut HostWatch::default(), &clock).await;
    let said = &found.observation;
    assert_eq!(said.resource.as_str(), "host/home/pi");
    assert_eq!(number(said, "temperature_celsius"), Some(48.3));
    assert_eq!(number(said, "cpu_count"), Some(4.0));
    assert_eq!(text(said, "os"), "Debian GNU/Linux 13 (trixie)");
    assert_eq!(text(said, "booted_at"), "2026-11-18T11:06:40.000Z");
    assert_eq!(health(said).level, Level::Warning);
    assert_eq!(health(said).evidence, "Asked for by libc6 and linux-image-rpi-v8.");
    assert_eq!(found.cannot_see, [""; 0]);
}

#[tokio::test]
async fn rates_come_with_the_second_look() {
    let (tree, clock) = (machines::nas(), clock());
    let mut watch = HostWatch::default();
    let first = look_at_host(&tree, &mut watch, &clock).await.observation;
    assert_eq!((number(&first, "cpu_percent"), number(&first, "network_rx_bytes_per_s")), (None, None));
    clock.advance(Duration::from_secs(10));
    tree.write("proc/stat", "cpu  1300 0 500 8600 600 0 0 0 0 0\ncpu0 1 1 1 1\nbtime 1795000001\n");
    tree.write("proc/net/dev", "  eth0: 1050000 1 0 0 0 0 0 0 201000 1 0 0 0 0 0 0\n");
    let second = look_at_host(&tree, &mut watch, &clock).await.observation;
    assert_eq!(number(&second, "cpu_percent"), Some(30.0));
    assert_eq!(number(&second, "network_rx_bytes_per_s"), Some(5000.0));
    assert_eq!(number(&second, "network_tx_bytes_per_s"), Some(100.0));
    assert_eq!(text(&second, "booted_at"), text(&first, "booted_at"), "a second more is no other boot");
}

#[tokio::test]
async fn a_nas_counts_its_zfs_cache_as_available_and_leaves_drives_asleep() {
    let (tree, clock) = (machines::nas(), clock());
    let said = look_at_host(&tree, &mut HostWatch::default(), &clock).await.observation;
    assert_eq!(number(&said, "memory_available_bytes"), Some(500_000.0 * 1024.0 + 8_192_000_000.0));
    assert_eq!(number(&said, "temperature_celsius"), Some(45.0), "neither drivetemp nor the board's chip");
    assert_eq!(text(&said, "addresses"), "192.168.1.20, fd00::abcd");
    assert_eq!(health(&said).level, Level::Ok, "{:?}", said.health);
}

#[tokio::test]
async fn memory_heat_and_ended_processes_are_told_when_they_last() {
    let (tree, clock) = (machines::nas(), clock());
    let mut watch = HostWatch::default();
    tree.write("proc/spl/kstat/zfs/arcstats", "");
    tree.write("sys/class/hwmon/hwmon0/temp1_input", "85000\n");
    assert_eq!(health(&look_at_host(&tree, &mut watch, &clock).await.observation).level, Level::Ok);
    clock.advance(Duration::from_secs(120));
    let hot = look_at_host(&tree, &mut watch, &clock).await.observation;
    assert_eq!(health(&hot).reason, "coretemp Package id 0 has been too hot for 2 minutes: 85 °C.");
    tree.write("sys/class/hwmon/hwmon0/temp1_input", "60000\n");
    clock.advance(Duration::from_secs(180));
    let low = look_at_host(&tree, &mut watch, &clock).await.observation;
    assert!(health(&low).reason.contains("hardly any memory available for 5 minutes"), "{:?}", low.health);
    tree.write("proc/vmstat", "oom_kill 5\n");
    let killed = look_at_host(&tree, &mut watch, &clock).await.observation;
    assert!(health(&killed).reason.contains("1 process was ended in the last hour"), "{:?}", killed.health);
}

#[tokio::test]
async fn what_a_container_cannot_show_is_told_and_nothing_fails() {
    let (tree, clock) = (machines::container(), clock());
    let found = look_at_host(&tree, &mut HostWatch::default(), &clock).await;
    assert_eq!(health(&found.observation).level, Level::Ok);
    let told = found.cannot_see.join("; ");
    for what in ["outside of this container", "CPUs (/proc/stat: it is not there)", "network (/proc/net/dev"]
    {
        assert!(told.contains(what), "{told}");
    }
    let history = Mutex::default();
    let found = look_at_filesystems(&tree.machine, &mut FilesystemWatch::default(), &clock, &history).await;
    assert_eq!(levels(&found), [("/", Level::Ok), ("/data", Level::Ok)]);
}

#[tokio::test]
async fn a_laptop_whose_kernel_was_replaced_needs_a_reboot() {
    let (tree, clock) = (machines::laptop(), clock());
    let said = look_at_host(&tree, &mut HostWatch::default(), &clock).await.observation;
    assert!(
        health(&said).evidence.contains("6.17.1-arch1-1 are no longer in /lib/modules"),
        "{:?}",
        said.health
    );
    let history = Mutex::default();
    let found = look_at_filesystems(&tree.machine, &mut FilesystemWatch::default(), &clock, &history).await;
    assert_eq!(levels(&found), [("/", Level::Ok), ("/run/media/ada/USB stick", Level::Ok)]);
}

#[tokio::test]
async fn a_nas_misses_its_backup_disk_and_names_each_filesystem_once() {
    let (tree, clock) = (machines::nas(), clock());
    let history = Mutex::default();
    let mut watch = FilesystemWatch::default();
    let found = look_at_filesystems(&tree.machine, &mut watch, &clock, &history).await;
    assert_eq!(
        levels(&found),
        [
            ("/", Level::Ok),
            ("/mnt/backup", Level::Critical),
            ("/mnt/filer", Level::Ok),
            ("/srv/media", Level::Ok),
            ("/tank", Level::Ok),
        ]
    );
    assert_eq!(watch.system_places(), ["/"]);
    let root = found.observations.iter().find(|said| said.resource.name() == "/").unwrap();
    assert_eq!(root.resource.as_str(), "filesystem/nas//");
    assert_eq!((number(root, "used_percent"), text(root, "fs_type")), (Some(50.0), "ext4"));

    // Shortly after boot a disk may still come.
    tree.write("proc/uptime", "100.0 50.0\n");
    let found = look_at_filesystems(&tree.machine, &mut watch, &clock, &history).await;
    let gone: Vec<&str> = found.withdrawn.iter().map(hob_base::ResourceId::as_str).collect();
    assert_eq!(gone, ["filesystem/nas//mnt/backup"]);
}

#[tokio::test]
async fn a_place_that_is_reached_through_a_link_is_not_missing() {
    let (tree, clock) = (machines::nas(), clock());
    tree.write("mnt/real/.keep", "");
    tree.write(
        "etc/fstab",
        "/dev/sdb1 /data/films ext4 defaults 0 2\n/dev/sdc1 /data/music ext4 defaults 0 2\n",
    );
    tree.link("data", "mnt/real");
    tree.write("mnt/real/films/.keep", "");
    tree.write("proc/self/mountinfo", "1 0 8:17 / /mnt/real/films rw - ext4 /dev/sdb1 rw\n");
    let history = Mutex::default();
    let found = look_at_filesystems(&tree.machine, &mut FilesystemWatch::default(), &clock, &history).await;
    assert_eq!(levels(&found), [("/data/music", Level::Critical), ("/mnt/real/films", Level::Ok)]);
}

#[tokio::test]
async fn errors_and_silence_of_a_filesystem_are_told_apart() {
    let (mut tree, clock) = (machines::nas(), clock());
    let history = Mutex::default();
    let (release, blocked) = mpsc::channel::<()>();
    let blocked = Mutex::new(blocked);
    tree.answer("/mnt/filer", move || {
        let _ = blocked.lock().unwrap().recv();
        Ok(full_to(1))
    });
    tree.answer("/tank", || Err(io::Error::from_raw_os_error(5)));
    tree.answer("/srv/media", || Err(io::ErrorKind::PermissionDenied.into()));
    let mut watch = FilesystemWatch::default();
    let look = look_at_filesystems(&tree.machine, &mut watch, &clock, &history);
    let time_passes = async {
        // The local ones are asked first, on threads of their own; then the clock may run.
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        clock.advance(Duration::from_secs(3));
    };
    let (found, ()) = tokio::join!(look, time_passes);
    let reason = |place: &str| {
        found
            .observations
            .iter()
            .find(|said| said.resource.name() == place)
            .map(|said| &health(said).reason[..])
    };
    assert_eq!(reason("/mnt/filer"), Some("/mnt/filer does not answer: whatever opens a file there hangs."));
    assert_eq!(reason("/tank"), Some("/tank is mounted but does not work: Input/output error."));
    assert_eq!(reason("/srv/media"), None);
    assert_eq!(found.cannot_see, ["the filesystem /srv/media (Hob may not read it)"]);
    release.send(()).unwrap();
}

#[tokio::test]
async fn a_filesystem_that_fills_is_foretold_and_one_that_turned_read_only_is_critical() {
    let (mut tree, clock) = (machines::laptop(), clock());
    let history = Mutex::default();
    let mut watch = FilesystemWatch::default();
    let used = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(30));
    let shown = used.clone();
    tree.answer("/", move || Ok(full_to(shown.load(std::sync::atomic::Ordering::Relaxed))));
    for _ in 0..30 {
        look_at_filesystems(&tree.machine, &mut watch, &clock, &history).await;
        clock.advance(Duration::from_secs(3600));
        used.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    let found = look_at_filesystems(&tree.machine, &mut watch, &clock, &history).await;
    let root = &found.observations[0];
    assert_eq!(number(root, "forecast_full_days"), Some(1.7));
    assert!(
        health(root).reason.ends_with("At the present rate it will be full in about 40 hours (on 26 Nov)."),
        "{:?}",
        root.health
    );
    tree.write("proc/self/mountinfo", "1 0 0:33 /@ / ro - btrfs /dev/mapper/root ro,subvol=/@\n");
    let found = look_at_filesystems(&tree.machine, &mut watch, &clock, &history).await;
    let root = found.observations.iter().find(|said| said.resource.name() == "/").unwrap();
    assert!(health(root).reason.contains("has become read-only"), "{:?}", root.health);
}

#[tokio::test]
async fn without_a_table_of_mounts_nothing_is_taken_back() {
    let (tree, clock) = (machines::nas(), clock());
    let history = Mutex::default();
    let mut watch = FilesystemWatch::default();
    look_at_filesystems(&tree.machine, &mut watch, &clock, &history).await;
    tree.remove("proc/self/mountinfo");
    let found = look_at_filesystems(&tree.machine, &mut watch, &clock, &history).await;
    assert!(found.observations.is_empty() && found.withdrawn.is_empty());
    assert_eq!(found.cannot_see, ["filesystems (/proc/self/mountinfo: it is not there)"]);
}

#[tokio::test]
async fn a_unit_that_failed_is_told_and_an_hour_after_its_recovery_no_longer() {
    let (tree, clock) = (machines::nas(), clock());
    let mut machine = tree.machine.clone();
    machine.systemctl = fixture("systemctl-failed");
    let mut watch = UnitWatch::default();
    watch.remember("old.service");
    let found = watch.look(&machine, &clock).await;
    let said = &found.observations[0];
    assert_eq!(said.resource.as_str(), "unit/nas/backup.service");
    assert_eq!(health(said).reason, "backup.service has failed: its program ended with status 2.");
    assert_eq!(said.dependencies[0].as_str(), "host/home/nas");
    assert_eq!(levels(&found), [("backup.service", Level::Critical), ("old.service", Level::Ok)]);

    machine.systemctl = fixture("systemctl-well");
    let found = watch.look(&machine, &clock).await;
    assert_eq!(levels(&found), [("backup.service", Level::Ok), ("old.service", Level::Ok)]);
    clock.advance(Duration::from_secs(3600));
    let found = watch.look(&machine, &clock).await;
    assert!(found.observations.is_empty());
    assert_eq!(found.withdrawn.len(), 2);
    assert!(watch.look(&machine, &clock).await.withdrawn.is_empty());
}

#[tokio::test]
async fn a_systemctl_that_does_not_help_is_told_and_changes_nothing() {
    let (tree, clock) = (machines::nas(), clock());
    let mut machine = tree.machine.clone();
    let mut watch = UnitWatch::default();
    watch.remember("backup.service");
    for (program, why) in [
        ("systemctl-refused", "systemctl failed: Failed to connect to bus: Permission denied"),
        ("systemctl-that-is-not-there", "systemctl is not installed where Hob runs"),
    ] {
        machine.systemctl = fixture(program);
        let found = watch.look(&machine, &clock).await;
        assert_eq!(found.cannot_see, [format!("systemd units ({why})")]);
        assert!(found.observations.is_empty() && found.withdrawn.is_empty());
    }
    machine.systemctl = fixture("systemctl-silent");
    let time_passes = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        clock.advance(Duration::from_secs(5));
    };
    let (found, ()) = tokio::join!(watch.look(&machine, &clock), time_passes);
    assert_eq!(found.cannot_see, ["systemd units (systemctl did not answer within 5 seconds)"]);
}

#[tokio::test]
async fn without_systemd_no_unit_is_spoken_of() {
    let (tree, clock) = (machines::container(), clock());
    let mut watch = UnitWatch::default();
    watch.remember("backup.service");
    let found = watch.look(&tree.machine, &clock).await;
    assert_eq!((found.observations.len(), found.withdrawn.len(), found.cannot_see.len()), (0, 1, 0));
}

#[tokio::test]
async fn this_very_machine_can_be_looked_at() {
    let clock = Clock::system();
    let machine = Machine::system("here");
    let found = HostWatch::default().look(&machine, &clock, &[]).await;
    assert!(number(&found.observation, "memory_total_bytes").is_some());
    let history = Mutex::default();
    let found = look_at_filesystems(&machine, &mut FilesystemWatch::default(), &clock, &history).await;
    assert!(found.observations.iter().any(|said| said.resource.name() == "/"));
}

/// A hub with nothing but the keeper of resources and this feature's jobs for `machine`.
async fn hub(data: &Path, machine: &Machine, clock: &Clock, settings: &str) -> (Ctx, JobDriver) {
    let db = Db::open(&Location::File(data.join("hob.db"))).await.unwrap();
    hob_db::migrate(&db, &[("base", BASE_MIGRATIONS)], clock.now()).await.unwrap();
    let ctx = Ctx::new(CtxParts {
        resources: Resources::new(db.clone()),
        silences: hob_feature::Silences::new(db.clone(), TimeZone::UTC),
        notices: hob_feature::Notices::new(db.clone()),
        db,
        clock: clock.clone(),
        zone: TimeZone::UTC,
        config: Config::parse(Path::new("hob.toml"), settings).unwrap(),
        checks: CheckBook::default(),
        jobs: JobBoard::default(),
        metrics: Metrics::default(),
        sealer: Sealer::open(&data.join("secret.key")).unwrap(),
        data: data.to_owned(),
        hostname: machine.hostname.clone(),
        features: &[],
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        listening: Mutex::default(),
        shutdown: CancellationToken::new(),
        memory: Memory::default(),
    });
    ctx.resources.load(clock).await.unwrap();
    let mut jobs = vec![keeper(clock.now())];
    let settings = Settings::read(&ctx.config, &Problems::default());
    if settings.enabled {
        jobs.extend(jobs_for(&ctx, machine.clone(), settings));
    } else {
        jobs.extend(crate::jobs::jobs(&ctx));
    }
    let driver = JobDriver::start(&ctx, jobs);
    (ctx, driver)
}

async fn run_all(ctx: &Ctx) {
    for pass in ["hosts.filesystems", "hosts.units", "hosts.collect"] {
        ctx.jobs.run(pass).await.unwrap().unwrap();
    }
    ctx.resources.settle().await;
}

fn ids(ctx: &Ctx) -> Vec<String> {
    // Hob's own resources, such as its jobs, are no part of the machine.
    let all = ctx.resources.list();
    all.iter()
        .filter(|resource| resource.id.scope() != "hob")
        .map(|resource| resource.id.to_string())
        .collect()
}

#[tokio::test]
async fn a_hub_watches_its_machine_and_forgets_across_a_restart_what_is_gone() {
    let (mut tree, clock) = (machines::nas(), clock());
    let data = tempfile::tempdir().unwrap();
    tree.machine.systemctl = fixture("systemctl-refused");
    let (ctx, driver) = hub(data.path(), &tree.machine, &clock, "").await;
    run_all(&ctx).await;
    let host = ctx.resources.get(&ctx.this_host()).unwrap();
    assert_eq!(
        host.text("cannot_see"),
        Some("systemd units (systemctl failed: Failed to connect to bus: Permission denied)")
    );
    assert_eq!(host.depends_on[0].as_str(), "filesystem/nas//");
    assert!(ids(&ctx).contains(&"filesystem/nas//mnt/backup".to_owned()));
    assert!(driver.stop().await);
    ctx.db.close().await;
    assert!(data.path().join("hosts-usage.json").exists(), "the history is written when the hub stops");

    tree.write("etc/fstab", "");
    let (ctx, driver) = hub(data.path(), &tree.machine, &clock, "").await;
    assert!(ids(&ctx).contains(&"filesystem/nas//mnt/backup".to_owned()));
    run_all(&ctx).await;
    assert!(!ids(&ctx).contains(&"filesystem/nas//mnt/backup".to_owned()));
    assert!(driver.stop().await);
    ctx.db.close().await;

    let (ctx, driver) = hub(data.path(), &tree.machine, &clock, "[hosts]\nenabled = false\n").await;
    ctx.jobs.run("hosts.collect").await.unwrap().unwrap();
    ctx.resources.settle().await;
    assert_eq!(ids(&ctx), [""; 0]);
    assert!(driver.stop().await);
}

#[tokio::test]
async fn a_damaged_history_is_begun_anew() {
    let (tree, clock) = (machines::laptop(), clock());
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("hosts-usage.json");
    std::fs::write(&file, "{\"version\":1,").unwrap();
    let (ctx, driver) = hub(data.path(), &tree.machine, &clock, "").await;
    run_all(&ctx).await;
    assert!(driver.stop().await);
    let history = UsageHistory::load(&file).unwrap();
    assert_eq!(history.points("/").len(), 1);
}
