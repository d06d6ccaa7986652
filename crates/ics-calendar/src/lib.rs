//! Calendars as files (iCalendar, RFC 5545): which appointments fall into a span of time.
//!
//! [`parse`] reads a file as tolerantly as calendar programs do: what cannot be understood is left out and counted, and
//! never costs the rest. [`Calendar::occurrences`] unrolls what repeats. Both are pure; the zone of whoever looks and the
//! span are arguments, and zones are those of the system's database.
//!
//! Repetition: DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY, BYDAY (with
//! numbers), BYSETPOS; RDATE, EXDATE and appointments that were moved (RECURRENCE-ID). Hourly and finer rules, BYWEEKNO
//! and BYYEARDAY are not unrolled: such an appointment is shown once, where it begins.
//!
//! Limits: 8 MiB of text are read, 20,000 appointments kept, 20,000 steps made for one rule, 2,000,000 days looked at for
//! all rules of a file.

mod event;
mod lines;
mod occurrence;
mod rule;
mod zone;

pub use event::{Calendar, Event, When, parse};
pub use occurrence::Occurrence;
pub use rule::{Frequency, Rule};

#[cfg(test)]
mod tests;
