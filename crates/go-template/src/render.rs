//! Carrying out a template's actions (text/template, “Actions”, “Arguments”, “Pipelines”).

use std::rc::Rc;

use serde_json::Value as Json;

use crate::environment::Environment;
use crate::error::{Fault, quoted};
use crate::functions::Function;
use crate::machine::Machine;
use crate::print;
use crate::syntax::{Branch, Call, Command, Node, Pipe, Templates, Term, TermKind};
use crate::value::{Value, Width};

/// The output of the main template on this data.
pub(crate) fn render(templates: &Templates, data: &Json, environment: &Environment) -> Result<String, Fault> {
    let mut machine = Machine::new(environment);
    let data = machine.read_json(data).map_err(|_| "the data is too large or nested too deep")?;
    let mut renderer =
        Renderer { templates, machine, variables: Variables::of(data.clone()), output: String::new() };
    renderer.nodes(&templates.main, &data)?;
    Ok(renderer.output)
}

struct Renderer<'t, 'e> {
    templates: &'t Templates,
    machine: Machine<'e>,
    variables: Variables,
    output: String,
}

/// The variables that can be seen, the newest last.
struct Variables(Vec<(Rc<str>, Value)>);

impl Variables {
    fn of(data: Value) -> Self {
        Self(vec![(Rc::from("$"), data)])
    }

    /// Where a variable is, and how many had to be looked at.
    fn find(&self, name: &str) -> Result<(usize, usize), Fault> {
        let at = self.0.iter().rposition(|(seen, _)| &**seen == name);
        let at = at.ok_or_else(|| format!("the variable {} has no value here", quoted(name)))?;
        Ok((at, self.0.len() - at))
    }
}

/// Whether what follows is still to be carried out.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

