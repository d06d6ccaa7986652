//! What a value is, in Go's words.

use super::{Any, Function, Text, any, function, text};
use crate::error::Fault;
use crate::machine::Machine;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    function("typeOf", &[Any], |machine, arguments| {
        let name = machine.store.type_name(&any(arguments, 0));
        machine.text(name)
    }),
    function("typeIs", &[Text, Any], type_is),
    // It differs for pointers only, and nothing here is one.
    function("typeIsLike", &[Text, Any], type_is),
    function("kindOf", &[Any], |_, arguments| Ok(Value::text(kind(&any(arguments, 0))))),
    function("kindIs", &[Text, Any], |_, arguments| {
        Ok(Value::Bool(*text(arguments, 0) == *kind(&any(arguments, 1))))
    }),
    function("deepEqual", &[Any, Any], |machine, arguments| {
        Ok(Value::Bool(same(machine, &any(arguments, 0), &any(arguments, 1))?))
    }),
];

fn type_is(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bool(*text(arguments, 0) == machine.store.type_name(&any(arguments, 1))))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Missing | Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_, width) => width.name(),
        Value::Float(_) => "float64",
        Value::Text(_) => "string",
        Value::List(_) => "slice",
        Value::Dict(_) => "map",
        Value::Time(_) => "struct",
    }
}

/// Whether two values are of the same type and equal in all their parts.
pub(super) fn same(machine: &mut Machine<'_>, one: &Value, other: &Value) -> Result<bool, Fault> {
    machine.budget.step(1)?;
    match (one, other) {
        (Value::Missing | Value::Nil, Value::Missing | Value::Nil) => Ok(true),
        (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
        (Value::Int(one, width), Value::Int(other, like)) => Ok(one == other && width == like),
        (Value::Float(one), Value::Float(other)) => Ok(one == other),
        (Value::Text(one), Value::Text(other)) => {
            machine.budget.step(one.len().min(other.len()) / 256)?;
            Ok(one == other)
        }
        (Value::Time(one), Value::Time(other)) => Ok(one == other),
        (Value::List(one_id), Value::List(other_id)) => {
            if one_id == other_id {
                return Ok(true);
            }
            if machine.store.of(one) != machine.store.of(other) {
                return Ok(false);
            }
            let (one, other) = (machine.store.items(*one_id), machine.store.items(*other_id));
            machine
                .deeper(|machine| all_same(machine, one.iter().zip(other.iter()), one.len() == other.len()))
        }
        (Value::Dict(one_id), Value::Dict(other_id)) => {
            if one_id == other_id {
                return Ok(true);
            }
            if machine.store.of(one) != machine.store.of(other) {
                return Ok(false);
            }
            let (one, other) = (machine.store.entries(*one_id), machine.store.entries(*other_id));
            let keys = one.len() == other.len() && one.keys().eq(other.keys());
            machine.deeper(|machine| all_same(machine, one.values().zip(other.values()), keys))
        }
        _ => Ok(false),
    }
}

fn all_same<'v>(
    machine: &mut Machine<'_>,
    mut pairs: impl Iterator<Item = (&'v Value, &'v Value)>,
    as_many: bool,
) -> Result<bool, Fault> {
    if !as_many {
        return Ok(false);
    }
    pairs.try_fold(true, |all, (one, other)| Ok(all && same(machine, one, other)?))
}
