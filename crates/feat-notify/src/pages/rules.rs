//! Rules in sentences, and the form for one.

use super::{check, head, lines, problem_of};
use crate::channel::kinds;
use crate::desk::Setup;
use crate::model::news::Kind;
use crate::model::route::{BROWSERS, Mistakes, Rule, RuleText};
use crate::model::words::{NO_RULES, sentence};
use crate::routes::CHOICES;
use hob_base::Level;
use hob_web::components::{Field, badge, field, icon, notice};
use maud::{Markup, html};

const PATH: &str = "/notifications/rules";

/// All rules in their order.
pub(crate) fn rule_list(setup: &Setup, may_write: bool) -> Markup {
    let own: Vec<&Rule> = setup.rules.iter().filter(|rule| !rule.in_settings).collect();
    let lead = "Each rule says which news goes through which channels: the first that works. All that apply are followed.";
    html! {
        (head("Rules", "Rules", lead))
        section.card {
            h2.sr { "All rules" }
            ul.timeline {
                @if setup.rules.is_empty() {
                    li.silence { div { p { (NO_RULES) } p.muted { "That is so as long as no rule is made." } } }
                }
                @for rule in &setup.rules { (row(rule, setup, &own, may_write)) }
            }
            @if !setup.rules.is_empty() {
                p.muted { "What no rule is for is told to nobody. Try it at " a href="/notifications/simulate" { "“Who would be told?”" } "." }
            }
        }
        @if may_write { p { a.button.primary href={ (PATH) "/new" } { "New rule" } } }
    }
}

fn row(rule: &Rule, setup: &Setup, own: &[&Rule], may_write: bool) -> Markup {
    let page = format!("{PATH}/{}", rule.id);
    let first = own.first().is_some_and(|first| first.id == rule.id);
    let last = own.last().is_some_and(|last| last.id == rule.id);
    html! {
        li.silence {
            p { (sentence(rule, &|name| setup.title(name))) }
            @if rule.in_settings { p { (badge("from the settings file")) } }
            @else if may_write {
                div.actions {
                    a.button.small href=(page) { (icon("edit")) " Change" }
                    @if !first { (mover(&page, "up", "Earlier")) }
                    @if !last { (mover(&page, "down", "Later")) }
                    form method="post" action={ (page) "/delete" } { button.small.danger type="submit" { "Delete" } }
                }
            }
        }
    }
}

fn mover(page: &str, to: &str, label: &str) -> Markup {
    html! {
        form method="post" action={ (page) "/move" } {
            input type="hidden" name="to" value=(to);
            button.small type="submit" { (label) }
        }
    }
}

/// What the form of a rule needs to be drawn.
pub(crate) struct RuleForm<'a> {
    /// Of the rule that is changed; `None` for a new one.
    pub(crate) id: Option<&'a str>,
    pub(crate) text: &'a RuleText,
    pub(crate) mistakes: &'a Mistakes,
    pub(crate) setup: &'a Setup,
    pub(crate) people: &'a [String],
}

/// The page on which a rule is made or changed.
pub(crate) fn rule_form(form: &RuleForm<'_>) -> Markup {
    let RuleForm { text, mistakes, .. } = form;
    let action = form.id.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/{id}"));
    let problem = |name: &str| problem_of(mistakes, name);
    let narrow = !text.kinds.is_empty() || !text.matchers.is_empty() || !text.news.is_empty() || text.stop;
    let open =
        narrow || ["kinds", "match", "news", "then_after"].iter().any(|name| !problem(name).is_empty());
    html! {
        (head(if form.id.is_some() { "Change a rule" } else { "New rule" }, "Rules", ""))
        section.card {
            h2.sr { "The rule" }
            form.stack method="post" action=(action) {
                fieldset.choices {
                    legend { "How bad" }
                    (check("severities", "s-critical", "critical", "Critical", text.severities.iter().any(|s| s == "critical")))
                    (check("severities", "s-warning", "warning", "Warning", text.severities.iter().any(|s| s == "warning")))
                    p.muted { small { "With none or both ticked it is for everything." } }
                }
                (who(form))
                (chain(form, problem("to")))
                (lines("hours", "When", &text.hours.join("\n"),
                    "One a line, such as “daily 08:00-22:00” or “Mon-Fri 18:00-23:00”. Left empty it is at any time.", problem("hours")))
                details open[open] {
                    summary { "More" }
                    div.stack { (more(form)) }
                }
                div.actions {
                    button.primary type="submit" { @if form.id.is_some() { "Save" } @else { "Make the rule" } }
                    a.button href=(PATH) { "Cancel" }
                }
            }
        }
    }
}

