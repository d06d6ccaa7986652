use super::*;
use hob_base::ResourceId;

fn face(name: &str, kind: &str, owner: Option<&str>) -> Face {
    Face { name: name.into(), kind: kind.into(), owner: owner.map(str::to_owned), paused: false }
}

fn channels() -> Vec<Face> {
    vec![
        face(PUSH, "push", None),
        face(BROWSERS, "browsers", None),
        face("chat", "telegram", None),
        face("anna-mail", "mail", Some("anna")),
        face("anna-phone", "pushover", Some("anna")),
        face("ben-mail", "mail", Some("ben")),
    ]
}

fn news(to: Option<&str>) -> News {
    News {
        key: "incident/1/0".into(),
        kind: Kind::Opened,
        at: Timestamp::from_millis(0),
        incident: None,
        severity: Level::Critical,
        title: "The disk is full".into(),
        body: "It is.".into(),
        path: "/incidents/1".into(),
        to: to.map(str::to_owned),
        subject: Some(ResourceId::new("drive", "nas", "sda")),
        untold: None,
    }
}

fn rule(to: &[&str]) -> RuleText {
    RuleText { to: to.iter().map(|item| (*item).to_owned()).collect(), ..RuleText::default() }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

struct Case {
    rules: Vec<Rule>,
    channels: Vec<Face>,
    people: Vec<String>,
    about: Vec<Labels>,
    now: Timestamp,
}

impl Case {
    fn of(rules: &[RuleText]) -> Self {
        let rules = rules.iter().enumerate().map(|(i, text)| Rule::read(&format!("r{i}"), text).unwrap());
        Self {
            rules: rules.collect(),
            channels: channels(),
            people: vec!["anna".into(), "ben".into()],
            about: vec![labels(&[("kind", "drive"), ("tag", "media")])],
            // 1 January 1970, 12:00.
            now: Timestamp::from_millis(12 * 3_600_000),
        }
    }

    fn plan(&self, news: &News) -> Plan {
        let (rules, channels, people) = (&self.rules, &self.channels, &self.people);
        plan(&House { rules, channels, people, zone: &TimeZone::UTC }, news, &self.about, self.now)
    }

    /// `rule person: channel, channel@whose`, one for each errand.
    fn told(&self, news: &News) -> Vec<String> {
        let errands = self.plan(news).errands;
        let told = errands.iter().map(|errand| {
            let places = errand.chain.iter().map(|place| match &place.person {
                Some(person) => format!("{}@{person}", place.channel),
                None => place.channel.clone(),
            });
            let places: Vec<String> = places.collect();
            format!("{} {}: {}", errand.rule, errand.person.as_deref().unwrap_or("-"), places.join(", "))
        });
        told.collect()
    }

    fn refused(&self, news: &News) -> Vec<String> {
        self.plan(news).refusals.into_iter().map(|refusal| refusal.why).collect()
    }
}

#[test]
fn without_rules_every_channel_hears_of_everything() {
    let case = Case::of(&[]);
    assert_eq!(
        case.told(&news(None)),
        [
            "default/push -: push",
            "default/browsers -: browsers",
            "default/chat -: chat",
            "default/anna-mail anna: anna-mail",
            "default/anna-phone anna: anna-phone",
            "default/ben-mail ben: ben-mail",
        ]
    );
    assert_eq!(
        case.told(&news(Some("ben"))),
        [
            "default/push -: push",
            "default/browsers ben: browsers@ben",
            "default/chat -: chat",
            "default/ben-mail ben: ben-mail",
        ]
    );
}

#[test]
fn without_accounts_channels_of_people_still_hear() {
    let mut case = Case::of(&[]);
    case.people.clear();
    assert_eq!(case.told(&news(None)).len(), 6);
}

#[test]
fn whom_it_is_for_everyone_and_one_person() {
    let own = |who: &str| RuleText { who: who.into(), ..rule(&["own:mail"]) };
    for (who, to, expected) in [
        ("", None, vec!["r0 anna: anna-mail", "r0 ben: ben-mail"]),
        ("", Some("ben"), vec!["r0 ben: ben-mail"]),
        ("everyone", Some("ben"), vec!["r0 anna: anna-mail", "r0 ben: ben-mail"]),
        ("anna", Some("ben"), vec!["r0 anna: anna-mail"]),
        ("cleo", None, vec![]),
    ] {
        assert_eq!(Case::of(&[own(who)]).told(&news(to)), expected, "{who} {to:?}");
    }
    assert_eq!(Case::of(&[own("cleo")]).refused(&news(None)), ["cleo has no channel of the kind “mail”."]);
}

#[test]
fn a_chain_keeps_its_order_and_names_each_place_once() {
    let case = Case::of(&[rule(&["own:pushover", "own", "browsers", "chat", "chat"])]);
    assert_eq!(case.told(&news(Some("anna"))), ["r0 anna: anna-phone, anna-mail, browsers@anna, chat"]);
    // Who has no phone is told through what is left.
    assert_eq!(case.told(&news(Some("ben"))), ["r0 ben: ben-mail, browsers@ben, chat"]);
}

#[test]
fn a_channel_of_the_house_is_told_once_whoever_it_is_for() {
    let case = Case::of(&[RuleText { who: "everyone".into(), ..rule(&["chat", "push"]) }]);
    assert_eq!(case.told(&news(None)), ["r0 -: chat, push"]);
}

#[test]
fn what_a_rule_asks_for_must_be_so() {
    let base = || rule(&["push"]);
    let list = |word: &str| vec![word.to_owned()];
    for (text, expected) in [
        (RuleText { severities: list("critical"), ..base() }, None),
        (RuleText { severities: list("warning"), ..base() }, Some("It is not for what is critical.")),
        (RuleText { news: list("opened"), ..base() }, None),
        (RuleText { news: list("closed"), ..base() }, Some("It is not for this kind of news (opened).")),
        (RuleText { kinds: list("drive"), ..base() }, None),
        (RuleText { kinds: list("host"), ..base() }, Some("It is only for host.")),
        (RuleText { matchers: list("tag=media"), ..base() }, None),
        (
            RuleText { matchers: list("tag=other"), ..base() },
            Some("It is only for what matches tag=\"other\"."),
        ),
        (RuleText { hours: list("daily 08:00-22:00"), ..base() }, None),
        (
            RuleText { hours: list("daily 22:00-08:00"), ..base() },
            Some("It holds 22:00–8:00 only, and it is 12:00."),
        ),
    ] {
        let case = Case::of(std::slice::from_ref(&text));
        let refused = case.refused(&news(None));
        assert_eq!(refused.first().map(String::as_str), expected, "{text:?}");
        assert_eq!(case.told(&news(None)).is_empty(), expected.is_some());
    }
}

#[test]
fn kind_and_labels_must_hold_of_the_same_resource() {
    let text =
        RuleText { kinds: vec!["service".into()], matchers: vec!["tag=media".into()], ..rule(&["push"]) };
    let mut case = Case::of(&[text]);
    case.about.push(labels(&[("kind", "service"), ("tag", "family")]));
    assert!(case.told(&news(None)).is_empty());
    case.about.push(labels(&[("kind", "service"), ("tag", "media")]));
    assert_eq!(case.told(&news(None)).len(), 1);
    // Of what nothing is known no narrow rule holds.
    case.about.clear();
    assert!(case.told(&news(None)).is_empty());
}

#[test]
fn several_rules_apply_until_one_says_stop() {
    let stop = RuleText { stop: true, ..rule(&["chat"]) };
    let never = RuleText { stop: true, severities: vec!["warning".into()], ..rule(&["anna-mail"]) };
    let case = Case::of(&[rule(&["push"]), never, stop, rule(&["browsers"])]);
    assert_eq!(case.told(&news(None)), ["r0 -: push", "r2 -: chat"]);
}

#[test]
fn what_is_paused_missing_or_somebody_elses_is_left_out_and_said() {
    let mut case = Case::of(&[rule(&["chat"]), rule(&["gone"]), rule(&["anna-mail"]), rule(&["own:mail"])]);
    case.channels[2].paused = true;
    case.channels[5].paused = true;
    assert!(case.told(&news(Some("ben"))).is_empty());
    assert_eq!(
        case.refused(&news(Some("ben"))),
        [
            "“chat” is paused.",
            "There is no channel “gone”.",
            "“anna-mail” is anna’s, and this is for ben.",
            "Every channel of the kind “mail” of ben is paused.",
        ]
    );
}

#[test]
fn that_a_channel_fails_is_not_told_through_it_alone() {
    let about = |name: &str| News { subject: Some(ResourceId::new("channel", "notify", name)), ..news(None) };
    let case = Case::of(&[rule(&["chat"])]);
    let told = case.told(&about("chat"));
    assert_eq!(told, ["default/instead-of-chat -: push, browsers, anna-mail, anna-phone, ben-mail"]);
    // Where the chain has another, that one is enough.
    assert_eq!(Case::of(&[rule(&["chat", "push"])]).told(&about("chat")), ["r0 -: push"]);
    assert_eq!(case.told(&about("push")), ["r0 -: chat"]);
    // Once it works again it says so itself.
    assert_eq!(case.told(&News { kind: Kind::Closed, ..about("chat") }), ["r0 -: chat"]);
    let mut alone = Case::of(&[rule(&["chat"])]);
    alone.channels.retain(|face| face.name == "chat");
    assert!(alone.told(&about("chat")).is_empty());
    assert!(alone.refused(&about("chat")).last().unwrap().contains("no other channel"));
}

#[test]
fn mistakes_name_their_field() {
    let list = |word: &str| vec![word.to_owned()];
    let wrong = RuleText {
        severities: list("bad"),
        news: list("bad"),
        kinds: list("No Kind"),
        matchers: list("bad"),
        hours: list("someday"),
        to: list("own:"),
        then_after: "2d".into(),
        ..RuleText::default()
    };
    let fields: Vec<&str> = Rule::read("1", &wrong).unwrap_err().iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, ["severities", "news", "kinds", "match", "hours", "to", "then_after"]);
    assert_eq!(Rule::read("1", &RuleText::default()).unwrap_err()[0].0, "to");
}

