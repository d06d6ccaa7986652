//! Checksums. None of them is meant to keep anything secret.

use std::fmt::Write as _;

use ring::digest;

use super::{Function, Text, function, text};
use crate::error::Fault;
use crate::machine::Machine;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    function("sha1sum", &[Text], |machine, arguments| {
        sum(machine, &digest::SHA1_FOR_LEGACY_USE_ONLY, &text(arguments, 0))
    }),
    function("sha256sum", &[Text], |machine, arguments| sum(machine, &digest::SHA256, &text(arguments, 0))),
    function("sha512sum", &[Text], |machine, arguments| sum(machine, &digest::SHA512, &text(arguments, 0))),
    function("adler32sum", &[Text], |machine, arguments| {
        let text = text(arguments, 0);
        machine.budget.step(text.len() / 32)?;
        machine.text(adler32(text.as_bytes()).to_string())
    }),
];

fn sum(machine: &mut Machine<'_>, algorithm: &'static digest::Algorithm, text: &str) -> Result<Value, Fault> {
    machine.budget.step(10 + text.len() / 16)?;
    let mut out = String::new();
    for byte in digest::digest(algorithm, text.as_bytes()).as_ref() {
        // To write to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    machine.text(out)
}

/// RFC 1950, section 8.2.
fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}
