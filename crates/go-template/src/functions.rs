//! The functions that templates can call: Go's own, and those of Sprig that ntfy keeps (ntfy's documentation,
//! “Template functions”).

mod compare;
mod defaults;
mod dicts;
mod digests;
mod encoding;
mod escape;
mod go;
mod json;
mod lists;
mod moments;
mod numbers;
mod paths;
mod regexes;
mod strings;
mod types;
mod urls;

use std::rc::Rc;

pub(crate) use regexes::Expression;

use crate::error::Fault;
use crate::machine::Machine;
use crate::value::{DictId, Of, Value};

/// A function: what it takes, and how it is carried out.
#[derive(Debug)]
pub(crate) struct Function {
    name: &'static str,
    takes: &'static [Kind],
    /// What any further arguments are.
    rest: Option<Kind>,
    run: Run,
}

/// Carries a function out. The arguments are as many as it takes, and of the right kinds.
type Run = fn(&mut Machine<'_>, &[Value]) -> Result<Value, Fault>;

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Anything, and also that there is nothing.
    Raw,
    /// Anything; nothing is null.
    Any,
    Text,
    /// A whole number: also a float that is one, since all numbers of JSON are floats.
    Int,
    Float,
    Bool,
    Dict,
    Time,
}

use Kind::{Any, Bool, Dict, Float, Int, Raw, Text, Time};

const fn function(name: &'static str, takes: &'static [Kind], run: Run) -> Function {
    Function { name, takes, rest: None, run }
}

const fn variadic(name: &'static str, takes: &'static [Kind], rest: Kind, run: Run) -> Function {
    Function { name, takes, rest: Some(rest), run }
}

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    ALL.iter().find_map(|some| some.iter().find(|function| function.name == name))
}

static ALL: &[&[Function]] = &[
    go::FUNCTIONS,
    compare::FUNCTIONS,
    escape::FUNCTIONS,
    strings::FUNCTIONS,
    defaults::FUNCTIONS,
    lists::FUNCTIONS,
    dicts::FUNCTIONS,
    numbers::FUNCTIONS,
    moments::FUNCTIONS,
    json::FUNCTIONS,
    encoding::FUNCTIONS,
    digests::FUNCTIONS,
    regexes::FUNCTIONS,
    paths::FUNCTIONS,
    types::FUNCTIONS,
    urls::FUNCTIONS,
];

impl Function {
    /// `and` ends with the first argument that is false, `or` with the first one that is true.
    pub(crate) fn short_circuit(&self) -> Option<bool> {
        match self.name {
            "and" => Some(false),
            "or" => Some(true),
            _ => None,
        }
    }

    /// Checks the arguments, each of which comes with its place in the template, and carries the function out.
    pub(crate) fn call(
        &self,
        machine: &mut Machine<'_>,
        values: Vec<(Value, usize)>,
    ) -> Result<Value, Fault> {
        self.check_count(values.len())?;
        let mut arguments = Vec::with_capacity(values.len());
        for (i, (value, at)) in values.into_iter().enumerate() {
            let kind = self.takes.get(i).copied().or(self.rest).unwrap_or(Any);
            machine.budget.step(1 + machine.store.len(&value).unwrap_or_default() / 16)?;
            let converted = self.converted(machine, kind, &value, i + 1);
            arguments.push(converted.map_err(|fault| fault.at(at))?);
        }
        (self.run)(machine, &arguments).map_err(|fault| fault.of(self.name))
    }

    fn check_count(&self, count: usize) -> Result<(), Fault> {
        let least = self.takes.len();
        if count == least || count > least && self.rest.is_some() {
            return Ok(());
        }
        let at_least = if self.rest.is_some() { "at least " } else { "" };
        let arguments = if least == 1 { "argument" } else { "arguments" };
        Err(format!("“{}” takes {at_least}{least} {arguments}, not {count}", self.name).into())
    }

    fn converted(
        &self,
        machine: &mut Machine<'_>,
        kind: Kind,
        value: &Value,
        number: usize,
    ) -> Result<Value, Fault> {
        let converted = match (kind, value) {
            (Raw, _)
            | (Text, Value::Text(_))
            | (Bool, Value::Bool(_))
            | (Dict, Value::Dict(_))
            | (Time, Value::Time(_))
            | (Int, Value::Int(..))
            | (Float, Value::Float(_)) => Some(value.clone()),
            (Any, _) => Some(value.clone().or_nil()),
            (Int, Value::Float(_)) => value.whole().map(Value::int),
            (Float, Value::Int(number, _)) => Some(Value::Float(*number as f64)),
            (Dict, Value::Missing | Value::Nil) => Some(machine.dict(Default::default(), Of::Any)?),
            _ => None,
        };
        converted.ok_or_else(|| {
            format!("argument {number} of “{}” is {}, and it takes {}", self.name, value.said(), kind.said())
                .into()
        })
    }
}

impl Kind {
    fn said(self) -> &'static str {
        match self {
            Raw | Any => "a value",
            Text => "a text",
            Int => "a whole number",
            Float => "a number",
            Bool => "true or false",
            Dict => "an object",
            Time => "a date",
        }
    }
}

/// The text at this place of the arguments; it has been checked that it is one.
fn text(arguments: &[Value], at: usize) -> Rc<str> {
    match arguments.get(at) {
        Some(Value::Text(text)) => Rc::clone(text),
        _ => Rc::from(""),
    }
}

/// The whole number at this place of the arguments; it has been checked that it is one.
fn int(arguments: &[Value], at: usize) -> i64 {
    arguments.get(at).and_then(Value::whole).unwrap_or_default()
}

/// The value at this place of the arguments.
fn any(arguments: &[Value], at: usize) -> Value {
    arguments.get(at).cloned().unwrap_or(Value::Nil)
}

/// The dict at this place of the arguments; it has been checked that it is one.
fn dict(arguments: &[Value], at: usize) -> Option<DictId> {
    match arguments.get(at) {
        Some(Value::Dict(id)) => Some(*id),
        _ => None,
    }
}

/// Arguments after those that every call has.
fn after(arguments: &[Value], at: usize) -> &[Value] {
    arguments.get(at..).unwrap_or_default()
}
