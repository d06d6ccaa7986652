//! A rule and what it is asked.

use crate::evaluate::{self, Request};
use crate::meaning::Meaning;
use crate::problem::merged;
use crate::{
    Expr, MAX_LENGTH, Matcher, Problem, ProblemKind, Protocol, Severity, Syntax, Target, Version, Versions,
    grammar, host, meaning, scan, target, version_one,
};
use std::fmt;

/// No more problems of a rule are told than this.
const MOST_PROBLEMS: usize = 24;

/// A rule as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    text: Box<str>,
    protocol: Protocol,
    version: Version,
    expression: Option<Expr>,
    problems: Vec<Problem>,
    guessed: bool,
    accepted: Accepted,
}

/// Which versions take the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Accepted {
    v2: bool,
    v3: bool,
}

/// What a version of Traefik makes of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// Traefik takes the rule. If not, the route is not there.
    pub accepted: bool,
    /// What is wrong in this version, in the order of the text.
    pub problems: Vec<&'a Problem>,
    /// The whole rule as it should be, where that is plain: only for Traefik 3, and only where something is to be
    /// done.
    pub rewritten: Option<String>,
}

impl Verdict<'_> {
    /// The problem that costs most, if there is one; of several the first.
    #[must_use]
    pub fn worst(&self) -> Option<&Problem> {
        // Of equals `max_by_key` takes the last.
        self.problems.iter().rev().copied().max_by_key(|problem| problem.severity)
    }
}

/// Reads a rule. What is not understood is told by the rule's problems, and costs as little as possible.
#[must_use]
pub fn parse(text: &str, syntax: Syntax, protocol: Protocol) -> Rule {
    if let Some(problem) = unreadable(text) {
        let accepted = problem.kind == ProblemKind::TooLong;
        return Rule {
            text: cut(text).into(),
            protocol,
            version: if syntax == Syntax::V2 { Version::V2 } else { Version::V3 },
            expression: None,
            problems: vec![problem],
            guessed: true,
            accepted: Accepted { v2: accepted, v3: accepted },
        };
    }
    if protocol == Protocol::Http
        && let Some(expression) = version_one::read(text)
    {
        return of_version_one(text, syntax, expression);
    }
    let scanned = scan::scan(text);
    let mut read = grammar::read(&scanned, text.len());
    let v2 = meaning::read(read.tree.as_ref(), text, Version::V2, protocol);
    let v3 = meaning::read(read.tree.as_ref(), text, Version::V3, protocol);
    let version = match syntax {
        Syntax::V2 => Version::V2,
        Syntax::V3 => Version::V3,
        Syntax::Auto => chosen(&v2, &v3),
    };
    let expression = if version == Version::V2 { v2.expression } else { v3.expression };
    let own = !read.problems.iter().any(is_refusal);
    let accepted = Accepted { v2: own && v2.refusals == 0, v3: own && v3.refusals == 0 };
    let mut problems = merged(v2.problems, v3.problems);
    problems.append(&mut read.problems);
    problems.sort_by_key(|problem| (problem.at.start, problem.at.end));
    problems.truncate(MOST_PROBLEMS);
    Rule { text: text.into(), protocol, version, expression, problems, guessed: read.guessed, accepted }
}

fn of_version_one(text: &str, syntax: Syntax, expression: Expr) -> Rule {
    let problem = Problem {
        kind: ProblemKind::VersionOne,
        severity: Severity::Refused,
        at: 0..text.len(),
        sentence: "This is a rule in the syntax of Traefik 1; Traefik 2 and 3 refuse it.".to_owned(),
        instead: None,
        in_version: Versions::Both,
    };
    Rule {
        text: text.into(),
        protocol: Protocol::Http,
        version: if syntax == Syntax::V2 { Version::V2 } else { Version::V3 },
        expression: Some(expression),
        problems: vec![problem],
        guessed: false,
        accepted: Accepted { v2: false, v3: false },
    }
}

fn unreadable(text: &str) -> Option<Problem> {
    let (kind, severity, sentence) = if text.len() > MAX_LENGTH {
        let sentence = format!("The rule is longer than {} KiB and is not read here.", MAX_LENGTH / 1024);
        (ProblemKind::TooLong, Severity::Note, sentence)
    } else if text.trim().is_empty() {
        (ProblemKind::Empty, Severity::Refused, "There is no rule.".to_owned())
    } else {
        return None;
    };
    let at = 0..cut(text).len();
    Some(Problem { kind, severity, at, sentence, instead: None, in_version: Versions::Both })
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_LENGTH)).unwrap_or_default()
}

fn is_refusal(problem: &Problem) -> bool {
    problem.severity == Severity::Refused
}

