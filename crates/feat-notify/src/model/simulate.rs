//! Who would be told, how, and why not: the plan in words.

use super::news::News;
use super::route::{DEFAULT, Errand, House, Place, Rule, plan};
use super::words::sentence;
use hob_base::silence::Labels;
use hob_base::wording::duration_words;
use hob_base::{Silence, Timestamp};
use hob_feature::Notice;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// What would happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Simulation {
    /// Whom it would reach and how, one sentence each.
    pub(crate) told: Vec<String>,
    /// Whom it would not reach, or only later, and why, one sentence each.
    pub(crate) not_told: Vec<String>,
}

/// What is asked.
pub(crate) struct Question<'a> {
    /// What the judge would write, for each person.
    pub(crate) notices: &'a [Notice],
    /// What the notices are about.
    pub(crate) subject: hob_base::ResourceId,
    /// Its labels.
    pub(crate) about: &'a [Labels],
    /// What covers it.
    pub(crate) silence: Option<Arc<Silence>>,
    /// When.
    pub(crate) at: Timestamp,
}

/// Tells who would be told. `title` gives what people call a channel.
pub(crate) fn simulate(
    house: &House<'_>,
    question: &Question<'_>,
    title: &dyn Fn(&str) -> String,
) -> Simulation {
    let mut simulation = Simulation::default();
    if let Some(silence) = &question.silence {
        let until = match silence.ends_at {
            Some(end) => format!(" until {}", end.date_time(house.zone)),
            None => String::new(),
        };
        let text = format!("Nobody{until}: “{}” of {} covers it.", silence.comment, silence.created_by);
        simulation.not_told.push(text);
        return simulation;
    }
    if question.notices.is_empty() {
        simulation.not_told.push("Nobody: this is nothing of which Hob tells people.".to_owned());
        return simulation;
    }
    let mut add = |list: fn(&mut Simulation) -> &mut Vec<String>, text: String| {
        let list = list(&mut simulation);
        if !list.contains(&text) {
            list.push(text);
        }
    };
    for notice in question.notices {
        let news = News::of(notice, Some(question.subject.clone()));
        if notice.due > question.at {
            let who = notice.to.as_deref().unwrap_or("Everybody");
            let when = waits(question.at, notice.due, house.zone);
            add(|s| &mut s.not_told, format!("{who} has quiet hours and hears of it {when}."));
        }
        let plan = plan(house, &news, question.about, notice.due.max(question.at));
        for errand in &plan.errands {
            let when = match notice.due > question.at {
                true => format!(" {}", waits(question.at, notice.due, house.zone)),
                false => String::new(),
            };
            add(|s| &mut s.told, errand_words(errand, &when, title));
        }
        for refusal in &plan.refusals {
            let rule = house.rules.iter().find(|rule| rule.id == refusal.rule);
            add(|s| &mut s.not_told, refusal_words(rule, &refusal.why, title));
        }
        if plan.errands.is_empty() && plan.refusals.is_empty() {
            add(|s| &mut s.not_told, "Nobody: there is no channel.".to_owned());
        }
    }
    simulation
}

fn waits(at: Timestamp, due: Timestamp, zone: &TimeZone) -> String {
    format!("at {}, {} later", due.clock_time(zone), duration_words(due.since(at)))
}

/// “anna, through “Phone”, then “Mail” after 5 minutes.”
pub(crate) fn errand_words(errand: &Errand, when: &str, title: &dyn Fn(&str) -> String) -> String {
    let who = errand.person.as_deref().unwrap_or("The house");
    let chain: Vec<String> = errand.chain.iter().map(|place| place_words(place, title)).collect();
    let mut text = format!("{who}{when}, through {}", chain.join(", then "));
    if errand.chain.len() > 1 {
        text.push_str(&format!(
            "; the next one where one refuses, or after {}",
            duration_words(errand.patience)
        ));
    }
    text.push('.');
    text
}

/// “Mail”, or “Browsers” of anna.
pub(crate) fn place_words(place: &Place, title: &dyn Fn(&str) -> String) -> String {
    match &place.person {
        Some(person) => format!("“{}” of {person}", title(&place.channel)),
        None => format!("“{}”", title(&place.channel)),
    }
}

