//! Templates of messages and the JSON that they are rendered on, both from whoever publishes; and files of templates.

#![no_main]

use go_template::{Environment, Limits, MessageTemplate, Template, TemplateError};
use hob_fuzz::texts;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [template, data] = texts(input);
    if let Err(error) = MessageTemplate::from_yaml(&template) {
        explained(&error);
    }
    let Ok(data) = serde_json::from_str(if data.is_empty() { "{\"a\":[1,\"x\",null]}" } else { &data }) else {
        return;
    };
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    let mut environment = Environment::new(Timestamp::UNIX_EPOCH, zone);
    // Small limits find what goes past them.
    environment.limits = Limits { output: 4096, memory: 64 * 1024, steps: 5_000, ..Limits::default() };
    let read = Template::parse(&template);
    if !template.contains("{{") && template.len() <= environment.limits.output {
        let read = read.as_ref().expect("text is a template");
        assert_eq!(read.render(&data, &environment).as_deref(), Ok(&*template));
    }
    match read.and_then(|read| read.render(&data, &environment)) {
        Ok(output) => assert!(output.len() <= environment.limits.output),
        Err(error) => explained(&error),
    }
});

/// What is not right is explained on one short line.
fn explained(error: &TemplateError) {
    let said = error.to_string();
    assert!(said.chars().count() < 300 && !said.contains(char::is_control), "{said}");
    assert!(error.line() > 0 && error.column() > 0, "{said}");
}
