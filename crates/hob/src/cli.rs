//! The command line: what can be asked for, and where each command lives.

mod account;
mod checks;
mod clusters;
mod config;
mod home;
mod incidents;
mod local;
mod notify;
mod resources;
mod serve;
mod settings;

use clap::{Args, CommandFactory, Parser, Subcommand};
use settings::Settings;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// All well.
pub(crate) const WELL: u8 = 0;
/// A command failed, or something needs attention.
pub(crate) const FAILED: u8 = 1;
/// Wrong configuration or usage, or something is broken.
pub(crate) const WRONG: u8 = 2;
/// Nothing is known, because no hub answers.
pub(crate) const NO_ANSWER: u8 = 3;

/// Keeps a homelab running: finds what runs at home, watches it, and says in one sentence what broke and why.
#[derive(Debug, Parser)]
#[command(name = "hob", version, propagate_version = true, arg_required_else_help = true, after_help = START)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const START: &str = "\
Start here:
  hob serve                       then open the address that it prints and enter the setup code
  hob status                      the state of the house in one sentence (exit code 0 well, 1 warning or unknown, 2 critical)
  hob incidents                   what is broken since when, and the cause of it
  hob resources --health critical what is broken, and why
  hob config example > hob.toml   a commented configuration file; Hob needs none to start

Where things are: settings in ./hob.toml or /etc/hob/hob.toml, data in /var/lib/hob (root) or ~/.local/share/hob.";

const SERVE: &str = "\
Examples:
  hob serve                                    on this machine only, data in the usual place
  hob serve --listen 0.0.0.0:4620              for other machines, too
  hob serve --data ./house --log debug         somewhere else, saying more
  hob serve --database postgres://hob@db/hob   the password from ~/.pgpass or PGPASSWORD";

const STATUS: &str = "\
Examples:
  hob status                                   what a person reads
  hob status --json | jq -r .sentence          what a script reads
  hob status > /dev/null || mail -s 'Look at the house' me@example.org < /dev/null";

const RESOURCES: &str = "\
Examples:
  hob resources --health critical              what is broken, and why
  hob resources --kind service                 every service
  hob resources -q grafana --json              for scripts";

const CLUSTERS: &str = "\
Examples:
  hob clusters                                 which are watched, and how each is
  hob clusters home                            what is wrong in that one, and what to do
  hob clusters home --json | jq '.findings[]'  for scripts";

const INCIDENTS: &str = "\
Examples:
  hob incidents                                what is open, the worst first
  hob incidents --state all --json             for scripts
  hob incidents > /dev/null || echo 'Look at the house'";

