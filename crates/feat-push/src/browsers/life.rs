//! How long a browser is remembered, and what it is called. Pure.

use super::book::{Browser, State};
use hob_base::Timestamp;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
/// Who was not heard of for so long is told that it will be forgotten. As ntfy.
const WARNED_AFTER: Duration = DAY.saturating_mul(55);
/// And after so long it is. As ntfy.
const FORGOTTEN_AFTER: Duration = DAY.saturating_mul(60);
/// Whose push service has taken nothing for so long is forgotten, too.
const FAILED_FOR: Duration = DAY.saturating_mul(14);
/// How often it is worth writing down that a browser was heard of.
const RENEWED_EVERY: Duration = Duration::from_secs(12 * 3600);

/// What time makes of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing.
    Nothing,
    /// It is to be told that it will be forgotten.
    Warn,
    /// It is to be forgotten.
    Forget,
}

/// What is due.
pub(crate) fn due(state: &State, now: Timestamp) -> Due {
    let silent = now.since(state.renewed_at);
    let failing = state.failing_since.is_some_and(|since| now.since(since) >= FAILED_FOR);
    if silent >= FORGOTTEN_AFTER || failing {
        Due::Forget
    } else if silent >= WARNED_AFTER && state.warned_at.is_none() {
        Due::Warn
    } else {
        Due::Nothing
    }
}

/// Whether it is worth noting that a browser was heard of.
pub(crate) fn is_news(browser: &Browser, now: Timestamp) -> bool {
    now.since(browser.state.renewed_at) >= RENEWED_EVERY || browser.state.warned_at.is_some()
}

/// What to call a browser, by what it says of itself (`User-Agent`): “Firefox on Android”.
pub(crate) fn name_of(agent: &str) -> String {
    // Many claim to be others: the more special ones come first.
    const BROWSERS: [(&str, &str); 9] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Vivaldi/", "Vivaldi"),
        ("FxiOS/", "Firefox"),
        ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrom", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "A browser".to_owned(),
    }
}

/// The first `limit` characters, without control characters.
pub(crate) fn short(text: &str, limit: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_is_warned_and_forgotten() {
        let start = Timestamp::from_millis(1_800_000_000_000);
        let mut state = State::new(start);
        let after = |days: u32| start.plus(DAY * days);
        assert_eq!(due(&state, after(54)), Due::Nothing);
        assert_eq!(due(&state, after(55)), Due::Warn);
        state.warned_at = Some(after(55));
        assert_eq!(due(&state, after(59)), Due::Nothing);
        assert_eq!(due(&state, after(60)), Due::Forget);
        // A clock that was set back forgets nobody.
        assert_eq!(due(&state, Timestamp::from_millis(0)), Due::Nothing);
        state.failing_since = Some(after(1));
        assert_eq!(due(&state, after(14)), Due::Nothing);
        assert_eq!(due(&state, after(15)), Due::Forget);
    }

    #[test]
    fn browsers_have_names_as_people_say_them() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15",
                "Safari on Mac",
            ),
            ("curl/8.0", "A browser"),
            ("", "A browser"),
        ] {
            assert_eq!(name_of(agent), name);
        }
    }

    #[test]
    fn news_are_worth_writing() {
        let mut browser = super::super::book::tests::browser("a", None, &[]);
        let start = browser.state.renewed_at;
        assert!(!is_news(&browser, start.plus(Duration::from_secs(3600))));
        assert!(is_news(&browser, start.plus(DAY)));
        browser.state.warned_at = Some(start);
        assert!(is_news(&browser, start));
    }
}
