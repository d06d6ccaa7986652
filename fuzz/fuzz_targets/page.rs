//! The title and the icons of a page, and icons themselves.

#![no_main]

use feat_services::fuzzing::{image, page};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for content_type in ["text/html", "text/html; charset=windows-1252"] {
        page(input, content_type);
    }
    if image(input) == Some("image/svg+xml") {
        assert!(
            std::str::from_utf8(input).is_ok_and(|text| text.contains("<svg")),
            "a picture without a picture"
        );
    }
});
