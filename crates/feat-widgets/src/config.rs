//! The tables `[[clock]]`, `[[weather]]`, `[[calendar]]` and `[[feed]]` of `hob.toml`.

use hob_feature::config::Reader;
use hob_feature::secrets::SecretSource;
use hob_feature::{Config, ConfigSection, Problems};
use http_probe::Url;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::Duration;

/// How many tables of each kind are read.
const WIDGETS_MAX: usize = 20;
/// Whom to ask for the weather when nothing else is said.
const OPEN_METEO: &str = "https://api.open-meteo.com";

/// A clock.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clock {
    pub(crate) name: Option<String>,
    pub(crate) zone: Option<TimeZone>,
    pub(crate) seconds: bool,
}

/// The weather of a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weather {
    pub(crate) name: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) imperial: bool,
    pub(crate) server: String,
}

/// Where a calendar or news are had from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    /// An address.
    Url(String),
    /// An address that is itself a secret, as those of private calendars are.
    Secret(SecretSource),
    /// A file of this machine.
    File(PathBuf),
}

/// A calendar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calendar {
    pub(crate) name: Option<String>,
    pub(crate) place: Place,
    pub(crate) days: i64,
}

/// News.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Feed {
    pub(crate) name: Option<String>,
    pub(crate) place: Place,
    pub(crate) entries: usize,
    pub(crate) every: Duration,
}

/// Everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Widgets {
    pub(crate) clocks: Vec<Clock>,
    pub(crate) weather: Vec<Weather>,
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) feeds: Vec<Feed>,
}

pub(crate) const CLOCK: ConfigSection = ConfigSection {
    key: "clock",
    check: |config, problems| drop(clocks(config, problems)),
    example: r#"# A clock on the home page; several for several zones.
# [[clock]]
# name = "Lisbon"                       # what stands above it; empty for none
# zone = "Europe/Lisbon"                # empty: the zone of this machine
# seconds = false
"#,
};

pub(crate) const WEATHER: ConfigSection = ConfigSection {
    key: "weather",
    check: |config, problems| drop(weather(config, problems)),
    example: r#"# The weather on the home page. Asked every half hour, of Open-Meteo unless you run a server of it yourself.
# [[weather]]
# name = "Home"
# latitude = 52.52
# longitude = 13.41
# units = "metric"                      # or imperial
# server = "https://api.open-meteo.com"
"#,
};

pub(crate) const CALENDAR: ConfigSection = ConfigSection {
    key: "calendar",
    check: |config, problems| drop(calendars(config, problems)),
    example: r#"# The next appointments on the home page, out of calendar files (ICS). All calendars share one card.
# [[calendar]]
# name = "Family"                       # empty: what the calendar calls itself
# url = "https://cloud.example.org/family.ics"   # or { file = "/run/secrets/ics" }, { env = "…" } for an address that is secret
#   file = "/srv/calendars/bins.ics"    # instead of url: a file of this machine
# days = 14                             # how far ahead, 1 to 60
"#,
};

pub(crate) const FEED: ConfigSection = ConfigSection {
    key: "feed",
    check: |config, problems| drop(feeds(config, problems)),
    example: r#"# News on the home page: RSS, Atom or JSON Feed.
# [[feed]]
# name = "Releases"                     # empty: what the feed calls itself
# url = "https://example.org/feed.xml"  # or { file = "…" }, { env = "…" } for an address that is secret
# entries = 6                           # 1 to 20
# every = "30m"                         # how often to ask, 5m to 24h
"#,
};

/// Reads all four. What is wrong goes to `problems` and is left out.
pub(crate) fn read(config: &Config, problems: &Problems) -> Widgets {
    Widgets {
        clocks: clocks(config, problems),
        weather: weather(config, problems),
        calendars: calendars(config, problems),
        feeds: feeds(config, problems),
    }
}

fn clocks(config: &Config, problems: &Problems) -> Vec<Clock> {
    each(config, "clock", problems, |reader| {
        let zone = |name: &str| {
            TimeZone::get(name)
                .map_err(|_| format!("“{name}” is no zone that this machine knows, such as Europe/Lisbon"))
        };
        Some(Clock {
            name: reader.text("name").filter(|name| !name.is_empty()),
            zone: reader.parsed("zone", zone),
            seconds: reader.boolean("seconds").unwrap_or(false),
        })
    })
}

fn weather(config: &Config, problems: &Problems) -> Vec<Weather> {
    each(config, "weather", problems, |reader| {
        let units = |text: &str| match text {
            "metric" => Ok(false),
            "imperial" => Ok(true),
            _ => Err(format!("“{text}” is not known: it is metric or imperial")),
        };
        let imperial = reader.parsed("units", units).unwrap_or(false);
        let server = reader.parsed("server", web_address).unwrap_or_else(|| OPEN_METEO.to_owned());
        let name = reader.required_text("name", "name = \"Home\"");
        let (latitude, longitude) =
            (reader.number("latitude", -90.0..=90.0), reader.number("longitude", -180.0..=180.0));
        if latitude.is_none() || longitude.is_none() {
            reader.problem(
                "latitude",
                "the place needs both, for example latitude = 52.52 and longitude = 13.41",
            );
        }
        Some(Weather { name: name?, latitude: latitude?, longitude: longitude?, imperial, server })
    })
}

