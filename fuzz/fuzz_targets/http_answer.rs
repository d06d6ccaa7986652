//! A server's answer, from the first byte to what is told of it.

#![no_main]

use hob_fuzz::parts;
use http::header::CONTENT_TYPE;
use http_probe::fuzzing::exchange;
use http_probe::{Limits, Method, Url, says_use_https};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&[how, step], answer)) = input.split_first_chunk() else { return };
    let [answer, text] = parts(answer);
    let text = String::from_utf8_lossy(text);
    let method = if how & 1 == 0 { Method::GET } else { Method::HEAD };
    let body_bytes = [0, 1, 100, 64 * 1024][usize::from(how >> 1 & 3)];
    let limits = Limits { body_bytes, ..Limits::default() };
    let path = if how & 8 == 0 { "http://nas.lan:3000/" } else { "http://nas.lan:3000/a?b=c" };
    let Ok(url) = Url::parse(path) else { panic!("the address of the target") };
    let step = if step == 0 { answer.len() } else { usize::from(step) };
    let result = exchange(&url, method, &limits, answer, step, how & 16 != 0, how & 32 != 0);
    match &result {
        Ok(response) => {
            assert!((200..1000).contains(&response.status) || response.status == 101, "{}", response.status);
            says_use_https(response);
            let content_type = response.headers.get(CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
            feat_services::fuzzing::page(&response.body, &String::from_utf8_lossy(content_type));
        }
        Err(error) => {
            let sentence = error.to_string();
            assert!(sentence.len() <= 500 && sentence.ends_with('.'), "{sentence}");
            assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
        }
    }
    feat_checks::fuzzing::judge(path, &text, result.as_ref());
});
