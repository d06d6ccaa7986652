//! Which news goes where: rules, and the plan that follows from them.
//!
//! A rule says which news it is for, whom to tell, and through which channels, one after the other. Several rules may be
//! for the same news; each gives one chain for each person, and of a chain the first channel that works is used. Without
//! any rule every channel there is hears of everything.

use super::news::{Kind, News};
use hob_base::silence::{Labels, Matcher};
use hob_base::{Level, Timestamp};
use jiff::tz::TimeZone;
use recurrence::Window;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The kind of the resource that stands for a channel.
pub(crate) const CHANNEL_KIND: &str = "channel";
/// Its scope.
pub(crate) const CHANNEL_SCOPE: &str = "notify";
/// The channel that is the built-in push server.
pub(crate) const PUSH: &str = "push";
/// The channel that is people's browsers.
pub(crate) const BROWSERS: &str = "browsers";
/// The most channels in one chain.
pub(crate) const CHAIN_MAX: usize = 20;
/// How long a channel is tried before the next one is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Whom a rule tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Who {
    /// Whoever the news is for; where it is for whoever listens, everybody.
    #[default]
    Addressee,
    /// Everybody who has an account, whoever the news is for.
    Everyone,
    /// One person, whoever the news is for.
    Person(String),
}

/// One link of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A channel by its name.
    Named(String),
    /// The channels of the person who is told, of one kind or, with `None`, of any.
    Own(Option<String>),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Own(None) => f.write_str("own"),
            Self::Own(Some(kind)) => write!(f, "own:{kind}"),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.split_once(':') {
            _ if text == "own" => Ok(Self::Own(None)),
            Some(("own", kind)) if !kind.trim().is_empty() => Ok(Self::Own(Some(kind.trim().to_owned()))),
            _ if !text.is_empty() && !text.contains(':') => Ok(Self::Named(text.to_owned())),
            _ => {
                let shown: String = text.chars().take(60).collect();
                Err(format!(
                    "“{shown}” is not a channel: write its name, “own:mail” for the mail of whom it is for, or “own” for whatever they have"
                ))
            }
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// Unique; the same as long as the rule is there.
    pub(crate) id: String,
    /// Whether it stands in `hob.toml`, where alone it can be changed.
    pub(crate) in_settings: bool,
    /// Whom it tells.
    pub(crate) who: Who,
    /// How bad; empty: whatever it is.
    pub(crate) severities: Vec<Level>,
    /// What kinds of news; empty: all.
    pub(crate) news: Vec<Kind>,
    /// About what kinds of resources; empty: all.
    pub(crate) kinds: Vec<String>,
    /// All of these must match one of the resources it is about.
    pub(crate) matchers: Vec<Matcher>,
    /// When; empty: at any time.
    pub(crate) hours: Vec<Window>,
    /// Through what, one after the other.
    pub(crate) chain: Vec<Target>,
    /// How long one channel is tried before the next.
    pub(crate) patience: Duration,
    /// Whether the rules behind it are not looked at.
    pub(crate) stop: bool,
}

/// A channel as far as rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Face {
    /// By which rules name it.
    pub(crate) name: String,
    /// `mail`, `telegram` …
    pub(crate) kind: String,
    /// Whose it is; `None`: the house's.
    pub(crate) owner: Option<String>,
    /// Whether somebody paused it.
    pub(crate) paused: bool,
}

/// Where a message goes: a channel, and of the browsers those of one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The channel's name.
    pub(crate) channel: String,
    /// Whose browsers; `None`: anybody's, or it is no matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
}

/// What follows from one rule for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Errand {
    /// The rule's id; [`DEFAULT`] where there is none.
    pub(crate) rule: String,
    /// Who is told; `None`: the house.
    pub(crate) person: Option<String>,
    /// Through what, one after the other. Never empty.
    pub(crate) chain: Vec<Place>,
    /// How long one channel is tried before the next.
    pub(crate) patience: Duration,
}

/// The id of the rule that holds where none was made, before the name of its channel.
pub(crate) const DEFAULT: &str = "default";

/// What begins the id of the rule that holds where a channel does not work and nobody else would be told so.
const INSTEAD: &str = "default/instead-of-";

/// What is done about some news, and why not more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// Who is told through what.
    pub(crate) errands: Vec<Errand>,
    /// Whom a rule does not tell and why, one sentence each.
    pub(crate) refusals: Vec<Refusal>,
}

/// Why a rule does not tell somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The rule's id.
    pub(crate) rule: String,
    /// One sentence.
    pub(crate) why: String,
}