/// The version that somebody had in mind who wrote this.
fn chosen(v2: &Meaning, v3: &Meaning) -> Version {
    let meant_for_v2 = v3.problems.iter().any(|problem| {
        matches!(problem.kind, ProblemKind::Template | ProblemKind::Query)
            && problem.severity == Severity::Never
    });
    let fewer = v2.refusals < v3.refusals;
    if fewer || (v2.refusals == v3.refusals && meant_for_v2) { Version::V2 } else { Version::V3 }
}

impl Rule {
    /// The rule as it was given; its beginning where it is too long.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it routes.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The version whose grammar it was read in.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What must hold; `None` where nothing was understood.
    #[must_use]
    pub fn expression(&self) -> Option<&Expr> {
        self.expression.as_ref()
    }

    /// What is wrong with it, in the order of the text, in either version ([`Problem::in_version`]).
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Operators were missing or the text was not read to its end, so that the expression is a guess.
    #[must_use]
    pub fn is_guessed(&self) -> bool {
        self.guessed
    }

    /// Whether the version that the rule was read in takes it.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.accepted_in(self.version)
    }

    fn accepted_in(&self, version: Version) -> bool {
        match version {
            Version::V2 => self.accepted.v2,
            Version::V3 => self.accepted.v3,
        }
    }

    /// What a version of Traefik makes of the rule.
    #[must_use]
    pub fn valid_in(&self, version: Version) -> Verdict<'_> {
        let problems: Vec<&Problem> =
            self.problems.iter().filter(|problem| problem.in_version.contains(version)).collect();
        let wrong = problems.iter().any(|problem| problem.severity > Severity::Note);
        let rewritten = if version == Version::V3 && wrong { self.rewritten() } else { None };
        Verdict { accepted: self.accepted_in(version), problems, rewritten }
    }

    /// The rule in the grammar of Traefik 3 without its mistakes, where there is no doubt about it.
    fn rewritten(&self) -> Option<String> {
        if self.guessed {
            return None;
        }
        let expression = repaired(self.expression.as_ref()?)?;
        let text = expression.text(self.protocol);
        let again = parse(&text, Syntax::V3, self.protocol);
        let good = again
            .problems
            .iter()
            .all(|problem| problem.severity == Severity::Note || !problem.in_version.contains(Version::V3));
        (good && text != *self.text).then_some(text)
    }

    /// Which hosts and paths the rule serves.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        self.expression.as_ref().map(|expression| target::targets(expression, self)).unwrap_or_default()
    }

    /// Whether a request is served by this rule. `None` where that hangs on something that is not understood, or on a
    /// regular expression of a kind that is not evaluated here.
    #[must_use]
    pub fn matches(&self, request: &Request<'_>) -> Option<bool> {
        evaluate::holds(self.expression.as_ref()?, request, self.version)
    }

    /// The priority that Traefik gives the rule if the route has none (or 0): the higher one is asked first.
    ///
    /// It is the length of the rule in bytes. The stars of `**.example.org` do not count, and what is for every host
    /// of TCP comes last.
    #[must_use]
    pub fn default_priority(&self) -> i64 {
        if self.protocol == Protocol::Tcp && matches!(self.expression, Some(Expr::Is(Matcher::HostAny))) {
            return -1;
        }
        let leaves = self.expression.as_ref().map(Expr::leaves).unwrap_or_default();
        let deep =
            leaves.iter().filter(|leaf| matches!(leaf, Expr::Is(Matcher::HostWildcard { deep: true, .. })));
        let length = i64::try_from(self.text.len()).unwrap_or(i64::MAX);
        length - 2 * i64::try_from(deep.count()).unwrap_or_default()
    }
}

/// With hosts that can be ones; `None` where something is not known.
fn repaired(expression: &Expr) -> Option<Expr> {
    match expression {
        Expr::And(parts) => Expr::all(parts.iter().map(repaired).collect::<Option<_>>()?),
        Expr::Or(parts) => Expr::any(parts.iter().map(repaired).collect::<Option<_>>()?),
        Expr::Not(inner) => repaired(inner).map(Expr::negated),
        Expr::Unknown(_) => None,
        Expr::Is(Matcher::HostInvalid(text)) => {
            let (hosts, prefix) = host::read(text).1.into_iter().find_map(|finding| finding.instead)?;
            let hosts = hosts.into_iter().map(|host| Expr::Is(Matcher::Host(host))).collect();
            let prefix = prefix.map(|prefix| Expr::Is(Matcher::PathPrefix(prefix)));
            Expr::all(Expr::any(hosts).into_iter().chain(prefix).collect())
        }
        Expr::Is(matcher) => Some(Expr::Is(matcher.clone())),
    }
}

/// The expression as a rule for Traefik 3; the text as it was given where there is none.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expression {
            Some(expression) => f.write_str(&expression.text(self.protocol)),
            None => f.write_str(&self.text),
        }
    }
}
