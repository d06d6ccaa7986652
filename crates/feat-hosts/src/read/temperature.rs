//! Temperatures from `/sys/class/hwmon` (kernel documentation, "hwmon sysfs interface") and, where that has none, from
//! `/sys/class/thermal`. Both give thousandths of a degree.

use super::{Reader, Roots};
use std::path::{Path, PathBuf};

/// More sensors than this are not read.
const SENSORS_MAX: usize = 64;

/// Board-monitoring chips. Their inputs are often not connected and their limits are often what the BIOS left there, so
/// that they read 127 °C with a limit of 80 °C on a machine that is well. They are shown only if there is nothing else.
const BOARD_CHIPS: [&str; 8] = ["nct", "it8", "w83", "f71", "f81", "sch5", "asus", "dell_smm"];

/// A place where a temperature can be read. Found once in a while, read at every pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sensor {
    /// `coretemp Package id 0`.
    pub(crate) name: String,
    /// The file with the present reading.
    pub(crate) input: PathBuf,
    /// "High" in thousandths of a degree.
    pub(crate) max: Option<i64>,
    /// "Critical" in thousandths of a degree.
    pub(crate) crit: Option<i64>,
    /// Whether its readings and limits can be believed.
    pub(crate) trusted: bool,
}

/// One reading, in degrees Celsius.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Temperature {
    /// Which sensor.
    pub(crate) sensor: String,
    /// The reading.
    pub(crate) celsius: f64,
    /// "High".
    pub(crate) max_celsius: Option<f64>,
    /// "Critical".
    pub(crate) crit_celsius: Option<f64>,
}

/// Looks for sensors. Without trusted ones the others are all there is.
pub(crate) fn find_sensors(roots: &Roots, reader: &mut Reader) -> Vec<Sensor> {
    let mut sensors = Vec::new();
    for chip in entries(&roots.sys.join("class/hwmon"), "hwmon") {
        find_on_chip(&chip, reader, &mut sensors);
    }
    if !sensors.iter().any(|sensor| sensor.trusted) {
        for zone in entries(&roots.sys.join("class/thermal"), "thermal_zone") {
            sensors.extend(find_in_zone(&zone, reader));
        }
    }
    if sensors.iter().any(|sensor| sensor.trusted) {
        sensors.retain(|sensor| sensor.trusted);
    }
    sensors.truncate(SENSORS_MAX);
    sensors
}

/// The directory's entries that begin with `prefix`, in order.
fn entries(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(listing) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<PathBuf> = listing
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .take(4 * SENSORS_MAX)
        .collect();
    found.sort();
    found
}

fn find_on_chip(chip: &Path, reader: &mut Reader, sensors: &mut Vec<Sensor>) {
    let name = reader.line(&chip.join("name")).unwrap_or("sensor").to_owned();
    // Asking a drive for its temperature may keep it from ever spinning down (kernel documentation, "drivetemp").
    if name == "drivetemp" {
        return;
    }
    let trusted = !BOARD_CHIPS.iter().any(|prefix| name.starts_with(prefix));
    for input in entries(chip, "temp") {
        let file = input.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(base) = file.strip_suffix("_input") else { continue };
        let label = reader.line(&chip.join(format!("{base}_label"))).map(str::to_owned);
        sensors.push(Sensor {
            name: label.map_or_else(|| name.clone(), |label| format!("{name} {label}")),
            max: reader.number(&chip.join(format!("{base}_max"))).and_then(believable_limit),
            crit: reader.number(&chip.join(format!("{base}_crit"))).and_then(believable_limit),
            input,
            trusted,
        });
    }
}

fn find_in_zone(zone: &Path, reader: &mut Reader) -> Option<Sensor> {
    let name = reader.line(&zone.join("type"))?.to_owned();
    let critical = (0..12).find(|n| {
        reader.line(&zone.join(format!("trip_point_{n}_type"))).is_some_and(|kind| kind == "critical")
    });
    let crit = critical.and_then(|n| reader.number(&zone.join(format!("trip_point_{n}_temp"))));
    Some(Sensor {
        name,
        input: zone.join("temp"),
        max: None,
        crit: crit.and_then(believable_limit),
        trusted: true,
    })
}

/// Firmware that sets no limit leaves 0, 127 or 65261 degrees there.
fn believable_limit(millidegrees: i64) -> Option<i64> {
    (40_000..=126_000).contains(&millidegrees).then_some(millidegrees)
}

/// A sensor that is not connected reads far below or above what a running machine can have.
pub(crate) fn parse_reading(text: &str) -> Option<f64> {
    let millidegrees: i64 = text.trim().parse().ok()?;
    (-30_000..=126_000).contains(&millidegrees).then(|| millidegrees as f64 / 1000.0)
}

/// Reads all sensors; one that does not answer is left out.
pub(crate) fn read(sensors: &[Sensor], reader: &mut Reader) -> Vec<Temperature> {
    let degrees = |limit: Option<i64>| limit.map(|millidegrees| millidegrees as f64 / 1000.0);
    sensors
        .iter()
        .filter_map(|sensor| {
            Some(Temperature {
                celsius: parse_reading(reader.text(&sensor.input).ok()?)?,
                sensor: sensor.name.clone(),
                max_celsius: degrees(sensor.max),
                crit_celsius: degrees(sensor.crit),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readings_of_nothing_are_left_out() {
        assert_eq!(parse_reading("48312\n"), Some(48.312));
        assert_eq!(parse_reading("-62000\n"), None);
        assert_eq!(parse_reading("127500\n"), None);
        assert_eq!(parse_reading("warm"), None);
    }

    #[test]
    fn limits_that_firmware_left_unset_are_not_believed() {
        assert_eq!(believable_limit(65_261_850), None);
        assert_eq!(believable_limit(0), None);
        assert_eq!(believable_limit(100_000), Some(100_000));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*|-?[0-9]{1,30}") {
            let _ = parse_reading(&text);
        }
    }
}