/// The house as far as plans look at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct House<'a> {
    /// In their order.
    pub(crate) rules: &'a [Rule],
    /// All channels.
    pub(crate) channels: &'a [Face],
    /// Everybody who has an account.
    pub(crate) people: &'a [String],
    /// Whose clock counts.
    pub(crate) zone: &'a TimeZone,
}

/// Who was told of an incident before, or is just being told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Because of which rule.
    pub(crate) rule: String,
    /// Who; `None`: the house.
    pub(crate) person: Option<String>,
    /// Where it arrived, if it did.
    pub(crate) at: Option<Place>,
}

/// Who is told of some news now, and through what. `about` are the labels of the resources that it is about, the cause
/// first.
pub(crate) fn plan(house: &House<'_>, news: &News, about: &[Labels], now: Timestamp) -> Plan {
    plan_after(house, news, about, now, &[])
}

/// The same after these have heard of it, the last one last. Who was told that something broke is told when it is over,
/// where they heard of it and whatever the hour, unless their rule leaves such news out; who was not told is not, as long
/// as somebody is.
pub(crate) fn plan_after(
    house: &House<'_>,
    news: &News,
    about: &[Labels],
    now: Timestamp,
    heard: &[Heard],
) -> Plan {
    let heard = if news.kind == Kind::Closed { heard } else { &[] };
    let mut plan = plan_by_rules(house, news, about, now, heard);
    // What the house heard everybody heard.
    let is_of = |heard: &&Heard, errand: &Errand| {
        heard.rule == errand.rule && (heard.person == errand.person || heard.person.is_none())
    };
    let has_heard = |errand: &Errand| heard.iter().rfind(|heard| is_of(heard, errand));
    if !plan.errands.iter().any(|errand| has_heard(errand).is_some()) {
        return plan;
    }
    plan.errands.retain_mut(|errand| {
        let Some(heard) = has_heard(errand) else {
            let why =
                "Nobody was told by it that this broke, so that it is over is no news either.".to_owned();
            plan.refusals.push(Refusal { rule: errand.rule.clone(), why });
            return false;
        };
        // A stable order: the place that heard of it comes first, and the others stay as they are.
        errand.chain.sort_by_key(|place| Some(place) != heard.at.as_ref());
        true
    });
    plan
}

fn plan_by_rules(house: &House<'_>, news: &News, about: &[Labels], now: Timestamp, heard: &[Heard]) -> Plan {
    let mut plan = Plan::default();
    let mut stopped = false;
    let failing = failing_channel(news);
    if house.rules.is_empty() {
        for face in house.channels {
            let rule = default_rule(face);
            follow(house, &rule, news, failing, &mut plan);
        }
    }
    for rule in house.rules {
        let told = heard.iter().any(|heard| heard.rule == rule.id);
        if stopped && !told {
            continue;
        }
        let against =
            if told { wrong_news(rule, news) } else { reason_against(rule, news, about, now, house.zone) };
        if let Some(why) = against {
            plan.refusals.push(Refusal { rule: rule.id.clone(), why });
            continue;
        }
        follow(house, rule, news, failing, &mut plan);
        stopped |= rule.stop;
    }
    if let Some(failing) = failing {
        tell_somebody(house, news, failing, &mut plan);
    }
    // Who was told in place of a channel that did not work hears that it works again.
    for heard in heard.iter().filter(|heard| heard.rule.starts_with(INSTEAD)) {
        let is_planned = plan.errands.iter().any(|errand| errand.rule == heard.rule);
        if let Some(place) = heard.at.clone().filter(|_| !is_planned) {
            let (rule, person) = (heard.rule.clone(), heard.person.clone());
            plan.errands.push(Errand { rule, person, chain: vec![place], patience: PATIENCE });
        }
    }
    plan
}

/// Where no rule was made every channel hears of everything, each for itself.
fn default_rule(face: &Face) -> Rule {
    Rule {
        id: format!("{DEFAULT}/{}", face.name),
        in_settings: false,
        who: Who::Addressee,
        severities: Vec::new(),
        news: Vec::new(),
        kinds: Vec::new(),
        matchers: Vec::new(),
        hours: Vec::new(),
        chain: vec![Target::Named(face.name.clone())],
        patience: PATIENCE,
        stop: false,
    }
}

/// The channel that the news says does not work.
fn failing_channel(news: &News) -> Option<&str> {
    let subject = news.subject.as_ref()?;
    (subject.kind() == CHANNEL_KIND && subject.scope() == CHANNEL_SCOPE && news.kind != Kind::Closed)
        .then(|| subject.name())
}