fn refusal_words(rule: Option<&Rule>, why: &str, title: &dyn Fn(&str) -> String) -> String {
    match rule {
        Some(rule) => format!("Not by the rule “{}” {why}", sentence(rule, title)),
        None => why.to_owned(),
    }
}

/// What a rule is called in the log.
pub(crate) fn rule_words(id: &str, rules: &[Rule], title: &dyn Fn(&str) -> String) -> String {
    if let Some(rule) = rules.iter().find(|rule| rule.id == id) {
        return sentence(rule, title);
    }
    if id.starts_with(DEFAULT) {
        return "No rule was made, so every channel hears of everything.".to_owned();
    }
    match id {
        "none" => "No rule told anybody.".to_owned(),
        "digest" => "A digest that somebody asked for.".to_owned(),
        _ => "A rule that is no more.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::{Face, RuleText};
    use super::*;
    use hob_base::{IncidentId, Level, ResourceId};
    use hob_feature::NoticeKind;

    fn notice(to: Option<&str>, due: i64) -> Notice {
        Notice {
            key: format!("incident/0/0/{}", to.unwrap_or("everybody")),
            kind: NoticeKind::Opened,
            at: Timestamp::from_millis(0),
            due: Timestamp::from_millis(due),
            incident: Some(IncidentId(0)),
            severity: Level::Warning,
            title: "It".into(),
            body: "It.".into(),
            path: String::new(),
            to: to.map(str::to_owned),
        }
    }

    fn asked(notices: &[Notice], silence: Option<Arc<Silence>>) -> Simulation {
        let rule = |id: &str, to: &[&str], severities: &[&str]| {
            let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
            let text = RuleText { to: texts(to), severities: texts(severities), ..RuleText::default() };
            Rule::read(id, &text).unwrap()
        };
        let rules = [rule("1", &["own:mail", "chat"], &[]), rule("2", &["chat"], &["critical"])];
        let face = |name: &str, owner: Option<&str>| Face {
            name: name.into(),
            kind: "mail".into(),
            owner: owner.map(str::to_owned),
            paused: false,
        };
        let channels = [face("chat", None), face("anna-mail", Some("anna"))];
        let people = ["anna".to_owned(), "ben".to_owned()];
        let house = House { rules: &rules, channels: &channels, people: &people, zone: &TimeZone::UTC };
        let subject = ResourceId::new("drive", "nas", "sda");
        let question = Question { notices, subject, about: &[], silence, at: Timestamp::from_millis(0) };
        simulate(&house, &question, &|name| name.to_uppercase())
    }

    #[test]
    fn who_is_told_and_who_is_not_is_said_in_sentences() {
        let simulation = asked(&[notice(Some("anna"), 0), notice(Some("ben"), 3_600_000)], None);
        assert_eq!(
            simulation.told,
            [
                "anna, through “ANNA-MAIL”, then “CHAT”; the next one where one refuses, or after 5 minutes.",
                "ben at 01:00, 1 hour later, through “CHAT”.",
            ]
        );
        assert_eq!(
            simulation.not_told,
            [
                "Not by the rule “Critical, at any time → “CHAT”.” It is not for what is a warning.",
                "ben has quiet hours and hears of it at 01:00, 1 hour later.",
            ]
        );
    }

    #[test]
    fn a_silence_says_until_when_and_why() {
        let silence = Silence {
            id: "1".into(),
            matchers: Vec::new(),
            starts_at: Timestamp::from_millis(0),
            ends_at: Some(Timestamp::from_millis(3_600_000)),
            recurs: None,
            maintenance: false,
            created_by: "anna".into(),
            comment: "New disk".into(),
            updated_at: Timestamp::from_millis(0),
        };
        let simulation = asked(&[notice(None, 0)], Some(Arc::new(silence)));
        assert!(simulation.told.is_empty());
        assert_eq!(simulation.not_told, ["Nobody until 1 Jan 1970, 01:00: “New disk” of anna covers it."]);
    }
}
