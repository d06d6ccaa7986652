//! The dead man's switch: as long as Hob does its work, it says so to somebody else, who tells people when it stops.

use crate::desk::Desk;
use crate::model::dead_man::{Pinged, Work, fail_address, masked, without_secrets};
use crate::store;
use hob_base::wording::{counted, tidy};
use hob_base::{Error, Observation, ResourceId, Result};
use hob_feature::{Config, ConfigSection, Ctx, Job, Problems};
use http_probe::{Client, Limits, Method, Redirects, Request, Url};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long one ping may take.
const PING_MAX: Duration = Duration::from_secs(10);
/// How long the database may take.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// The most addresses.
const ADDRESSES_MAX: usize = 10;
/// The job that judges incidents.
const JUDGE: &str = "incidents.judge";
/// The job that sends messages.
const DISPATCHER: &str = "notify.dispatch";

/// `[dead_man]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "dead_man",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# Who watches Hob itself? As long as Hob does its work (the database can be written, incidents are judged, messages are
# sent) it pings these addresses; when the pings stop, whoever is behind them tells people. That may be healthchecks.io, an
# Uptime Kuma, or a scheduled job of a second Hob (docs/dead-man.md).
[dead_man]
# ping = ["https://hob2.lan:4620/ping/4ab5…"]
# every = "1m"                          # 10s to 1h
# when_wrong = "stop"                   # or "fail": ping ADDRESS/fail, as healthchecks and Hob have it
"#;

/// What is to be pinged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switch {
    addresses: Vec<String>,
    every: Duration,
    says_fail: bool,
}

/// Reads `[dead_man]`; `None` when nothing is to be pinged.
pub(crate) fn read(config: &Config, problems: &Problems) -> Option<Switch> {
    let reader = config.section("dead_man", problems);
    let mut addresses = reader.texts("ping").unwrap_or_default();
    if addresses.len() > ADDRESSES_MAX {
        reader.problem("ping", format!("at most {ADDRESSES_MAX} addresses are possible"));
    }
    addresses.retain(|address| {
        let good = Url::parse(address).is_ok();
        if !good {
            let text =
                format!("“{}” is no address; write for example https://hc-ping.com/…", tidy(address, 60));
            reader.problem("ping", text);
        }
        good
    });
    addresses.truncate(ADDRESSES_MAX);
    let every = reader.duration("every", Duration::from_secs(10)..=Duration::from_secs(3600));
    let says_fail = reader.parsed("when_wrong", |word| match word {
        "stop" => Ok(false),
        "fail" => Ok(true),
        _ => Err("write \"stop\" or \"fail\"".to_owned()),
    });
    reader.finish();
    let every = every.unwrap_or(Duration::from_secs(60));
    (!addresses.is_empty()).then(|| Switch { addresses, every, says_fail: says_fail.unwrap_or_default() })
}

/// The pass that pings, if anything is to be pinged.
pub(crate) fn job(ctx: &Ctx) -> Option<Job> {
    // Mistakes were reported when the hub started.
    let switch = read(&ctx.config, &Problems::default())?;
    Some(Job::pass("notify.dead-man", switch.every, move |ctx| {
        let switch = switch.clone();
        async move { run(ctx, &switch).await }
    }))
}

#[derive(Default)]
struct State(Mutex<Pinged>);

async fn run(ctx: Ctx, switch: &Switch) -> Result<String> {
    let work = look(&ctx).await;
    let judged = work.judge();
    let state = ctx.memory.of::<State>();
    let mut problems = Vec::new();
    let body = match &judged {
        Ok(line) => format!("{line}\n"),
        Err(problems) => format!("{}\n", problems.join("\n")),
    };
    let pings = judged.is_ok() || switch.says_fail;
    for address in switch.addresses.iter().filter(|_| pings) {
        let target = if judged.is_ok() { address.clone() } else { fail_address(address) };
        if let Err(problem) = ping(&target, &body).await {
            problems.push(problem);
        }
    }
    let pinged = {
        let mut pinged = state.0.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.is_empty() && judged.is_ok() {
            *pinged = Pinged { last_ok: Some(ctx.clock.now()), ..Pinged::default() };
        } else if !problems.is_empty() {
            pinged.failures = pinged.failures.saturating_add(1);
        }
        pinged.problems.clone_from(&problems);
        pinged.clone()
    };
    observe(&ctx, switch, &pinged, &judged).await;
    match judged {
        Err(problems) => Err(Error::Unavailable(problems.join(" "))),
        Ok(_) if !problems.is_empty() => Err(Error::Unavailable(problems.join(" "))),
        Ok(_) => Ok(format!("Told {} that Hob does its work.", counted(switch.addresses.len(), "watcher"))),
    }
}

