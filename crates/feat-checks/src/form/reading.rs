//! Reads inputs one by one and collects what is wrong with them.

use super::{Entered, Tools};
use crate::config::plain;
use crate::model::definition::CheckDefinition;
use crate::model::definition::mistakes::{Mistake, NAME_MAX};
use hob_base::ResourceId;
use hob_base::wording::{parse_duration, tidy};
use hob_feature::checks::{CertificateDays, CheckSecret, CheckTarget};
use hob_web::components::check_symbol;
use std::cell::RefCell;
use std::str::FromStr;
use std::time::Duration;

/// The most secret headers of one check.
pub(super) const SECRET_HEADERS_MAX: usize = 20;
/// The longest that anything in an input may be, in bytes.
const INPUT_BYTES_MAX: usize = 256 * 1024;

/// One form on its way to a definition.
pub(super) struct Reading<'a> {
    entered: &'a Entered,
    before: Option<&'a CheckTarget>,
    tools: &'a Tools<'a>,
    wrong: RefCell<Vec<Mistake>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(entered: &'a Entered, before: Option<&'a CheckTarget>, tools: &'a Tools<'a>) -> Self {
        Self { entered, before, tools, wrong: RefCell::default() }
    }

    /// The check that is changed or copied.
    pub(super) fn before(&self) -> Option<&'a CheckTarget> {
        self.before
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.wrong.into_inner()
    }

    pub(super) fn wrong(&self, field: &'static str, problem: impl Into<String>) {
        self.wrong.borrow_mut().push(Mistake { field, problem: problem.into() });
    }

    /// One line without white space around it.
    pub(super) fn text(&self, name: &str) -> &'a str {
        self.entered.get(name).trim()
    }

    pub(super) fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name).to_owned()).filter(|text| !text.is_empty())
    }

    /// One line as it was typed: in patterns white space means something.
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        Some(self.entered.get(name).to_owned()).filter(|text| !text.is_empty())
    }

    /// A text of several lines. Browsers end them as on a typewriter.
    pub(super) fn area(&self, name: &str) -> Option<String> {
        let text = self.entered.get(name).replace("\r\n", "\n");
        Some(text).filter(|text| !text.is_empty())
    }

    /// One entry on each line that is not empty.
    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        let text = self.entered.get(name);
        if text.len() > INPUT_BYTES_MAX {
            return vec![String::new(); 101];
        }
        text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    }

    /// One line in which `\r`, `\n`, `\t`, `\0` and `\\` stand for what cannot be typed.
    pub(super) fn escaped(&self, name: &'static str) -> Option<String> {
        let text = self.raw(name)?;
        unescape(&text).map_err(|problem| self.wrong(name, problem)).ok()
    }

    pub(super) fn is_ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// What is on unless it says “no”.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.text(name) != "no"
    }

    /// One of several words; `None` for none of them, which only a form of somebody's own can send.
    pub(super) fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name);
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    pub(super) fn number<T: FromStr>(&self, name: &'static str, usual: T, right: &str) -> T {
        match self.text(name) {
            "" => usual,
            text => text.parse().unwrap_or_else(|_| {
                self.wrong(name, format!("it must be {right}"));
                usual
            }),
        }
    }

    pub(super) fn port(&self, usual: Option<u16>) -> u16 {
        // Zero is found wrong with the rest.
        self.number("port", usual.unwrap_or(0), "a whole number from 1 to 65535")
    }

    pub(super) fn days(&self, usual: CertificateDays) -> CertificateDays {
        let given =
            |name| (!self.text(name).is_empty()).then(|| self.number(name, 0, "a whole number of days"));
        let (warning, critical) = (given("warn_days"), given("critical_days"));
        let warning = warning.unwrap_or(usual.warning.max(critical.unwrap_or(0)));
        CertificateDays { warning, critical: critical.unwrap_or(usual.critical.min(warning)) }
    }

    pub(super) fn duration(&self, name: &'static str) -> Option<Duration> {
        let text = self.optional(name)?;
        // A number alone means seconds.
        let text = if text.bytes().all(|byte| byte.is_ascii_digit()) { format!("{text}s") } else { text };
        parse_duration(&text)
            .map_err(|_| self.wrong(name, "write a number and a unit, such as 30s, 5m, 2h or 14d"))
            .ok()
    }

    /// `200, 204, 300-399`
    pub(super) fn statuses(&self, name: &'static str) -> Vec<u16> {
        let mut statuses = Vec::new();
        for piece in self.text(name).split([',', ' ', '\n']).map(str::trim).filter(|piece| !piece.is_empty())
        {
            let (from, to) = piece.split_once('-').unwrap_or((piece, piece));
            match (from.trim().parse::<u16>(), to.trim().parse::<u16>()) {
                (Ok(from @ 100..=599), Ok(to @ 100..=599)) if from <= to && statuses.len() < 2000 => {
                    statuses.extend(from..=to);
                }
                _ => {
                    self.wrong(name, "write statuses from 100 to 599, such as 200-299, 401");
                    break;
                }
            }
        }
        statuses
    }

    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in self.lines("headers") {
            match line.split_once(':') {
                Some((name, _)) if is_secret_header(name.trim()) => {
                    let name = tidy(name, 40);
                    self.wrong(
                        "headers",
                        format!("{name} is a secret: put it under “Secret headers”, or choose a login"),
                    );
                }
                Some((name, value)) => headers.push((name.trim().to_owned(), value.trim().to_owned())),
                None => {
                    self.wrong(
                        "headers",
                        "each line must be a name and a value, such as Accept: application/json",
                    );
                    break;
                }
            }
        }
        headers
    }

    pub(super) fn secret_headers(&self) -> Vec<(String, CheckSecret)> {
        let before: &[(String, CheckSecret)] = match self.before {
            Some(CheckTarget::Http(http)) => &http.secret_headers,
            _ => &[],
        };
        let mut headers = Vec::new();
        for row in 0..SECRET_HEADERS_MAX {
            let name = self.text(&format!("secret_name_{row}"));
            let typed = self.entered.get(&format!("secret_value_{row}"));
            if name.is_empty() {
                continue;
            }
            let same = |(known, _): &&(String, CheckSecret)| known.eq_ignore_ascii_case(name);
            let nth =
                headers.iter().filter(|(known, _): &&(String, _)| known.eq_ignore_ascii_case(name)).count();
            let kept = before.iter().filter(same).nth(nth).map(|(_, secret)| secret.clone());
            match (typed.is_empty(), kept) {
                (true, Some(kept)) => headers.push((name.to_owned(), kept)),
                (true, None) => self.wrong("secret_header", format!("type the value of {}", tidy(name, 40))),
                (false, _) => headers
                    .extend(self.sealed("secret_header", typed).map(|sealed| (name.to_owned(), sealed))),
            }
        }
        headers
    }

    /// A secret that was typed, or the one that is kept.
    pub(super) fn secret(&self, name: &'static str, before: Option<&CheckSecret>) -> Option<CheckSecret> {
        let typed = self.entered.get(name);
        if typed.is_empty() {
            return before.filter(|_| !self.is_ticked(&format!("forget_{name}"))).cloned();
        }
        self.sealed(name, typed)
    }

    fn sealed(&self, field: &'static str, typed: &str) -> Option<CheckSecret> {
        if typed.len() > 10_000 {
            self.wrong(field, "it is longer than 10000 bytes");
            return None;
        }
        (self.tools.seal)(typed).map_err(|_| self.wrong(field, "it could not be sealed; try again")).ok()
    }

    /// Ids of resources, or names that exactly one resource has.
    pub(super) fn ids(&self, name: &'static str) -> Vec<ResourceId> {
        let mut ids = Vec::new();
        for line in self.lines(name) {
            let line = line.trim();
            match line.parse().ok().or_else(|| (self.tools.named)(line)) {
                Some(id) => ids.push(id),
                None => {
                    let shown = tidy(line, 60);
                    self.wrong(name, format!("“{shown}” is neither an id such as service/nas/3000 nor the name of exactly one resource"));
                    break;
                }
            }
        }
        ids
    }

    /// What it is called: as its owner says, or after where it looks.
    pub(super) fn name(&self, target: &CheckTarget) -> String {
        let name = self.text("name");
        match name.chars().count() {
            0 => tidy(&plain(target), NAME_MAX),
            1..=NAME_MAX => tidy(name, NAME_MAX),
            // Too long, which is found wrong with the rest.
            _ => name.to_owned(),
        }
    }

    /// What all kinds have.
    pub(super) fn common(&self, definition: &mut CheckDefinition) {
        if let Some(every) = self.duration("interval") {
            definition.every = every;
        }
        if let Some(timeout) = self.duration("timeout") {
            definition.timeout = timeout;
        }
        definition.failures = self.number("failures", definition.failures, "a whole number from 1 to 100");
        definition.successes = self.number("successes", definition.successes, "a whole number from 1 to 100");
        definition.retry = self.duration("retry");
        definition.warn_after = self.duration("warn_after");
        definition.jitter = self.duration("jitter");
        definition.maintenance =
            self.lines("maintenance").iter().map(|line| line.trim().to_owned()).collect();
        definition.only = self.lines("only").iter().map(|line| line.trim().to_owned()).collect();
        definition.group = self.optional("group").map(|group| tidy(&group, NAME_MAX));
        definition.icon = self
            .optional("icon")
            .and_then(|icon| check_symbol(&icon).map_err(|problem| self.wrong("icon", problem)).ok());
        let tags = self.text("tags").split(',').map(str::trim).filter(|tag| !tag.is_empty());
        definition.tags = tags.map(str::to_owned).collect();
        definition.depends_on = self.ids("depends_on");
        definition.upside_down = self.is_ticked("upside_down");
        definition.enabled = self.is_on("enabled");
    }
}

/// Headers whose values let somebody in.
pub(crate) fn is_secret_header(name: &str) -> bool {
    ["authorization", "cookie", "proxy-authorization"].iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Takes back what [`escape`] did.
///
/// # Errors
/// One clause that says what would be right.
fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next() {
                Some('r') => '\r',
                Some('n') => '\n',
                Some('t') => '\t',
                Some('0') => '\0',
                Some('\\') => '\\',
                _ => return Err(r"after a \ comes r, n, t, 0 or another \".to_owned()),
            },
            other => other,
        });
    }
    Ok(plain)
}

/// A text as one line that can be typed.
pub(super) fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\r' => shown.push_str("\\r"),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\0' => shown.push_str("\\0"),
            '\\' => shown.push_str("\\\\"),
            other => shown.push(other),
        }
    }
    shown
}
