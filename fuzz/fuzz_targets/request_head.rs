//! The head of a request: who asks, and from which page.

#![no_main]

use hob_feature::Credential;
use hob_web::Packed;
use hob_web::answer::{wants_json, wants_part};
use hob_web::fuzzing::{credential, is_own_page};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|input: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    if let Some(Credential::Cookie(text) | Credential::Bearer(text)) = credential(&headers) {
        assert!(!text.chars().any(char::is_control) || text.contains('\t'), "{text:?}");
    }
    Packed::for_request(&headers);
    wants_json("/", &headers);
    wants_part(&headers);
    hob_web::is_https(&headers);
    if is_own_page(&headers) && !headers.contains_key("sec-fetch-site") {
        comes_from_here(&headers);
    }
});

/// A page counts as our own only if a browser finds it where it finds us.
fn comes_from_here(headers: &HeaderMap) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(page), Some(host)) = (text("origin").or_else(|| text("referer")), text("host")) else {
        panic!("a page from nowhere is our own");
    };
    if let (Ok(page), Ok(here)) = (Url::parse(page), Url::parse(&format!("http://{host}/"))) {
        assert_eq!(page.host(), here.host(), "{page} is not {here}");
    }
}
