//! What somebody wants to hear: from when on, and which messages.

use crate::message::{Event, Message, is_message_id};
use crate::params::Params;
use crate::publish::parse_priority;
use crate::refusal::{self, Refusal};
use crate::text::cut;
use http::HeaderMap;

/// From when on messages are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// All that are kept.
    All,
    /// None that are kept, only new ones.
    None,
    /// The last one of each topic.
    Latest,
    /// Those from this second on (since 1970).
    Time(i64),
    /// Those after the message of this id.
    Id(String),
}

/// Which messages are wanted; empty fields let all through. It is only asked of [`crate::Event::Message`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The one with this id.
    pub id: String,
    /// Those with exactly this text.
    pub message: String,
    /// Those with exactly this headline.
    pub title: String,
    /// Those of one of these priorities.
    pub priorities: Vec<u8>,
    /// Those with all of these tags.
    pub tags: Vec<String>,
}

impl Filter {
    /// Whether a subscriber with this filter gets the message.
    #[must_use]
    pub fn passes(&self, message: &Message) -> bool {
        let same = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        let priority = if message.priority == 0 { 3 } else { message.priority };
        message.event != Event::Message
            || same(&self.id, &message.id)
                && same(&self.message, &message.message)
                && same(&self.title, &message.title)
                && (self.priorities.is_empty() || self.priorities.contains(&priority))
                && self.tags.iter().all(|tag| message.tags.contains(tag))
    }
}

/// What a subscription asks for beside its topics and format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeRequest {
    /// Whether the connection ends after what is kept.
    pub poll: bool,
    /// From when on.
    pub since: Since,
    /// Whether messages that are to be delivered later are wanted, too.
    pub scheduled: bool,
    /// Which.
    pub filter: Filter,
}

impl SubscribeRequest {
    /// Reads headers and query (what stands after the `?`, still encoded). `now` in seconds since 1970.
    ///
    /// # Errors
    ///
    /// 40007 for a priority, 40008 for the time.
    pub fn from_http(headers: &HeaderMap, query: &str, now: i64) -> Result<Self, Refusal> {
        let params = Params::new(headers, query);
        let poll = params.flag(false, &["x-poll", "poll", "po"]);
        let text = |names: &[&str]| cut(&params.read(names), TEXT_BYTES).to_owned();
        let priorities = params.list(LIST_MAX, &["x-priority", "priority", "prio", "p"]);
        Ok(Self {
            poll,
            since: since(&params.read(&["x-since", "since", "si"]), poll, now)?,
            scheduled: params.flag(false, &["x-scheduled", "scheduled", "sched"]),
            filter: Filter {
                id: text(&["x-id", "id"]),
                message: text(&["x-message", "message", "m"]),
                title: text(&["x-title", "title", "ti", "t"]),
                priorities: priorities.iter().map(|word| parse_priority(word)).collect::<Result<_, _>>()?,
                tags: params.list(LIST_MAX, &["x-tags", "tags", "tag", "ta"]),
            },
        })
    }
}

/// The most tags or priorities that a filter names.
const LIST_MAX: usize = 50;

/// The longest text that a filter compares with; no message is longer.
const TEXT_BYTES: usize = 4096;

/// From when on: `all`, `none`, `latest`, the id of a message, seconds since 1970, or a length of time back.
fn since(text: &str, poll: bool, now: i64) -> Result<Since, Refusal> {
    match text {
        "" if poll => Ok(Since::All),
        "" | "none" => Ok(Since::None),
        "all" => Ok(Since::All),
        "latest" => Ok(Since::Latest),
        id if is_message_id(id) => Ok(Since::Id(id.to_owned())),
        text => match text.parse() {
            Ok(seconds) => Ok(Since::Time(seconds)),
            Err(_) => crate::delay::duration(text)
                .map(|back| Since::Time(now.saturating_sub(back.as_secs())))
                .ok_or(refusal::SINCE_INVALID),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<SubscribeRequest, Refusal> {
        SubscribeRequest::from_http(&HeaderMap::new(), query, 1_000_000)
    }

    #[test]
    fn since_when() {
        let table = [
            ("", Since::None),
            ("poll=1", Since::All),
            ("poll=1&since=none", Since::None),
            ("since=all", Since::All),
            ("si=latest", Since::Latest),
            ("since=1635528757", Since::Time(1_635_528_757)),
            ("since=10m", Since::Time(999_400)),
            ("since=1h30m", Since::Time(994_600)),
            ("since=1+day", Since::Time(913_600)),
            ("since=nFS3knfcQ1xe", Since::Id("nFS3knfcQ1xe".into())),
            // Twelve digits are an id, as in ntfy.
            ("since=123456789012", Since::Id("123456789012".into())),
            ("since=-5", Since::Time(-5)),
        ];
        for (query, since) in table {
            assert_eq!(read(query).unwrap().since, since, "{query}");
        }
        for query in ["since=yesterday", "since=INVALID", "since=nFS3knfcQ1", "since=%00"] {
            assert_eq!(read(query).unwrap_err(), refusal::SINCE_INVALID, "{query}");
        }
    }

    #[test]
    fn parameters_have_short_names_and_headers() {
        let request = read("po=1&sched=true&id=abc&m=Disk%20full&t=Alert&p=high,5&ta=a,+b,,").unwrap();
        assert!(request.poll && request.scheduled);
        let filter = Filter {
            id: "abc".into(),
            message: "Disk full".into(),
            title: "Alert".into(),
            priorities: vec![4, 5],
            tags: vec!["a".into(), "b".into()],
        };
        assert_eq!(request.filter, filter);
        let mut headers = HeaderMap::new();
        headers.insert("x-poll", "yes".parse().unwrap());
        // What browsers send beside an EventSource.
        headers.insert("priority", "u=1, i".parse().unwrap());
        let request = SubscribeRequest::from_http(&headers, "poll=0", 0).unwrap();
        assert!(request.poll);
        assert_eq!(request.filter, Filter::default());
        assert_eq!(read("p=6").unwrap_err(), refusal::PRIORITY_INVALID);
    }

    #[test]
    fn a_filter_lets_through_what_fits_in_everything() {
        let tags = vec!["a".to_owned(), "b".to_owned()];
        let message =
            Message { id: "x".into(), message: "m".into(), title: "t".into(), tags, ..Message::default() };
        for query in
            ["", "id=x", "m=m", "t=t", "p=3", "p=1,default", "ta=a", "ta=b,a", "id=x&m=m&t=t&p=3&ta=a"]
        {
            assert!(read(query).unwrap().filter.passes(&message), "{query}");
        }
        for query in ["id=y", "m=mm", "t=T", "p=4", "ta=c", "ta=a,c", "id=x&p=1"] {
            let filter = read(query).unwrap().filter;
            assert!(!filter.passes(&message), "{query}");
            let keepalive = Message { event: Event::Keepalive, ..message.clone() };
            assert!(filter.passes(&keepalive), "{query}");
        }
    }
}
