//! Quantities that own their human text.

use std::fmt;

/// A number of bytes, shown in binary units as `df -h` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        if self.0 < 1024 {
            return f.pad(&format!("{} B", self.0));
        }
        let mut value = self.0 as f64;
        let mut unit = "B";
        for next in UNITS {
            // 1023.95 would round to "1024.0".
            if value < 1023.95 {
                break;
            }
            value /= 1024.0;
            unit = next;
        }
        f.pad(&if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") })
    }
}

/// A share of a whole, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 99.97 must not become "100 %": a share is only whole when it is.
        let text = match self.0 {
            p if p >= 100.0 => "100 %".to_owned(),
            p if p >= 99.0 => format!("{:.2} %", (p * 100.0).floor() / 100.0),
            p if p < 10.0 => format!("{p:.1} %"),
            p => format!("{p:.0} %"),
        };
        f.pad(&text)
    }
}

/// A temperature.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Celsius(pub f64);

impl fmt::Display for Celsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.0} °C", self.0))
    }
}

/// A rate of transfer, in bytes per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct BytesPerSecond(pub f64);

impl fmt::Display for BytesPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/s", Bytes(self.0.max(0.0) as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_as_people_write_them() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (53_687_091_200, "50 GiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }

    #[test]
    fn a_share_is_whole_only_when_it_is() {
        for (percent, text) in [(100.0, "100 %"), (99.999, "99.99 %"), (42.4, "42 %"), (0.25, "0.2 %")] {
            assert_eq!(Percent(percent).to_string(), text);
        }
    }
}