const CONFIG: &str = "\
Examples:
  hob config example > hob.toml
  hob config check --config hob.toml";

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Configuration file [default: ./hob.toml or /etc/hob/hob.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "HOB_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Data directory [default: /var/lib/hob as root, else ~/.local/share/hob]
    #[arg(long, global = true, value_name = "DIR", env = "HOB_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Database: postgres://… [default: a SQLite file in the data directory]
    #[arg(long, global = true, value_name = "URL", env = "HOB_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub: find, watch, and show on a page
    #[command(after_help = SERVE)]
    Serve(ServeArgs),
    /// Say the state of the house in one sentence; exit code 0 all well, 1 warning or unknown, 2 critical, 3 no answer
    #[command(after_help = STATUS)]
    Status {
        /// For scripts
        #[arg(long)]
        json: bool,
    },
    /// List what is known
    #[command(after_help = RESOURCES)]
    Resources(ResourcesArgs),
    /// List clusters, or what is wrong in one
    #[command(after_help = CLUSTERS)]
    Clusters(ClustersArgs),
    /// List incidents; exit code 0 none is open, 1 open ones are warnings or unknown, 2 one is critical, 3 no answer
    #[command(after_help = INCIDENTS)]
    Incidents(IncidentsArgs),
    /// Manage the people who may log in
    #[command(subcommand, after_help = account::USER)]
    User(account::UserCommand),
    /// Manage the tokens with which programs come in
    #[command(subcommand, after_help = account::TOKEN)]
    Token(account::TokenCommand),
    /// Bring checks from Uptime Kuma or Gatus
    #[command(subcommand, after_help = checks::CHECKS)]
    Checks(checks::ChecksCommand),
    /// Bring the page of Dashy, Homepage or Homer
    #[command(subcommand, after_help = home::HOME)]
    Home(home::HomeCommand),
    /// Try a channel, or say who would be told if something broke
    #[command(subcommand, after_help = notify::NOTIFY)]
    Notify(notify::NotifyCommand),
    /// Check or explain the configuration file
    #[command(subcommand, after_help = CONFIG)]
    Config(ConfigCommand),
    /// Print completions for your shell, e.g. hob completions bash > /etc/bash_completion.d/hob
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ClustersArgs {
    /// Only this one, with everything that is wrong in it
    pub(crate) name: Option<String>,
    /// For scripts
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port [default: 127.0.0.1:4620]; 0.0.0.0:4620 to be reached from other machines
    #[arg(long, value_name = "ADDR:PORT", env = "HOB_LISTEN")]
    listen: Option<SocketAddr>,
    /// How much to log: error, warn, info, debug or trace, also per part: info,feat_services=debug
    #[arg(long, value_name = "LEVEL", env = "HOB_LOG", default_value = "info")]
    log: String,
    /// Log one JSON object per line
    #[arg(long)]
    log_json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ResourcesArgs {
    /// Only this kind: host, filesystem, service, port, unit, job …
    #[arg(long)]
    kind: Option<String>,
    /// Only this health: ok, warning, critical or unknown
    #[arg(long)]
    health: Option<String>,
    /// Only what contains these words
    #[arg(long, short)]
    query: Option<String>,
    /// For scripts
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IncidentsArgs {
    /// open, closed or all; closed ones do not change the exit code
    #[arg(long, default_value = "open", value_parser = ["open", "closed", "all"])]
    state: String,
    /// For scripts
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Report every mistake in the configuration file (exit code 2 if there is one)
    #[command(after_help = "Example:\n  hob config check --config /etc/hob/hob.toml")]
    Check,
    /// Print a commented example
    #[command(after_help = "Example:\n  hob config example > hob.toml")]
    Example,
}

/// Carries out what was asked for.
pub fn run(cli: Cli) -> ExitCode {
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "hob", &mut std::io::stdout());
        return ExitCode::from(WELL);
    }
    if let Command::Config(ConfigCommand::Example) = cli.command {
        return say(&config::example());
    }
    let listen = if let Command::Serve(args) = &cli.command { args.listen } else { None };
    let settings = match Settings::read(&cli.common, listen) {
        Ok(settings) => settings,
        Err(problems) => {
            let code = config::report(&problems);
            // To whoever asks for the state of the house, this is not the house being broken.
            let asks = matches!(
                cli.command,
                Command::Status { .. } | Command::Resources(_) | Command::Clusters(_) | Command::Incidents(_)
            );
            return if asks { ExitCode::from(NO_ANSWER) } else { code };
        }
    };
    let threads = if matches!(cli.command, Command::Serve(_)) { 2 } else { 1 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("Hob cannot start its threads: {error}")),
    };
    let code = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::serve(settings, &args).await,
            Command::Status { json } => resources::status(&settings, json).await,
            Command::Resources(args) => resources::resources(&settings, &args).await,
            Command::Clusters(args) => clusters::clusters(&settings, &args).await,
            Command::Incidents(args) => incidents::incidents(&settings, &args).await,
            Command::User(command) => account::user(&settings, command).await,
            Command::Token(command) => account::token(&settings, command).await,
            Command::Checks(command) => checks::checks(&settings, command).await,
            Command::Home(command) => home::home(&settings, command).await,
            Command::Notify(command) => notify::notify(&settings, command).await,
            Command::Config(_) => config::well(&settings),
            Command::Completions { .. } => ExitCode::from(WELL),
        }
    });
    // Blocking work that hangs, such as a dead network filesystem, must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    code
}

/// Writes to the console. A reader that went away (`hob resources | head`) is no failure.
pub(crate) fn say(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = write!(out, "{text}{end}").and_then(|()| out.flush());
    ExitCode::from(WELL)
}

/// Says what is in the way.
pub(crate) fn fail(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "hob: {text}");
    ExitCode::from(FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
