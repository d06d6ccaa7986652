//! When things recur: cron expressions, calendar events of systemd, fixed periods, and spans of time that come
//! again, such as the night on which a machine is serviced.
//!
//! [`Schedule`] says when something happens next, [`Window`] whether a moment is within a span. Nothing here has a
//! clock: moments and time zones are arguments. The only thing taken from the machine are the rules of the time
//! zones, which `jiff` reads when a [`Zone`] is looked up by name.
//!
//! When the clocks are put forward or back:
//!
//! | | a time that does not exist | a time that exists twice |
//! |---|---|---|
//! | [`Cron`], fixed minute and hour | first moment after the gap | the first time |
//! | [`Cron`], minute or hour with `*` | left out | both times |
//! | [`Calendar`] | left out | the first time |
//! | [`Window`], its beginning | first moment after the gap | the first time |
//! | [`Window`], its end | later by the length of the gap | the second time |
//!
//! The first two are what Debian's cron does, the third is what systemd does.
//!
//! Every search is bounded, and so is every text that is read: what is too long, or names no time at all, costs no
//! more than what is right.
//!
//! Sources: crontab(5) and cron(8) of Debian, systemd.time(7).

mod calendar;
mod cron;
mod error;
mod length;
mod passage;
mod pattern;
mod schedule;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod window;
mod zone;

pub use calendar::Calendar;
pub use cron::Cron;
pub use error::ParseError;
pub use length::Length;
pub use schedule::Schedule;
pub use window::{Span, Window};
pub use zone::Zone;