async fn observe(
    ctx: &Ctx,
    switch: &Switch,
    pinged: &Pinged,
    work: &std::result::Result<String, Vec<String>>,
) {
    let holds = switch.every * 3 + Duration::from_secs(60);
    let observation = Observation::new("notify", ResourceId::new("job", "notify", "dead-man"), holds)
        .named("Dead man’s switch")
        .judged(pinged.health(work));
    ctx.resources.observe(observation).await;
}

/// How the work goes.
async fn look(ctx: &Ctx) -> Work {
    let alive = ctx.clock.now().millis().to_string();
    let written = tokio::time::timeout(WRITE_MAX, store::save_mark(&ctx.db, "alive", &alive)).await;
    let desk = ctx.memory.of::<Desk>();
    let jobs = ctx.jobs.list();
    let problem = |name: &str| {
        let job = jobs.iter().find(|job| job.name == name)?;
        match &job.last {
            Some(Err(error)) if job.failures_in_a_row > 0 => Some(error.trim_end_matches('.').to_owned()),
            _ if !job.running => Some("it is not running".to_owned()),
            _ => None,
        }
    };
    let (looked, waiting) = desk.looked(ctx);
    Work {
        database: match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.chain()),
            Err(_) => Some("it does not answer".to_owned()),
        },
        judge: problem(JUDGE),
        dispatcher: looked.filter(|_| problem(DISPATCHER).is_none()),
        waiting,
        open: ctx.incidents().map_or(0, |reader| (reader.open)(ctx).len()),
        resources: ctx.resources.list().len(),
    }
}

/// Pings one address.
///
/// # Errors
/// One sentence, without what may be a secret in the address.
async fn ping(address: &str, body: &str) -> std::result::Result<(), String> {
    let shown = masked(address);
    let url = Url::parse(address).map_err(|_| format!("{shown} is no address."))?;
    let request = Request {
        method: Method::POST,
        body: body.to_owned().into(),
        redirects: Redirects::SameHost,
        limits: Limits { total: PING_MAX, body_bytes: 4096, ..Limits::default() },
        ..Request::get(url)
    };
    match Client::new().get(&request).await {
        Ok(response) if (200..300).contains(&response.status) => Ok(()),
        Ok(response) => {
            let said = tidy(&without_secrets(&String::from_utf8_lossy(&response.body), address), 200);
            Err(format!("{shown} answered with the status {}. {said}", response.status).trim().to_owned())
        }
        Err(error) => {
            let why = without_secrets(&error.to_string().replace(address, &shown), address);
            Err(format!("{shown} was not reached: {why}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Option<Switch>, String) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let switch = read(&config, &problems);
        let problems: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
        (switch, problems.join("\n"))
    }

    #[test]
    fn one_address_or_several() {
        let (switch, problems) =
            read_text("[dead_man]\nping = \"http://a.lan/x\"\nevery = \"30s\"\nwhen_wrong = \"fail\"\n");
        assert_eq!(problems, "");
        let switch = switch.unwrap();
        assert_eq!((switch.addresses.len(), switch.every.as_secs(), switch.says_fail), (1, 30, true));
        assert_eq!(read_text("").0, None);
        assert_eq!(read_text("[dead_man]\n").0, None);
        let (_, problems) =
            read_text("[dead_man]\nping = [\"a\", \"b\"]\nevery = \"1s\"\nwhen_wrong = \"cry\"\n");
        for words in ["“a” is no address", "dead_man.every", "write \"stop\" or \"fail\""] {
            assert!(problems.contains(words), "{words}: {problems}");
        }
    }
}
