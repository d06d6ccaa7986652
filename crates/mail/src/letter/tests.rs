use super::*;
use proptest::prelude::*;

fn anna() -> Address {
    Address::parse("Anna <anna@example.org>").unwrap()
}

fn hob() -> Address {
    Address::parse("“Hob” <hob@home.example>").unwrap()
}

fn letter() -> Letter {
    Letter {
        subject: "Grafana is down".to_owned(),
        text: "It is.\n.\nSince 14:05 – for 3 minutes.".to_owned(),
        html: Some("<p>It is.</p>".to_owned()),
        at: 1_795_000_000_123,
        key: "incident/12/opened".to_owned(),
        thread: Some("incident/12".to_owned()),
        list: Some("incidents.hob".to_owned()),
        unsubscribe: Some("https://hob.example/notifications".to_owned()),
        important: true,
        ..Letter::default()
    }
}

fn composed(letter: &Letter) -> String {
    String::from_utf8(letter.compose(&hob(), &[anna(), Address::parse("b@example.org").unwrap()])).unwrap()
}

/// The headers of the whole, unfolded.
fn headers(mail: &str) -> Vec<(String, String)> {
    let head = mail.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
    head.split("\r\n")
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn a_whole_mail() {
    insta::assert_snapshot!(composed(&letter()).replace("\r\n", "\n"));
}

#[test]
fn a_mail_of_text_alone() {
    let mail = composed(&Letter { html: None, ..letter() });
    assert!(mail.contains("Content-Type: text/plain; charset=utf-8\r\n"));
    assert!(mail.ends_with("\r\n\r\nIt is.\r\n.\r\nSince 14:05 =E2=80=93 for 3 minutes.\r\n"), "{mail}");
}

#[test]
fn the_same_key_is_the_same_mail() {
    let id = letter().message_id(&hob());
    assert_eq!(id, letter().message_id(&anna().named("x")).replace("example.org", "home.example"));
    assert_ne!(id, Letter { key: "incident/12/closed".to_owned(), ..letter() }.message_id(&hob()));
    let answer = Letter {
        key: "incident/12/closed".to_owned(),
        answers: vec!["incident/12/opened".to_owned()],
        ..letter()
    };
    let headers = headers(&composed(&answer));
    let value = |name: &str| headers.iter().find(|(other, _)| other == name).unwrap().1.clone();
    assert_eq!(value("In-Reply-To"), format!("<{id}>"));
    assert!(value("References").ends_with(&format!(" <{id}>")));
    assert_eq!(value("References").split(' ').count(), 2, "the thread itself comes first");
}

#[test]
fn what_is_no_identifier_of_a_list_is_left_out() {
    let nasty = Letter {
        list: Some("a>\r\nBcc: all@example.org".to_owned()),
        unsubscribe: Some("https://x/\r\nBcc: all@example.org".to_owned()),
        ..letter()
    };
    let mail = composed(&nasty);
    assert!(!mail.contains("Bcc") && !mail.contains("List-"), "{mail}");
    let script = Letter { unsubscribe: Some("javascript:alert(1)".to_owned()), ..letter() };
    assert!(!composed(&script).contains("javascript"));
}

#[test]
fn a_day_that_no_calendar_has() {
    for at in [i64::MIN, i64::MAX, -1] {
        assert!(composed(&Letter { at, ..letter() }).starts_with("Date: "));
    }
}

const KNOWN: [&str; 16] = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "List-Unsubscribe",
    "Importance",
    "X-Priority",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

proptest! {
    #[test]
    fn no_text_adds_a_header_or_a_part(subject: String, text: String, html: String, key: String, thread: String, list: String, unsubscribe: String) {
        let letter = Letter {
            subject, text, html: Some(html), key, thread: Some(thread), list: Some(list),
            unsubscribe: Some(unsubscribe), ..Letter::default()
        };
        let mail = composed(&letter);
        let names: Vec<String> = headers(&mail).into_iter().map(|(name, _)| name).collect();
        prop_assert!(names.iter().all(|name| KNOWN.contains(&name.as_str())), "{:?}", names);
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), names.len());
        let boundary = mail.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
        prop_assert_eq!(mail.matches(&format!("\r\n--{boundary}")).count(), 3);
        prop_assert!(mail.is_ascii());
        prop_assert!(mail.split("\r\n").all(|line| line.len() <= 100 && !line.contains(['\r', '\n'])));
    }
}