#[test]
fn a_rule_in_words_is_read_as_the_same_rule() {
    let list = |word: &str| vec![word.to_owned()];
    let text = RuleText {
        who: "anna".into(),
        severities: list("critical"),
        news: list("closed"),
        kinds: list("service"),
        matchers: list("tag=\"media\""),
        hours: list("daily 08:00-22:00"),
        to: vec!["own:mail".into(), "own".into(), "push".into()],
        then_after: "60s".into(),
        stop: true,
    };
    let rule = Rule::read("1", &text).unwrap();
    assert_eq!(rule.text(), text);
    assert_eq!(Rule::read("1", &rule.text()).unwrap(), rule);
}

fn heard(rule: &str, at: Option<&str>) -> Heard {
    let at = at.map(|channel| Place { channel: channel.into(), person: None });
    Heard { rule: rule.into(), person: None, at }
}

/// The errands of a plan for its end, once these have heard of it.
fn ended(case: &Case, news: &News, heard: &[Heard]) -> Vec<String> {
    let (rules, channels, people) = (&case.rules, &case.channels, &case.people);
    let house = House { rules, channels, people, zone: &TimeZone::UTC };
    let plan = plan_after(&house, news, &case.about, case.now, heard);
    let chain = |errand: &Errand| {
        let channels: Vec<&str> = errand.chain.iter().map(|place| place.channel.as_str()).collect();
        format!("{}: {}", errand.rule, channels.join(", "))
    };
    plan.errands.iter().map(chain).collect()
}

