//! Silences in Alertmanager's words: their states and order, and what posting one means (`silence.go`, `Set`).

use super::wire::{PostedMatcher, PostedSilence};
use hob_base::silence::Matcher;
use hob_base::wording::tidy;
use hob_base::{Silence, Timestamp};

/// The most matchers of a posted silence.
const MATCHERS_MAX: usize = 50;
/// The longest comment in characters; what is longer is cut.
const COMMENT_CHARS_MAX: usize = 1000;
/// The longest name of who made it.
const AUTHOR_CHARS_MAX: usize = 120;
/// Later than this nothing ends: the end of the year 9999.
const LATEST: Timestamp = Timestamp::from_millis(253_402_128_000_000);

/// How a silence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Its time is now.
    Active,
    /// Its time comes.
    Pending,
    /// Its time is over.
    Expired,
}

impl State {
    /// How a silence stands; `active` says whether its time is now, which for one that recurs depends on its windows.
    pub(crate) fn of(silence: &Silence, active: bool, now: Timestamp) -> Self {
        match silence.ends_at {
            _ if active => Self::Active,
            Some(end) if end <= now => Self::Expired,
            _ => Self::Pending,
        }
    }

    /// The word on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

/// The key by which silences are sorted: the active that end first, the pending that start first, the expired that ended
/// last.
pub(crate) fn order(silence: &Silence, state: State) -> (State, i64, String) {
    let end = silence.ends_at.map_or(i64::MAX, Timestamp::millis);
    let at = match state {
        State::Active => end,
        State::Pending => silence.starts_at.millis(),
        State::Expired => end.saturating_neg(),
    };
    (state, at, silence.id.clone())
}

/// What becomes of the silence that a posted one names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// There is no such silence; a new one is made.
    Make(Silence),
    /// It is changed in place.
    Update(Silence),
    /// It is another one now: the old one is ended, and the new one is made.
    Replace(Silence),
}

/// Decides what a posted silence means. `before` is the silence that it names and how that stands; `new_id` is for one that
/// is made.
///
/// # Errors
/// Why it cannot be, in the words of Alertmanager.
pub(crate) fn decide(
    posted: PostedSilence,
    before: Option<(&Silence, State)>,
    new_id: &str,
    now: Timestamp,
) -> Result<Change, String> {
    let (Some(starts_at), Some(ends_at)) = (posted.starts_at.0, posted.ends_at.0) else {
        return Err("silence invalid: invalid zero start timestamp".to_owned());
    };
    if starts_at >= ends_at {
        return Err("Failed to create silence: start time must be before end time".to_owned());
    }
    if ends_at < now {
        return Err("Failed to create silence: end time can't be in the past".to_owned());
    }
    let mut silence = Silence {
        id: new_id.to_owned(),
        matchers: matchers(posted.matchers.unwrap_or_default())
            .map_err(|e| format!("silence invalid: {e}"))?,
        starts_at,
        ends_at: Some(ends_at.min(LATEST)),
        recurs: None,
        maintenance: false,
        created_by: tidy(&posted.created_by.unwrap_or_default(), AUTHOR_CHARS_MAX),
        comment: tidy(&posted.comment.unwrap_or_default(), COMMENT_CHARS_MAX),
        updated_at: now,
    };
    let Some((old, state)) = before else {
        silence.starts_at = starts_at.max(now);
        return Ok(Change::Make(silence));
    };
    // What Alertmanager knows nothing of stays as it was.
    silence.recurs.clone_from(&old.recurs);
    silence.maintenance = old.maintenance;
    if can_update(old, &silence, state, now) {
        silence.id.clone_from(&old.id);
        silence.starts_at = if state == State::Active { old.starts_at } else { starts_at };
        return Ok(Change::Update(silence));
    }
    silence.starts_at = starts_at.max(now);
    Ok(if state == State::Expired { Change::Make(silence) } else { Change::Replace(silence) })
}

/// Whether the new one is the old one at another time. Seconds, because clients cut what is smaller.
fn can_update(old: &Silence, new: &Silence, state: State, now: Timestamp) -> bool {
    let seconds = |at: Timestamp| at.millis().div_euclid(1000);
    let same =
        old.matchers.len() == new.matchers.len() && old.matchers.iter().all(|m| new.matchers.contains(m));
    same && match state {
        State::Active => seconds(new.starts_at) == seconds(old.starts_at),
        State::Pending => new.starts_at >= now,
        State::Expired => false,
    }
}

fn matchers(posted: Vec<PostedMatcher>) -> Result<Vec<Matcher>, String> {
    if posted.len() > MATCHERS_MAX {
        return Err(format!("it has {} matchers, the most that Hob takes is {MATCHERS_MAX}", posted.len()));
    }
    let matchers = posted.into_iter().enumerate().map(|(i, posted)| {
        let (name, value) = (posted.name.unwrap_or_default(), posted.value.unwrap_or_default());
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(format!("invalid label matcher {i}: invalid label name {:?}", tidy(&name, 80)));
        }
        Matcher::new(&name, &value, posted.is_regex.unwrap_or(false), posted.is_equal.unwrap_or(true))
            .map_err(|problem| format!("invalid label matcher {i}: {problem}"))
    });
    let matchers: Vec<Matcher> = matchers.collect::<Result<_, _>>()?;
    let nothing = hob_base::silence::Labels::new();
    if matchers.iter().all(|matcher| matcher.matches(&nothing)) {
        return Err("at least one matcher must not match the empty string".to_owned());
    }
    Ok(matchers)
}

/// Whether a text has the form of a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A UUID, version 4 (RFC 9562), of 16 random bytes.
pub(crate) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests;
