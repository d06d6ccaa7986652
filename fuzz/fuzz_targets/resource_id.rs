//! Names of resources, from addresses, tables and settings.

#![no_main]

use hob_base::ResourceId;
use hob_base::resource_id::ID_BYTES_MAX;
use hob_base::wording::{parse_duration, tidy};
use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, scope, name] = texts(input);
    let made = ResourceId::new(&kind, &scope, &name);
    assert!(made.as_str().len() <= ID_BYTES_MAX, "too long: {made}");
    assert_eq!(made.as_str().parse::<ResourceId>(), Ok(made.clone()), "what was made cannot be read");
    for text in [&kind, &scope, &name] {
        if let Ok(id) = text.parse::<ResourceId>() {
            assert_eq!(format!("{}/{}/{}", id.kind(), id.scope(), id.name()), **text);
            assert!(!id.as_str().chars().any(char::is_control));
        }
        let _ = parse_duration(text);
        let tidied = tidy(text, 20);
        assert!(tidied.chars().count() <= 20 && !tidied.chars().any(char::is_control), "{tidied:?}");
    }
});
