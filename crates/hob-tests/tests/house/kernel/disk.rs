//! A disk that is full.

use crate::support::{eventually, levels, observe, said, shown};
use hob_base::{Clock, Health, Level, Timestamp};
use hob_testkit::client::Client;
use hob_web::Hub;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A small disk of its own, unmounted when dropped.
struct Disk(PathBuf, #[expect(dead_code, reason = "it removes the mount point")] tempfile::TempDir);

impl Disk {
    /// `None` where nothing can be mounted: not as root, or in a container without that right.
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&path).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(path, dir)),
            Ok(output) => {
                eprintln!(
                    "skipped: no disk can be mounted: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                );
                None
            }
            Err(error) => {
                eprintln!("skipped: no disk can be mounted: {error}");
                None
            }
        }
    }

    /// Leaves no byte free.
    fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join("ballast")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a test that panicked still has files open there.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

async fn start(data: &Path, clock: &Clock) -> Hub {
    Hub::start(hob_web::HubOptions { clock: clock.clone(), ..crate::support::options(data, "127.0.0.1:0") })
        .await
        .unwrap()
}

/// It tries again by itself within a minute; nothing new has to happen.
async fn until_it_writes(hub: &Hub, clock: &Clock) {
    eventually("it writes again", async || {
        clock.advance(Duration::from_secs(5));
        let database = shown(hub.ctx(), "database/hob/sqlite").unwrap();
        (database.health.level == Level::Ok).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_a_finding_and_loses_nothing() {
    let Some(disk) = Disk::mount() else { return };
    let data = disk.0.join("data");
    let clock = Clock::fake(Timestamp::from_millis(1_795_444_920_000));
    let hub = start(&data, &clock).await;
    observe(hub.ctx(), said("door/home/front", Health::ok("The door is closed."))).await;
    disk.fill();

    // Enough that the room that the log of the database still has is used up.
    for n in 0..200 {
        clock.advance(Duration::from_millis(5));
        let health = if n % 2 == 0 { Health::critical("It is open.") } else { Health::ok("It is closed.") };
        observe(hub.ctx(), said("door/home/front", health)).await;
        observe(hub.ctx(), said(&format!("lamp/home/{n}"), Health::ok("It shines."))).await;
    }
    observe(hub.ctx(), said("door/home/front", Health::critical("The door is open."))).await;
    let database = shown(hub.ctx(), "database/hob/sqlite").expect("the database is a finding");
    assert_eq!(database.health.level, Level::Critical);
    assert!(database.health.reason.contains("full"), "{}", database.health.reason);
    assert!(database.health.remedy.is_some());
    assert_eq!(
        shown(hub.ctx(), "door/home/front").unwrap().health.level,
        Level::Critical,
        "it still watches"
    );
    let answer = Client::new(hub.address()).get("/readyz").await;
    assert_eq!(answer.status, 200, "{}", answer.text());

    disk.free();
    until_it_writes(&hub, &clock).await;
    let door = levels(hub.ctx(), "door/home/front").await;
    let expected = std::iter::once(Level::Ok)
        .chain((0..200).map(|n| if n % 2 == 0 { Level::Critical } else { Level::Ok }))
        .chain([Level::Critical]);
    // Somebody who was silent for a minute has become unknown since.
    assert_eq!(door[..202], expected.collect::<Vec<_>>()[..]);
    assert!(hub.stop().await);

    let hub = start(&data, &clock).await;
    assert_eq!(hub.ctx().resources.of_kind("lamp").len(), 200);
    assert!(hub.stop().await);
}

#[tokio::test]
async fn a_data_directory_on_a_disk_that_is_read_only_is_refused_with_the_reason() {
    let Some(disk) = Disk::mount() else { return };
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk.0).status().unwrap();
    assert!(remounted.success());
    let data = disk.0.join("data");
    let Err(error) = Hub::start(crate::support::options(&data, "127.0.0.1:0")).await else {
        panic!("it started")
    };
    let said = error.to_string();
    assert!(said.contains("Read-only file system") && said.contains("--data"), "{said}");
}

#[tokio::test]
async fn a_disk_that_is_full_again_and_again_loses_nothing_either() {
    let Some(disk) = Disk::mount() else { return };
    let data = disk.0.join("data");
    let clock = Clock::fake(Timestamp::from_millis(1_795_444_920_000));
    let hub = start(&data, &clock).await;
    let mut said_so_far = 0;
    for _ in 0..3 {
        disk.fill();
        // Until nothing fits any more, and then more.
        while shown(hub.ctx(), "database/hob/sqlite").is_none_or(|d| d.health.level == Level::Ok) {
            observe(hub.ctx(), lamp(said_so_far)).await;
            said_so_far += 1;
            assert!(said_so_far < 10_000, "the disk does not fill up");
        }
        for _ in 0..20 {
            observe(hub.ctx(), lamp(said_so_far)).await;
            said_so_far += 1;
        }
        disk.free();
        until_it_writes(&hub, &clock).await;
        observe(hub.ctx(), lamp(said_so_far)).await;
        said_so_far += 1;
        let written = hub.ctx().resources.transitions(None, 20_000).await.unwrap();
        let lamps = written
            .iter()
            .filter(|transition| transition.from.is_none() && transition.resource.kind() == "lamp");
        assert_eq!(lamps.count(), said_so_far, "what it calls written is written");
    }
    // As if killed: nothing is written at the end.
    let copy = tempfile::tempdir().unwrap();
    for file in ["hob.db", "hob.db-wal"] {
        std::fs::copy(data.join(file), copy.path().join(file)).unwrap();
    }
    assert!(hub.stop().await);
    let hub = start(copy.path(), &clock).await;
    assert_eq!(hub.ctx().resources.of_kind("lamp").len(), said_so_far);
    assert!(hub.stop().await);
}

fn lamp(number: usize) -> hob_base::Observation {
    said(&format!("lamp/home/{number}"), Health::ok("It shines."))
}
