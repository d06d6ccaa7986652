//! What open incidents add to the state of the house.

use super::House;
use hob_base::wording::counted;
use hob_base::{Incident, Level};
use std::sync::Arc;

/// The house with its open incidents, the worst first. Where no resource that is shown is out, the sentence must not
/// contradict them: what they are about may be hidden, or well again for a moment only.
#[must_use]
pub fn with_incidents(mut house: House, open: &[Arc<Incident>]) -> House {
    house.incidents = open.to_vec();
    if !house.problems.is_empty() || open.is_empty() {
        return house;
    }
    let going_on: Vec<&Arc<Incident>> =
        open.iter().filter(|incident| incident.level_now() != Level::Ok).collect();
    match going_on.as_slice() {
        [] => {
            let well = house.sentence.replacen("All well:", "All well again:", 1);
            let wait = match open.len() {
                1 => "One incident is watched a little longer before it is called over.".to_owned(),
                many => format!(
                    "{} are watched a little longer before they are called over.",
                    counted(many, "incident")
                ),
            };
            house.sentence = format!("{well} {wait}");
        }
        [worst, others @ ..] => {
            house.level = house.level.max(worst.level_now());
            let title = worst.title.trim_end_matches('.');
            house.sentence = match others.len() {
                0 => format!("{title}."),
                more => format!("{title}; {} more.", counted(more, "incident")),
            };
        }
    }
    house
}
