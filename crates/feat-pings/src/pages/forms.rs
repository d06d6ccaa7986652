//! Making, changing and deleting.

use crate::book::Job;
use crate::model::definition::Definition;
use crate::model::judge::page_of;
use hob_base::wording::counted;
use hob_web::components::{Field, card, field, form};
use maud::{Markup, html};
use serde::Deserialize;

/// What was entered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) schedule: String,
    pub(crate) tz: String,
    pub(crate) grace: String,
    pub(crate) tags: String,
    pub(crate) about: String,
    pub(crate) success_kw: String,
    pub(crate) failure_kw: String,
    pub(crate) start_kw: String,
    pub(crate) needs: String,
    pub(crate) manual_resume: Option<String>,
    pub(crate) only_post: Option<String>,
}

impl Form {
    /// What the form shows before anything is entered.
    pub(crate) fn fresh() -> Self {
        Self::of(&Definition::default())
    }

    /// What the form shows of a job.
    pub(crate) fn of(definition: &Definition) -> Self {
        let mut without_zone = definition.clone();
        without_zone.set_zone(None);
        let flag = |set: bool| set.then(|| "on".to_owned());
        let needs: Vec<String> = definition.needs.iter().map(ToString::to_string).collect();
        Self {
            name: definition.name.clone(),
            slug: definition.slug.clone(),
            schedule: without_zone.schedule.to_string(),
            tz: definition.named_zone().map(ToString::to_string).unwrap_or_default(),
            grace: definition.grace.to_string(),
            tags: definition.tags.join(" "),
            about: definition.about.clone(),
            success_kw: definition.success_kw.clone(),
            failure_kw: definition.failure_kw.clone(),
            start_kw: definition.start_kw.clone(),
            needs: needs.join(" "),
            manual_resume: flag(definition.manual_resume),
            only_post: flag(definition.only_post),
        }
    }
}

/// What is wrong with a form, and in which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The field's name.
    pub(crate) field: String,
    /// What is wrong and what would be right.
    pub(crate) problem: String,
}

/// The page on which a job is made.
pub(crate) fn new_form(entered: &Form, wrong: Option<&Wrong>, zone: &str) -> Markup {
    html! {
        div.page-head {
            h1 { "New scheduled job" }
            p.muted { "Afterwards you are given the address that the job has to ping, and what to write where it runs." }
        }
        (card("The job", &form("/scheduled", "Make the job", &fields(entered, wrong, zone))))
    }
}

/// The page on which a job is changed.
pub(crate) fn edit_form(job: &Job, entered: &Form, wrong: Option<&Wrong>, zone: &str) -> Markup {
    let page = page_of(&job.handle);
    html! {
        div.page-head { h1 { "Change “" (job.definition.title()) "”" } p { a href=(page) { "Back to the job" } } }
        (card("The job", &form(&page, "Save", &fields(entered, wrong, zone))))
    }
}

fn fields(entered: &Form, wrong: Option<&Wrong>, zone: &str) -> Markup {
    const SCHEDULE: &str = "Every so often, such as “1d” or “every 1h 30m”; as in a crontab, “0 3 * * *”; or as in \
        systemd’s timers, “Mon..Fri 03:00”.";
    const SLUG: &str = "The end of its address. Left empty it is made of the name.";
    let problem =
        |name: &str| wrong.filter(|wrong| wrong.field == name).map_or("", |wrong| wrong.problem.as_str());
    let text = |name, label, value, help| {
        field(&Field { value, help, error: problem(name), ..Field::text(name, label) })
    };
    let needed = |name, label, value, help| {
        field(&Field { value, help, error: problem(name), required: true, ..Field::text(name, label) })
    };
    let zone_help = format!("Whose clock counts, such as Europe/Berlin. Left empty it is {zone}.");
    let more = [&entered.success_kw, &entered.failure_kw, &entered.start_kw, &entered.needs, &entered.about];
    let open = more.iter().any(|text| !text.is_empty())
        || entered.manual_resume.is_some()
        || entered.only_post.is_some()
        || ["success_kw", "failure_kw", "start_kw", "needs", "about"]
            .iter()
            .any(|name| !problem(name).is_empty());
    html! {
        (needed("name", "Name", &entered.name, ""))
        (text("slug", "Slug", &entered.slug, SLUG))
        (needed("schedule", "When it is expected", &entered.schedule, SCHEDULE))
        (text("tz", "Time zone", &entered.tz, &zone_help))
        (needed("grace", "Grace", &entered.grace, "How late it may be, and how long it may take, such as “30m” or “2h”."))
        (text("tags", "Tags", &entered.tags, "Divided by spaces."))
        details open[open] {
            summary { "More" }
            div.stack {
                (text("about", "Description", &entered.about, problem("about")))
                (text("failure_kw", "Words of failure", &entered.failure_kw, "When one of these is in what it posts, it failed. Divided by commas."))
                (text("success_kw", "Words of success", &entered.success_kw, "When these are set, a ping without any of them does not count."))
                (text("start_kw", "Words of a start", &entered.start_kw, ""))
                (text("needs", "What it needs", &entered.needs, "Resources, such as host/home/nas. When one of them is down, this is not told apart."))
                (check("only_post", "Only POST counts", entered.only_post.is_some()))
                (check("manual_resume", "Once paused, a ping does not resume it", entered.manual_resume.is_some()))
            }
        }
    }
}

fn check(name: &str, label: &str, checked: bool) -> Markup {
    html! {
        div.check {
            input id=(name) name=(name) type="checkbox" checked[checked];
            label for=(name) { (label) }
        }
    }
}

/// Asks whether a job is really to be deleted.
pub(crate) fn delete_form(job: &Job) -> Markup {
    let page = page_of(&job.handle);
    html! {
        p {
            "“" (job.definition.title()) "” and what it reported in " (counted(job.state.pings as usize, "ping"))
            " will be gone. Its address will open nothing any more."
        }
        form.actions method="post" action={ (page) "/delete" } {
            button.danger type="submit" { "Delete the job" }
            a.button href=(page) { "Keep it" }
        }
    }
}

/// Asks whether another ping key is really to be made.
pub(crate) fn rotate_form() -> Markup {
    html! {
        p {
            "Every address with the present key stops to work at once: change them wherever jobs ping by their slugs. \
             Addresses with a job’s own secret go on working."
        }
        form.actions method="post" action="/scheduled/key" {
            button.danger type="submit" { "Make another key" }
            a.button href="/scheduled" { "Keep this one" }
        }
    }
}
