//! One probe over the network.

use super::ProbeFn;
use crate::model::Outcome;
use hob_feature::boxed;
use hob_feature::checks::{CheckSpec, CheckTarget, HttpCheck};
use http_probe::{Client, Limits, Redirects, Request, Response, Url};
use std::sync::Arc;

/// How much of a page is read to see that it comes, and to show its beginning.
const BODY_BYTES: usize = 16 * 1024;
/// How much of a page is searched for a text.
const SEARCHED_BYTES: usize = 512 * 1024;

/// Probes with one client for all.
pub(super) fn over_the_network() -> ProbeFn {
    let client = Client::new();
    Arc::new(move |spec| {
        let client = client.clone();
        boxed(async move { probe(&client, &spec).await })
    })
}

async fn probe(client: &Client, spec: &CheckSpec) -> Outcome {
    let limits = Limits { total: spec.timeout, connect: spec.timeout, ..Limits::default() };
    match &spec.target {
        CheckTarget::Tcp(tcp) => Outcome::Tcp(client.connect_tcp(&tcp.host, tcp.port, &limits).await),
        CheckTarget::Http(http) => {
            let url = match Url::parse(&http.url) {
                Ok(url) => url,
                Err(reason) => return Outcome::Http(Err(reason.into())),
            };
            let body_bytes = if looks_at_page(http) { SEARCHED_BYTES } else { BODY_BYTES };
            let request = Request {
                limits: Limits { body_bytes, ..limits },
                redirects: redirects(http.found, &http.expect_status),
                ..Request::get(url)
            };
            Outcome::Http(client.get(&request).await.map(Box::<Response>::new))
        }
        other => Outcome::Broken(format!("Checks of the kind {} are not made yet.", other.kind())),
    }
}

/// Whether what the page says matters.
fn looks_at_page(http: &HttpCheck) -> bool {
    !(http.expect_text.is_empty() && http.not_text.is_empty() && http.expect_json.is_empty())
        || http.expect_pattern.is_some()
}

/// What was merely found is not followed to other hosts; an address that the owner wrote down is. Where a redirect is
/// the very answer that is wanted, it is not followed.
fn redirects(found: bool, expected: &[u16]) -> Redirects {
    let of_class = |class: u16| expected.iter().any(|status| status / 100 == class);
    if of_class(3) && !of_class(2) {
        Redirects::No
    } else if found {
        Redirects::SameHost
    } else {
        Redirects::Follow
    }
}
