//! The last lines of containers that fell over, for findings that name a container.

use cluster_model::{Finding, Objects};
use std::collections::BTreeMap;

/// Whose last lines: namespace, pod, container.
pub(crate) type Who = (String, String, String);

/// The last lines that are known. Cheap to look into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tails(pub(crate) BTreeMap<Who, String>);

impl Tails {
    /// The last lines of the container that a finding names.
    pub(crate) fn of(&self, finding: &Finding) -> Option<&str> {
        self.0.get(&who(finding)?).map(String::as_str).filter(|tail| !tail.is_empty())
    }

    /// The same by the identity of the pod, as the examination wants it.
    pub(crate) fn by_identity(&self, objects: &Objects) -> BTreeMap<(Box<str>, Box<str>), Box<str>> {
        let named = self.0.iter().filter(|(_, tail)| !tail.is_empty());
        named
            .filter_map(|((namespace, pod, container), tail)| {
                let uid = objects.pods.get(namespace, pod)?.metadata.uid.clone();
                Some(((uid, container.as_str().into()), tail.as_str().into()))
            })
            .collect()
    }
}

/// Whose last lines a finding asks for.
pub(crate) fn who(finding: &Finding) -> Option<Who> {
    let (pod, container) = finding.logs_of.as_ref()?;
    Some((finding.object.namespace.clone(), pod.clone(), container.clone()))
}

/// The longest line, in characters.
const LINE_MAX: usize = 240;
/// The longest tail, in characters.
const TAIL_MAX: usize = 1_400;

/// The last lines as they can be shown: without colours and control characters, each cut to a length, the newest kept.
pub(crate) fn clean(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for line in text.lines().rev() {
        let line: String = without_colours(line).chars().take(LINE_MAX).collect();
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        length += line.chars().count() + 1;
        if length > TAIL_MAX {
            break;
        }
        lines.push(line.to_owned());
    }
    lines.reverse();
    lines.join("\n")
}

/// Takes out control sequences of terminals (ECMA-48, section 5.4) and other control characters.
fn without_colours(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.peek() == Some(&'[') {
            chars.next();
            // Parameters and intermediates, up to the final byte.
            while chars.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
            chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
        } else if c == '\t' {
            out.push(' ');
        } else if !c.is_control() {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_lines_can_be_shown() {
        assert_eq!(
            clean("\u{1b}[31mERROR\u{1b}[0m\tno such file\r\n\n\u{7}done\n"),
            "ERROR no such file\ndone"
        );
        assert_eq!(clean(""), "");
        let many: String = (0..100).map(|n| format!("line {n} {}\n", "x".repeat(300))).collect();
        let tail = clean(&many);
        assert!(tail.chars().count() <= TAIL_MAX && tail.contains("line 99") && !tail.contains("line 90 "));
    }
}
