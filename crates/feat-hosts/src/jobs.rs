//! The passes: the machine every 10 s, filesystems every 30 s, failed units every minute; and the listener that keeps the
//! filesystems' history on disk.

use crate::config::Settings;
use crate::history::recent::Recent;
use crate::history::usage::{FILE_NAME, UsageHistory};
use crate::watch::filesystems::{FilesystemWatch, Surroundings};
use crate::watch::host::HostWatch;
use crate::watch::units::UnitWatch;
use crate::watch::{Findings, Machine, SOURCE};
use hob_base::error::Doing;
use hob_base::wording::counted;
use hob_base::{Resource, Result};
use hob_feature::{Ctx, Job, Problems};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

/// How often the machine is looked at. The charts of the last hour count on it.
const HOST_EVERY: Duration = crate::history::recent::STEP;
/// How often filesystems are asked how full they are.
const FILESYSTEMS_EVERY: Duration = Duration::from_secs(30);
/// How often systemd is asked which units failed.
const UNITS_EVERY: Duration = Duration::from_secs(60);
/// How often the filesystems' history is written.
const SAVE_EVERY: Duration = Duration::from_secs(3600);
/// How often a hub that does not watch this machine makes sure that it says nothing of it.
const SILENT_EVERY: Duration = Duration::from_secs(3600);

/// What passes and pages share.
#[derive(Default)]
pub(crate) struct HostsMemory {
    recent: Mutex<Recent>,
    usage: Mutex<UsageHistory>,
    /// Whether the history has been read; before that it must not be written.
    usage_loaded: tokio::sync::OnceCell<()>,
    /// What each pass cannot see, by the pass.
    cannot_see: Mutex<BTreeMap<&'static str, Vec<String>>>,
    /// The filesystems that the machine cannot be without.
    system_places: Mutex<Vec<&'static str>>,
}

impl HostsMemory {
    /// The last hour.
    pub(crate) fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last two weeks of each filesystem.
    pub(crate) fn usage(&self) -> MutexGuard<'_, UsageHistory> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_cannot_see(&self, pass: &'static str, what: Vec<String>) {
        self.cannot_see.lock().unwrap_or_else(PoisonError::into_inner).insert(pass, what);
    }

    fn cannot_see(&self) -> String {
        let all = self.cannot_see.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().flatten().map(String::as_str).collect::<Vec<_>>().join("; ")
    }
}

/// All jobs of this feature; one that says nothing if the owner does not want this machine to be watched.
pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    let settings = Settings::read(&ctx.config, &Problems::default());
    if !settings.enabled {
        return vec![Job::pass("hosts.collect", SILENT_EVERY, |ctx| async move { stay_silent(&ctx).await })];
    }
    jobs_for(ctx, Machine::system(&ctx.hostname), settings)
}

/// The jobs that watch `machine`.
pub(crate) fn jobs_for(ctx: &Ctx, machine: Machine, settings: Settings) -> Vec<Job> {
    let memory: Arc<HostsMemory> = ctx.memory.of();
    let passes = Arc::new(Passes {
        machine,
        settings,
        memory: Arc::clone(&memory),
        host: tokio::sync::Mutex::default(),
        filesystems: tokio::sync::Mutex::default(),
        units: tokio::sync::Mutex::default(),
    });
    let (host, filesystems, units) = (Arc::clone(&passes), Arc::clone(&passes), passes);
    vec![
        Job::pass("hosts.collect", HOST_EVERY, move |ctx| {
            let passes = Arc::clone(&host);
            async move { Ok(passes.look_at_host(&ctx).await) }
        }),
        Job::pass("hosts.filesystems", FILESYSTEMS_EVERY, move |ctx| {
            let passes = Arc::clone(&filesystems);
            async move { Ok(passes.look_at_filesystems(&ctx).await) }
        }),
        Job::pass("hosts.units", UNITS_EVERY, move |ctx| {
            let passes = Arc::clone(&units);
            async move { Ok(passes.look_at_units(&ctx).await) }
        }),
        Job::listener("hosts.save", move |ctx, stop| {
            let memory = Arc::clone(&memory);
            async move { keep_usage(&ctx, &memory, &stop).await }
        }),
    ]
}

/// What the passes work with.
struct Passes {
    machine: Machine,
    settings: Settings,
    memory: Arc<HostsMemory>,
    host: tokio::sync::Mutex<HostWatch>,
    filesystems: tokio::sync::Mutex<Option<FilesystemWatch>>,
    units: tokio::sync::Mutex<Option<UnitWatch>>,
}

impl Passes {
    async fn look_at_host(&self, ctx: &Ctx) -> String {
        let places = self.memory.system_places.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let needs: Vec<_> = places.into_iter().map(|place| self.machine.filesystem_id(place)).collect();
        let found = self.host.lock().await.look(&self.machine, &ctx.clock, &needs).await;
        self.memory.recent().push(ctx.clock.monotonic(), found.sample);
        self.memory.note_cannot_see("collect", found.cannot_see);
        let mut said = found.observation;
        let cannot_see = self.memory.cannot_see();
        if !cannot_see.is_empty() {
            said = said.fact("cannot_see", cannot_see);
        }
        let report = said.health.as_ref().map(|health| health.reason.clone()).unwrap_or_default();
        ctx.resources.observe(said).await;
        report
    }

