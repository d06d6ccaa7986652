//! Comparisons (text/template, “Functions”): numbers of all kinds with each other, texts with texts.

use std::cmp::Ordering;

use super::{Function, Raw, after, any, function, variadic};
use crate::error::Fault;
use crate::machine::Machine;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    variadic("eq", &[Raw, Raw], Raw, |machine, arguments| {
        let first = any(arguments, 0);
        for other in after(arguments, 1) {
            if equal(machine, &first, other)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
    function("ne", &[Raw, Raw], |machine, arguments| {
        Ok(Value::Bool(!equal(machine, &any(arguments, 0), &any(arguments, 1))?))
    }),
    function("lt", &[Raw, Raw], |_, arguments| ordered(arguments, Ordering::is_lt)),
    function("le", &[Raw, Raw], |_, arguments| ordered(arguments, Ordering::is_le)),
    function("gt", &[Raw, Raw], |_, arguments| ordered(arguments, Ordering::is_gt)),
    function("ge", &[Raw, Raw], |_, arguments| ordered(arguments, Ordering::is_ge)),
];

fn equal(machine: &mut Machine<'_>, one: &Value, other: &Value) -> Result<bool, Fault> {
    machine.budget.step(1)?;
    if one.is_nil() || other.is_nil() {
        return Ok(one.is_nil() && other.is_nil());
    }
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
        (Value::Text(one), Value::Text(other)) => Ok(one == other),
        (Value::Time(one), Value::Time(other)) => Ok(one == other),
        _ => match numbers(one, other) {
            Some(order) => Ok(order == Some(Ordering::Equal)),
            None => Err(cannot(one, other)),
        },
    }
}

fn ordered(arguments: &[Value], holds: fn(Ordering) -> bool) -> Result<Value, Fault> {
    let (one, other) = (any(arguments, 0), any(arguments, 1));
    let order = match (&one, &other) {
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        _ => numbers(&one, &other).ok_or_else(|| cannot(&one, &other))?,
    };
    Ok(Value::Bool(order.is_some_and(holds)))
}

/// The order of two numbers; `None` when one of them is none.
fn numbers(one: &Value, other: &Value) -> Option<Option<Ordering>> {
    match (one, other) {
        (Value::Int(one, _), Value::Int(other, _)) => Some(Some(one.cmp(other))),
        _ => Some(float(one)?.partial_cmp(&float(other)?)),
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number, _) => Some(*number as f64),
        _ => None,
    }
}

fn cannot(one: &Value, other: &Value) -> Fault {
    Fault::new(format!("{} and {} cannot be compared", one.said(), other.said()))
}