#[test]
fn the_end_is_told_to_who_heard_of_it_where_they_heard_of_it() {
    let closed = News { kind: Kind::Closed, ..news(None) };
    let chained = Case::of(&[rule(&["chat", "push"])]);
    assert_eq!(ended(&chained, &closed, &[heard("r0", Some("push"))]), ["r0: push, chat"]);
    assert_eq!(
        ended(&chained, &closed, &[heard("r0", Some("push")), heard("r0", Some("chat"))]),
        ["r0: chat, push"]
    );
    assert_eq!(ended(&chained, &closed, &[heard("r0", None)]), ["r0: chat, push"]);
    // Neither hours nor how bad it became in the end keep the end from who heard of it, nor do rules before it.
    let night = RuleText { hours: vec!["daily 00:00-06:00".into()], ..rule(&["chat"]) };
    let warning = RuleText { severities: vec!["warning".into()], ..rule(&["push"]) };
    let stop = RuleText { stop: true, ..rule(&["browsers"]) };
    let case = Case::of(&[stop, night.clone(), warning]);
    let both = [heard("r1", Some("chat")), heard("r2", Some("push"))];
    assert_eq!(ended(&case, &closed, &both), ["r1: chat", "r2: push"]);
    // Who left such news out meant it, and news that are not the end go by the rules alone.
    let only_opened = RuleText { news: vec!["opened".into()], ..rule(&["push"]) };
    assert!(ended(&Case::of(&[only_opened]), &closed, &[heard("r0", Some("push"))]).is_empty());
    assert!(ended(&Case::of(&[night]), &news(None), &[heard("r0", Some("chat"))]).is_empty());
    // Where nobody is left who heard of it, the rules say who hears of its end.
    assert_eq!(ended(&chained, &closed, &[heard("gone", Some("push"))]), ["r0: chat, push"]);
}

#[test]
fn what_everybody_heard_each_of_them_heard() {
    // It was for everybody, and is only for anna since: her browsers heard of it among all of them.
    let closed = News { kind: Kind::Closed, ..news(Some("anna")) };
    let case = Case::of(&[rule(&["browsers"]), rule(&["push"])]);
    let told = [heard("r0", Some("browsers")), heard("r1", Some("push"))];
    assert_eq!(ended(&case, &closed, &told), ["r0: browsers", "r1: push"]);
}

#[test]
fn who_was_told_in_place_of_a_failing_channel_hears_that_it_works_again() {
    let subject = Some(ResourceId::new(CHANNEL_KIND, CHANNEL_SCOPE, "chat"));
    let closed = News { kind: Kind::Closed, subject, ..news(None) };
    let case = Case::of(&[rule(&["chat"])]);
    let told = [heard("default/instead-of-chat", Some("push"))];
    assert_eq!(ended(&case, &closed, &told), ["default/instead-of-chat: push"]);
}
