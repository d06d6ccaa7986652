//! Dates and lengths of time as Go writes and reads them (package time).

mod duration;
mod layout;
mod reading;

pub(crate) use duration::{rounded, seconds_text};
pub(crate) use layout::formatted;
pub(crate) use reading::read;

use jiff::Zoned;

/// What is read as a length of time, in nanoseconds: `1h30m`, `-1.5h`.
pub(crate) use duration::read as read_duration;

/// A date as Go writes one that nobody has given a layout.
pub(crate) fn time_text(time: &Zoned) -> String {
    formatted(time, "2006-01-02 15:04:05.999999999 -0700 MST")
}
