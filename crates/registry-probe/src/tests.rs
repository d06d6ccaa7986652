//! Conversations with registries of the tests, and with the real one that Debian ships.

mod fake;
mod outcomes;
mod real;
mod secrets;

use std::time::Duration;

use http_probe::Client;

use crate::{Credential, Outcome, Platform, Pullable, Question, Reference, Report, ask};

/// A question for `linux/amd64`, which a busy machine, too, has the time to answer.
fn question(reference: &str) -> Question {
    Question {
        platform: Platform::parse("linux/amd64").unwrap(),
        deadline: Duration::from_secs(60),
        ..Question::new(Reference::parse(reference).unwrap())
    }
}

fn password(user: &str, password: &str) -> Option<Credential> {
    Some(Credential::Password { user: user.to_owned(), password: password.to_owned() })
}

async fn asked(question: &Question) -> Outcome {
    report(question).await.outcome
}

async fn report(question: &Question) -> Report {
    let report = ask(&Client::with_roots(Vec::new()), question).await;
    let sentence = report.to_string();
    assert!(sentence.ends_with(['.', '”']) && !sentence.contains("  "), "{sentence}");
    report
}

fn pulled(outcome: Outcome) -> Pullable {
    match outcome {
        Outcome::Ok(pullable) => pullable,
        other => panic!("{other:?}"),
    }
}
