//! Whether one rule leaves another one nothing to do.

use crate::cases::{Bound, Case, Literal, cases};
use crate::relation::{excludes, implies, is_always};
use crate::{Expr, Matcher, Rule, Version};

/// Beyond this nothing is told.
const BOUND: Bound = Bound { cases: 64, literals: 1024 };

/// How one rule shadows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shadow {
    /// Both serve exactly the same requests.
    Same,
    /// The first one serves all that the second one would, and more.
    Whole,
}

/// Whether every request that `below` would serve is served by `above`, which has the higher priority and stands at the
/// same entry points. `Some` only where that is certain: `below` then never serves anything.
#[must_use]
pub fn shadows(above: &Rule, below: &Rule) -> Option<Shadow> {
    if !covers(above, below) {
        return None;
    }
    Some(if covers(below, above) { Shadow::Same } else { Shadow::Whole })
}

/// Whether both rules serve the same requests: in whatever order, spelling or version they say it. Only where that is
/// certain.
#[must_use]
pub fn same(one: &Rule, other: &Rule) -> bool {
    one.protocol() == other.protocol()
        && match (one.expression(), other.expression()) {
            (Some(first), Some(second)) => {
                sorted(first) == sorted(second) || (covers(one, other) && covers(other, one))
            }
            _ => false,
        }
}

fn covers(wider: &Rule, rule: &Rule) -> bool {
    let (Some(outer), Some(inner)) = (wider.expression(), rule.expression()) else { return false };
    if wider.protocol() != rule.protocol() || !is_certain(wider, outer) || !is_certain(rule, inner) {
        return false;
    }
    let (outer, inner) = (spelled_out(outer), spelled_out(inner));
    let (Some(outer), Some(inner)) = (cases(&outer, BOUND), cases(&inner, BOUND)) else { return false };
    let mut possible = inner.iter().filter(|case| !is_impossible(case)).peekable();
    possible.peek().is_some() && possible.all(|case| outer.iter().any(|wider| follows(case, wider)))
}

/// With the hosts and paths of regular expressions that stand for few of them.
fn spelled_out(expression: &Expr) -> Expr {
    let one_of = |texts: Vec<String>, matcher: fn(String) -> Matcher| {
        Expr::any(texts.into_iter().map(|text| Expr::Is(matcher(text))).collect())
    };
    let spelled = match expression {
        Expr::And(parts) => Expr::all(parts.iter().map(spelled_out).collect()),
        Expr::Or(parts) => Expr::any(parts.iter().map(spelled_out).collect()),
        Expr::Not(inner) => Some(spelled_out(inner).negated()),
        Expr::Is(Matcher::HostRegexp(pattern)) => {
            pattern.literals().and_then(|hosts| one_of(hosts, Matcher::Host))
        }
        Expr::Is(Matcher::PathRegexp(pattern)) => {
            pattern.literals().and_then(|paths| one_of(paths, Matcher::Path))
        }
        Expr::Is(_) | Expr::Unknown(_) => None,
    };
    spelled.unwrap_or_else(|| expression.clone())
}

/// Whether the expression is what Traefik does.
fn is_certain(rule: &Rule, expression: &Expr) -> bool {
    let literal_star = |leaf: &&Expr| matches!(leaf, Expr::Is(Matcher::HostWildcard { .. }));
    rule.is_accepted()
        && !rule.is_guessed()
        && (rule.version() == Version::V3 || !expression.leaves().iter().any(literal_star))
}

/// Whether a case never comes true.
fn is_impossible(case: &Case<'_>) -> bool {
    case.iter().enumerate().any(|(index, one)| {
        matches!((one.leaf, one.positive), (Expr::Is(Matcher::HostInvalid(_)), true))
            || case.iter().skip(index + 1).any(|other| contradicts(one, other))
    })
}

fn contradicts(one: &Literal<'_>, other: &Literal<'_>) -> bool {
    match (one.leaf, one.positive, other.leaf, other.positive) {
        (Expr::Is(one), true, Expr::Is(other), true) => excludes(one, other),
        (Expr::Is(one), true, Expr::Is(other), false) | (Expr::Is(other), false, Expr::Is(one), true) => {
            implies(one, other)
        }
        (one, here, other, there) => one == other && here != there,
    }
}

/// Whether all that a case of the wider rule asks for is given in this case.
fn follows(case: &Case<'_>, wider: &Case<'_>) -> bool {
    wider.iter().all(|wanted| {
        matches!((wanted.leaf, wanted.positive), (Expr::Is(matcher), true) if is_always(matcher))
            || case.iter().any(|given| gives(given, wanted))
    })
}

fn gives(given: &Literal<'_>, wanted: &Literal<'_>) -> bool {
    match (given.leaf, given.positive, wanted.leaf, wanted.positive) {
        (Expr::Is(given), true, Expr::Is(wanted), true) => implies(given, wanted),
        (Expr::Is(given), true, Expr::Is(wanted), false) => excludes(given, wanted),
        (Expr::Is(given), false, Expr::Is(wanted), false) => implies(wanted, given),
        (given, here, wanted, there) => given == wanted && here == there,
    }
}

/// The same whatever the order in which it was written.
fn sorted(expression: &Expr) -> Expr {
    let parts = |parts: &[Expr]| {
        let mut parts: Vec<Expr> = parts.iter().map(sorted).collect();
        parts.sort();
        parts.dedup();
        parts
    };
    match expression {
        Expr::And(all) => Expr::all(parts(all)).unwrap_or(Expr::And(Vec::new())),
        Expr::Or(any) => Expr::any(parts(any)).unwrap_or(Expr::Or(Vec::new())),
        Expr::Not(inner) => sorted(inner).negated(),
        leaf => leaf.clone(),
    }
}
