//! `hob notify`: tries a channel, or says who would be told.

use super::local::{ask, send};
use super::resources::{refused, text_of};
use super::settings::Settings;
use super::{FAILED, WELL, say};
use bytes::Bytes;
use clap::Subcommand;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::process::ExitCode;

pub(super) const NOTIFY: &str = "\
Examples:
  hob notify test push                                    what the channel really answers
  hob notify simulate filesystem/nas//data critical       who would be told now, how, and why not
  hob notify simulate host/home/nas --at 2026-11-24T03:00 and at night";

/// What can be done with notifications.
#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send a test through a channel; exit code 0 it was taken, 1 it was not, 3 no answer
    Test {
        /// Its name in rules
        channel: String,
    },
    /// Say who would be told; exit code 0 somebody, 1 nobody, 3 no answer
    Simulate {
        /// The id of a resource
        resource: String,
        /// How bad it would be
        #[arg(default_value = "critical", value_parser = ["critical", "warning"])]
        level: String,
        /// When: 2026-11-24T03:00 [default: now]
        #[arg(long)]
        at: Option<String>,
    },
}

/// `hob notify …`
pub(super) async fn notify(settings: &Settings, command: NotifyCommand) -> ExitCode {
    match command {
        NotifyCommand::Test { channel } => test(settings, &channel).await,
        NotifyCommand::Simulate { resource, level, at } => {
            simulate(settings, &resource, &level, at.as_deref().unwrap_or_default()).await
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn test(settings: &Settings, channel: &str) -> ExitCode {
    let path = format!("/api/v1/notify/channels/{}/test", encoded(channel));
    let answer = match send(settings, &path, Bytes::new()).await {
        Ok(answer) => answer,
        Err(why) => return refused(why),
    };
    let delivered = answer["delivered"] == true;
    let status = answer["status"].as_u64().map_or_else(String::new, |status| format!("status {status}: "));
    let verdict = if delivered { "The test was taken." } else { "The test was not taken." };
    say(&format!("{verdict}\n{status}{}", text_of(&answer["answer"])));
    ExitCode::from(if delivered { WELL } else { FAILED })
}

async fn simulate(settings: &Settings, resource: &str, level: &str, at: &str) -> ExitCode {
    let path =
        format!("/api/v1/notify/simulate?resource={}&level={level}&at={}", encoded(resource), encoded(at));
    let answer = match ask(settings, &path).await {
        Ok(answer) => answer,
        Err(why) => return refused(why),
    };
    let list = |key: &str| answer[key].as_array().map_or(&[][..], Vec::as_slice).to_vec();
    let lines = |lines: &[Value]| {
        lines.iter().map(|line| format!("  {}", text_of(line))).collect::<Vec<String>>().join("\n")
    };
    let (told, not_told) = (list("told"), list("not_told"));
    if told.is_empty() {
        say("Nobody would be told.");
    } else {
        say(&format!("Would be told:\n{}", lines(&told)));
    }
    if !not_told.is_empty() {
        say(&format!("And why not more:\n{}", lines(&not_told)));
    }
    ExitCode::from(if told.is_empty() { FAILED } else { WELL })
}
