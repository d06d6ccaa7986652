//! Where things are: command line and environment before the file, the file before the defaults.

use super::Common;
use crate::FEATURES;
use hob_db::Location;
use hob_feature::{Config, Problem, Problems};
use hob_web::hub::check_config;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Top-level settings of the hub itself.
const OWN: [&str; 3] = ["listen", "data", "database"];

/// What holds for this run.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) database: Location,
}

impl Settings {
    /// Reads and checks everything before anything starts.
    pub(crate) fn read(common: &Common, listen: Option<SocketAddr>) -> Result<Self, Vec<Problem>> {
        let config = read_config(common.config.as_deref())?;
        let mut all = check_config(FEATURES, &config, &OWN);
        let problems = Problems::default();
        let top = config.top(&problems);
        let file_listen = top.parsed("listen", |text| {
            text.parse::<SocketAddr>().map_err(|_| {
                format!("“{text}” is not an address with a port; write for example 0.0.0.0:4620")
            })
        });
        let data =
            common.data.clone().or_else(|| top.text("data").map(PathBuf::from)).unwrap_or_else(default_data);
        let from_line = common.database.is_some();
        let database = common.database.clone().or_else(|| top.text("database"));
        let database = Location::parse(database.as_deref(), &data).unwrap_or_else(|problem| {
            if from_line {
                all.push(Problem { file: "--database".to_owned(), line: 0, setting: String::new(), problem });
            } else {
                top.problem("database", problem);
            }
            Location::File(data.join("hob.db"))
        });
        all.extend(problems.into_sorted());
        all.sort();
        if all.is_empty() {
            let listen = listen.or(file_listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 4620)));
            Ok(Self { config, data, listen, database })
        } else {
            Err(all)
        }
    }
}

fn read_config(path: Option<&Path>) -> Result<Config, Vec<Problem>> {
    let found = match path {
        Some(path) => Some(path.to_owned()),
        None => ["hob.toml", "/etc/hob/hob.toml"].into_iter().map(PathBuf::from).find(|path| path.is_file()),
    };
    let Some(path) = found else { return Ok(Config::empty()) };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        vec![Problem {
            file: path.display().to_string(),
            line: 0,
            setting: String::new(),
            problem: format!("the file cannot be read: {error}"),
        }]
    })?;
    Config::parse(&path, &text)
}

fn default_data() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/hob");
    }
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    home("XDG_DATA_HOME")
        .or_else(|| home("HOME").map(|home| home.join(".local/share")))
        .map_or_else(|| PathBuf::from("hob-data"), |base| base.join("hob"))
}
