//! Templates of Traefik 2: `{subdomain:[a-z]+}.example.org`, `/articles/{id}`.
//!
//! What stands in braces is a name, and behind a colon a regular expression; without one it is all up to the next dot
//! (of a host) or slash (of a path). The rest stands for itself.

/// What a template says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Template {
    /// It has no braces.
    Plain,
    /// A regular expression that says the same in Traefik 3.
    Regexp(String),
    /// The braces do not match, or there is nothing in them.
    Malformed,
}

/// What a template is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Host,
    Path,
    /// A path's beginning.
    Prefix,
    /// A parameter's value.
    Query,
}

pub(crate) fn compile(template: &str, of: Of) -> Template {
    let Some(braces) = braces(template) else { return Template::Malformed };
    if braces.is_empty() {
        return Template::Plain;
    }
    let otherwise = match of {
        Of::Host => "[^.]+",
        Of::Path | Of::Prefix => "[^/]+",
        Of::Query => ".*",
    };
    let mut pattern = String::from("^");
    let mut end = 0;
    for (from, to) in braces {
        quote_into(&mut pattern, template.get(end..from).unwrap_or_default());
        end = to;
        let inner = template.get(from + 1..to - 1).unwrap_or_default();
        let (name, expression) = inner.split_once(':').unwrap_or((inner, otherwise));
        if name.is_empty() || expression.is_empty() {
            return Template::Malformed;
        }
        if expression.contains('|') || expression.starts_with("(?") {
            pattern.extend(["(", expression, ")"]);
        } else {
            pattern.push_str(expression);
        }
    }
    quote_into(&mut pattern, template.get(end..).unwrap_or_default());
    if of != Of::Prefix {
        pattern.push('$');
    }
    // Traefik 2 compares hosts whatever their case; Traefik 3 asks with the host in lower case.
    if of == Of::Host && pattern.bytes().any(|byte| byte.is_ascii_uppercase()) {
        pattern.insert_str(0, "(?i)");
    }
    Template::Regexp(pattern)
}

/// Where outermost braces open and close (behind them); `None` where they do not match.
fn braces(template: &str) -> Option<Vec<(usize, usize)>> {
    let (mut found, mut level, mut start) = (Vec::new(), 0_usize, 0);
    for (index, byte) in template.bytes().enumerate() {
        match byte {
            b'{' => {
                if level == 0 {
                    start = index;
                }
                level += 1;
            }
            b'}' => {
                level = level.checked_sub(1)?;
                if level == 0 {
                    found.push((start, index + 1));
                }
            }
            _ => {}
        }
    }
    (level == 0).then_some(found)
}

/// Whether a text looks as if it were meant as a template: braces with a name, which counts of repetitions are not.
pub(crate) fn looks_like_one(text: &str) -> bool {
    braces(text).is_some_and(|found| {
        found.iter().any(|(from, to)| {
            let inner = text.get(from + 1..to - 1).unwrap_or_default();
            // Neither `{2,3}` nor `${NAME}`.
            let before = text.get(..*from).unwrap_or_default();
            inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && !before.ends_with(['$', 'p', 'P', 'x'])
                && inner.split(':').next().is_some_and(|name| {
                    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
                })
        })
    })
}

/// A text as a regular expression that matches nothing else.
fn quote_into(pattern: &mut String, text: &str) {
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
}

/// A text as a regular expression that matches nothing else.
pub(crate) fn quoted(text: &str) -> String {
    let mut pattern = String::new();
    quote_into(&mut pattern, text);
    pattern
}
