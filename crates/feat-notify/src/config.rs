//! The sections `[notify]`, `[[channel]]` and `[[route]]` of `hob.toml`.

use crate::channel::{FileChannel, PER_MINUTE, check_name, check_topic, kind_of, kinds};
use crate::model::route::{Rule, RuleText};
use channels::{Channel as Service, Field, Input, Values};
use hob_feature::{Config, ConfigSection, Problems, Reader};
use std::collections::BTreeSet;
use std::time::Duration;

/// `[notify]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "notify",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

/// `[[channel]]`.
pub(crate) const CHANNELS: ConfigSection = ConfigSection {
    key: "channel",
    check: |config, problems| {
        read_channels(config, problems);
    },
    example: CHANNELS_EXAMPLE,
};

/// `[[route]]`.
pub(crate) const ROUTES: ConfigSection = ConfigSection {
    key: "route",
    check: |config, problems| {
        read_rules(config, problems);
    },
    example: ROUTES_EXAMPLE,
};

const EXAMPLE: &str = r#"# How people hear of what Hob has to say.
[notify]
# address = "https://hob.home.lan"      # how people reach Hob: for links in messages; default: this machine's name and port
# topic = "hob"                         # the topic of the built-in push server that phones subscribe to
# keep = "90d"                          # how long the log remembers who was told what, 1d to 3650d
"#;

const CHANNELS_EXAMPLE: &str = r#"# Ways to tell people something. Built-in push and browsers are there by themselves; others can be added on the page
# “Notifications”, too, which lists every kind with its fields.
#
# [[channel]]
# name = "family-chat"                  # by which rules name it
# title = "Family chat"                 # what people call it
# kind = "gotify"
# owner = "anna"                        # whose it is; without it the house's
# per_minute = 30                       # the most messages a minute
# paused = false
# server = "https://gotify.home.lan"    # the fields of its kind,
# token = { file = "/run/secrets/gotify" } # secrets by reference
"#;

const ROUTES_EXAMPLE: &str = r#"# Which news goes where. Without any rule every channel hears of everything.
#
# [[route]]
# severities = ["critical"]             # also "warning"; without it both
# news = ["opened", "closed"]           # also "changed", "reminder", "escalated"; without it all
# kinds = ["drive"]                     # of resources; without it all
# match = ['tag="media"']               # labels that one of the resources must have
# hours = ["daily 08:00-22:00"]         # without it at any time
# who = "everyone"                      # or a person; without it whom the news is for
# to = ["own:push", "own:mail", "push"] # names of channels, "own:KIND", "own", "push", "browsers"; the first that works
# then_after = "5m"                     # how long one is tried before the next
# stop = true                           # no rule behind it is looked at
"#;

/// What holds for all channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// How people reach Hob, without a slash at its end.
    pub(crate) address: Option<String>,
    /// The topic of the built-in push server.
    pub(crate) topic: String,
    /// How long the log remembers.
    pub(crate) keep: Duration,
}

/// Reads `[notify]`.
pub(crate) fn read(config: &Config, problems: &Problems) -> Settings {
    let reader = config.section("notify", problems);
    let day = Duration::from_secs(86_400);
    let address = reader.parsed("address", |text| {
        let plain = text.trim_end_matches('/');
        let good = http_probe::Url::parse(plain).is_ok() && !plain.contains(['?', '#']);
        good.then(|| plain.to_owned())
            .ok_or_else(|| "write how people reach Hob, for example https://hob.home.lan".to_owned())
    });
    let topic = reader.parsed("topic", |text| check_topic(text).map(|()| text.to_owned()));
    let settings = Settings {
        address,
        topic: topic.unwrap_or_else(|| "hob".to_owned()),
        keep: reader.duration("keep", day..=day * 3650).unwrap_or(day * 90),
    };
    reader.finish();
    settings
}

/// Reads every `[[channel]]`. One that cannot be used is reported and left out.
pub(crate) fn read_channels(config: &Config, problems: &Problems) -> Vec<FileChannel> {
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    for reader in config.sections("channel", problems) {
        let channel = read_channel(&reader);
        reader.finish();
        let Some(channel) = channel else { continue };
        if names.insert(channel.name.clone()) {
            found.push(channel);
        } else {
            reader.problem("name", format!("another channel is called “{}” already", channel.name));
        }
    }
    found
}

