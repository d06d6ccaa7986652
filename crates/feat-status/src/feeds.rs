//! What programs read of a page: Atom (RFC 4287), RSS 2.0, the summary in the manner of Statuspage, and badges as SVG.

use crate::model::page::Announcement;
use crate::model::public::{PublicIncident, PublicPage, State, opaque};
use hob_base::Timestamp;
use hob_base::units::Percent;
use hob_base::wording::{duration_words, listed};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One piece of news.
struct News {
    key: String,
    title: String,
    text: String,
    published: Timestamp,
    updated: Timestamp,
}

/// Incidents and announcements, the newest first. What is ahead is news already.
fn news(view: &PublicPage) -> Vec<News> {
    let said = view.announcements.iter().map(|said| News {
        key: opaque(&view.key, &said.id),
        title: said.title.clone(),
        text: said.text.clone(),
        published: said.from.min(view.at),
        updated: said.to.filter(|to| *to <= view.at).unwrap_or(said.from.min(view.at)),
    });
    let mut all: Vec<News> = view.incidents.iter().map(incident_news).chain(said).collect();
    all.sort_by_key(|news| std::cmp::Reverse(news.updated));
    all
}

fn incident_news(incident: &PublicIncident) -> News {
    let mut text = match incident.ended {
        Some(ended) => format!("It lasted {} and is over.", duration_words(ended.since(incident.began))),
        None => "It goes on.".to_owned(),
    };
    for (name, reason) in &incident.reasons {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{name}: {reason}");
    }
    News {
        key: incident.key.clone(),
        title: incident.title.clone(),
        text,
        published: incident.began,
        updated: incident.ended.unwrap_or(incident.began),
    }
}

/// Text within XML: markup is escaped, what XML 1.0 does not allow is left out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// The Atom feed. `url` is the address of the page.
pub(crate) fn atom(view: &PublicPage, url: &str) -> String {
    let news = news(view);
    let updated = news.iter().map(|news| news.updated).max().unwrap_or(view.at);
    let (title, link) = (escape(&view.title), escape(url));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>urn:uuid:{page}</id>\n<title>{title}</title>\n<updated>{}</updated>\n<author><name>{title}</name></author>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{link}/feed.atom\"/>\n",
        updated.rfc3339(),
        page = view.key,
    );
    for news in &news {
        let _ = write!(
            out,
            "<entry>\n<id>urn:uuid:{}</id>\n<title>{}</title>\n<published>{}</published>\n<updated>{}</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/>\n<content type=\"text\">{}</content>\n</entry>\n",
            news.key,
            escape(&news.title),
            news.published.rfc3339(),
            news.updated.rfc3339(),
            escape(&news.text),
        );
    }
    out.push_str("</feed>\n");
    out
}