impl Renderer<'_, '_> {
    fn step(&mut self, at: usize) -> Result<(), Fault> {
        self.machine.budget.step(1).map_err(|fault| fault.at(at))
    }

    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow, Fault> {
        for node in nodes {
            let flow = self.node(node, dot)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Result<Flow, Fault> {
        match node {
            Node::Text(text) => {
                self.machine.budget.step(1)?;
                self.write(text)?;
            }
            Node::Action(pipe) => {
                let value = self.pipe(pipe, dot)?;
                if pipe.variables.is_empty() {
                    self.print(&value).map_err(|fault| fault.at(pipe.at))?;
                }
            }
            Node::If(branch) => return self.scoped(|this| this.conditional(branch, dot, false)),
            Node::With(branch) => return self.scoped(|this| this.conditional(branch, dot, true)),
            Node::Range(branch) => return self.scoped(|this| this.range(branch, dot)),
            Node::Template(call) => self.call(call, dot)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    /// Forgets the variables that are declared within.
    fn scoped<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let seen = self.variables.0.len();
        let result = self.deeper(run);
        self.variables.0.truncate(seen);
        result
    }

    fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.machine.check_depth()?;
        self.machine.depth += 1;
        let result = run(self);
        self.machine.depth -= 1;
        result
    }

    fn write(&mut self, text: &str) -> Result<(), Fault> {
        let limit = self.machine.environment.limits.output;
        if self.output.len() + text.len() > limit {
            return Err(format!("the output gets longer than {limit} bytes").into());
        }
        self.output.push_str(text);
        Ok(())
    }

    fn print(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Missing | Value::Nil => self.write("<no value>"),
            Value::Text(text) => self.write(text),
            other => {
                let text = print::plain(&mut self.machine, other)?;
                self.write(&text)
            }
        }
    }

    fn conditional(&mut self, branch: &Branch, dot: &Value, moves_dot: bool) -> Result<Flow, Fault> {
        let value = self.pipe(&branch.pipe, dot)?;
        if !self.machine.store.is_true(&value) {
            return self.nodes(&branch.otherwise, dot);
        }
        self.nodes(&branch.then, if moves_dot { &value } else { dot })
    }

    fn range(&mut self, branch: &Branch, dot: &Value) -> Result<Flow, Fault> {
        let value = self.evaluate(&branch.pipe, dot)?;
        self.declare(&branch.pipe, &value)?;
        let at = branch.pipe.at;
        let ran = match &value {
            Value::List(id) => {
                let items = self.machine.store.items(*id);
                let pairs = items.iter().enumerate();
                self.rounds(branch, pairs.map(|(i, item)| (Value::count(i), item.clone())))
            }
            Value::Dict(id) => {
                let entries = self.machine.store.entries(*id);
                let pairs = entries.iter();
                self.rounds(branch, pairs.map(|(key, item)| (Value::Text(Rc::clone(key)), item.clone())))
            }
            Value::Missing | Value::Nil => Ok(None),
            other => match other.whole() {
                Some(_) if branch.pipe.variables.len() > 1 => {
                    Err(Fault::new("“range” over a number has one variable, not two").at(at))
                }
                Some(count) => {
                    let width = if let Value::Int(_, width) = other { *width } else { Width::Int };
                    self.rounds(branch, (0..count).map(|i| (Value::Int(i, width), Value::Int(i, width))))
                }
                None => {
                    let problem = format!("“range” goes over a list or an object, not over {}", other.said());
                    Err(Fault::new(problem).at(at))
                }
            },
        };
        match ran? {
            Some(flow) => Ok(flow),
            None => self.nodes(&branch.otherwise, dot),
        }
    }

    /// Carries the body out for each pair; `None` when there is none.
    fn rounds(
        &mut self,
        branch: &Branch,
        pairs: impl Iterator<Item = (Value, Value)>,
    ) -> Result<Option<Flow>, Fault> {
        let seen = self.variables.0.len();
        let mut any = false;
        for (key, item) in pairs {
            any = true;
            self.step(branch.pipe.at)?;
            match branch.pipe.variables.as_slice() {
                [] => {}
                [one] => self.set(one, item.clone())?,
                [first, second, ..] => {
                    self.set(first, key)?;
                    self.set(second, item.clone())?;
                }
            }
            let flow = self.nodes(&branch.then, &item)?;
            self.variables.0.truncate(seen);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(any.then_some(Flow::On))
    }

    fn set(&mut self, name: &str, value: Value) -> Result<(), Fault> {
        let (at, looked_at) = self.variables.find(name)?;
        self.machine.budget.step(looked_at / 16)?;
        if let Some((_, variable)) = self.variables.0.get_mut(at) {
            *variable = value;
        }
        Ok(())
    }

    /// Another template, which sees nothing of this one but its data.
    fn call(&mut self, call: &Call, dot: &Value) -> Result<(), Fault> {
        self.step(call.at)?;
        let templates = self.templates;
        let Some(nodes) = templates.named.get(&call.name) else {
            let problem = format!("there is no template {}", quoted(&call.name));
            return Err(Fault::new(problem).at(call.at));
        };
        let data = match &call.data {
            Some(pipe) => self.pipe(pipe, dot)?,
            None => Value::Missing,
        };
        let outer = std::mem::replace(&mut self.variables, Variables::of(data.clone()));
        let result = self.deeper(|this| this.nodes(nodes, &data));
        self.variables = outer;
        result.map(|_| ()).map_err(|fault| fault.at(call.at))
    }

    /// The value of a pipeline, which its variables take.
    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, Fault> {
        let value = self.evaluate(pipe, dot)?;
        self.declare(pipe, &value)?;
        Ok(value)
    }

    fn declare(&mut self, pipe: &Pipe, value: &Value) -> Result<(), Fault> {
        for name in &pipe.variables {
            if pipe.assigns {
                self.set(name, value.clone()).map_err(|fault| fault.at(pipe.at))?;
            } else {
                self.variables.0.push((Rc::from(name.as_str()), value.clone()));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, Fault> {
        self.deeper(|this| {
            let mut last = None;
            for command in &pipe.commands {
                last = Some(this.command(command, dot, last)?);
            }
            Ok(last.unwrap_or(Value::Missing))
        })
        .map_err(|fault| fault.at(pipe.at))
    }

    /// `last` is the result of the command before, if there is one.
    fn command(&mut self, command: &Command, dot: &Value, last: Option<Value>) -> Result<Value, Fault> {
        let at = command.first.at;
        self.step(at)?;
        if let TermKind::Function(function) = &command.first.kind {
            return self.function(function, &command.arguments, dot, last, at).map_err(|fault| fault.at(at));
        }
        if !command.arguments.is_empty() || last.is_some() {
            return Err(Fault::new("only functions take arguments, and this is none").at(at));
        }
        if matches!(command.first.kind, TermKind::Nil) {
            return Err(Fault::new("“nil” alone is no command").at(at));
        }
        self.term(&command.first, dot)
    }

    fn function(
        &mut self,
        function: &Function,
        arguments: &[Term],
        dot: &Value,
        last: Option<Value>,
        at: usize,
    ) -> Result<Value, Fault> {
        if let Some(ends_with) = function.short_circuit() {
            return self.short_circuit(ends_with, arguments, dot, last);
        }
        let mut values = Vec::with_capacity(arguments.len() + 1);
        for argument in arguments {
            values.push((self.term(argument, dot)?, argument.at));
        }
        values.extend(last.map(|value| (value, at)));
        function.call(&mut self.machine, values)
    }

    /// `and` and `or`: the first argument that decides is the result, and those after it are not even looked at.
    fn short_circuit(
        &mut self,
        ends_with: bool,
        arguments: &[Term],
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, Fault> {
        let mut value = None;
        for argument in arguments {
            let found = self.term(argument, dot)?;
            if self.machine.store.is_true(&found) == ends_with {
                return Ok(found.or_nil());
            }
            value = Some(found);
        }
        let value = last.or(value).ok_or("“and” and “or” need at least one argument")?;
        Ok(value.or_nil())
    }

    fn term(&mut self, term: &Term, dot: &Value) -> Result<Value, Fault> {
        let found = match &term.kind {
            TermKind::Dot => Ok(dot.clone()),
            TermKind::Nil => Ok(Value::Nil),
            TermKind::Bool(truth) => Ok(Value::Bool(*truth)),
            TermKind::Number(number) => match number.whole {
                Some(whole) if !number.is_float => Ok(Value::int(whole)),
                _ => Ok(Value::Float(number.float)),
            },
            TermKind::Text(text) => {
                self.machine.budget.step(text.len() / 64)?;
                Ok(Value::text(text.as_str()))
            }
            TermKind::Field(names) => self.fields(dot.clone(), names),
            TermKind::Variable(name, names) => {
                self.variable(name).and_then(|value| self.fields(value, names))
            }
            TermKind::Function(function) => self.function(function, &[], dot, None, term.at),
            TermKind::Pipe(pipe) => self.pipe(pipe, dot),
            TermKind::Chain(first, names) => {
                self.term(first, dot).and_then(|value| self.fields(value, names))
            }
        };
        found.map_err(|fault| fault.at(term.at))
    }

    fn variable(&mut self, name: &str) -> Result<Value, Fault> {
        let (at, looked_at) = self.variables.find(name)?;
        self.machine.budget.step(looked_at / 16)?;
        Ok(self.variables.0.get(at).map_or(Value::Missing, |(_, value)| value.clone()))
    }

    fn fields(&mut self, mut value: Value, names: &[String]) -> Result<Value, Fault> {
        for name in names {
            value = self.field(value, name)?;
        }
        Ok(value)
    }

    fn field(&mut self, value: Value, name: &str) -> Result<Value, Fault> {
        match value {
            Value::Dict(id) => {
                let entries = self.machine.store.entries(id);
                Ok(entries.get(name).cloned().unwrap_or(Value::Missing))
            }
            Value::Missing => Ok(Value::Missing),
            other => {
                let name = quoted(&format!(".{name}"));
                Err(format!("{name} is asked of {}, and only an object has fields", other.said()).into())
            }
        }
    }
}
