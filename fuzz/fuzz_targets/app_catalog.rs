//! Names of images and icons, and what annotations and labels of other dashboards say.

#![no_main]

use app_catalog::{Hints, Icon, ImageName, address, line, look};
use libfuzzer_sys::fuzz_target;

const KEYS: [&str; 8] = [
    "hob.dev/name",
    "hob.dev/url",
    "hob.dev/tags",
    "hob.dev/probe",
    "hob.dev/icon",
    "gethomepage.dev/description",
    "gatus.home-operations.com/endpoint",
    "gethomepage.dev/widget.key",
];

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    if let Some(image) = ImageName::parse(&text) {
        assert!(ImageName::parse(&image.short()).is_some());
    }
    if let Some(look) = look(&text) {
        assert!(!look.name.is_empty() && look.name.chars().count() <= 60);
    }
    if let Some(Icon::Url(url)) = Icon::parse(&text) {
        assert!(url.starts_with("http"));
    }
    if let Some(url) = address(&text) {
        assert_eq!(address(&url).as_deref(), Some(url.as_str()));
    }
    if let Some(one) = line(&text, 60) {
        assert!(one.chars().count() <= 60 && !one.contains(char::is_control));
    }
    let values: Vec<&str> = text.split('\0').collect();
    let hints = Hints::from_annotations(KEYS.iter().copied().zip(values.iter().copied()));
    assert!(hints.tags.len() <= 10 && !hints.from.iter().any(|key| key.contains("widget")));
});
