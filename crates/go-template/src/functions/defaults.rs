//! What to take when something is empty.

use super::{Any, Bool, Function, Text, any, function, text, variadic};
use crate::error::Fault;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    variadic("default", &[Any], Any, |machine, arguments| {
        let given = any(arguments, 1);
        let filled = machine.store.is_true(&given);
        Ok(if filled { given } else { any(arguments, 0) })
    }),
    function("empty", &[Any], |machine, arguments| {
        Ok(Value::Bool(!machine.store.is_true(&any(arguments, 0))))
    }),
    variadic("coalesce", &[], Any, |machine, arguments| {
        let found = arguments.iter().find(|value| machine.store.is_true(value));
        Ok(found.cloned().unwrap_or(Value::Nil))
    }),
    variadic("all", &[], Any, |machine, arguments| {
        Ok(Value::Bool(arguments.iter().all(|value| machine.store.is_true(value))))
    }),
    variadic("any", &[], Any, |machine, arguments| {
        Ok(Value::Bool(arguments.iter().any(|value| machine.store.is_true(value))))
    }),
    function("ternary", &[Any, Any, Bool], |_, arguments| {
        let truth = matches!(any(arguments, 2), Value::Bool(true));
        Ok(any(arguments, usize::from(!truth)))
    }),
    function("fail", &[Text], |_, arguments| {
        Err(Fault::new(format!("the template gives up: {}", text(arguments, 0))))
    }),
];
