//! Lists. None is ever changed: what a function makes of one is a new one.

use super::types::same;
use super::{Any, Function, Int, after, any, function, int, variadic};
use crate::error::Fault;
use crate::machine::Machine;
use crate::value::{ENTRY, Items, Of, Value};

pub(super) static FUNCTIONS: &[Function] = &[
    variadic("list", &[], Any, make),
    variadic("tuple", &[], Any, make),
    function("first", &[Any], first),
    function("mustFirst", &[Any], first),
    function("last", &[Any], last),
    function("mustLast", &[Any], last),
    function("rest", &[Any], rest),
    function("mustRest", &[Any], rest),
    function("initial", &[Any], initial),
    function("mustInitial", &[Any], initial),
    function("append", &[Any, Any], append),
    function("mustAppend", &[Any, Any], append),
    function("push", &[Any, Any], append),
    function("mustPush", &[Any, Any], append),
    function("prepend", &[Any, Any], prepend),
    function("mustPrepend", &[Any, Any], prepend),
    variadic("concat", &[], Any, concat),
    function("reverse", &[Any], reverse),
    function("mustReverse", &[Any], reverse),
    function("compact", &[Any], compact),
    function("mustCompact", &[Any], compact),
    function("uniq", &[Any], uniq),
    function("mustUniq", &[Any], uniq),
    variadic("without", &[Any], Any, without),
    variadic("mustWithout", &[Any], Any, without),
    function("has", &[Any, Any], has),
    function("mustHas", &[Any, Any], has),
    variadic("mustSlice", &[super::Raw], Any, super::go::slice),
    function("chunk", &[Int, Any], chunk),
    function("mustChunk", &[Int, Any], chunk),
];

fn items(machine: &Machine<'_>, value: &Value) -> Result<Items, Fault> {
    machine.items(value).ok_or_else(|| format!("a list is needed, not {}", value.said()).into())
}

fn make(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    machine.list(arguments.to_vec(), Of::Any)
}

fn first(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    Ok(items.first().cloned().unwrap_or(Value::Nil))
}

fn last(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    Ok(items.last().cloned().unwrap_or(Value::Nil))
}

fn rest(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    machine.list(items.get(1..).unwrap_or_default().to_vec(), Of::Any)
}

fn initial(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    let initial = items.split_last().map_or(Vec::new(), |(_, initial)| initial.to_vec());
    machine.list(initial, Of::Any)
}

fn append(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    machine.list(items.iter().cloned().chain([any(arguments, 1)]).collect(), Of::Any)
}

fn prepend(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    machine.list([any(arguments, 1)].into_iter().chain(items.iter().cloned()).collect(), Of::Any)
}

fn concat(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut all = Vec::new();
    for value in arguments {
        let items = items(machine, value)?;
        // The same list may be named often: what is gathered is paid for as it grows.
        machine.budget.take(ENTRY * items.len())?;
        all.extend(items.iter().cloned());
    }
    machine.list(all, Of::Any)
}

fn reverse(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    machine.list(items.iter().rev().cloned().collect(), Of::Any)
}

fn compact(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    let filled = items.iter().filter(|item| machine.store.is_true(item)).cloned().collect();
    machine.list(filled, Of::Any)
}

fn uniq(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    let mut seen: Vec<Value> = Vec::new();
    for item in items.iter() {
        if !holds(machine, &seen, item)? {
            seen.push(item.clone());
        }
    }
    machine.list(seen, Of::Any)
}

fn without(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let items = items(machine, &any(arguments, 0))?;
    let mut kept = Vec::new();
    for item in items.iter() {
        if !holds(machine, after(arguments, 1), item)? {
            kept.push(item.clone());
        }
    }
    machine.list(kept, Of::Any)
}

fn has(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let list = any(arguments, 1);
    if list.is_nil() {
        return Ok(Value::Bool(false));
    }
    let items = items(machine, &list)?;
    Ok(Value::Bool(holds(machine, &items, &any(arguments, 0))?))
}

fn holds(machine: &mut Machine<'_>, items: &[Value], value: &Value) -> Result<bool, Fault> {
    for item in items {
        if same(machine, item, value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn chunk(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let size = usize::try_from(int(arguments, 0)).ok().filter(|size| *size > 0);
    let size = size.ok_or("a chunk holds at least one item")?;
    let items = items(machine, &any(arguments, 1))?;
    let mut chunks = Vec::new();
    for chunk in items.chunks(size) {
        chunks.push(machine.list(chunk.to_vec(), Of::Any)?);
    }
    machine.list(chunks, Of::Lists)
}
