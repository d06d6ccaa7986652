//! What every feature is made of: the [`Feature`] struct it exports, the [`Ctx`] it is given, and the few things that
//! cross between features: resources, check specifications, jobs and configuration.
//!
//! A feature never uses another feature. It tells the house what it knows by observing [`resources`], asks for probes
//! by publishing to [`checks`], and does its background work in [`jobs`].

pub mod checks;
pub mod config;
mod ctx;
pub mod deliveries;
mod feature;
pub mod home;
pub mod identity;
pub mod incidents;
pub mod jobs;
pub mod mail;
pub mod metrics;
pub mod notices;
pub mod push;
pub mod resources;
pub mod secrets;
pub mod silences;

pub use checks::{CheckBook, CheckSpec, CheckTarget};
pub use config::{Config, ConfigSection, Problem, Problems, Reader};
pub use ctx::{Ctx, CtxParts, Memory};
pub use deliveries::{Delivery, DeliveryOutcome, DeliveryReader};
pub use feature::{BoxFuture, Card, Feature, HostRoutes, NavEntry, SearchHit, boxed};
pub use home::{CardPlace, HomeCard, HomeChanges};
pub use identity::{Credential, Gate, Identity, IdentityChanges, NameAndPassword, Person, Scope};
pub use incidents::{IncidentQuery, IncidentReader};
pub use jobs::{Job, Listener, Pass};
pub use notices::{Notice, NoticeKind, Notices};
pub use push::{BrowserPush, PushDoor, PushMessage};
pub use resources::Resources;
pub use silences::Silences;

/// The base tables that belong to no feature: resources, transitions, runs of the hub, silences, notices.
pub const BASE_MIGRATIONS: &[hob_db::Migration] = &[
    hob_db::Migration { number: 1, name: "resources", sql: include_str!("migrations/0001_resources.sql") },
    hob_db::Migration { number: 2, name: "notices", sql: include_str!("migrations/0002_notices.sql") },
];
