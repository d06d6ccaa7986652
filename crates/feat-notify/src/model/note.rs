//! News in the words of channels and of the push server.

use super::news::{Kind, News};
use channels::{Note, Severity, State};
use hob_base::{Level, Timestamp};
use hob_feature::PushMessage;
use jiff::tz::TimeZone;

/// The longest part of a hub's name in keys.
const HUB_MAX: usize = 24;

/// What messages are made with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    /// How people reach Hob: `http://nas:4620`, without a slash at its end.
    pub(crate) site: &'a str,
    /// This hub's name, so that two of them can use one service.
    pub(crate) hub: &'a str,
    /// In which people are told the time.
    pub(crate) zone: &'a TimeZone,
}

impl Pen<'_> {
    /// What all news of one incident share.
    pub(crate) fn thread(&self, news: &News) -> Option<String> {
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        let hub: String = self.hub.chars().filter(plain).take(HUB_MAX).collect();
        news.incident.map(|id| format!("hob-{hub}-incident-{id}"))
    }

    /// The sentences, with those that were to be told before.
    fn body(&self, news: &News) -> String {
        let Some(untold) = &news.untold else { return news.body.clone() };
        let at = untold.at.date_time(self.zone);
        let lead = if news.kind == Kind::Closed {
            format!("Of {at}, and not delivered before")
        } else {
            format!("Not delivered before, of {at}")
        };
        format!("{}\n{lead}: {}. {}", news.body, untold.title, untold.body)
    }

    fn link(&self, news: &News) -> Option<String> {
        (!news.path.is_empty()).then(|| format!("{}{}", self.site, news.path))
    }

    /// For a channel. `dedupe` is the key of the delivery to it.
    pub(crate) fn note(&self, news: &News, dedupe: &str) -> Note {
        Note {
            title: news.title.clone(),
            body: self.body(news),
            severity: severity(news),
            state: state(news.kind),
            link: self.link(news),
            links: Vec::new(),
            thread: self.thread(news),
            tags: news.subject.iter().map(|subject| subject.kind().to_owned()).collect(),
            at: jiff_time(news.at),
            dedupe: format!("hob/{}/{dedupe}", self.hub),
        }
    }

    /// For the built-in push server.
    pub(crate) fn push(&self, news: &News, topic: &str) -> PushMessage {
        let (priority, tag) = match (news.kind, news.severity) {
            (Kind::Closed, _) => (3, "white_check_mark"),
            (Kind::Digest, _) => (2, "clipboard"),
            (Kind::Test, _) => (3, "bell"),
            (_, Level::Critical) => (5, "rotating_light"),
            _ => (4, "warning"),
        };
        PushMessage {
            topic: topic.to_owned(),
            title: news.title.clone(),
            message: self.body(news),
            priority,
            tags: vec![tag.to_owned()],
            click: self.link(news),
            links: Vec::new(),
            markdown: false,
            sequence_id: self.thread(news),
        }
    }
}

/// What was told is shown as it is.
pub(crate) fn jiff_time(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

const fn severity(news: &News) -> Severity {
    match (news.kind, news.severity) {
        (Kind::Closed | Kind::Digest | Kind::Test, _) => Severity::Info,
        (_, Level::Critical) => Severity::Critical,
        _ => Severity::Warning,
    }
}

const fn state(kind: Kind) -> State {
    match kind {
        Kind::Opened => State::Open,
        Kind::Changed => State::Changed,
        Kind::Reminder | Kind::Escalated => State::Reminder,
        Kind::Closed => State::Resolved,
        Kind::Digest => State::Digest,
        Kind::Test => State::Test,
    }
}

/// What a test says.
pub(crate) fn test_news(channel: &str, who: &str, now: Timestamp) -> News {
    News {
        key: format!("test/{}", now.millis()),
        kind: Kind::Test,
        at: now,
        incident: None,
        severity: Level::Ok,
        title: "This is a test of Hob".to_owned(),
        body: format!("{who} tries the channel “{channel}”. Nothing is wrong."),
        path: "/notifications".to_owned(),
        to: None,
        subject: None,
        untold: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::IncidentId;

    const PEN: Pen<'static> = Pen { site: "http://nas:4620", hub: "nas/1.home", zone: &TimeZone::UTC };

    fn news(kind: Kind) -> News {
        News {
            kind,
            incident: Some(IncidentId(7)),
            severity: Level::Critical,
            path: "/incidents/7".into(),
            ..test_news("x", "anna", Timestamp::from_millis(0))
        }
    }

    #[test]
    fn all_news_of_an_incident_share_a_thread_that_any_service_takes() {
        let opened = PEN.note(&news(Kind::Opened), "k");
        let closed = PEN.push(&news(Kind::Closed), "hob");
        assert_eq!(opened.thread.as_deref(), Some("hob-nas1home-incident-7"));
        assert_eq!(opened.thread, closed.sequence_id);
        assert_eq!(opened.link.as_deref(), Some("http://nas:4620/incidents/7"));
        assert_eq!((opened.severity, opened.state), (Severity::Critical, State::Open));
        assert_eq!((closed.priority, closed.tags[0].as_str()), (3, "white_check_mark"));
        assert_eq!(opened.dedupe, "hob/nas/1.home/k");
    }

    #[test]
    fn a_test_is_heard_as_news_are() {
        let test = test_news("Phone", "anna", Timestamp::from_millis(0));
        assert_eq!(
            (PEN.note(&test, "k").state, PEN.note(&test, "k").severity),
            (State::Test, Severity::Info)
        );
        assert_eq!(PEN.push(&test, "hob").priority, 3);
    }

    #[test]
    fn what_was_not_told_in_time_is_told_with_what_came_after() {
        let opened =
            News { title: "The disk is full".into(), body: "No byte is left.".into(), ..news(Kind::Opened) };
        let closed = News { body: "Everything is well again.".into(), ..news(Kind::Closed) }.after(&opened);
        assert_eq!(
            PEN.note(&closed, "k").body,
            "Everything is well again.\nOf 1 Jan 1970, 00:00, and not delivered before: The disk is full. No byte is left."
        );
    }
}
