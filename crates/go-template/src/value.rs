//! The values that a rendering works with, and where its lists and dicts are kept.

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::Zoned;

use crate::error::Fault;

/// One value. Lists and dicts are kept in the [`Store`], so that dicts can be changed, may hold themselves, and all
/// are let go together, however deep they are nested.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// No value at all, such as a field that is not there. Written as `<no value>`.
    Missing,
    /// JSON's null.
    Nil,
    Bool(bool),
    Int(i64, Width),
    Float(f64),
    Text(Rc<str>),
    List(ListId),
    Dict(DictId),
    Time(Rc<Zoned>),
}

/// Go's type of an integer: it does not change its value, only what `typeOf` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Int,
    Int64,
    /// A byte of a text.
    Uint8,
}

/// Go's type of the elements of a list or dict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Any,
    Text,
    Int,
    Lists,
}

impl Of {
    /// As Go writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Of::Any => "interface {}",
            Of::Text => "string",
            Of::Int => "int",
            Of::Lists => "[]interface {}",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListId(usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DictId(usize);

pub(crate) type Items = Rc<[Value]>;
pub(crate) type Entries = Rc<BTreeMap<Rc<str>, Value>>;

/// What one entry of a list or dict costs of the memory, in bytes.
pub(crate) const ENTRY: usize = 32;

/// All lists and dicts of one rendering.
#[derive(Debug, Default)]
pub(crate) struct Store {
    lists: Vec<(Items, Of)>,
    dicts: Vec<(Entries, Of)>,
    empty: Entries,
}

impl Store {
    pub(crate) fn list(&mut self, items: Vec<Value>, of: Of) -> Value {
        self.lists.push((items.into(), of));
        Value::List(ListId(self.lists.len() - 1))
    }

    pub(crate) fn dict(&mut self, entries: BTreeMap<Rc<str>, Value>, of: Of) -> Value {
        self.dicts.push((Rc::new(entries), of));
        Value::Dict(DictId(self.dicts.len() - 1))
    }

    pub(crate) fn items(&self, id: ListId) -> Items {
        self.lists.get(id.0).map_or_else(|| Rc::from([]), |(items, _)| Rc::clone(items))
    }

    pub(crate) fn entries(&self, id: DictId) -> Entries {
        Rc::clone(self.dicts.get(id.0).map_or(&self.empty, |(entries, _)| entries))
    }

    /// To change a dict. Whoever is just going through it goes on with what it was.
    pub(crate) fn entries_mut(&mut self, id: DictId) -> Option<&mut BTreeMap<Rc<str>, Value>> {
        self.dicts.get_mut(id.0).map(|(entries, _)| Rc::make_mut(entries))
    }

    pub(crate) fn len(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Text(text) => Some(text.len()),
            Value::List(id) => Some(self.lists.get(id.0).map_or(0, |(items, _)| items.len())),
            Value::Dict(id) => Some(self.dicts.get(id.0).map_or(0, |(entries, _)| entries.len())),
            _ => None,
        }
    }

    /// The type of a list's or dict's elements.
    pub(crate) fn of(&self, value: &Value) -> Of {
        let of = match value {
            Value::List(id) => self.lists.get(id.0).map(|(_, of)| *of),
            Value::Dict(id) => self.dicts.get(id.0).map(|(_, of)| *of),
            _ => None,
        };
        of.unwrap_or(Of::Any)
    }

    /// The type as Go writes it (`%T`).
    pub(crate) fn type_name(&self, value: &Value) -> String {
        match value {
            Value::Missing | Value::Nil => "<nil>".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Int(_, width) => width.name().to_owned(),
            Value::Float(_) => "float64".to_owned(),
            Value::Text(_) => "string".to_owned(),
            Value::List(_) => format!("[]{}", self.of(value).name()),
            Value::Dict(_) => format!("map[string]{}", self.of(value).name()),
            Value::Time(_) => "time.Time".to_owned(),
        }
    }

    /// What Go's templates take for true: neither zero nor empty.
    pub(crate) fn is_true(&self, value: &Value) -> bool {
        match value {
            Value::Missing | Value::Nil => false,
            Value::Bool(truth) => *truth,
            Value::Int(number, _) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Time(_) => true,
            Value::Text(_) | Value::List(_) | Value::Dict(_) => self.len(value).unwrap_or_default() > 0,
        }
    }
}

impl Width {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Width::Int => "int",
            Width::Int64 => "int64",
            Width::Uint8 => "uint8",
        }
    }
}

impl Value {
    pub(crate) fn text(text: impl Into<Rc<str>>) -> Self {
        Value::Text(text.into())
    }

    pub(crate) fn int(number: i64) -> Self {
        Value::Int(number, Width::Int)
    }

    pub(crate) fn int64(number: i64) -> Self {
        Value::Int(number, Width::Int64)
    }

    /// A length or a count.
    pub(crate) fn count(number: usize) -> Self {
        Value::Int(i64::try_from(number).unwrap_or(i64::MAX), Width::Int)
    }

    /// No value becomes null: what a function of any value gets.
    pub(crate) fn or_nil(self) -> Self {
        if matches!(self, Value::Missing) { Value::Nil } else { self }
    }

    pub(crate) fn is_nil(&self) -> bool {
        matches!(self, Value::Missing | Value::Nil)
    }

    /// What kind of value this is, for a person.
    pub(crate) fn said(&self) -> &'static str {
        match self {
            Value::Missing => "no value",
            Value::Nil => "null",
            Value::Bool(_) => "true or false",
            Value::Int(..) | Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Dict(_) => "an object",
            Value::Time(_) => "a date",
        }
    }

    /// The integer that this is; a float that is whole is one, too.
    pub(crate) fn whole(&self) -> Option<i64> {
        match self {
            Value::Int(number, _) => Some(*number),
            Value::Float(number) => crate::literal::whole(*number),
            _ => None,
        }
    }
}

/// What one rendering may still cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) steps: u64,
    pub(crate) memory: usize,
}

impl Budget {
    pub(crate) fn step(&mut self, steps: usize) -> Result<(), Fault> {
        self.steps = self
            .steps
            .checked_sub(steps as u64)
            .ok_or("the template takes too many steps: something is repeated too often")?;
        Ok(())
    }

    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        self.memory = self
            .memory
            .checked_sub(bytes)
            .ok_or("the template needs too much memory: its texts or lists get too long")?;
        Ok(())
    }
}