fn who(form: &RuleForm<'_>) -> Markup {
    let who = form.text.who.as_str();
    let person = !matches!(who, "" | "addressee" | "everyone");
    html! {
        div.field {
            label for="who" { "Who" }
            select #who name="who" {
                option value="addressee" selected[matches!(who, "" | "addressee")] { "Whoever it is for" }
                option value="everyone" selected[who == "everyone"] { "Everyone, whoever it is for" }
                @for name in form.people { option value=(name) selected[name == who] { (name) ", whoever it is for" } }
                @if person && !form.people.iter().any(|name| name == who) { option value=(who) selected { (who) } }
            }
        }
    }
}

/// Everything that can be a link of a chain: its word and what it is called.
pub(super) fn targets(setup: &Setup) -> Vec<(String, String)> {
    let mut targets: Vec<(String, String)> = setup
        .channels
        .iter()
        .map(|channel| match channel.name.as_str() {
            BROWSERS => (BROWSERS.to_owned(), "Their browsers".to_owned()),
            name => (name.to_owned(), channel.title.clone()),
        })
        .collect();
    targets.push(("own".to_owned(), "Whatever channel they have".to_owned()));
    let owned =
        |id: &str| setup.channels.iter().any(|channel| channel.owner.is_some() && channel.kind() == id);
    let own = kinds().filter(|kind| owned(kind.id));
    targets.extend(own.map(|kind| (format!("own:{}", kind.id), format!("Their own: {}", kind.title))));
    targets
}

fn chain(form: &RuleForm<'_>, problem: &str) -> Markup {
    let targets = targets(form.setup);
    let count = CHOICES.max(form.text.to.len() + 1);
    html! {
        fieldset.choices {
            legend { "Through which channels: the first that works" }
            @if !problem.is_empty() { (notice(Level::Critical, problem)) }
            div.stack { @for i in 0..count {
                @let chosen = form.text.to.get(i).map_or("", String::as_str);
                @let id = format!("to-{i}");
                div.field {
                    label for=(id) { @if i == 0 { "First" } @else { "Then" } }
                    select id=(id) name="to" {
                        option value="" { "—" }
                        @for (word, label) in &targets { option value=(word) selected[word == chosen] { (label) } }
                        @if !chosen.is_empty() && !targets.iter().any(|(word, _)| word == chosen) {
                            option value=(chosen) selected { (chosen) }
                        }
                    }
                }
            } }
        }
    }
}

fn more(form: &RuleForm<'_>) -> Markup {
    let RuleForm { text, mistakes, .. } = form;
    let problem = |name: &str| problem_of(mistakes, name);
    let label = |kind: Kind| match kind {
        Kind::Opened => "It begins",
        Kind::Changed => "It changes",
        Kind::Reminder => "It still goes on",
        Kind::Escalated => "Nobody took care",
        Kind::Closed | Kind::Digest | Kind::Test => "It is over",
    };
    html! {
        fieldset.choices {
            legend { "Which news" }
            @for kind in Kind::RULED {
                (check("news", &format!("n-{}", kind.as_str()), kind.as_str(), label(kind), text.news.iter().any(|word| word == kind.as_str())))
            }
            @if !problem("news").is_empty() { p.error { (problem("news")) } }
            p.muted { small { "With none ticked it is for all." } }
        }
        (field(&Field { value: &text.kinds.join(", "), error: problem("kinds"),
            help: "Such as “drive, filesystem”. Left empty it is for all.", ..Field::text("kinds", "Kinds of resources") }))
        (lines("match", "Labels", &text.matchers.join("\n"),
            "One a line, such as tag=\"media\" or host=\"nas\"; all of them must be so of one of the resources.", problem("match")))
        (field(&Field { value: &text.then_after, error: problem("then_after"),
            help: "How long one channel is tried before the next, such as “5m”, which holds when it is left empty.",
            ..Field::text("then_after", "Patience") }))
        (check("stop", "stop", "on", "Look at no rule behind this one", text.stop))
    }
}
