//! The vocabulary of Hob: what a resource is, how its health is judged, what a transition is, and how time is told.
//!
//! Nothing here does I/O. Decisions are pure functions over values: [`resource::observe`] folds what one source says
//! into a resource, [`uptime`] turns transitions into figures. Every other crate speaks in these words.

pub mod clock;
pub mod error;
pub mod health;
pub mod incident;
pub mod observation;
pub mod resource;
pub mod resource_id;
pub mod silence;
pub mod transition;
pub mod units;
pub mod uptime;
pub mod wording;

pub use clock::{Clock, Timestamp};
pub use error::{Error, Result};
pub use health::{Health, Level};
pub use incident::{Incident, IncidentId};
pub use observation::{Fact, Facts, Observation, Source};
pub use resource::Resource;
pub use resource_id::ResourceId;
pub use silence::Silence;
pub use transition::Transition;
