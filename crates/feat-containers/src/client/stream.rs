//! The stream of events: one JSON object after the other, for as long as the engine lives.

use super::{AskError, Connection};
use crate::api::Event;
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// The longest event that is read; a longer one is skipped.
const EVENT_MAX: usize = 256 * 1024;

/// The stream of events.
pub(crate) struct Events {
    _connection: Connection,
    body: Incoming,
    lines: Lines,
}

impl Events {
    pub(super) fn new(connection: Connection, body: Incoming) -> Self {
        Self { _connection: connection, body, lines: Lines::default() }
    }

    /// Waits for the next events; more than one where several came together. May be dropped while it waits.
    ///
    /// # Errors
    /// When the engine ends the stream.
    pub(crate) async fn next(&mut self) -> Result<Vec<Event>, AskError> {
        loop {
            let frame = self.body.frame().await;
            let frame = frame.ok_or_else(|| AskError::reading(&"the stream of events ended"))?;
            let Ok(data) = frame.map_err(|error| AskError::reading(&error))?.into_data() else { continue };
            let events = self.lines.add(&data);
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }
}

/// Cuts what comes into lines. Docker and Podman write one object a line.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pending: Vec<u8>,
    /// Whether the rest of the line is thrown away, because the line is too long.
    skipping: bool,
}

impl Lines {
    /// Takes in some bytes and gives the events that are complete. What is no event is left out.
    pub(crate) fn add(&mut self, data: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for part in data.split_inclusive(|byte| *byte == b'\n') {
            let ends = part.ends_with(b"\n");
            if !self.skipping {
                self.pending.extend_from_slice(part);
                if self.pending.len() > EVENT_MAX {
                    self.pending.clear();
                    self.skipping = true;
                }
            }
            if ends {
                if !self.skipping {
                    events.extend(serde_json::from_slice::<Event>(&self.pending).ok());
                }
                self.pending.clear();
                self.skipping = false;
            }
        }
        // Podman does not end the last object of a moment with a line break at once.
        if !self.skipping
            && self.pending.ends_with(b"}")
            && let Ok(event) = serde_json::from_slice::<Event>(&self.pending)
        {
            events.push(event);
            self.pending.clear();
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TWO: &str = "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"a\"},\"time\":1}\n\
                       {\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"b\",\"Attributes\":{\"exitCode\":\"3\"}},\"time\":2}\n";

    #[test]
    fn what_is_no_event_and_what_is_too_long_is_left_out() {
        let mut lines = Lines::default();
        let long = format!("nonsense\n\n{{\"Type\":\"{}\"}}\n{TWO}", "x".repeat(EVENT_MAX));
        let events = lines.add(long.as_bytes());
        let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
        assert_eq!(actions, ["start", "die"]);
        assert_eq!(events[1].exit_code(), Some(3));
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_events_are_the_same(cuts in prop::collection::vec(0..TWO.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut lines = Lines::default();
            let mut events = Vec::new();
            let mut from = 0;
            for to in cuts.into_iter().chain([TWO.len()]) {
                events.extend(lines.add(&TWO.as_bytes()[from..to]));
                from = to;
            }
            prop_assert_eq!(events.len(), 2);
        }

        #[test]
        fn any_bytes_are_taken(data: Vec<u8>) {
            let _ = Lines::default().add(&data);
        }
    }
}
