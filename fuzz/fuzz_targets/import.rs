//! Files of Uptime Kuma and Gatus, and the forms that send them.

#![no_main]

use feat_checks::fuzzing::{import, upload};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    import(&String::from_utf8_lossy(input));
    upload("multipart/form-data; boundary=x", input);
});
