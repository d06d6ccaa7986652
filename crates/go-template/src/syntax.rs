//! What a template is made of, once it has been read.

use std::collections::HashMap;

use crate::functions::Function;
use crate::literal::Number;

/// A list of nodes, one after the other.
pub(crate) type Nodes = Vec<Node>;

/// All templates of one source: the main one, and those that it defines by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Templates {
    pub(crate) main: Nodes,
    pub(crate) named: HashMap<String, Nodes>,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Text(String),
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Call),
    Break,
    Continue,
}

/// What `if`, `with` and `range` have in common.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) then: Nodes,
    pub(crate) otherwise: Nodes,
}

/// `{{template "name" data}}`
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) data: Option<Pipe>,
}

/// Commands, each of which gets the last one's result as its last argument.
#[derive(Debug, Clone)]
pub(crate) struct Pipe {
    pub(crate) at: usize,
    /// The variables that take the result, with their `$`.
    pub(crate) variables: Vec<String>,
    /// The variables are old ones: `=` and not `:=`.
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
}

#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) first: Term,
    pub(crate) arguments: Vec<Term>,
}

#[derive(Debug, Clone)]
pub(crate) struct Term {
    /// The byte of the source at which it begins.
    pub(crate) at: usize,
    pub(crate) kind: TermKind,
}

#[derive(Debug, Clone)]
pub(crate) enum TermKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Text(String),
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`
    Variable(String, Vec<String>),
    Function(&'static Function),
    Pipe(Box<Pipe>),
    /// `(…).a.b`
    Chain(Box<Term>, Vec<String>),
}
