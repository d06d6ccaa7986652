//! Who may what: the rules as sentences, for administrators.

use super::{Flash, Here, flash, problem, subnav};
use crate::config::Settings;
use crate::model::access::{Permission, Rule, Subject};
use crate::model::account::{RESERVATIONS_MAX, Token};
use hob_base::units::Bytes;
use hob_base::wording::{counted, duration_words};
use hob_feature::{Ctx, Person};
use hob_web::components::{Field, card, empty, field, form, select, table, time};
use maud::{Markup, html};
use serde::Deserialize;

/// What was entered for a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct RuleForm {
    /// A user's id; empty for everybody.
    pub(crate) who: String,
    /// A topic or a pattern.
    pub(crate) topic: String,
    /// What they may.
    pub(crate) permission: String,
}

/// What the page shows.
pub(crate) struct AccessPage<'a> {
    /// The rules.
    pub(crate) rules: &'a [Rule],
    /// Everybody who has an account.
    pub(crate) people: &'a [Person],
    /// What who is not logged in may without rules.
    pub(crate) default: Permission,
    /// The settings, for the limits.
    pub(crate) settings: &'a Settings,
    /// Everybody's push tokens.
    pub(crate) tokens: &'a [Token],
    /// What was entered.
    pub(crate) form: &'a RuleForm,
    /// What is wrong with it; empty for nothing.
    pub(crate) wrong: &'a str,
    /// What is shown once.
    pub(crate) flash: Option<Flash>,
}

/// What somebody is called, by id.
fn name_of<'a>(people: &'a [Person], id: &str) -> &'a str {
    people.iter().find(|person| person.id == id).map_or("Somebody who is gone", |person| &person.name)
}

/// “anna may read and write every topic that begins with home-”, without a full stop.
pub(crate) fn sentence(rule: &Rule, people: &[Person]) -> String {
    let who = match &rule.subject {
        Subject::Everyone => "Everybody",
        Subject::Person(id) => name_of(people, id),
    };
    let topics = rule.pattern.words();
    // “neither … every” would leave open which.
    let topics = if rule.allow == Permission::DENY { topics.replacen("every", "any", 1) } else { topics };
    format!("{who} {} {topics}", rule.allow.words())
}

/// The page.
pub(crate) fn access(ctx: &Ctx, view: &AccessPage<'_>) -> Markup {
    html! {
        div.page-head {
            h1 { "Access" }
            p.muted { "Who may read and write which topics." }
        }
        (subnav(Here::Access, true))
        (flash(view.flash.as_ref()))
        (card("Rules", &rules(view)))
        (card("Add a rule", &rule_form(view)))
        (card("Where no rule speaks", &defaults(view.default)))
        (card("Tokens of people", &tokens(ctx, view)))
        (card("Limits", &limits(view.settings)))
    }
}

fn rules(view: &AccessPage<'_>) -> Markup {
    if view.rules.is_empty() {
        return empty("No rules.", "What is said below holds for every topic.", &html! {});
    }
    html! {
        p.muted { "A person's own rules go before those about everybody. Of several, the one that names the topic most closely decides." }
        ul.rules { @for rule in view.rules { (one(rule, view.people)) } }
    }
}

fn one(rule: &Rule, people: &[Person]) -> Markup {
    let who = match &rule.subject {
        Subject::Everyone => "",
        Subject::Person(id) => id,
    };
    let text = sentence(rule, people);
    html! {
        li {
            span {
                (text) "."
                @if let Some(owner) = &rule.owner { small.muted { " Reserved by " (name_of(people, owner)) "." } }
            }
            form method="post" action="/messages/access/remove" {
                input type="hidden" name="who" value=(who);
                input type="hidden" name="topic" value=(rule.pattern);
                button.small type="submit" aria-label={ "Remove: " (text) } { "Remove" }
            }
        }
    }
}

fn rule_form(view: &AccessPage<'_>) -> Markup {
    const MAY: [(&str, &str); 4] = [
        ("read-write", "may read and write"),
        ("read-only", "may only read"),
        ("write-only", "may only write"),
        ("deny-all", "may neither read nor write"),
    ];
    let mut who = vec![("", "Everybody, also who is not logged in")];
    let ordinary = view.people.iter().filter(|person| !person.is_admin);
    who.extend(ordinary.map(|person| (person.id.as_str(), person.name.as_str())));
    let topic = Field {
        value: &view.form.topic,
        required: true,
        help: "A topic, or a pattern: home-* stands for every topic that begins with home-, * for all.",
        ..Field::text("topic", "Topics")
    };
    form(
        "/messages/access",
        "Add the rule",
        &html! {
            (problem(view.wrong))
            (select("who", "Who", &who, &view.form.who))
            (select("permission", "What", &MAY, &view.form.permission))
            (field(&topic))
        },
    )
}

fn defaults(default: Permission) -> Markup {
    let anybody = match (default.read, default.write) {
        (true, true) => "may read and write every topic",
        (true, false) => "may read every topic and write none",
        (false, true) => "may write to every topic and read none",
        (false, false) => "may neither read nor write",
    };
    html! {
        ul.sentences {
            li { "Administrators may read and write every topic, whatever the rules say." }
            li { "Whoever has an account may read and write every topic of which no rule speaks." }
            li { "Who is not logged in " (anybody) ". (" code { "default_access" } " under " code { "[push]" } " in hob.toml)" }
            li { "An " a href="/account/tokens" { "API token" } " with the scope push may write to every topic, read may read, write may both." }
        }
    }
}

fn tokens(ctx: &Ctx, view: &AccessPage<'_>) -> Markup {
    if view.tokens.is_empty() {
        return html! { p.muted { "Nobody has made a token. People make them under “Tokens”, or their app does." } };
    }
    let headings = ["Whose", "What for", "Token", "Last used", "Ends"];
    let row = |token: &Token| {
        html! {
            tr {
                th scope="row" { (name_of(view.people, &token.person)) }
                td { (token.label) }
                td { code { (token.hint) } }
                td {
                    @if let Some(at) = token.last_access_at { (time(at, ctx)) @if !token.last_origin.is_empty() { " from " (token.last_origin) } }
                    @else { "never" }
                }
                td { @if let Some(at) = token.expires_at { (time(at, ctx)) } @else { "never" } }
            }
        }
    };
    table("Tokens of people", &headings, view.tokens.iter().map(row))
}

fn limits(settings: &Settings) -> Markup {
    let visitor = &settings.visitor;
    let exempt = if settings.exempt.is_empty() {
        "They hold for everybody."
    } else {
        "Addresses of exempt networks (this machine and private networks, unless hob.toml says otherwise) have no limit of requests and attachments."
    };
    let messages = match visitor.messages {
        0 => "as many messages as they like".to_owned(),
        count => format!("{} a day", counted(usize::try_from(count).unwrap_or(usize::MAX), "message")),
    };
    html! {
        p { "Each person, or each address where nobody is logged in, has:" }
        ul.sentences {
            li { (visitor.requests) " requests at once, then one each " (duration_words(visitor.request_every)) ";" }
            li { (messages) ";" }
            li { (counted(usize::try_from(visitor.subscriptions).unwrap_or(usize::MAX), "subscription")) " at a time;" }
            li { (visitor.emails) " e-mails at once, then one each " (duration_words(visitor.email_every)) ";" }
            li { (Bytes(visitor.attachments)) " of attachments within " (duration_words(settings.attachment_expiry)) ", each of at most " (Bytes(settings.attachment_file_size)) ";" }
            li { (RESERVATIONS_MAX) " reserved topics." }
        }
        p.muted { (exempt) }
    }
}