/// Why a rule is not for this kind of news; `None` when it is.
fn wrong_news(rule: &Rule, news: &News) -> Option<String> {
    (!rule.news.is_empty() && !rule.news.contains(&news.kind))
        .then(|| format!("It is not for this kind of news ({}).", news.kind.as_str()))
}

/// Why a rule is not for some news; `None` when it is.
fn reason_against(
    rule: &Rule,
    news: &News,
    about: &[Labels],
    now: Timestamp,
    zone: &TimeZone,
) -> Option<String> {
    if news.kind != Kind::Digest && !rule.severities.is_empty() && !rule.severities.contains(&news.severity) {
        return Some(format!("It is not for what is {}.", level_word(news.severity)));
    }
    if let Some(why) = wrong_news(rule, news) {
        return Some(why);
    }
    let of_kind = |labels: &&Labels| {
        let kind = labels.get("kind").map_or("", String::as_str);
        rule.kinds.is_empty() || rule.kinds.iter().any(|wanted| wanted == kind)
    };
    let narrow = !rule.kinds.is_empty() || !rule.matchers.is_empty();
    let meant = |labels: &Labels| rule.matchers.iter().all(|matcher| matcher.matches(labels));
    if narrow && !about.iter().any(|labels| of_kind(&labels)) {
        return Some(format!("It is only for {}.", super::words::listed_or(&rule.kinds)));
    }
    if narrow && !about.iter().filter(of_kind).any(meant) {
        let conditions: Vec<String> = rule.matchers.iter().map(ToString::to_string).collect();
        return Some(format!("It is only for what matches {}.", conditions.join(" and ")));
    }
    (!within(&rule.hours, now, zone)).then(|| {
        format!("It holds {} only, and it is {}.", super::words::hours(&rule.hours), now.clock_time(zone))
    })
}

const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Critical => "critical",
        Level::Warning => "a warning",
        Level::Unknown => "unknown",
        Level::Ok => "well",
    }
}

/// Whether a moment lies in one of these windows. None of them is always.
pub(crate) fn within(hours: &[Window], now: Timestamp, zone: &TimeZone) -> bool {
    let Ok(at) = jiff::Timestamp::from_millisecond(now.millis()) else { return true };
    hours.is_empty() || hours.iter().any(|window| window.covers(at, zone).is_some())
}

/// Adds what follows from one rule that is for the news.
fn follow(house: &House<'_>, rule: &Rule, news: &News, failing: Option<&str>, plan: &mut Plan) {
    let personal = rule.chain.iter().any(|target| is_personal(house, target));
    let recipients = if personal { recipients(house, rule, news) } else { vec![None] };
    let told_before = plan.errands.len();
    let mut refusals = Vec::new();
    for person in recipients {
        let mut problems = Vec::new();
        let mut chain: Vec<Place> = Vec::new();
        for place in resolve(house, &rule.chain, person.as_deref(), &mut problems) {
            if Some(place.channel.as_str()) == failing {
                problems.push((false, format!("“{}” is what does not work.", place.channel)));
            } else if !chain.contains(&place) && chain.len() < CHAIN_MAX {
                chain.push(place);
            }
        }
        if chain.is_empty() {
            refusals.extend(problems);
            continue;
        }
        plan.errands.push(Errand { rule: rule.id.clone(), person, chain, patience: rule.patience });
    }
    // That others do not hear of it through somebody's own channel needs no words.
    let told = plan.errands.len() > told_before;
    let worth = refusals.into_iter().filter(|(others, _)| !(told && *others));
    plan.refusals.extend(worth.map(|(_, why)| Refusal { rule: rule.id.clone(), why }));
}

/// Whether it matters to a target who is told.
fn is_personal(house: &House<'_>, target: &Target) -> bool {
    match target {
        Target::Own(_) => true,
        Target::Named(name) if name == BROWSERS => true,
        Target::Named(name) => face(house, name).is_some_and(|face| face.owner.is_some()),
    }
}

fn face<'a>(house: &House<'a>, name: &str) -> Option<&'a Face> {
    house.channels.iter().find(|face| face.name == name)
}

/// Who is told; `None` stands for anybody.
fn recipients(house: &House<'_>, rule: &Rule, news: &News) -> Vec<Option<String>> {
    let by_name = |target: &Target| match target {
        Target::Named(name) => name != BROWSERS && is_personal(house, target),
        Target::Own(_) => true,
    };
    let everybody = || {
        // Whose browsers is no matter when everybody's are meant.
        if house.people.is_empty() || !rule.chain.iter().any(by_name) {
            return vec![None];
        }
        house.people.iter().cloned().map(Some).collect()
    };
    match (&rule.who, &news.to) {
        (Who::Person(name), _) | (Who::Addressee, Some(name)) => vec![Some(name.clone())],
        (Who::Everyone, _) | (Who::Addressee, None) => everybody(),
    }
}

