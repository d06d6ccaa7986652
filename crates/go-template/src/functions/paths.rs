//! Paths with slashes (packages path and path/filepath, which are the same where Hob runs). Nothing is looked up.

use super::{Function, Text, function, text};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    function("base", &[Text], |machine, arguments| machine.text(base(&text(arguments, 0)))),
    function("osBase", &[Text], |machine, arguments| machine.text(base(&text(arguments, 0)))),
    function("dir", &[Text], |machine, arguments| machine.text(dir(&text(arguments, 0)))),
    function("osDir", &[Text], |machine, arguments| machine.text(dir(&text(arguments, 0)))),
    function("clean", &[Text], |machine, arguments| machine.text(clean(&text(arguments, 0)))),
    function("osClean", &[Text], |machine, arguments| machine.text(clean(&text(arguments, 0)))),
    function("ext", &[Text], |machine, arguments| machine.text(ext(&text(arguments, 0)))),
    function("osExt", &[Text], |machine, arguments| machine.text(ext(&text(arguments, 0)))),
    function("isAbs", &[Text], |_, arguments| Ok(Value::Bool(text(arguments, 0).starts_with('/')))),
    function("osIsAbs", &[Text], |_, arguments| Ok(Value::Bool(text(arguments, 0).starts_with('/')))),
];

/// The last part.
fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let path = path.trim_end_matches('/');
    if path.is_empty() { "/" } else { path.rsplit('/').next().unwrap_or(path) }
}

/// All but the last part.
fn dir(path: &str) -> String {
    clean(path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or_default())
}

/// The shortest path that means the same.
fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            // There is nothing above the root.
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// From the last point of the last part on.
fn ext(path: &str) -> &str {
    let last = path.rsplit('/').next().unwrap_or(path);
    last.rfind('.').and_then(|point| last.get(point..)).unwrap_or_default()
}