/// The RSS feed.
pub(crate) fn rss(view: &PublicPage, url: &str) -> String {
    let (title, link) = (escape(&view.title), escape(url));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n\
         <title>{title}</title>\n<link>{link}</link>\n<description>{}.</description>\n<ttl>1</ttl>\n\
         <atom:link rel=\"self\" type=\"application/rss+xml\" href=\"{link}/feed.rss\"/>\n",
        escape(&view.sentence.words),
    );
    for news in news(view) {
        let _ = write!(
            out,
            "<item>\n<title>{}</title>\n<link>{link}</link>\n<guid isPermaLink=\"false\">urn:uuid:{}</guid>\n\
             <pubDate>{}</pubDate>\n<description>{}</description>\n</item>\n",
            escape(&news.title),
            news.key,
            mail_date(news.published),
            escape(&news.text),
        );
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

/// A time as RSS wants it (RFC 822 with the year in four digits).
fn mail_date(at: Timestamp) -> String {
    at.zoned(&TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The summary, in the form of Statuspage's `summary.json`. It knows no word for what is unknown; ours is `unknown`.
pub(crate) fn summary(view: &PublicPage, url: &str, zone: &TimeZone) -> Value {
    let page = view.key.as_str();
    let at = view.at.rfc3339();
    let components: Vec<Value> = view
        .entries
        .iter()
        .enumerate()
        .map(|(i, entry)| {
            json!({
                "id": entry.key,
                "name": entry.name,
                "status": entry.state.component(),
                "updated_at": entry.since.map(Timestamp::rfc3339),
                "position": i + 1,
                "description": entry.reason,
                "group": false,
                "group_id": (!entry.group.is_empty()).then(|| opaque(page, &format!("group {}", entry.group))),
                "group_name": (!entry.group.is_empty()).then_some(entry.group.as_str()),
                "uptime_30d": entry.uptime.0,
                "uptime_90d": entry.uptime.1,
                "page_id": page,
            })
        })
        .collect();
    let open = view.incidents.iter().filter(|incident| incident.ended.is_none());
    json!({
        "page": {
            "id": page,
            "name": view.title,
            "url": url,
            "time_zone": zone.iana_name().unwrap_or("Etc/UTC"),
            "updated_at": at,
        },
        "status": { "indicator": indicator(view), "description": format!("{}.", view.sentence.words) },
        "components": components,
        "incidents": open.map(|incident| tell_incident(view, incident, url)).collect::<Vec<_>>(),
        "scheduled_maintenances": maintenances(view, url),
    })
}

/// The word of Statuspage for the whole.
fn indicator(view: &PublicPage) -> &'static str {
    let down = view.entries.iter().filter(|entry| entry.state == State::Down).count();
    match view.state {
        State::Works => "none",
        State::Maintenance => "maintenance",
        State::Unknown | State::Limited => "minor",
        State::Down if down == view.entries.len() => "critical",
        State::Down => "major",
    }
}

fn tell_incident(view: &PublicPage, incident: &PublicIncident, url: &str) -> Value {
    let impact = match incident.state {
        State::Down => "major",
        State::Limited => "minor",
        _ => "none",
    };
    let touched: Vec<Value> = incident
        .entries
        .iter()
        .filter_map(|i| view.entries.get(*i))
        .map(|entry| json!({ "id": entry.key, "name": entry.name, "status": entry.state.component() }))
        .collect();
    json!({
        "id": incident.key,
        "name": incident.title,
        "status": if incident.ended.is_some() { "resolved" } else { "investigating" },
        "impact": impact,
        "created_at": incident.began.rfc3339(),
        "started_at": incident.began.rfc3339(),
        "updated_at": incident.ended.unwrap_or(incident.began).rfc3339(),
        "resolved_at": incident.ended.map(Timestamp::rfc3339),
        "shortlink": url,
        "incident_updates": [],
        "components": touched,
        "page_id": view.key,
    })
}

fn maintenances(view: &PublicPage, url: &str) -> Vec<Value> {
    let one = |key: String, name: String, text: &str, from: Timestamp, to: Option<Timestamp>| {
        json!({
            "id": key,
            "name": name,
            "body": text,
            "status": if from <= view.at { "in_progress" } else { "scheduled" },
            "impact": "maintenance",
            "scheduled_for": from.rfc3339(),
            "scheduled_until": to.map(Timestamp::rfc3339),
            "shortlink": url,
            "page_id": view.key,
        })
    };
    let said = view.announcements.iter().filter(|said| said.planned && !said.is_over(view.at));
    let said = said.map(|said: &Announcement| {
        one(opaque(&view.key, &said.id), said.title.clone(), &said.text, said.from, said.to)
    });
    let work = view.planned.iter().map(|work| {
        one(work.key.clone(), format!("Planned work on {}", listed(&work.names)), "", work.from, work.to)
    });
    said.chain(work).collect()
}

/// What a badge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Show {
    /// How it is.
    State,
    /// Up-time in the last thirty days.
    Uptime,
}

/// The badge of the whole page, or of one entry (its position from 0). `None` where there is no such entry.
pub(crate) fn badge(view: &PublicPage, entry: Option<usize>, show: Show) -> Option<String> {
    let (name, state, percent) = match entry {
        Some(i) => {
            let entry = view.entries.get(i)?;
            (entry.name.as_str(), entry.state, entry.uptime.0)
        }
        // The worst of all: a page keeps no better promise than its weakest part.
        None => {
            let worst = view.entries.iter().filter_map(|entry| entry.uptime.0).min_by(f64::total_cmp);
            (view.title.as_str(), view.state, worst)
        }
    };
    let empty = view.entries.is_empty();
    Some(match show {
        Show::State if empty => draw_badge(name, "nothing shown", UNKNOWN),
        Show::State => draw_badge(name, state.words(), colour(state)),
        Show::Uptime => match percent {
            Some(percent) => {
                draw_badge(name, &format!("{} in 30 days", Percent(percent)), share_colour(percent))
            }
            None => draw_badge(name, "up-time unknown", UNKNOWN),
        },
    })
}

// White text on each of them has a contrast of at least 4.5.
const WORKS: &str = "#237a50";
const LIMITED: &str = "#8f5a00";
const DOWN: &str = "#c8372d";
const UNKNOWN: &str = "#6a655d";
const WORK: &str = "#2563c9";

const fn colour(state: State) -> &'static str {
    match state {
        State::Works => WORKS,
        State::Maintenance => WORK,
        State::Unknown => UNKNOWN,
        State::Limited => LIMITED,
        State::Down => DOWN,
    }
}

fn share_colour(percent: f64) -> &'static str {
    match percent {
        p if p >= 99.0 => WORKS,
        p if p >= 95.0 => LIMITED,
        _ => DOWN,
    }
}

/// A flat badge of two parts. The text is fitted into its room, whatever letters the viewer has.
fn draw_badge(label: &str, message: &str, colour: &str) -> String {
    // About as wide as Verdana and DejaVu Sans at 11 px are on average; wide letters count twice.
    let width =
        |text: &str| text.chars().map(|c| if (c as u32) < 0x1100 { 68 } else { 124 }).sum::<u32>() / 10;
    let (left_text, right_text) = (width(label), width(message));
    let (left, right) = (left_text + 12, right_text + 12);
    let (all, (label, message)) = (left + right, (escape(label), escape(message)));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"20\" role=\"img\" aria-label=\"{label}: {message}\">\
         <title>{label}: {message}</title>\
         <clipPath id=\"r\"><rect width=\"{all}\" height=\"20\" rx=\"3\"/></clipPath>\
         <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"#3d3a35\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{colour}\"/></g>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\">\
         <text x=\"6\" y=\"14\" textLength=\"{left_text}\" lengthAdjust=\"spacingAndGlyphs\">{label}</text>\
         <text x=\"{}\" y=\"14\" textLength=\"{right_text}\" lengthAdjust=\"spacingAndGlyphs\">{message}</text></g></svg>",
        left + 6,
    )
}
