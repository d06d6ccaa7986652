//! The functions of text/template itself (“Functions”), without `call`: there is nothing to be called.

use super::{Any, Function, Raw, Text, after, any, function, text, variadic};
use crate::error::{Fault, quoted};
use crate::machine::Machine;
use crate::print;
use crate::value::{Value, Width};

pub(super) static FUNCTIONS: &[Function] = &[
    // These two are carried out where their arguments are evaluated: see `Function::short_circuit`.
    variadic("and", &[Raw], Raw, |_, arguments| Ok(any(arguments, 0))),
    variadic("or", &[Raw], Raw, |_, arguments| Ok(any(arguments, 0))),
    function("not", &[Raw], |machine, arguments| Ok(Value::Bool(!machine.store.is_true(&any(arguments, 0))))),
    function("len", &[Raw], |machine, arguments| {
        let value = any(arguments, 0);
        let length = machine.store.len(&value);
        length.map(Value::count).ok_or_else(|| format!("{} has no length", value.said()).into())
    }),
    variadic("index", &[Raw], Raw, index),
    variadic("slice", &[Raw], Any, slice),
    variadic("print", &[], Any, |machine, arguments| Ok(Value::Text(print::print(machine, arguments)?))),
    variadic("println", &[], Any, |machine, arguments| Ok(Value::Text(print::println(machine, arguments)?))),
    variadic("printf", &[Text], Any, |machine, arguments| {
        let format = text(arguments, 0);
        Ok(Value::Text(print::printf(machine, &format, after(arguments, 1))?))
    }),
];

/// `index .a 1 "b"` is `.a[1]["b"]`.
fn index(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut value = any(arguments, 0);
    if value.is_nil() {
        return Err("there is no value to look into".into());
    }
    for index in after(arguments, 1) {
        value = element(machine, &value, index)?;
    }
    Ok(value)
}

fn element(machine: &mut Machine<'_>, value: &Value, index: &Value) -> Result<Value, Fault> {
    machine.budget.step(1)?;
    match (value, index) {
        (Value::Dict(id), Value::Text(key)) => {
            Ok(machine.store.entries(*id).get(key).cloned().unwrap_or(Value::Missing))
        }
        (Value::Dict(_), other) => {
            Err(format!("an object is indexed by a text, not by {}", other.said()).into())
        }
        (Value::List(id), index) => {
            let items = machine.store.items(*id);
            let place = position(index, items.len(), false)?;
            Ok(items.get(place).cloned().unwrap_or(Value::Missing))
        }
        (Value::Text(text), index) => {
            let place = position(index, text.len(), false)?;
            let byte = text.as_bytes().get(place).copied().unwrap_or_default();
            Ok(Value::Int(i64::from(byte), Width::Uint8))
        }
        (other, _) => Err(format!("{} cannot be looked into", other.said()).into()),
    }
}

/// A place in something of this length; `end` allows the place after the last one.
fn position(index: &Value, length: usize, end: bool) -> Result<usize, Fault> {
    let whole = index.whole().ok_or_else(|| format!("a place is a whole number, not {}", index.said()))?;
    let most = if end { length + 1 } else { length };
    usize::try_from(whole)
        .ok()
        .filter(|place| *place < most)
        .ok_or_else(|| format!("there is no place {whole} among {length}").into())
}

/// `slice .a 1 3` is `.a[1:3]`. A text is cut between characters.
pub(super) fn slice(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let value = any(arguments, 0);
    let length = match &value {
        Value::Text(_) | Value::List(_) => machine.store.len(&value).unwrap_or_default(),
        Value::Nil | Value::Missing => return Err("there is no value to take a part of".into()),
        other => return Err(format!("{} has no parts", quoted(other.said())).into()),
    };
    let indexes = after(arguments, 1);
    if indexes.len() > 2 {
        return Err("it takes no more than two places".into());
    }
    let from = indexes.first().map_or(Ok(0), |index| position(index, length, true))?;
    let to = indexes.get(1).map_or(Ok(length), |index| position(index, length, true))?;
    if from > to {
        return Err(format!("the part begins at {from} and ends before that, at {to}").into());
    }
    match &value {
        Value::Text(text) => machine.text(super::strings::between(text, from, to)),
        Value::List(id) => {
            let items = machine.store.items(*id);
            let of = machine.store.of(&value);
            machine.list(items.get(from..to).unwrap_or_default().to_vec(), of)
        }
        _ => Ok(Value::Nil),
    }
}
