//! Dicts, which are JSON's objects. `set` and `unset` change the one they are given.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Any, Dict, Function, Text, any, dict, function, text, variadic};
use crate::error::Fault;
use crate::machine::Machine;
use crate::print;
use crate::value::{ENTRY, Entries, Of, Value};

pub(super) static FUNCTIONS: &[Function] = &[
    variadic("dict", &[], Any, make),
    function("get", &[Dict, Text], |machine, arguments| {
        let entries = entries(machine, arguments, 0);
        Ok(entries.get(&text(arguments, 1)).cloned().unwrap_or_else(|| Value::text("")))
    }),
    function("set", &[Dict, Text, Any], |machine, arguments| {
        let key = text(arguments, 1);
        pay_for_change(machine, arguments, key.len())?;
        if let Some(entries) = dict(arguments, 0).and_then(|id| machine.store.entries_mut(id)) {
            entries.insert(key, any(arguments, 2));
        }
        Ok(any(arguments, 0))
    }),
    function("unset", &[Dict, Text], |machine, arguments| {
        pay_for_change(machine, arguments, 0)?;
        if let Some(entries) = dict(arguments, 0).and_then(|id| machine.store.entries_mut(id)) {
            entries.remove(&text(arguments, 1));
        }
        Ok(any(arguments, 0))
    }),
    function("hasKey", &[Dict, Text], |machine, arguments| {
        Ok(Value::Bool(entries(machine, arguments, 0).contains_key(&text(arguments, 1))))
    }),
    variadic("pluck", &[Text], Dict, |machine, arguments| {
        let key = text(arguments, 0);
        let found = (1..arguments.len())
            .filter_map(|at| entries(machine, arguments, at).get(&key).cloned())
            .collect();
        machine.list(found, Of::Any)
    }),
    variadic("keys", &[], Dict, keys),
    function("values", &[Dict], |machine, arguments| {
        let values = entries(machine, arguments, 0).values().cloned().collect();
        machine.list(values, Of::Any)
    }),
    variadic("pick", &[Dict], Text, |machine, arguments| {
        let entries = entries(machine, arguments, 0);
        let picked = (1..arguments.len())
            .map(|at| text(arguments, at))
            .filter_map(|key| entries.get(&key).cloned().map(|value| (key, value)))
            .collect();
        machine.dict(picked, Of::Any)
    }),
    variadic("omit", &[Dict], Text, |machine, arguments| {
        let mut left = BTreeMap::clone(&entries(machine, arguments, 0));
        for at in 1..arguments.len() {
            left.remove(&text(arguments, at));
        }
        machine.dict(left, Of::Any)
    }),
    variadic("dig", &[Any, Any, Any], Any, dig),
];

fn entries(machine: &Machine<'_>, arguments: &[Value], at: usize) -> Entries {
    dict(arguments, at).map(|id| machine.store.entries(id)).unwrap_or_default()
}

/// A dict that is just gone through is copied when it is changed, and nobody knows here whether it is.
fn pay_for_change(machine: &mut Machine<'_>, arguments: &[Value], key: usize) -> Result<(), Fault> {
    let length = machine.store.len(&any(arguments, 0)).unwrap_or_default();
    machine.budget.step(length)?;
    machine.budget.take(key + 2 * ENTRY)
}

/// Keys and values take turns; the last key may be without a value.
fn make(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut entries = BTreeMap::new();
    for pair in arguments.chunks(2) {
        let key = print::plain(machine, &any(pair, 0))?;
        entries.insert(key, pair.get(1).cloned().unwrap_or_else(|| Value::text("")));
    }
    machine.dict(entries, Of::Any)
}

fn keys(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut keys: Vec<Rc<str>> = Vec::new();
    for at in 0..arguments.len() {
        let entries = entries(machine, arguments, at);
        machine.budget.take(16 * entries.len())?;
        keys.extend(entries.keys().cloned());
    }
    machine.texts(keys)
}

/// `dig "a" "b" otherwise .dict`: what is at the end of the path, or the value before the dict.
fn dig(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let [path @ .., otherwise, start] = arguments else { return Ok(Value::Nil) };
    let mut value = start.clone();
    for key in path {
        let Value::Text(key) = key else {
            return Err(format!("a key is a text, not {}", key.said()).into());
        };
        let Value::Dict(id) = value else {
            return Err(format!("an object is needed, not {}", value.said()).into());
        };
        match machine.store.entries(id).get(key) {
            Some(found) => value = found.clone(),
            None => return Ok(otherwise.clone()),
        }
    }
    Ok(value)
}