/// The places that a chain means for one person. Of each problem whether it is only that a channel is somebody else's.
fn resolve(
    house: &House<'_>,
    chain: &[Target],
    person: Option<&str>,
    problems: &mut Vec<(bool, String)>,
) -> Vec<Place> {
    let mut places = Vec::new();
    for target in chain {
        match target {
            Target::Named(name) => match face(house, name) {
                None => problems.push((false, format!("There is no channel “{name}”."))),
                Some(face) if face.paused => problems.push((false, format!("“{name}” is paused."))),
                Some(Face { owner: Some(owner), .. }) if person.is_some_and(|who| who != owner) => {
                    let why =
                        format!("“{name}” is {owner}’s, and this is for {}.", person.unwrap_or_default());
                    problems.push((true, why));
                }
                Some(_) => places.push(place(name, person)),
            },
            Target::Own(kind) => {
                let of_kind = |face: &&Face| kind.as_ref().is_none_or(|kind| face.kind == *kind);
                let own = |face: &&Face| face.owner.is_some() && face.owner.as_deref() == person;
                let found: Vec<&Face> = house.channels.iter().filter(own).filter(of_kind).collect();
                let usable = found.iter().filter(|face| !face.paused);
                places.extend(usable.clone().map(|face| place(&face.name, person)));
                if usable.count() == 0 {
                    problems.push((false, nothing_own(kind.as_deref(), person, !found.is_empty())));
                }
            }
        }
    }
    places
}

fn place(name: &str, person: Option<&str>) -> Place {
    let person = person.filter(|_| name == BROWSERS).map(str::to_owned);
    Place { channel: name.to_owned(), person }
}

fn nothing_own(kind: Option<&str>, person: Option<&str>, paused: bool) -> String {
    let person = person.unwrap_or("Nobody");
    let what = kind.map_or_else(|| "channel".to_owned(), |kind| format!("channel of the kind “{kind}”"));
    if paused {
        return format!("Every {what} of {person} is paused.");
    }
    match person {
        "Nobody" => format!("Nobody is known who has a {what}."),
        person => format!("{person} has no {what}."),
    }
}

/// That a channel does not work must not be told through it alone: where nothing is left, what else there is tells it.
fn tell_somebody(house: &House<'_>, news: &News, failing: &str, plan: &mut Plan) {
    if !plan.errands.is_empty() {
        return;
    }
    let suits = |face: &&Face| {
        let owner = face.owner.as_deref();
        let for_them = owner.is_none() || news.to.is_none() || owner == news.to.as_deref();
        face.name != failing && !face.paused && for_them
    };
    let chain: Vec<Place> = house
        .channels
        .iter()
        .filter(suits)
        .map(|face| place(&face.name, news.to.as_deref()))
        .take(CHAIN_MAX)
        .collect();
    if chain.is_empty() {
        let why = format!("“{failing}” does not work, and there is no other channel that could say so.");
        plan.refusals.push(Refusal { rule: DEFAULT.to_owned(), why });
        return;
    }
    let rule = format!("{INSTEAD}{failing}");
    plan.errands.push(Errand { rule, person: news.to.clone(), chain, patience: PATIENCE });
}

/// A rule in words of settings, forms, the API and the table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RuleText {
    /// `addressee`, `everyone`, or the name of a person.
    pub(crate) who: String,
    /// `critical`, `warning`.
    pub(crate) severities: Vec<String>,
    /// `opened`, `changed`, `reminder`, `escalated`, `closed`.
    pub(crate) news: Vec<String>,
    /// Kinds of resources.
    pub(crate) kinds: Vec<String>,
    /// `tag="media"`.
    #[serde(rename = "match")]
    pub(crate) matchers: Vec<String>,
    /// `daily 08:00-22:00`.
    pub(crate) hours: Vec<String>,
    /// Names of channels, `own:mail`, `own`.
    pub(crate) to: Vec<String>,
    /// `5m`.
    pub(crate) then_after: String,
    /// Whether the rules behind it are not looked at.
    pub(crate) stop: bool,
}

