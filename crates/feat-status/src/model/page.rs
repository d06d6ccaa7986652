//! A page for everybody, as its owner wants it.

use hob_base::wording::tidy;
use hob_base::{ResourceId, Timestamp};

/// The most pages of one hub.
pub(crate) const PAGES_MAX: usize = 50;
/// The most resources on one page.
pub(crate) const ENTRIES_MAX: usize = 200;
/// The most announcements that are kept of one page.
pub(crate) const ANNOUNCEMENTS_MAX: usize = 200;
/// The longest title, name of a group or public name, in letters.
pub(crate) const TITLE_MAX: usize = 80;
/// The longest text, in letters.
pub(crate) const TEXT_MAX: usize = 2000;
/// The longest slug.
const SLUG_MAX: usize = 60;

/// A page for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// A random number that only its owner knows: what is published is made of it.
    pub(crate) id: String,
    /// Its address: `/status/<slug>`.
    pub(crate) slug: String,
    /// What it is called.
    pub(crate) title: String,
    /// Plain text on top; lines are kept.
    pub(crate) intro: String,
    /// Whether the reasons of Hob are shown, which may name machines, ports and people.
    pub(crate) shows_reasons: bool,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it was last changed.
    pub(crate) updated_at: Timestamp,
    /// What it shows, in order.
    pub(crate) entries: Vec<Entry>,
    /// What its owner says, the newest first.
    pub(crate) announcements: Vec<Announcement>,
}

impl Page {
    /// Where everybody finds it.
    pub(crate) fn path(&self) -> String {
        format!("/status/{}", self.slug)
    }

    /// Where its owner changes it.
    pub(crate) fn edit_path(&self) -> String {
        format!("/status-pages/{}", self.id)
    }

    /// The headings in the order of their first entry.
    pub(crate) fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for entry in &self.entries {
            if !groups.contains(&entry.group.as_str()) {
                groups.push(&entry.group);
            }
        }
        groups
    }
}

/// One resource of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Which one; never shown.
    pub(crate) resource: ResourceId,
    /// Under which heading; empty for none.
    pub(crate) group: String,
    /// What everybody may call it.
    pub(crate) name: String,
}

/// Something that the owner says to the visitors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// A random number.
    pub(crate) id: String,
    /// One line.
    pub(crate) title: String,
    /// More of it; may be empty.
    pub(crate) text: String,
    /// Whether it is planned work.
    pub(crate) planned: bool,
    /// From when on.
    pub(crate) from: Timestamp,
    /// Until when; `None`: until it is taken away.
    pub(crate) to: Option<Timestamp>,
}

impl Announcement {
    /// Whether it holds now.
    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        self.from <= now && !self.is_over(now)
    }

    /// Whether its time has passed.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.to.is_some_and(|to| to <= now)
    }
}

/// Reads a slug.
///
/// # Errors
/// One sentence that says what would be right.
pub(crate) fn check_slug(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if letters && (1..=SLUG_MAX).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-') {
        return Ok(text);
    }
    Err(format!(
        "The address is made of letters from a to z, digits and hyphens, begins and ends with a letter or digit, and has \
         at most {SLUG_MAX} of them: for example “family”."
    ))
}

/// A slug made of a title, where one can be made.
pub(crate) fn slug_of(title: &str) -> String {
    let mut slug = String::new();
    for c in title.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(SLUG_MAX);
    slug.trim_end_matches('-').to_owned()
}

/// Reads one line that must say something: a title or a name.
///
/// # Errors
/// One sentence that says what would be right.
pub(crate) fn check_title(text: &str) -> Result<String, String> {
    let tidied = tidy(text, TITLE_MAX + 1);
    match tidied.chars().count() {
        0 => Err("Write a few words here.".to_owned()),
        n if n > TITLE_MAX => Err(format!("This is too long: at most {TITLE_MAX} letters.")),
        _ => Ok(tidied),
    }
}

/// Reads one line that may be empty: the name of a group.
///
/// # Errors
/// One sentence that says what would be right.
pub(crate) fn check_group(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Ok(String::new()) } else { check_title(text) }
}

/// Reads a text of several lines that may be empty.
///
/// # Errors
/// One sentence that says what would be right.
pub(crate) fn check_text(text: &str) -> Result<String, String> {
    if text.chars().count() > TEXT_MAX {
        return Err(format!("This is too long: at most {TEXT_MAX} letters."));
    }
    let lines: Vec<String> = text.lines().map(|line| tidy(line, TEXT_MAX)).collect();
    Ok(lines.join("\n").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slug_is_safe_in_an_address_or_says_what_would_be() {
        assert_eq!(check_slug(" Family-2 "), Ok("family-2".to_owned()));
        for wrong in ["", "-", "a b", "ä", "a/b", "../x", "-a", "a-", &"x".repeat(61)] {
            assert!(check_slug(wrong).unwrap_err().contains("“family”"), "{wrong}");
        }
    }

    #[test]
    fn a_title_suggests_its_slug() {
        for (title, slug) in [("Our Family!", "our-family"), ("  ", ""), ("Ünï", "n"), ("a — b", "a-b")] {
            assert_eq!(slug_of(title), slug, "{title}");
        }
    }

    #[test]
    fn texts_keep_their_lines_and_lose_what_cannot_be_seen() {
        assert_eq!(check_text(" a\u{202e}b \r\n\r\n<b>c\0 "), Ok("ab\n\n<b>c".to_owned()));
        assert!(check_text(&"x".repeat(2001)).is_err());
        assert!(check_title(" \n ").is_err() && check_title(&"x".repeat(81)).is_err());
        assert_eq!((check_title(&"x".repeat(80)).is_ok(), check_group("  ")), (true, Ok(String::new())));
    }

    proptest! {
        #[test]
        fn what_is_suggested_is_accepted(title in ".{0,100}") {
            let slug = slug_of(&title);
            prop_assert!(slug.is_empty() || check_slug(&slug).as_ref() == Ok(&slug), "{slug}");
        }
    }
}