fn read_channel(reader: &Reader<'_>) -> Option<FileChannel> {
    let name = reader.required_text("name", "family-chat");
    let kind = reader.required_text("kind", "gotify");
    let title = reader.text("title").or_else(|| name.clone());
    let owner = reader.text("owner").filter(|owner| !owner.is_empty());
    let paused = reader.boolean("paused").unwrap_or_default();
    let per_minute = reader.integer("per_minute", 1..=600).and_then(|n| u32::try_from(n).ok());
    let (name, kind) = (name?, kind?);
    if let Err(problem) = check_name(&name) {
        reader.problem("name", problem);
    }
    let Some(described) = kind_of(&kind) else {
        let known: Vec<&str> = kinds().map(|kind| kind.id).collect();
        reader.problem("kind", format!("there is no such kind of channel; there are {}", known.join(", ")));
        return None;
    };
    let (mut values, mut secrets) = (Values::new(), Vec::new());
    for field in described.fields {
        if field.secret {
            secrets.extend(reader.secret(field.name).map(|source| (field.name.to_owned(), source)));
        } else if let Some(value) = read_field(reader, field) {
            values.insert(field.name.to_owned(), value);
        }
    }
    check_fields(reader, &kind, &values, &secrets);
    Some(FileChannel {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        owner,
        paused,
        per_minute: per_minute.unwrap_or(PER_MINUTE),
        kind,
        values,
        secrets,
    })
}

fn read_field(reader: &Reader<'_>, field: &Field) -> Option<String> {
    match field.input {
        Input::Number { min, max } => reader.integer(field.name, min..=max).map(|number| number.to_string()),
        Input::Tick => reader.boolean(field.name).map(|tick| tick.to_string()),
        Input::Text => reader.texts(field.name).map(|lines| lines.join("\n")),
        Input::Line | Input::Address | Input::Choice(_) => reader.text(field.name),
    }
}

/// Reports what is wrong with what is not secret; what secrets are worth is seen when they are fetched.
fn check_fields(
    reader: &Reader<'_>,
    kind: &str,
    values: &Values,
    secrets: &[(String, hob_feature::secrets::SecretSource)],
) {
    if Service::kind_of(kind).is_none() {
        let topic = values.get("topic").map(String::as_str).unwrap_or_default();
        if let Err(problem) = check_topic(topic) {
            reader.problem("topic", problem);
        }
        return;
    }
    for (field, problem) in Service::from_fields(kind, values).err().unwrap_or_default() {
        if !secrets.iter().any(|(name, _)| *name == field) {
            reader.problem(&field, problem);
        }
    }
}

/// Reads every `[[route]]`. One that cannot be used is reported and left out.
pub(crate) fn read_rules(config: &Config, problems: &Problems) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (i, reader) in config.sections("route", problems).iter().enumerate() {
        let list = |key: &str| reader.texts(key).unwrap_or_default();
        let text = RuleText {
            who: reader.text("who").unwrap_or_default(),
            severities: list("severities"),
            news: list("news"),
            kinds: list("kinds"),
            matchers: list("match"),
            hours: list("hours"),
            to: list("to"),
            then_after: reader.text("then_after").unwrap_or_default(),
            stop: reader.boolean("stop").unwrap_or_default(),
        };
        reader.finish();
        match Rule::read(&format!("hob.toml-{}", i + 1), &text) {
            Ok(rule) => rules.push(Rule { in_settings: true, ..rule }),
            Err(mistakes) => {
                for (field, problem) in mistakes {
                    reader.problem(field, problem);
                }
            }
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn problems_of(text: &str) -> (Vec<FileChannel>, Vec<Rule>, String) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        read(&config, &problems);
        let channels = read_channels(&config, &problems);
        let rules = read_rules(&config, &problems);
        let problems: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
        (channels, rules, problems.join("\n"))
    }

    /// The example with its signs of comment taken away.
    fn active(example: &str) -> String {
        let settings = example.lines().filter_map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") || rest.starts_with('[') => Some(rest),
            Some(_) => None,
            None => Some(line.trim_start_matches('#')),
        });
        settings.collect::<Vec<&str>>().join("\n")
    }

    #[test]
    fn the_examples_are_right() {
        let text = [EXAMPLE, CHANNELS_EXAMPLE, ROUTES_EXAMPLE].map(active).join("\n");
        let (channels, rules, problems) = problems_of(&text);
        assert_eq!(problems, "");
        assert_eq!((channels.len(), rules.len()), (1, 1));
        assert_eq!(channels[0].secrets.len(), 1);
        assert!(rules[0].in_settings);
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let (channels, rules, problems) = problems_of(
            "[notify]\naddress = \"hob\"\ntopic = \"a b\"\n\
             [[channel]]\nname = \"own\"\nkind = \"gotify\"\nserver = \"nothing\"\ntoken = \"x\"\n\
             [[channel]]\nname = \"x\"\nkind = \"pigeon\"\n\
             [[route]]\nto = []\nseverities = [\"bad\"]\ncolour = \"red\"\n",
        );
        assert_eq!((channels.len(), rules.len()), (1, 0));
        for words in [
            "hob.toml:2: notify.address: write how people reach Hob",
            "hob.toml:3: notify.topic: A topic consists",
            "channel[1].name: “own” means something else",
            "channel[1].server",
            "channel[1].token: secrets do not belong",
            "channel[2].kind: there is no such kind of channel; there are push,",
            "route[1].to: Say through which channel",
            "route[1].severities: “bad” is no severity",
            "route[1].colour: there is no such setting",
        ] {
            assert!(problems.contains(words), "{words}\n{problems}");
        }
    }
}
