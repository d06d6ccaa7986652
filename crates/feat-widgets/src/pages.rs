//! View data → cards of the home page.

use crate::config::{Clock, Weather};
use crate::jobs::{Found, Shelf};
use crate::model::Fetched;
use crate::model::agenda::Day;
use crate::model::weather::{Report, words};
use hob_base::Timestamp;
use hob_base::wording::duration_words;
use hob_feature::home::CardPlace;
use hob_feature::{Ctx, HomeCard};
use maud::{Markup, html};
use web_feed::Feed;

/// Everything that the owner wrote down, in the order clocks, weather, appointments, news.
pub(crate) fn cards(ctx: &Ctx) -> Vec<HomeCard> {
    let shelf = ctx.memory.of::<Shelf>();
    let widgets = shelf.widgets(ctx);
    let found = shelf.found();
    let now = ctx.clock.now();
    let mut cards = Vec::new();
    for (n, clock) in widgets.clocks.iter().enumerate() {
        cards.push(top(format!("clock-{}", n + 1), n, clock_card(ctx, clock, now)));
    }
    for (n, place) in widgets.weather.iter().enumerate() {
        let fetched = found.weather.get(n);
        cards.push(top(format!("weather-{}", n + 1), 100 + n, weather_card(place, fetched, now)));
    }
    if !widgets.calendars.is_empty() {
        cards.push(side(
            "calendar".to_owned(),
            "Appointments".to_owned(),
            200,
            agenda_card(&found, now),
            true,
        ));
    }
    for (n, settings) in widgets.feeds.iter().enumerate() {
        let fetched = found.feeds.get(n);
        let own = fetched.and_then(|it| it.value.as_ref()).map(|(feed, _)| feed.title.clone());
        let title = settings
            .name
            .clone()
            .or(own)
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| "News".to_owned());
        let body = feed_card(fetched, settings.entries, now);
        cards.push(side(format!("feed-{}", n + 1), title, 300 + n, body, false));
    }
    cards
}

fn top(id: String, order: usize, body: Markup) -> HomeCard {
    HomeCard { id, title: String::new(), body, place: CardPlace::Top, order: number(order), wall: true }
}

fn side(id: String, title: String, order: usize, body: Markup, wall: bool) -> HomeCard {
    HomeCard { id, title, body, place: CardPlace::Side, order: number(order), wall }
}

fn number(order: usize) -> i32 {
    i32::try_from(order).unwrap_or(i32::MAX)
}

fn clock_card(ctx: &Ctx, clock: &Clock, now: Timestamp) -> Markup {
    let zone = clock.zone.as_ref().unwrap_or(&ctx.zone);
    let here = now.zoned(zone);
    let (form, shape) = if clock.seconds { ("%H:%M:%S", "HH:MM:SS") } else { ("%H:%M", "HH:MM") };
    html! {
        p.widget-main {
            time.widget-figure data-clock=(shape) data-zone=[zone.iana_name()] { (here.strftime(form).to_string()) }
            span.widget-words {
                @if let Some(name) = &clock.name { strong { (name) } }
                time data-clock="day" data-zone=[zone.iana_name()] { (here.strftime("%A %-d %B").to_string()) }
            }
        }
    }
}

fn weather_card(place: &Weather, fetched: Option<&Fetched<Report>>, now: Timestamp) -> Markup {
    let degrees = |value: f64| format!("{}°", if value.round() == 0.0 { 0.0 } else { value.round() });
    let Some(report) = fetched.and_then(|it| it.value.as_ref()).map(|(report, _)| report) else {
        let waiting = format!("The weather of {} is being asked for.", place.name);
        return html! { p.muted { (fetched.and_then(|it| it.trouble.as_ref()).map_or(waiting, |trouble| format!("{}: no weather. {trouble}", place.name))) } };
    };
    let (symbol, sky) = words(report.code, report.is_day);
    let speed = if place.imperial { "mph" } else { "km/h" };
    html! {
        p.widget-main {
            span.widget-figure { span aria-hidden="true" { (symbol) } " " (degrees(report.temperature)) }
            span.widget-words {
                strong { (place.name) }
                span { (sky) @if let Some(wind) = report.wind { ", wind " (wind.round()) " " (speed) } }
            }
        }
        ul.widget-days {
            @for (n, day) in report.days.iter().enumerate() {
                @let (symbol, sky) = words(day.code, true);
                li {
                    span.muted { @if n == 0 { "Today" } @else { (day.date.strftime("%a").to_string()) } }
                    span role="img" aria-label=(sky) title=(sky) { (symbol) }
                    span { (degrees(day.high)) " " span.muted { (degrees(day.low)) } }
                    @if let Some(rain) = day.rain_percent.filter(|rain| *rain >= 30.0) { span.muted title="chance of rain or snow" { (rain.round()) " %" } }
                }
            }
        }
        (remark(fetched, now))
    }
}

fn agenda_card(found: &Found, now: Timestamp) -> Markup {
    let waiting = found.calendars.is_empty()
        || found.calendars.iter().any(|it| it.value.is_none() && it.trouble.is_none());
    html! {
        @if found.agenda.is_empty() {
            p.muted { @if waiting { "The calendars are being read." } @else { "Nothing is planned." } }
        }
        @for day in &found.agenda { (agenda_day(day)) }
        @for calendar in &found.calendars { (remark(Some(calendar), now)) }
    }
}

fn agenda_day(day: &Day) -> Markup {
    html! {
        section.widget-day {
            h4 { (day.heading) }
            ul.widget-list {
                @for entry in &day.entries {
                    li {
                        span.widget-time { (entry.time) }
                        span {
                            @match &entry.url {
                                Some(url) => a href=(url) rel="noreferrer" { (entry.summary) },
                                None => (entry.summary),
                            }
                            @if !entry.location.is_empty() { span.muted { ", " (entry.location) } }
                            @if let Some(calendar) = &entry.calendar { span.muted { " · " (calendar) } }
                        }
                    }
                }
            }
        }
    }
}

fn feed_card(fetched: Option<&Fetched<Feed>>, entries: usize, now: Timestamp) -> Markup {
    let feed = fetched.and_then(|it| it.value.as_ref()).map(|(feed, _)| feed);
    let is_asked = fetched.is_none_or(|it| it.trouble.is_none());
    html! {
        @match feed {
            Some(feed) if feed.entries.is_empty() => p.muted { "There is no news." },
            Some(feed) => ul.widget-list {
                @for entry in feed.entries.iter().take(entries) {
                    li {
                        @match &entry.link {
                            Some(link) => a href=(link) rel="noreferrer" { (entry.title) },
                            None => span { (entry.title) },
                        }
                        @if let Some(at) = entry.at_ms { " " span.muted { (age(Timestamp::from_millis(at), now)) } }
                    }
                }
            },
            None if is_asked => p.muted { "The news are being fetched." },
            None => {}
        }
        (remark(fetched, now))
    }
}

/// How long ago, in whole units, so that the card does not change every minute.
fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_secs();
    match seconds {
        _ if at > now => String::new(),
        0..3600 => "just now".to_owned(),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => duration_words(std::time::Duration::from_secs(seconds / 86_400 * 86_400)),
    }
}

fn remark<T>(fetched: Option<&Fetched<T>>, now: Timestamp) -> Markup {
    html! { @if let Some(text) = fetched.and_then(|it| it.remark(now)) { p.muted.widget-remark { (text) } } }
}
