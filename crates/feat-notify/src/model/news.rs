//! What is to be told, whatever brought it about: a notice of the judge, a digest, a test.

use hob_base::{IncidentId, Level, ResourceId, Timestamp};
use hob_feature::{Notice, NoticeKind};
use serde::{Deserialize, Serialize};

/// What kind of news it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Something broke.
    Opened,
    /// It is worse, or its cause is another.
    Changed,
    /// It still goes on.
    Reminder,
    /// Nobody took care.
    Escalated,
    /// It is over.
    Closed,
    /// What happened in a day or a week.
    Digest,
    /// Somebody tries a channel.
    Test,
}

impl Kind {
    /// Those that rules can choose among.
    pub(crate) const RULED: [Self; 5] =
        [Self::Opened, Self::Changed, Self::Reminder, Self::Escalated, Self::Closed];

    /// The word in settings and tables.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Reminder => "reminder",
            Self::Escalated => "escalated",
            Self::Closed => "closed",
            Self::Digest => "digest",
            Self::Test => "test",
        }
    }
}

impl From<NoticeKind> for Kind {
    fn from(kind: NoticeKind) -> Self {
        match kind {
            NoticeKind::Opened => Self::Opened,
            NoticeKind::Changed => Self::Changed,
            NoticeKind::Reminder => Self::Reminder,
            NoticeKind::Escalated => Self::Escalated,
            NoticeKind::Closed => Self::Closed,
        }
    }
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct News {
    /// What it is about, whoever it is for: `incident/12/3`. People who are told the same share it.
    pub(crate) key: String,
    /// What kind of news it is.
    pub(crate) kind: Kind,
    /// When it was decided.
    pub(crate) at: Timestamp,
    /// About which incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) incident: Option<IncidentId>,
    /// How bad it is.
    pub(crate) severity: Level,
    /// A headline without a full stop.
    pub(crate) title: String,
    /// A few sentences.
    pub(crate) body: String,
    /// The page in Hob.
    pub(crate) path: String,
    /// Whom it is for; `None`: whoever listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<ResourceId>,
    /// What was to be told before it and never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) untold: Option<Box<Untold>>,
}

/// Earlier news that did not get through in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Untold {
    /// When it was decided.
    pub(crate) at: Timestamp,
    /// Its headline.
    pub(crate) title: String,
    /// Its sentences.
    pub(crate) body: String,
}

impl News {
    /// What a notice says, about this resource where that is known.
    pub(crate) fn of(notice: &Notice, subject: Option<ResourceId>) -> Self {
        Self {
            key: shared_key(&notice.key, notice.to.as_deref()),
            kind: notice.kind.into(),
            at: notice.at,
            incident: notice.incident,
            severity: notice.severity,
            title: notice.title.clone(),
            body: notice.body.clone(),
            path: notice.path.clone(),
            to: notice.to.clone(),
            subject,
            untold: None,
        }
    }

    /// The same news with what was to be told before it. One message then says both.
    pub(crate) fn after(mut self, earlier: &Self) -> Self {
        self.untold = earlier.untold.clone().or_else(|| {
            let Self { at, title, body, .. } = earlier;
            Some(Box::new(Untold { at: *at, title: title.clone(), body: body.clone() }))
        });
        self
    }
}

/// The key of a notice without the person at its end.
fn shared_key(key: &str, to: Option<&str>) -> String {
    let person = to.unwrap_or("everybody");
    let shared = key.strip_suffix(person).and_then(|rest| rest.strip_suffix('/'));
    shared.filter(|rest| !rest.is_empty()).unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_who_are_told_the_same_share_a_key() {
        assert_eq!(shared_key("incident/12/3/anna", Some("anna")), "incident/12/3");
        assert_eq!(shared_key("incident/12/3/everybody", None), "incident/12/3");
        assert_eq!(shared_key("incident/12/3/a/b", Some("a/b")), "incident/12/3");
        assert_eq!(shared_key("other", None), "other");
        assert_eq!(shared_key("/everybody", None), "/everybody");
    }
}
