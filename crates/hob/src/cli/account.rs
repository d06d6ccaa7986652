//! `hob user` and `hob token`: with and without a running hub, since both use the same tables.

use super::settings::Settings;
use super::{fail, say};
use crate::FEATURES;
use clap::{Args, Subcommand};
use feat_account::cli;
use hob_base::wording::parse_duration;
use hob_base::{Clock, Error, Result, Timestamp};
use hob_db::{Db, Location};
use hob_feature::Scope;
use hob_web::hub::open_database;
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

pub(crate) const USER: &str = "\
Examples:
  hob user add anna --admin                              asks for the password
  echo -n secret-words | hob user add ben --password-stdin
  hob user list
  hob user disable ben";

pub(crate) const TOKEN: &str = "\
Examples:
  hob token create dashboard --scope read                prints the token, only now
  hob token create agent-nas --scope agent --expires 365d
  hob token list
  hob token revoke dashboard";

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add somebody: echo -n PASSWORD | hob user add NAME --admin --password-stdin
    Add {
        /// What they log in with
        name: String,
        /// May change everything; without it they may look
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List everybody
    #[command(after_help = "Example:\n  hob user list")]
    List,
    /// Keep somebody out; their sessions end at once
    #[command(after_help = "Example:\n  hob user disable ben")]
    Disable {
        /// Who
        name: String,
    },
    /// Let somebody in again
    #[command(after_help = "Example:\n  hob user enable ben")]
    Enable {
        /// Who
        name: String,
    },
    /// Let somebody change everything
    #[command(after_help = "Example:\n  hob user promote ben")]
    Promote {
        /// Who
        name: String,
    },
    /// Let somebody only look
    #[command(after_help = "Example:\n  hob user demote ben")]
    Demote {
        /// Who
        name: String,
    },
    /// Give somebody a new password; their sessions end
    #[command(after_help = "Example:\n  hob user reset anna")]
    Reset {
        /// Who
        name: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it; it is shown only now
    #[command(after_help = "Example:\n  hob token create dashboard --scope read --expires 90d")]
    Create {
        /// What it is for
        name: String,
        /// What it may: read, write, push, agent or admin
        #[arg(long, value_parser = str::parse::<Scope>)]
        scope: Scope,
        /// When it ends by itself, e.g. 90d
        #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
        expires: Option<Duration>,
    },
    /// List all tokens
    #[command(after_help = "Example:\n  hob token list")]
    List,
    /// Make a token useless
    #[command(after_help = "Example:\n  hob token revoke dashboard")]
    Revoke {
        /// Its name or id
        name: String,
    },
}

/// `hob user …`
pub(crate) async fn user(settings: &Settings, command: UserCommand) -> ExitCode {
    finish(async {
        let (db, clock) = open(settings, matches!(command, UserCommand::Add { .. })).await?;
        let text = match command {
            UserCommand::Add { name, admin, password } => {
                let user = cli::add_user(&db, &clock, &name, &password.read()?, admin).await?;
                let lone = !cli::list_users(&db).await?.iter().any(|user| user.is_admin);
                let note = if lone {
                    "\nNobody may change anything yet: hob user promote NAME makes an administrator."
                } else {
                    ""
                };
                format!("{} can log in now, at the Hob in {}.{note}", user.name, settings.data.display())
            }
            UserCommand::List => list_users(&db).await?,
            UserCommand::Disable { name } => {
                cli::disable_user(&db, &name).await?;
                format!("{name} can no longer log in.")
            }
            UserCommand::Enable { name } => {
                cli::enable_user(&db, &name).await?;
                format!("{name} can log in again.")
            }
            UserCommand::Promote { name } => {
                cli::set_admin(&db, &name, true).await?;
                format!("{name} may change everything now.")
            }
            UserCommand::Demote { name } => {
                cli::set_admin(&db, &name, false).await?;
                format!("{name} may only look now.")
            }
            UserCommand::Reset { name, password } => {
                cli::reset_password(&db, &name, &password.read()?).await?;
                format!("{name} has a new password; all sessions with the old one have ended.")
            }
        };
        db.close().await;
        Ok(text)
    })
    .await
}

/// `hob token …`
pub(crate) async fn token(settings: &Settings, command: TokenCommand) -> ExitCode {
    finish(async {
        let (db, clock) = open(settings, false).await?;
        let text = match command {
            TokenCommand::Create { name, scope, expires } => {
                cli::create_token(&db, &clock, &name, scope, expires).await?
            }
            TokenCommand::List => list_tokens(&db, clock.now()).await?,
            TokenCommand::Revoke { name } => {
                cli::revoke_token(&db, &clock, &name).await?;
                format!("The token {name} is revoked.")
            }
        };
        db.close().await;
        Ok(text)
    })
    .await
}

async fn finish(work: impl Future<Output = Result<String>>) -> ExitCode {
    match work.await {
        Ok(text) => say(&text),
        // What is wrong is clear from the command; no form's field has to be named.
        Err(Error::Invalid { problem, .. }) => fail(&problem),
        Err(error) => fail(&error.chain()),
    }
}

/// The database of this Hob. Only `may_create` makes a new one: a mistyped directory must not look like an empty house.
async fn open(settings: &Settings, may_create: bool) -> Result<(Db, Clock)> {
    if let Location::File(path) = &settings.database
        && !path.exists()
        && !may_create
    {
        let data = settings.data.display();
        return Err(Error::Conflict(format!(
            "There is no Hob in {data}. Name its data directory with --data, or start it once with `hob serve`."
        )));
    }
    let clock = Clock::system();
    Ok((open_database(FEATURES, &settings.database, &settings.data, &clock).await?, clock))
}

impl PasswordArgs {
    fn read(&self) -> Result<String> {
        let unreadable = |e: std::io::Error| Error::internal("Reading the password", e);
        if self.password_stdin || !std::io::stdin().is_terminal() {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
            return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
        }
        let first = rpassword::prompt_password("Password: ").map_err(unreadable)?;
        let again = rpassword::prompt_password("The same again: ").map_err(unreadable)?;
        if first == again { Ok(first) } else { Err(Error::invalid("password", "The two are not the same.")) }
    }
}

async fn list_users(db: &Db) -> Result<String> {
    let mut text = String::new();
    for user in cli::list_users(db).await? {
        let role = if user.is_admin { "admin" } else { "may look" };
        let state = if user.disabled { "  (disabled)" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:24} {role}{state}", user.name);
    }
    Ok(if text.is_empty() { "Nobody can log in yet.".to_owned() } else { text })
}

async fn list_tokens(db: &Db, now: Timestamp) -> Result<String> {
    let mut text = String::new();
    for token in cli::list_tokens(db).await? {
        let state = match (token.revoked_at, token.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) if at <= now => format!("expired {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => "no end".to_owned(),
        };
        let used = token.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
        let _ =
            writeln!(text, "{:24} {:6} {state}, {used}, id {}", token.name, token.scope.as_str(), token.id);
    }
    Ok(if text.is_empty() { "There is no token yet.".to_owned() } else { text })
}
