use crate::{Letter, Mood, News, NoteView, Section, letter_for};
use proptest::prelude::*;

fn opened() -> NoteView {
    NoteView {
        news: News::Opened,
        mood: Mood::Critical,
        title: "drive/nas/sda: 14 sectors cannot be read any more".to_owned(),
        body: "The drive says that 14 sectors cannot be read any more; a week ago there were 2. The pool “tank” needs it \
               and is affected. Replace the drive soon, and look whether the last backup is good.\n\nSince 14:05."
            .to_owned(),
        link: Some("https://hob.home.example/incidents/12".to_owned()),
        links: vec![("The drive’s page".to_owned(), "https://hob.home.example/resources/drive/nas/sda".to_owned())],
        at: 1_795_000_000_000,
        when: "18 November 2026, 14:06".to_owned(),
        sender: "Hob on nas".to_owned(),
        why: "You get this mail because you are told of everything that is critical.".to_owned(),
        settings: Some("https://hob.home.example/notifications".to_owned()),
        key: "incident/12/opened".to_owned(),
        thread: Some("incident/12".to_owned()),
        ..NoteView::default()
    }
}

fn changed() -> NoteView {
    let title = "Grafana: the page answers with status 502 after 4.8 seconds".to_owned();
    NoteView { news: News::Changed, mood: Mood::Warning, title, ..opened() }
}

fn reminder() -> NoteView {
    let title = "Still: Grafana does not answer".to_owned();
    let body = "Grafana: Nothing listens at 10.0.0.5:3000. Since 14:05, for 4 hours now.".to_owned();
    NoteView { news: News::Reminder, title, body, why: String::new(), links: Vec::new(), ..opened() }
}

fn resolved() -> NoteView {
    NoteView {
        news: News::Resolved,
        mood: Mood::Fine,
        title: "Over: Grafana does not answer".to_owned(),
        body: "Everything is well again. It lasted 4 hours and 12 minutes.".to_owned(),
        ..reminder()
    }
}

fn digest() -> NoteView {
    let section = |heading: &str, items: &[&str]| Section {
        heading: heading.to_owned(),
        items: items.iter().map(|&item| item.to_owned()).collect(),
    };
    NoteView {
        news: News::Digest,
        mood: Mood::Fine,
        title: "The week at home: 2 incidents, 99.4 % up".to_owned(),
        body: "Two incidents were opened and closed. One warning is still open.".to_owned(),
        sections: vec![
            section(
                "What happened",
                &[
                    "Grafana did not answer for 4 hours and 12 minutes on Tuesday.",
                    "The internet connection came and went 6 times on Thursday evening; 11 services were affected.",
                ],
            ),
            section(
                "Needs attention soon",
                &[
                    "The certificate of photos.home.example ends in 9 days.",
                    "The filesystem /srv on nas is full in about 3 weeks.",
                ],
            ),
            section("New", &["The service “Paperless” on nas, port 8000."]),
            section("Nothing of this kind", &[]),
        ],
        link: Some("https://hob.home.example/".to_owned()),
        links: Vec::new(),
        why: "You get this summary every Monday at 8:00.".to_owned(),
        key: "digest/2026-W47".to_owned(),
        thread: None,
        ..opened()
    }
}

fn nasty() -> NoteView {
    let evil =
        "</title><script>alert(1)</script>\r\nBcc: all@example.org\u{202e}<img src=https://x.example/p.png>";
    NoteView {
        title: evil.to_owned(),
        body: format!("{evil}\n• <b>{evil}</b> {}", "long".repeat(60)),
        link: Some("javascript:alert(1)".to_owned()),
        links: vec![(evil.to_owned(), "https://ok.example/\"onmouseover=\"alert(1)".to_owned())],
        when: evil.to_owned(),
        why: evil.to_owned(),
        settings: Some("data:text/html,x".to_owned()),
        ..opened()
    }
}

fn all() -> [(&'static str, NoteView); 6] {
    [
        ("opened", opened()),
        ("changed", changed()),
        ("reminder", reminder()),
        ("resolved", resolved()),
        ("digest", digest()),
        ("nasty", nasty()),
    ]
}

fn page(letter: &Letter) -> &str {
    letter.html.as_deref().unwrap()
}

#[test]
fn mails_as_text() {
    for (name, view) in all() {
        insta::assert_snapshot!(format!("text_{name}"), letter_for(&view).text);
    }
}

#[test]
fn mails_as_pages() {
    for (name, view) in [("opened", opened()), ("digest", digest()), ("nasty", nasty())] {
        let letter = letter_for(&view);
        // One element a line, so that a change shows where it is.
        insta::assert_snapshot!(format!("page_{name}"), page(&letter).replace("><", ">\n<"));
    }
}

/// Writes the pages to the folder that `MAIL_PAGES` names, to be looked at in a browser.
#[test]
fn pages_to_look_at() {
    let Some(folder) = std::env::var_os("MAIL_PAGES") else { return };
    for (name, view) in all() {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), page(&letter_for(&view)))
            .unwrap();
    }
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    for (name, view) in all() {
        let letter = letter_for(&view);
        let page = page(&letter);
        for word in
            ["<script", "<img", "<link", "<iframe", "url(", "@import", " src=\"", "javascript:", "data:"]
        {
            assert!(!page.contains(word), "{name}: {word}");
        }
        let begun = page.matches("href=\"").count();
        let pages = page.matches("href=\"https://").count();
        assert_eq!(begun, pages, "{name}");
    }
}

#[test]
fn it_is_no_longer_than_gmail_shows() {
    let many =
        Section { heading: "x".to_owned(), items: vec!["A sentence about something.".to_owned(); 100] };
    let view = NoteView { sections: vec![many], ..digest() };
    // Gmail cuts a mail after 102 KiB, and hides the rest behind a link.
    assert!(page(&letter_for(&view)).len() < 100 * 1024);
}

#[test]
fn only_bad_news_is_important() {
    let important: Vec<_> =
        all().into_iter().filter(|(_, view)| letter_for(view).important).map(|(name, _)| name).collect();
    assert_eq!(important, ["opened", "nasty"]);
}

proptest! {
    #[test]
    fn text_stays_text(title: String, body: String, name: String, address: String) {
        let view = NoteView { title, body, links: vec![(name, address)], ..opened() };
        let letter = letter_for(&view);
        let page = page(&letter);
        prop_assert_eq!(page.matches("<script").count(), 0);
        prop_assert_eq!(page.matches("<style").count(), 1);
        prop_assert_eq!(page.matches("<h1").count(), 1);
    }
}
