//! How full each filesystem was over the last 14 days, a point every half hour, kept in `hosts-usage.json`.

use crate::model::Point;
use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

/// The file's name within the data directory.
pub(crate) const FILE_NAME: &str = "hosts-usage.json";
/// From one point to the next.
pub(crate) const SPACING: Duration = Duration::from_secs(30 * 60);
/// How far back points are kept.
const KEPT: Duration = Duration::from_secs(14 * 86_400);
/// Points of one filesystem: 14 days of half hours are 672.
const POINTS_MAX: usize = 700;
/// Filesystems. A machine with more has them all from containers.
const FILESYSTEMS_MAX: usize = 256;
/// A file larger than this is not of this program's making.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Time a clock may be set back without points being thrown away.
const CLOCK_SLACK: Duration = Duration::from_secs(3600);

/// Points of all filesystems, by mount point.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct UsageHistory {
    filesystems: BTreeMap<String, Vec<Point>>,
}

/// The file: seconds since 1970, bytes in use and bytes available for each point.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    filesystems: BTreeMap<String, Vec<(i64, u64, u64)>>,
}

impl UsageHistory {
    /// The points of one filesystem in order of time.
    pub(crate) fn points(&self, mount_point: &str) -> &[Point] {
        self.filesystems.get(mount_point).map_or(&[], Vec::as_slice)
    }

    /// Adds a point, unless the last one is less than half an hour old. Says whether it was added.
    ///
    /// If the filesystem's size has changed by more than a tenth it is another disk, or has been enlarged: what was
    /// before says nothing about it. Points in the future come from a clock that was wrong and are given up.
    pub(crate) fn add(&mut self, mount_point: &str, point: Point) -> bool {
        if !self.filesystems.contains_key(mount_point) && self.filesystems.len() >= FILESYSTEMS_MAX {
            self.filesystems.retain(|_, points| points.last().is_some_and(|last| is_recent(last, point.at)));
            if self.filesystems.len() >= FILESYSTEMS_MAX {
                return false;
            }
        }
        let points = self.filesystems.entry(mount_point.to_owned()).or_default();
        points.retain(|old| old.at <= point.at.plus(CLOCK_SLACK) && is_recent(old, point.at));
        if let Some(last) = points.last() {
            if is_another_disk(last, &point) {
                points.clear();
            } else if point.at.since(last.at) < SPACING {
                return false;
            }
        }
        if points.len() >= POINTS_MAX {
            points.remove(0);
        }
        points.push(point);
        true
    }

    /// The history as the file holds it.
    fn to_json(&self) -> Result<Vec<u8>> {
        let filesystems = self
            .filesystems
            .iter()
            .map(|(place, points)| {
                let points = points.iter().map(|p| (p.at.millis() / 1000, p.used_bytes, p.available_bytes));
                (place.clone(), points.collect())
            })
            .collect();
        serde_json::to_vec(&Stored { version: 1, filesystems }).doing(|| format!("Writing {FILE_NAME}"))
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// When it is not such a file.
    pub(crate) fn from_json(text: &[u8]) -> Result<Self> {
        let stored: Stored = serde_json::from_slice(text).doing(|| format!("Reading {FILE_NAME}"))?;
        let filesystems = stored.filesystems.into_iter().take(FILESYSTEMS_MAX).map(|(place, points)| {
            let mut points: Vec<Point> = points
                .into_iter()
                .map(|(at_s, used_bytes, available_bytes)| Point {
                    at: Timestamp::from_millis(at_s.saturating_mul(1000)),
                    used_bytes,
                    available_bytes,
                })
                .collect();
            points.sort_by_key(|point| point.at);
            points.drain(..points.len().saturating_sub(POINTS_MAX));
            (place, points)
        });
        Ok(Self { filesystems: filesystems.collect() })
    }

    /// Reads the file; without one, the history begins now.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let doing = || format!("Reading {}", path.display());
        match std::fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Ok(metadata) if metadata.len() > FILE_BYTES_MAX => return Err("it is too large").doing(doing),
            _ => {}
        }
        Self::from_json(&std::fs::read(path).doing(doing)?)
    }

    /// Writes the file beside its place and moves it there, so that a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let doing = || format!("Writing {}", path.display());
        let beside = path.with_extension("json.new");
        let mut file = File::create(&beside).doing(doing)?;
        file.write_all(&self.to_json()?).doing(doing)?;
        file.sync_all().doing(doing)?;
        std::fs::rename(&beside, path).doing(doing)
    }
}

fn is_recent(point: &Point, now: Timestamp) -> bool {
    now.since(point.at) <= KEPT
}

fn is_another_disk(before: &Point, now: &Point) -> bool {
    let size = |point: &Point| point.used_bytes.saturating_add(point.available_bytes) as f64;
    (size(before) - size(now)).abs() > 0.1 * size(before).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(minutes: i64, used_bytes: u64) -> Point {
        let at = Timestamp::from_millis(1_795_000_000_000 + minutes * 60_000);
        Point { at, used_bytes, available_bytes: 1000 - used_bytes }
    }

    #[test]
    fn points_keep_their_distance() {
        let mut history = UsageHistory::default();
        assert!(history.add("/", point(0, 1)));
        assert!(!history.add("/", point(29, 2)));
        assert!(history.add("/", point(30, 3)));
        assert_eq!(history.points("/").len(), 2);
        assert_eq!(history.points("/elsewhere"), []);
    }

    #[test]
    fn another_disk_in_the_same_place_begins_anew() {
        let mut history = UsageHistory::default();
        history.add("/", point(0, 1));
        history.add("/", Point { available_bytes: 5000, ..point(1, 0) });
        assert_eq!(history.points("/").len(), 1);
    }

    #[test]
    fn what_a_wrong_clock_left_is_given_up() {
        let mut history = UsageHistory::default();
        history.add("/", point(1_000_000, 1));
        history.add("/", point(0, 2));
        assert_eq!(history.points("/"), [point(0, 2)]);
    }

    #[test]
    fn it_survives_a_restart_and_a_damaged_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        assert_eq!(UsageHistory::load(&path).unwrap(), UsageHistory::default());
        let mut history = UsageHistory::default();
        history.add("/mnt/data", point(0, 1));
        history.save(&path).unwrap();
        assert_eq!(UsageHistory::load(&path).unwrap(), history);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        std::fs::write(&path, "{\"version\":1,\"filesys").unwrap();
        assert!(UsageHistory::load(&path).is_err());
    }

    proptest! {
        #[test]
        fn it_stays_bounded_and_in_order(steps in proptest::collection::vec((-100i64..20_000, 0u64..1000), 0..100)) {
            let mut history = UsageHistory::default();
            let mut now = 0;
            for (step, used) in steps {
                now += step;
                history.add("/", point(now, used));
                let points = history.points("/");
                prop_assert!(points.len() <= POINTS_MAX);
                prop_assert!(points.windows(2).all(|pair| pair[0].at <= pair[1].at));
            }
        }

        #[test]
        fn any_text_is_survived(text in ".*") {
            let _ = UsageHistory::from_json(text.as_bytes());
        }
    }
}
