//! Whether an expression matches: all ways at once, so that no expression is slow.

use super::read::Node;

/// Longer programs, and longer texts, are not run.
const MOST_STEPS: usize = 2000;
const MOST_TEXT: usize = 2048;

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    /// Takes a letter that this node is.
    Take(&'a Node),
    /// Goes on at both.
    Split(usize, usize),
    Jump(usize),
    Start,
    End,
    Done,
}

pub(super) fn is_match(node: &Node, text: &str) -> Option<bool> {
    if text.len() > MOST_TEXT || !text.is_ascii() {
        return None;
    }
    let mut program = Vec::new();
    compile(node, &mut program)?;
    program.push(Step::Done);
    Some(run(&program, text))
}

/// Adds the steps of a node; `None` where they become too many.
fn compile<'a>(node: &'a Node, program: &mut Vec<Step<'a>>) -> Option<()> {
    if program.len() > MOST_STEPS {
        return None;
    }
    match node {
        Node::Concat(parts) => parts.iter().try_for_each(|part| compile(part, program)),
        Node::Alternatives(parts) => alternatives(parts, program),
        Node::Repeat(inner, least, most) => {
            required(inner, *least, program)?;
            match most {
                None => optional(inner, program, true),
                Some(most) => (*least..*most).try_for_each(|_| optional(inner, program, false)),
            }
        }
        Node::Start => push(program, Step::Start),
        Node::End => push(program, Step::End),
        Node::Char(..) | Node::Any { .. } | Node::Set(_) => push(program, Step::Take(node)),
    }
}

fn push<'a>(program: &mut Vec<Step<'a>>, step: Step<'a>) -> Option<()> {
    program.push(step);
    (program.len() <= MOST_STEPS).then_some(())
}

/// So often; once where it has no steps, which would be nothing to count by.
fn required<'a>(inner: &'a Node, count: u32, program: &mut Vec<Step<'a>>) -> Option<()> {
    for _ in 0..count {
        let before = program.len();
        compile(inner, program)?;
        if program.len() == before {
            break;
        }
    }
    Some(())
}

/// Once or not at all; or as often as it comes.
fn optional<'a>(inner: &'a Node, program: &mut Vec<Step<'a>>, again: bool) -> Option<()> {
    let split = program.len();
    push(program, Step::Jump(0))?;
    compile(inner, program)?;
    if again {
        push(program, Step::Jump(split))?;
    }
    let end = program.len();
    *program.get_mut(split)? = Step::Split(split + 1, end);
    Some(())
}

fn alternatives<'a>(parts: &'a [Node], program: &mut Vec<Step<'a>>) -> Option<()> {
    let mut ends = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            compile(part, program)?;
            break;
        }
        let split = program.len();
        push(program, Step::Jump(0))?;
        compile(part, program)?;
        ends.push(program.len());
        push(program, Step::Jump(0))?;
        let next = program.len();
        *program.get_mut(split)? = Step::Split(split + 1, next);
    }
    let end = program.len();
    for at in ends {
        *program.get_mut(at)? = Step::Jump(end);
    }
    Some(())
}

fn run(program: &[Step<'_>], text: &str) -> bool {
    let mut letters = text.chars();
    let mut at_start = true;
    let mut current: Vec<usize> = Vec::new();
    let mut seen = vec![false; program.len()];
    loop {
        let letter = letters.next();
        // A match may begin anywhere.
        current.push(0);
        seen.fill(false);
        let mut next = Vec::new();
        while let Some(at) = current.pop() {
            let Some(known) = seen.get_mut(at) else { continue };
            if std::mem::replace(known, true) {
                continue;
            }
            match program.get(at) {
                Some(Step::Done) => return true,
                Some(Step::Split(one, other)) => current.extend([*other, *one]),
                Some(Step::Jump(to)) => current.push(*to),
                Some(Step::Start) if at_start => current.push(at + 1),
                Some(Step::End) if letter.is_none() => current.push(at + 1),
                Some(Step::Take(node)) if letter.is_some_and(|letter| takes(node, letter)) => {
                    next.push(at + 1);
                }
                _ => {}
            }
        }
        if letter.is_none() {
            return false;
        }
        current = next;
        at_start = false;
    }
}

fn takes(node: &Node, letter: char) -> bool {
    match node {
        Node::Char(c, true) => c.eq_ignore_ascii_case(&letter),
        Node::Char(c, false) => *c == letter,
        Node::Any { line_ends } => *line_ends || letter != '\n',
        Node::Set(set) => set.holds(letter),
        _ => false,
    }
}