fn calendars(config: &Config, problems: &Problems) -> Vec<Calendar> {
    each(config, "calendar", problems, |reader| {
        let name = reader.text("name").filter(|name| !name.is_empty());
        let days = reader.integer("days", 1..=60).unwrap_or(14);
        let file = reader.text("file").map(PathBuf::from).map(Place::File);
        if file.is_some() && reader.text_or_secret("url").is_some() {
            reader.problem("url", "a calendar has either url or file");
        }
        let place = file.or_else(|| address(reader));
        if place.is_none() {
            reader.problem("url", "a calendar needs url = \"https://…\" or file = \"/…/x.ics\"");
        }
        Some(Calendar { name, place: place?, days })
    })
}

fn feeds(config: &Config, problems: &Problems) -> Vec<Feed> {
    each(config, "feed", problems, |reader| {
        let name = reader.text("name").filter(|name| !name.is_empty());
        let entries = reader.integer("entries", 1..=20).and_then(|n| usize::try_from(n).ok()).unwrap_or(6);
        let day = Duration::from_secs(86_400);
        let every = reader.duration("every", Duration::from_secs(300)..=day);
        let place = address(reader);
        if place.is_none() {
            reader.problem("url", "a feed needs url = \"https://…\"");
        }
        Some(Feed { name, place: place?, entries, every: every.unwrap_or(Duration::from_secs(1800)) })
    })
}

fn each<T>(
    config: &Config,
    key: &str,
    problems: &Problems,
    read: impl Fn(&Reader<'_>) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for (number, reader) in config.sections(key, problems).iter().enumerate() {
        if number == WIDGETS_MAX {
            reader.problem("", format!("there may be at most {WIDGETS_MAX} of these"));
        } else if number < WIDGETS_MAX {
            found.extend(read(reader));
        }
        reader.finish();
    }
    found
}

fn address(reader: &Reader<'_>) -> Option<Place> {
    match reader.text_or_secret("url")? {
        Ok(text) => match web_address(&text) {
            Ok(url) => Some(Place::Url(url)),
            Err(problem) => {
                reader.problem("url", problem);
                None
            }
        },
        Err(secret) => Some(Place::Secret(secret)),
    }
}

/// `https://…`; calendars are also handed around as `webcal://…`, which means the same.
pub(crate) fn web_address(text: &str) -> Result<String, String> {
    let text = text.trim();
    let url = match text.strip_prefix("webcal://") {
        Some(rest) => format!("https://{rest}"),
        None => text.to_owned(),
    };
    match Url::parse(&url) {
        Ok(_) => Ok(url.trim_end_matches('/').to_owned()),
        Err(error) => Err(format!("this is no address of the web: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Widgets, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let widgets = read(&config, &problems);
        (widgets, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_examples_are_right_once_their_comment_signs_are_taken_away() {
        let examples = [CLOCK, WEATHER, CALENDAR, FEED].map(|section| section.example);
        let text: String = examples
            .iter()
            .flat_map(|example| example.lines().skip(1))
            // A calendar has either an address or a file.
            .filter(|line| !line.contains("file = \"/srv"))
            .map(|line| format!("{}\n", line.trim_start_matches("# ")))
            .collect();
        let (widgets, problems) = read_text(&text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(widgets.weather[0].server, OPEN_METEO);
        assert_eq!(widgets.calendars[0].days, 14);
        assert_eq!(widgets.feeds[0].entries, 6);
        assert_eq!(widgets.clocks[0].zone.as_ref().and_then(TimeZone::iana_name), Some("Europe/Lisbon"));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let (widgets, problems) = read_text(
            "[[clock]]\nzone = \"Mars/Base\"\n[[weather]]\nname = \"x\"\nlatitude = 100.0\n[[calendar]]\nname = \"x\"\n\
             [[feed]]\nurl = \"ftp://x\"\n[[calendar]]\nurl = \"webcal://example.org/x.ics\"\nfeel = 1\n",
        );
        assert_eq!(problems.len(), 7, "{problems:#?}");
        assert!(problems.iter().any(|p| p.contains("Europe/Lisbon")), "{problems:?}");
        assert!(problems.iter().any(|p| p.contains("a calendar needs url")), "{problems:?}");
        assert_eq!(widgets.calendars[0].place, Place::Url("https://example.org/x.ics".to_owned()));
        assert!(widgets.feeds.is_empty() && widgets.weather.is_empty());
    }
}