    async fn look_at_filesystems(&self, ctx: &Ctx) -> String {
        load_usage(ctx, &self.memory).await;
        let mut slot = self.filesystems.lock().await;
        let watch = slot.get_or_insert_with(|| remembered_filesystems(ctx));
        let around = Surroundings {
            machine: &self.machine,
            clock: &ctx.clock,
            zone: &ctx.zone,
            settings: &self.settings,
            history: &self.memory.usage,
        };
        let found = watch.look(&around).await;
        *self.memory.system_places.lock().unwrap_or_else(PoisonError::into_inner) = watch.system_places();
        let count = found.observations.len();
        self.tell(ctx, "filesystems", found).await;
        format!("Looked at {}.", counted(count, "filesystem"))
    }

    async fn look_at_units(&self, ctx: &Ctx) -> String {
        let mut slot = self.units.lock().await;
        let watch = slot.get_or_insert_with(|| remembered_units(ctx));
        let found = watch.look(&self.machine, &ctx.clock).await;
        let report = match (found.cannot_see.first(), found.observations.len()) {
            (Some(what), _) => format!("Cannot see {what}."),
            (None, 0) => "No unit has failed.".to_owned(),
            (None, count) => format!("{} failed or recovered within the hour.", counted(count, "unit")),
        };
        self.tell(ctx, "units", found).await;
        report
    }

    async fn tell(&self, ctx: &Ctx, pass: &'static str, found: Findings) {
        self.memory.note_cannot_see(pass, found.cannot_see);
        for said in found.observations {
            ctx.resources.observe(said).await;
        }
        for gone in found.withdrawn {
            ctx.resources.withdraw(SOURCE, gone).await;
        }
    }
}

/// What this feature said of resources of one kind on this machine before the hub was started anew.
fn own_of_kind<'a>(ctx: &'a Ctx, kind: &str) -> impl Iterator<Item = Arc<Resource>> + use<'a> {
    ctx.resources
        .of_kind(kind)
        .into_iter()
        .filter(|resource| resource.id.scope() == ctx.hostname && resource.words.contains_key(&SOURCE.into()))
}

fn remembered_filesystems(ctx: &Ctx) -> FilesystemWatch {
    let mut watch = FilesystemWatch::default();
    for resource in own_of_kind(ctx, "filesystem") {
        let level = resource.words.get(&SOURCE.into()).and_then(|word| Some(word.health.as_ref()?.level));
        watch.remember(resource.id.name(), level.unwrap_or(resource.health.level));
    }
    watch
}

fn remembered_units(ctx: &Ctx) -> UnitWatch {
    let mut watch = UnitWatch::default();
    for resource in own_of_kind(ctx, "unit") {
        watch.remember(resource.id.name());
    }
    watch
}

async fn stay_silent(ctx: &Ctx) -> Result<String> {
    ctx.resources.withdraw(SOURCE, ctx.this_host()).await;
    for kind in ["filesystem", "unit"] {
        for resource in own_of_kind(ctx, kind) {
            ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
        }
    }
    Ok("This machine is not watched: [hosts] says enabled = false.".to_owned())
}

fn usage_file(ctx: &Ctx) -> PathBuf {
    ctx.data.join(FILE_NAME)
}

/// Reads the history once. A damaged file costs the forecasts a day and is no reason not to watch.
async fn load_usage(ctx: &Ctx, memory: &HostsMemory) {
    let load = || async {
        let path = usage_file(ctx);
        let loaded = tokio::task::spawn_blocking(move || UsageHistory::load(&path)).await;
        match loaded.doing(|| format!("Reading {FILE_NAME}")).and_then(|result| result) {
            Ok(history) => *memory.usage() = history,
            Err(error) => {
                let (file, reason) = (usage_file(ctx).display().to_string(), error.chain());
                warn!(file, reason, "the history of the filesystems cannot be read; it begins anew");
            }
        }
    };
    memory.usage_loaded.get_or_init(load).await;
}

/// Writes the history every hour and when the hub stops.
async fn keep_usage(ctx: &Ctx, memory: &HostsMemory, stop: &CancellationToken) -> Result<()> {
    loop {
        let stopped = tokio::select! {
            () = stop.cancelled() => true,
            () = ctx.clock.sleep(SAVE_EVERY) => false,
        };
        if let Err(error) = save_usage(ctx, memory).await {
            error!(reason = error.chain(), "the history of the filesystems cannot be written");
        }
        if stopped {
            return Ok(());
        }
    }
}

async fn save_usage(ctx: &Ctx, memory: &HostsMemory) -> Result<()> {
    if !memory.usage_loaded.initialized() {
        return Ok(());
    }
    let (history, path) = (memory.usage().clone(), usage_file(ctx));
    let doing = || format!("Writing {}", usage_file(ctx).display());
    tokio::task::spawn_blocking(move || history.save(&path)).await.doing(doing)?
}
