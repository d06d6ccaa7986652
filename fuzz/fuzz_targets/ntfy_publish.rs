//! A request to publish, as headers and a query say it, and its body.

#![no_main]

use hob_fuzz::parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Zoned;
use libfuzzer_sys::fuzz_target;
use ntfy_protocol::{Body, Endpoint, Filter, Format, Limits, Message, PublishRequest, SubscribeRequest};

fuzz_target!(|input: &[u8]| {
    let [path, query, head, body] = parts(input);
    let query = String::from_utf8_lossy(query);
    let headers = headers(head);
    if let Ok(request) = SubscribeRequest::from_http(&headers, &query, 1_700_000_000) {
        let _ = request.filter.passes(&Message::default());
        assert!(request.filter.tags.len() <= 50 && request.filter.priorities.len() <= 50);
        assert!(Filter::default().passes(&Message::default()));
    }
    let path = String::from_utf8_lossy(path);
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
        let _ = Endpoint::of(&method, &path);
    }
    let endpoint = Endpoint::of(&Method::PUT, &path);
    let Ok(Endpoint::Publish(topic, sequence)) = endpoint.or_else(|_| Endpoint::of(&Method::PUT, "/topic"))
    else {
        return;
    };
    let now: Zoned = "2021-12-10T10:17:23[Europe/Berlin]".parse().unwrap();
    let Ok(request) = PublishRequest::from_http(topic, sequence, &headers, &query, &now, &Limits::default())
    else {
        return;
    };
    keeps_its_promises(&request);
    let Ok(judged) = request.judge_body(body, body.len() > 100) else { return };
    if let Body::Text(text) | Body::Base64(text) = &judged {
        assert!(!text.contains('\0'));
    }
    let message = request.into_message("AAAAAAAAAAAA".to_owned(), now.timestamp().as_second(), 0, judged);
    assert_eq!(Message::from_json(message.to_json().as_bytes()).as_ref(), Ok(&message));
    for format in [Format::Json, Format::Sse, Format::Raw] {
        let encoded = format.encode(&message);
        let ends = if format == Format::Sse { 2 } else { 1 };
        let lines = encoded.iter().filter(|byte| **byte == b'\n').count();
        // A poll request has a name as a server-sent event.
        assert!(encoded.ends_with(b"\n") && (lines == ends || lines == 3), "{format:?}");
    }
});

/// Lines of `name: value`; what is no header is passed over, as a server of HTTP would.
fn headers(head: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n').take(100) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default();
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    headers
}

fn keeps_its_promises(request: &PublishRequest) {
    let lines = [&request.click, &request.icon, &request.attach, &request.filename, &request.poll_id];
    for text in lines.into_iter().chain(&request.tags) {
        assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
        assert!(text.len() <= 2048);
    }
    assert!(request.title.len() <= 4096 && request.message.len() <= 4096 && request.tags.len() <= 50);
    assert!(request.actions.len() <= 3 && request.priority <= 5);
    assert!(request.filename.is_empty() || !request.filename.contains(['/', '\\']));
}
