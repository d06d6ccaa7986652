//! From readings to what is said: each watch keeps what it must remember from one pass to the next, reads, has the model
//! judge, and gives observations.

pub(crate) mod filesystems;
pub(crate) mod host;
pub(crate) mod units;

use crate::read::Roots;
use crate::read::usage::{Prober, Usage, statvfs};
use hob_base::{Observation, ResourceId};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name under which this feature speaks.
pub(crate) const SOURCE: &str = "hosts";

/// Asks a filesystem how full it is.
pub(crate) type AskUsage = Arc<dyn Fn(&Path) -> io::Result<Usage> + Send + Sync>;

/// The machine that is watched, and the means to look at it.
#[derive(Clone)]
pub(crate) struct Machine {
    /// Its name in ids.
    pub(crate) hostname: String,
    /// Where its files are.
    pub(crate) roots: Roots,
    /// The program that knows systemd's units.
    pub(crate) systemctl: PathBuf,
    /// How a filesystem is asked.
    pub(crate) ask_usage: AskUsage,
    /// Asks what may never answer.
    pub(crate) prober: Prober,
}

impl Machine {
    /// The machine this process runs on.
    pub(crate) fn system(hostname: &str) -> Self {
        Self {
            hostname: hostname.to_owned(),
            roots: Roots::system(),
            systemctl: "systemctl".into(),
            ask_usage: Arc::new(statvfs),
            prober: Prober::default(),
        }
    }

    /// The resource that stands for it.
    pub(crate) fn id(&self) -> ResourceId {
        ResourceId::new("host", "home", &self.hostname)
    }

    /// The resource that stands for one of its filesystems.
    pub(crate) fn filesystem_id(&self, mount_point: &str) -> ResourceId {
        ResourceId::new("filesystem", &self.hostname, mount_point)
    }

    /// The resource that stands for one of its systemd units.
    pub(crate) fn unit_id(&self, unit: &str) -> ResourceId {
        ResourceId::new("unit", &self.hostname, unit)
    }
}

/// What came of one look.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What is said.
    pub(crate) observations: Vec<Observation>,
    /// What is no longer said.
    pub(crate) withdrawn: Vec<ResourceId>,
    /// What could not be seen, and why: `memory (Hob may not read /proc/meminfo)`.
    pub(crate) cannot_see: Vec<String>,
}
