//! What is to be thought of a page: whether it holds what it should, and nothing that it should not.

use super::{contains, evidence, status_line};
use crate::model::definition::compile;
use crate::model::json_path::{Assertion, Unmet};
use hob_base::Health;
use hob_base::units::Bytes;
use hob_base::wording::tidy;
use hob_feature::checks::HttpCheck;
use http_probe::Response;

/// The first thing that is wrong with a page; nothing when it is as it should be.
pub(super) fn judge(http: &HttpCheck, response: &Response) -> Option<Health> {
    texts(http, response).or_else(|| pattern(http, response)).or_else(|| json(http, response))
}

fn wrong(response: &Response, what: &str) -> Health {
    Health::critical(format!("It answers {}, but {what}.", status_line(response.status)))
        .with_evidence(evidence(response))
        .with_remedy("Open the page: it may show an error, a login or another service than expected.")
}

/// What was looked at, where that is not all of it.
fn part(response: &Response) -> String {
    if response.body_truncated {
        format!(" in its first {}", Bytes(response.body.len() as u64))
    } else {
        String::new()
    }
}

fn texts(http: &HttpCheck, response: &Response) -> Option<Health> {
    let has = |text: &&String| contains(&response.body, text.as_bytes());
    if let Some(text) = http.expect_text.iter().find(|text| !has(text)) {
        let part = part(response);
        return Some(wrong(response, &format!("its page does not contain “{}”{part}", tidy(text, 80))));
    }
    let text = http.not_text.iter().find(has)?;
    Some(wrong(response, &format!("its page contains “{}”", tidy(text, 80))))
}

fn pattern(http: &HttpCheck, response: &Response) -> Option<Health> {
    let pattern = http.expect_pattern.as_deref()?;
    match compile(pattern) {
        Ok(compiled) if compiled.is_match(&response.body) => None,
        Ok(_) => {
            let part = part(response);
            Some(wrong(response, &format!("nothing in its page matches “{}”{part}", tidy(pattern, 80))))
        }
        Err(problem) => {
            Some(Health::unknown(format!("The pattern of this check cannot be used: {problem}.")))
        }
    }
}

fn json(http: &HttpCheck, response: &Response) -> Option<Health> {
    if http.expect_json.is_empty() {
        return None;
    }
    if response.body_truncated {
        let read = Bytes(response.body.len() as u64);
        return Some(wrong(
            response,
            &format!("its page is longer than {read}, too long to be read as JSON"),
        ));
    }
    let Ok(page) = serde_json::from_slice(&response.body) else {
        return Some(wrong(response, "its page is not JSON"));
    };
    http.expect_json.iter().find_map(|text| {
        let assertion: Assertion = match text.parse() {
            Ok(assertion) => assertion,
            Err(problem) => {
                return Some(Health::unknown(format!("This check cannot be used: {}.", tidy(&problem, 200))));
            }
        };
        let shown = tidy(text, 100);
        let (what, found) = match assertion.check(&page).err()? {
            Unmet::Nowhere => {
                (format!("{shown} does not hold: there is nothing at that place in its page"), None)
            }
            Unmet::Is(value) => (format!("{shown} does not hold in its page"), Some(value)),
            Unmet::NoNumber(value) => {
                (format!("{shown} does not hold in its page, as no number is at that place"), Some(value))
            }
        };
        let health = wrong(response, &what);
        let Some(value) = found else { return Some(health) };
        // The value differs from probe to probe.
        let evidence = format!("It is {value} there. {}", health.evidence);
        Some(health.with_evidence(evidence))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;
    use hob_base::Level;

    fn judged(http: &HttpCheck, body: &str) -> Option<String> {
        judge(http, &answer(200, body)).map(|health| health.reason)
    }

    #[test]
    fn a_page_holds_what_it_should_and_nothing_else() {
        let http = HttpCheck {
            expect_text: vec!["Welcome".into(), "Photos".into()],
            not_text: vec!["Error".into()],
            expect_pattern: Some("v[0-9]+\\.[0-9]+".into()),
            ..HttpCheck::new("http://nas/")
        };
        for (body, reason) in [
            ("Welcome to Photos v1.2", None),
            ("Welcome v1.2", Some("It answers 200 OK, but its page does not contain “Photos”.")),
            ("Welcome to Photos v1.2: Error", Some("It answers 200 OK, but its page contains “Error”.")),
            (
                "Welcome to Photos",
                Some("It answers 200 OK, but nothing in its page matches “v[0-9]+\\.[0-9]+”."),
            ),
        ] {
            assert_eq!(judged(&http, body).as_deref(), reason, "{body}");
        }
    }

    #[test]
    fn json_is_read_and_what_it_says_is_evidence() {
        let http = HttpCheck {
            expect_json: vec!["$.up == true".into(), "$.queue < 10".into()],
            ..HttpCheck::new("http://nas/")
        };
        for (body, reason) in [
            (r#"{"up": true, "queue": 3}"#, None),
            (
                r#"{"up": true, "queue": 30}"#,
                Some("It answers 200 OK, but $.queue < 10 does not hold in its page."),
            ),
            (
                r#"{"up": true}"#,
                Some(
                    "It answers 200 OK, but $.queue < 10 does not hold: there is nothing at that place in its page.",
                ),
            ),
            (
                r#"{"up": true, "queue": "many"}"#,
                Some(
                    "It answers 200 OK, but $.queue < 10 does not hold in its page, as no number is at that place.",
                ),
            ),
            ("<html>", Some("It answers 200 OK, but its page is not JSON.")),
        ] {
            assert_eq!(judged(&http, body).as_deref(), reason, "{body}");
        }
        let health = judge(&http, &answer(200, r#"{"up": false}"#)).unwrap();
        assert!(health.evidence.starts_with("It is false there."), "{health:?}");
        assert_eq!(health.level, Level::Critical);
        let mut cut = answer(200, r#"{"up": true, "queue": 3}"#);
        cut.body_truncated = true;
        assert!(judge(&http, &cut).unwrap().reason.contains("too long to be read as JSON"));
    }
}
