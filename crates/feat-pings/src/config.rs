//! The sections `[[job]]` of `hob.toml`.

use crate::model::definition::{Definition, Origin, read_schedule, read_tags, slug_for};
use hob_feature::secrets::SecretSource;
use hob_feature::{Config, ConfigSection, Problems, Reader};
use recurrence::{Length, Zone};
use std::collections::BTreeSet;

/// A job of `hob.toml`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FileJob {
    /// What it is.
    pub(crate) definition: Definition,
    /// Where the secret of its address is to be found, if it is not Hob's to choose.
    pub(crate) token: Option<SecretSource>,
}

/// `[[job]]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "job",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# Scheduled jobs that report to Hob by pinging an address. Others can be added on the page “Scheduled jobs”.
#
# [[job]]
# name = "Backup of the NAS"
# slug = "backup-nas"                   # its address is /ping/<ping key>/backup-nas; default: from the name
# schedule = "cron 0 3 * * *"           # also "every 1d", "calendar Mon..Fri 03:00"
# tz = "Europe/Berlin"                  # whose clock counts; default: this machine's
# grace = "30m"                         # how late it may be, and how long it may take; default: 1h
# tags = ["backup"]
# depends_on = ["host/home/nas"]        # when that is down, this is not told apart
# failure_words = "ERROR,FATAL"         # in what it posts; also success_words and start_words
# manual_resume = true                  # once paused, pings do not resume it
# only_post = true                      # GET and HEAD do not count
# token = { file = "/run/secrets/nas" } # its own secret address: a UUID, or the token of an Uptime Kuma push
"#;

/// Reads every `[[job]]`. One that cannot be used is reported and left out.
pub(crate) fn read(config: &Config, problems: &Problems) -> Vec<FileJob> {
    let mut slugs = BTreeSet::new();
    let mut jobs = Vec::new();
    for reader in config.sections("job", problems) {
        let job = read_one(&reader);
        reader.finish();
        let Some(job) = job else { continue };
        if slugs.insert(job.definition.slug.clone()) {
            jobs.push(job);
        } else {
            reader.problem("slug", format!("another job has the slug “{}” already", job.definition.slug));
        }
    }
    jobs
}

fn read_one(reader: &Reader<'_>) -> Option<FileJob> {
    let name = reader.required_text("name", "Backup of the NAS");
    let slug = reader.text("slug").or_else(|| name.as_deref().map(slug_for)).unwrap_or_default();
    if reader.text("schedule").is_none() {
        reader.required_text("schedule", "cron 0 3 * * *");
    }
    let schedule = reader.parsed("schedule", read_schedule);
    let zone = reader.parsed("tz", |text| Zone::parse(text).map_err(|error| error.to_string()));
    let grace = reader.parsed("grace", |text| Length::parse(text).map_err(|error| error.to_string()));
    let mut needs = Vec::new();
    for text in reader.texts("depends_on").unwrap_or_default() {
        match text.parse() {
            Ok(id) => needs.push(id),
            Err(problem) => reader.problem("depends_on", problem),
        }
    }
    let words = |key: &str| reader.text(key).unwrap_or_default();
    let base = Definition::default();
    let mut definition = Definition {
        name: name.clone().unwrap_or_default(),
        slug,
        tags: read_tags(&reader.texts("tags").unwrap_or_default().join(",")),
        about: words("description"),
        schedule: schedule.clone().unwrap_or(base.schedule),
        grace: grace.unwrap_or(base.grace),
        manual_resume: reader.boolean("manual_resume").unwrap_or_default(),
        only_post: reader.boolean("only_post").unwrap_or_default(),
        success_kw: words("success_words"),
        failure_kw: words("failure_words"),
        start_kw: words("start_words"),
        needs,
        origin: Origin::File,
    };
    if zone.is_some() {
        definition.set_zone(zone);
    }
    let token = reader.secret("token");
    if definition.slug.is_empty() {
        reader.problem("slug", "nothing of its name can be one; write for example slug = \"backup-nas\"");
        return None;
    }
    if let Err((field, problem)) = definition.check() {
        reader.problem(key_of(field), problem);
        return None;
    }
    (name.is_some() && schedule.is_some()).then_some(FileJob { definition, token })
}

/// What a field of a definition is called in `hob.toml`.
fn key_of(field: &'static str) -> &'static str {
    match field {
        "about" => "description",
        "success_kw" => "success_words",
        "failure_kw" => "failure_words",
        "start_kw" => "start_words",
        "needs" => "depends_on",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Vec<FileJob>, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let jobs = read(&config, &problems);
        (jobs, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_job_is_read_with_all_that_can_be_set() {
        let (jobs, problems) = read_text(
            "[[job]]\nname = \"Backup of the NAS\"\nschedule = \"0 3 * * *\"\ntz = \"Europe/Berlin\"\ngrace = \"30m\"\n\
             tags = [\"nas\", \"backup\"]\ndepends_on = [\"host/home/nas\"]\nfailure_words = \"ERROR\"\n\
             token = { env = \"TOKEN\" }\n",
        );
        assert_eq!(problems, [""; 0]);
        let definition = &jobs[0].definition;
        assert_eq!(definition.slug, "backup-of-the-nas");
        assert_eq!(definition.schedule.to_string(), "cron 0 3 * * * in Europe/Berlin");
        assert_eq!(definition.origin, Origin::File);
        assert_eq!(jobs[0].token, Some(SecretSource::Env("TOKEN".to_owned())));
    }

    #[test]
    fn the_example_is_right() {
        let text: String = EXAMPLE
            .lines()
            .skip(2)
            .map(|line| format!("{}\n", line.trim_start_matches('#').trim_start()))
            .collect();
        let (jobs, problems) = read_text(&text);
        assert_eq!((jobs.len(), problems), (1, Vec::new()));
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let (jobs, problems) = read_text(
            "[[job]]\nname = \"A\"\nschedule = \"0 25 * * *\"\ngrace = \"long\"\n\
             [[job]]\nschedule = \"every 1d\"\nslug = \"B!\"\n\
             [[job]]\nname = \"C\"\n\
             [[job]]\nname = \"D\"\nschedule = \"1d\"\n[[job]]\nname = \"D\"\nschedule = \"1d\"\ntoken = \"x\"\n",
        );
        assert_eq!(jobs.len(), 1);
        let problems = problems.join("\n");
        for words in [
            "hob.toml:3: job[1].schedule: “25”",
            "hob.toml:4: job[1].grace: “long”",
            "job[2].name: it is missing",
            "job[2].slug: Use small letters",
            "job[3].schedule: it is missing",
            "job[5].slug: another job has the slug “d”",
            "job[5].token: secrets do not belong",
        ] {
            assert!(problems.contains(words), "{words}\n{problems}");
        }
    }
}
