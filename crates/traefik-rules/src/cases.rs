//! A rule taken apart: the cases in which it holds, each a list of what must hold and what must not.

use crate::Expr;

/// A matcher, or its opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Literal<'a> {
    /// [`Expr::Is`] or [`Expr::Unknown`].
    pub(crate) leaf: &'a Expr,
    pub(crate) positive: bool,
}

/// All of these hold.
pub(crate) type Case<'a> = Vec<Literal<'a>>;

/// How many cases, and how many literals in all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) cases: usize,
    pub(crate) literals: usize,
}

/// The cases of an expression (its disjunctive normal form); `None` where there would be too many.
pub(crate) fn cases(expression: &Expr, bound: Bound) -> Option<Vec<Case<'_>>> {
    expand(expression, true, bound)
}

fn expand(expression: &Expr, positive: bool, bound: Bound) -> Option<Vec<Case<'_>>> {
    match (expression, positive) {
        (Expr::Is(_) | Expr::Unknown(_), _) => Some(vec![vec![Literal { leaf: expression, positive }]]),
        (Expr::Not(inner), _) => expand(inner, !positive, bound),
        (Expr::And(parts), true) | (Expr::Or(parts), false) => {
            let mut product: Vec<Case<'_>> = vec![Vec::new()];
            for part in parts {
                product = times(&product, &expand(part, positive, bound)?, bound)?;
            }
            Some(product)
        }
        (Expr::Or(parts), true) | (Expr::And(parts), false) => {
            let mut sum = Vec::new();
            for part in parts {
                sum.append(&mut expand(part, positive, bound)?);
                within(&sum, bound)?;
            }
            Some(sum)
        }
    }
}

fn times<'a>(left: &[Case<'a>], right: &[Case<'a>], bound: Bound) -> Option<Vec<Case<'a>>> {
    if left.len().saturating_mul(right.len()) > bound.cases {
        return None;
    }
    let mut product = Vec::with_capacity(left.len() * right.len());
    for one in left {
        for other in right {
            let mut case = one.clone();
            for literal in other {
                if !case.contains(literal) {
                    case.push(*literal);
                }
            }
            product.push(case);
        }
    }
    within(&product, bound)?;
    Some(product)
}

fn within(cases: &[Case<'_>], bound: Bound) -> Option<()> {
    let literals: usize = cases.iter().map(Vec::len).sum();
    (cases.len() <= bound.cases && literals <= bound.literals).then_some(())
}
