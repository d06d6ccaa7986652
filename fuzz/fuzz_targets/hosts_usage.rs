//! `hosts-usage.json`, and what is foretold from it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| feat_hosts::fuzzing::usage(input, "/"));