/// What is wrong with a rule: fields and sentences.
pub(crate) type Mistakes = Vec<(&'static str, String)>;

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// Every field that is wrong, with one sentence that says what would be right.
    pub(crate) fn read(id: &str, text: &RuleText) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::new();
        let severities = each("severities", &text.severities, &mut mistakes, |word| match word {
            "critical" => Ok(Level::Critical),
            "warning" => Ok(Level::Warning),
            _ => Err(format!("“{}” is no severity: use critical or warning.", short(word))),
        });
        let news = each("news", &text.news, &mut mistakes, |word| {
            let known = Kind::RULED.into_iter().find(|kind| kind.as_str() == word);
            known.ok_or_else(|| {
                format!(
                    "“{}” is no kind of news: use opened, changed, reminder, escalated or closed.",
                    short(word)
                )
            })
        });
        let kinds = each("kinds", &text.kinds, &mut mistakes, |word| {
            let good = word.len() <= 40
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            let wrong = || {
                format!("“{}” is no kind of resource: write for example service or certificate.", short(word))
            };
            if good { Ok(word.to_owned()) } else { Err(wrong()) }
        });
        let matchers = each("match", &text.matchers, &mut mistakes, str::parse::<Matcher>);
        let hours = each("hours", &text.hours, &mut mistakes, |line| {
            Window::parse(line).map_err(|error| error.to_string())
        });
        let chain = each("to", &text.to, &mut mistakes, str::parse::<Target>);
        if text.to.iter().all(|target| target.trim().is_empty()) {
            mistakes.push(("to", "Say through which channel, for example “push”.".to_owned()));
        }
        let patience = match text.then_after.trim() {
            "" => Ok(PATIENCE),
            given => hob_base::wording::parse_duration(given),
        };
        let day = Duration::from_secs(86_400);
        let patience = patience.and_then(|patience| {
            let wrong = || "It must be between nothing and a day, for example 5m.".to_owned();
            (patience <= day).then_some(patience).ok_or_else(wrong)
        });
        let patience = patience.map_err(|problem| mistakes.push(("then_after", problem))).unwrap_or(PATIENCE);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let who = read_who(&text.who);
        let (id, stop) = (id.to_owned(), text.stop);
        let in_settings = false;
        Ok(Self { id, in_settings, who, severities, news, kinds, matchers, hours, chain, patience, stop })
    }

    /// The rule in words that are read as the same rule.
    pub(crate) fn text(&self) -> RuleText {
        let texts = |items: &[Matcher]| items.iter().map(ToString::to_string).collect();
        RuleText {
            who: match &self.who {
                Who::Addressee => "addressee".to_owned(),
                Who::Everyone => "everyone".to_owned(),
                Who::Person(name) => name.clone(),
            },
            severities: self.severities.iter().map(ToString::to_string).collect(),
            news: self.news.iter().map(|kind| kind.as_str().to_owned()).collect(),
            kinds: self.kinds.clone(),
            matchers: texts(&self.matchers),
            hours: self.hours.iter().map(ToString::to_string).collect(),
            to: self.chain.iter().map(ToString::to_string).collect(),
            then_after: format!("{}s", self.patience.as_secs()),
            stop: self.stop,
        }
    }
}

fn read_who(text: &str) -> Who {
    match text.trim() {
        "" | "addressee" => Who::Addressee,
        "everyone" | "everybody" => Who::Everyone,
        name => Who::Person(name.to_owned()),
    }
}

fn short(text: &str) -> String {
    hob_base::wording::tidy(text, 60)
}

/// The most entries of one field of a rule.
const ENTRIES_MAX: usize = 50;

/// Reads each entry that is not empty.
fn each<T>(
    field: &'static str,
    texts: &[String],
    mistakes: &mut Mistakes,
    read: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    if texts.clone().count() > ENTRIES_MAX {
        mistakes.push((field, format!("At most {ENTRIES_MAX} entries are possible.")));
    }
    let mut found = Vec::new();
    for text in texts.take(ENTRIES_MAX) {
        match read(text) {
            Ok(value) => found.push(value),
            Err(problem) => mistakes.push((field, problem)),
        }
    }
    found
}

/// Which chains lead to which channel, for the page of a channel.
pub(crate) fn used_by<'a>(rules: &'a [Rule], channel: &Face) -> BTreeMap<&'a str, &'a Rule> {
    let leads = |rule: &&Rule| {
        rule.chain.iter().any(|target| match target {
            Target::Named(name) => *name == channel.name,
            Target::Own(kind) => {
                channel.owner.is_some() && kind.as_ref().is_none_or(|kind| *kind == channel.kind)
            }
        })
    };
    rules.iter().filter(leads).map(|rule| (rule.id.as_str(), rule)).collect()
}

#[cfg(test)]
mod tests;
