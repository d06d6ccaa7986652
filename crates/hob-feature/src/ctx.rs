//! What a feature is given: the database, time, configuration, and the handles on what crosses between features.

use crate::identity::Gate;
use crate::jobs::JobBoard;
use crate::metrics::Metrics;
use crate::secrets::Sealer;
use crate::{
    CheckBook, Config, DeliveryReader, Feature, IncidentReader, Notices, PushDoor, Resources, Silences,
};
use hob_base::{Clock, ResourceId};
use hob_db::Db;
use jiff::tz::TimeZone;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// The house as a feature sees it. Cheap to clone.
#[derive(Clone)]
pub struct Ctx(Arc<CtxParts>);

/// The parts of a [`Ctx`].
pub struct CtxParts {
    /// The tables.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The zone in which people are told the time.
    pub zone: TimeZone,
    /// The settings.
    pub config: Config,
    /// What is known of every resource.
    pub resources: Resources,
    /// What is to be probed.
    pub checks: CheckBook,
    /// Of what nobody is to be told.
    pub silences: Silences,
    /// What people are to be told.
    pub notices: Notices,
    /// Background work: its state, and how to poke it.
    pub jobs: JobBoard,
    /// Hob's own figures.
    pub metrics: Metrics,
    /// Seals secrets that are kept in the database.
    pub sealer: Sealer,
    /// Files of Hob's own.
    pub data: PathBuf,
    /// This machine's name.
    pub hostname: String,
    /// Every feature of this hub.
    pub features: &'static [Feature],
    /// Where the hub was asked to listen. The port is 0 when any free one will do.
    pub listen: SocketAddr,
    /// Where the hub listens, so that it does not discover itself.
    pub listening: Mutex<Vec<SocketAddr>>,
    /// Cancelled when the hub is asked to stop.
    pub shutdown: CancellationToken,
    /// Each feature's own memory, by type.
    pub memory: Memory,
}

impl Ctx {
    /// Puts the house together.
    pub fn new(parts: CtxParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The resource that stands for this machine.
    pub fn this_host(&self) -> ResourceId {
        ResourceId::new("host", "home", &self.hostname)
    }

    /// How people and programs are recognised, if a feature does that.
    pub fn gate(&self) -> Option<Gate> {
        self.features.iter().find_map(|feature| feature.gate)
    }

    /// How incidents are read, if a feature keeps them.
    pub fn incidents(&self) -> Option<IncidentReader> {
        self.features.iter().find_map(|feature| feature.incidents)
    }

    /// How it is read what became of notices, if a feature carries them.
    pub fn deliveries(&self) -> Option<DeliveryReader> {
        self.features.iter().find_map(|feature| feature.deliveries)
    }

    /// How the built-in push server is reached, if a feature is one.
    pub fn push(&self) -> Option<PushDoor> {
        self.features.iter().find_map(|feature| feature.push)
    }

    /// The ports on which this hub itself listens.
    pub fn own_ports(&self) -> Vec<u16> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).iter().map(SocketAddr::port).collect()
    }
}

impl Deref for Ctx {
    type Target = CtxParts;

    fn deref(&self) -> &CtxParts {
        &self.0
    }
}

/// What features remember between their jobs and their pages, by type. A feature asks only for types of its own.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Memory {
    /// The one value of this type, made by its default when first asked for.
    pub fn of<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let any = map.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())).clone();
        drop(map);
        // The entry was made under this type's id just above or by an earlier call of this function.
        any.downcast().unwrap_or_else(|_| Arc::new(T::default()))
    }
}
