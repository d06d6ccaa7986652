//! Rules of Traefik 1: `Host:a.example.org,b.example.org;PathPrefix:/api`. They still stand on old containers.

use crate::{Expr, Matcher, host};

/// What such a rule says; `None` where the text is none.
pub(crate) fn read(text: &str) -> Option<Expr> {
    if text.contains(['(', '`', '"']) {
        return None;
    }
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let parts = parts.map(part).collect::<Option<Vec<Expr>>>()?;
    let known = parts.iter().any(|part| !matches!(part, Expr::Unknown(_)));
    if known { Expr::all(parts) } else { None }
}

fn part(text: &str) -> Option<Expr> {
    let (name, values) = text.split_once(':')?;
    let name = name.trim();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let values = values.split(',').map(str::trim).filter(|value| !value.is_empty());
    let matchers: Option<Vec<Expr>> = values.map(|value| matcher(name, value).map(Expr::Is)).collect();
    matchers.and_then(Expr::any).or_else(|| Some(Expr::Unknown(text.to_owned())))
}

fn matcher(name: &str, value: &str) -> Option<Matcher> {
    match name.to_ascii_lowercase().as_str() {
        "host" => Some(host::read(value).0),
        "path" | "pathstrip" if value.starts_with('/') && !value.contains('{') => {
            Some(Matcher::Path(value.to_owned()))
        }
        "pathprefix" | "pathprefixstrip" if value.starts_with('/') && !value.contains('{') => {
            Some(Matcher::PathPrefix(value.to_owned()))
        }
        "method" => Some(Matcher::Method(value.to_ascii_uppercase())),
        _ => None,
    }
}
