//! Names of container images, and what Docker and Kubernetes keep for pulling them.

#![no_main]

use hob_fuzz::{parts, texts};
use libfuzzer_sys::fuzz_target;
use registry_probe::fuzzing::{config, reference};

fuzz_target!(|input: &[u8]| {
    let [name, _] = texts(input);
    let [_, json] = parts(input);
    reference(&name);
    config(json, &name);
});
