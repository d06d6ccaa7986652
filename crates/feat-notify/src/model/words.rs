//! Rules as sentences.

use super::news::Kind;
use super::route::{BROWSERS, PUSH, Rule, Target, Who};
use hob_base::Level;
use hob_base::silence::Matcher;
use hob_base::wording::{duration_words, listed};
use recurrence::Window;

/// What the house does where no rule was made.
pub(crate) const NO_RULES: &str = "Everything, at any time → every channel there is.";

/// “Critical, at any time → the phone of everyone, then mail.” `titles` gives what people call a channel.
pub(crate) fn sentence(rule: &Rule, title: &dyn Fn(&str) -> String) -> String {
    let mut what = vec![severities(&rule.severities)];
    what.extend(news(&rule.news));
    if !rule.kinds.is_empty() {
        what.push(format!("about a {}", listed_or(&rule.kinds)));
    }
    if !rule.matchers.is_empty() {
        let conditions: Vec<String> = rule.matchers.iter().map(condition).collect();
        what.push(format!("where {}", conditions.join(" and ")));
    }
    let chain: Vec<String> = rule.chain.iter().map(|target| link(target, &rule.who, title)).collect();
    let mut text = format!("{}, {} → {}.", what.join(" "), hours(&rule.hours), chain.join(", then "));
    if rule.chain.len() > 1 && rule.patience != super::route::PATIENCE {
        text.push_str(&format!(" The next one is tried after {}.", duration_words(rule.patience)));
    }
    if rule.stop {
        text.push_str(" No rule behind it is looked at.");
    }
    text
}

fn severities(levels: &[Level]) -> String {
    match (levels.contains(&Level::Critical), levels.contains(&Level::Warning)) {
        (true, false) => "Critical",
        (false, true) => "Warning",
        _ => "Everything",
    }
    .to_owned()
}

fn news(kinds: &[Kind]) -> Option<String> {
    if kinds.is_empty() || kinds.len() == Kind::RULED.len() {
        return None;
    }
    let words: Vec<&str> = kinds
        .iter()
        .map(|kind| match kind {
            Kind::Opened => "when it begins",
            Kind::Changed => "when it changes",
            Kind::Reminder => "as a reminder",
            Kind::Escalated => "when nobody took care",
            Kind::Closed => "when it is over",
            Kind::Digest => "as a digest",
            Kind::Test => "as a test",
        })
        .collect();
    Some(listed_or(&words))
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn listed_or<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [first @ .., last] if !first.is_empty() => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", first.join(", "), last.as_ref())
        }
        _ => listed(items),
    }
}

fn condition(matcher: &Matcher) -> String {
    let verb = match (matcher.is_equal(), matcher.is_regex()) {
        (true, false) => "is",
        (false, false) => "is not",
        (true, true) => "matches",
        (false, true) => "does not match",
    };
    format!("{} {verb} “{}”", matcher.name(), matcher.value())
}

/// “at any time”, “8:00–22:00”, “Mon–Fri 22:00–06:00 or Sat 10:00–12:00”.
pub(crate) fn hours(windows: &[Window]) -> String {
    if windows.is_empty() {
        return "at any time".to_owned();
    }
    let texts: Vec<String> = windows.iter().map(|window| hour_words(&window.to_string())).collect();
    listed_or(&texts)
}

fn hour_words(window: &str) -> String {
    if window.starts_with("cron") || window.starts_with(|c: char| c.is_ascii_digit()) {
        return window.to_owned();
    }
    let text = window.strip_prefix("daily ").unwrap_or(window);
    let words = text.split(' ').map(|word| {
        let parts = word.split('-').map(|part| match part.strip_prefix('0') {
            Some(rest) if part.contains(':') => rest,
            _ => part,
        });
        parts.collect::<Vec<&str>>().join("–")
    });
    words.collect::<Vec<String>>().join(" ")
}

fn link(target: &Target, who: &Who, title: &dyn Fn(&str) -> String) -> String {
    let whose = match who {
        Who::Addressee => "whom it is for",
        Who::Everyone => "everyone",
        Who::Person(name) => name,
    };
    match target {
        Target::Named(name) if name == BROWSERS => format!("the browsers of {whose}"),
        Target::Named(name) if name == PUSH => "built-in push".to_owned(),
        Target::Named(name) => format!("“{}”", title(name)),
        Target::Own(Some(kind)) => format!("the {} of {whose}", kind_word(kind)),
        Target::Own(None) => format!("whatever channel {}", has(who)),
    }
}

fn has(who: &Who) -> String {
    match who {
        Who::Addressee => "they have whom it is for".to_owned(),
        Who::Everyone => "everyone has".to_owned(),
        Who::Person(name) => format!("{name} has"),
    }
}

/// What a kind of channel is called within a sentence.
fn kind_word(kind: &str) -> String {
    match kind {
        "push" => "phone".to_owned(),
        "ntfy" | "mail" | "webhook" => kind.to_owned(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::RuleText;
    use super::*;

    fn said(text: &RuleText) -> String {
        let rule = Rule::read("1", text).unwrap();
        sentence(&rule, &|name| name.to_owned())
    }

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn rules_are_told_in_sentences() {
        let to = |items: &[&str]| RuleText { to: texts(items), ..RuleText::default() };
        assert_eq!(
            said(&RuleText {
                who: "everyone".into(),
                severities: texts(&["critical"]),
                ..to(&["own:push", "own:mail"])
            }),
            "Critical, at any time → the phone of everyone, then the mail of everyone."
        );
        assert_eq!(
            said(&RuleText {
                severities: texts(&["warning"]),
                hours: texts(&["daily 08:00-22:00"]),
                ..to(&["own:mail"])
            }),
            "Warning, 8:00–22:00 → the mail of whom it is for."
        );
        assert_eq!(
            said(&RuleText {
                who: "anna".into(),
                news: texts(&["opened", "closed"]),
                kinds: texts(&["certificate", "domain"]),
                matchers: texts(&["tag=media", "name=~pho.*", "host!=nas", "name!~x"]),
                hours: texts(&["Mon-Fri 22:00-06:00", "Sat 10:00-12:00"]),
                then_after: "1h".into(),
                stop: true,
                ..to(&["push", "browsers", "chat", "own"])
            }),
            "Everything when it begins or when it is over about a certificate or domain where tag is “media” and name \
             matches “pho.*” and host is not “nas” and name does not match “x”, Mon–Fri 22:00–6:00 or Sat 10:00–12:00 → \
             built-in push, then the browsers of anna, then “chat”, then whatever channel anna has. The next one is \
             tried after 1 hour. No rule behind it is looked at."
        );
        assert_eq!(said(&to(&["push"])), "Everything, at any time → built-in push.");
    }
}
