//! The addresses of a job, and what to write where it runs.

use super::OneView;
use super::copyable;
use crate::book::Job;
use crate::model::definition::is_slug;
use maud::{Markup, html};
use recurrence::Schedule;

/// The addresses, and how to use them.
pub(crate) fn addresses(view: &OneView<'_>) -> Markup {
    let Job { code, definition, .. } = view.job;
    let own = (!code.is_empty()).then(|| address_of(view.site, code));
    let by_slug =
        is_slug(&definition.slug).then(|| format!("{}/ping/{}/{}", view.site, view.key, definition.slug));
    let used = own.as_ref().or(by_slug.as_ref());
    html! {
        @if let Some(own) = &own { (copyable("own-address", "Its own address", own)) }
        @if let Some(by_slug) = &by_slug { (copyable("slug-address", "By the ping key and its slug", by_slug)) }
        p.muted {
            "Whoever knows an address can ping it. Put “/start”, “/fail”, “/log” or an exit status behind it to say more, \
             and post what is to be kept."
        }
        @if let Some(address) = used {
            @for (title, text) in snippets(address, view.job) {
                details id={ "how-" (title.to_lowercase().replace(' ', "-")) } {
                    summary { (title) }
                    pre.evidence { (text) }
                }
            }
        }
    }
}

/// A UUID is pinged; the token of a Kuma push is pushed.
fn address_of(site: &str, code: &str) -> String {
    match crate::model::address::uuid(code) {
        Some(code) => format!("{site}/ping/{code}"),
        None => format!("{site}/api/push/{code}"),
    }
}

fn snippets(address: &str, job: &Job) -> Vec<(&'static str, String)> {
    let when = match &job.definition.schedule {
        Schedule::Cron { cron, .. } => cron.to_string(),
        _ => "0 3 * * *".to_owned(),
    };
    if address.contains("/api/push/") {
        return vec![(
            "Shell",
            format!("curl -fsS -m 10 --retry 5 -o /dev/null '{address}?status=up&msg=OK'"),
        )];
    }
    vec![
        ("Shell", shell(address)),
        ("Cron", format!("{when} /usr/local/bin/job.sh && curl -fsS -m 10 --retry 5 -o /dev/null {address}")),
        ("systemd", systemd(address)),
        ("PowerShell", powershell(address)),
        ("Python", python(address)),
    ]
}

fn shell(address: &str) -> String {
    format!(
        "#!/bin/sh\n\
         run=$(cat /proc/sys/kernel/random/uuid)\n\
         curl -fsS -m 10 --retry 5 -o /dev/null \"{address}/start?rid=$run\"\n\
         said=$(/usr/local/bin/job.sh 2>&1)\n\
         status=$?\n\
         curl -fsS -m 10 --retry 5 -o /dev/null --data-raw \"$said\" \"{address}/$status?rid=$run\""
    )
}

/// What was killed by a signal has the signal's name as its status, which is no address.
fn systemd(address: &str) -> String {
    format!(
        "[Service]\n\
         Type=oneshot\n\
         ExecStartPre=-curl -fsS -m 10 --retry 5 -o /dev/null {address}/start\n\
         ExecStart=/usr/local/bin/job.sh\n\
         ExecStopPost=-/bin/sh -c 'case $$EXIT_STATUS in \"\"|*[!0-9]*) s=fail;; *) s=$$EXIT_STATUS;; esac; \
         curl -fsS -m 10 --retry 5 -o /dev/null {address}/$$s'"
    )
}

fn powershell(address: &str) -> String {
    format!(
        "Invoke-RestMethod \"{address}/start\"\n\
         $said = & C:\\job.ps1 2>&1 | Out-String\n\
         $status = if ($?) {{ 0 }} else {{ 1 }}\n\
         Invoke-RestMethod -Method Post -Body $said -ContentType \"text/plain; charset=utf-8\" \"{address}/$status\""
    )
}

fn python(address: &str) -> String {
    format!(
        "import urllib.request\n\
         \n\
         def report(what=\"\", said=\"\"):\n\
         \x20   urllib.request.urlopen(\"{address}\" + what, data=said.encode(), timeout=10)\n\
         \n\
         report(\"/start\")\n\
         try:\n\
         \x20   job()\n\
         except Exception as problem:\n\
         \x20   report(\"/fail\", str(problem))\n\
         \x20   raise\n\
         report()"
    )
}
