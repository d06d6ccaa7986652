//! Numbers. What is no number counts as zero, as in Sprig; integers overflow silently, as in Go.

use super::{Any, Float, Function, Int, Text, after, any, function, int, text, variadic};
use crate::error::Fault;
use crate::machine::Machine;
use crate::print;
use crate::value::{ENTRY, Of, Value};

/// How many numbers `until` and `seq` count at most, as in ntfy.
const MOST: usize = 10_000;

pub(super) static FUNCTIONS: &[Function] = &[
    variadic("add", &[], Any, |_, arguments| {
        Ok(Value::int64(arguments.iter().fold(0, |sum, value| sum.wrapping_add(to_int(value)))))
    }),
    function("add1", &[Any], |_, arguments| Ok(Value::int64(to_int(&any(arguments, 0)).wrapping_add(1)))),
    function("sub", &[Any, Any], |_, arguments| {
        Ok(Value::int64(to_int(&any(arguments, 0)).wrapping_sub(to_int(&any(arguments, 1)))))
    }),
    function("div", &[Any, Any], |_, arguments| divided(arguments, i64::wrapping_div)),
    function("mod", &[Any, Any], |_, arguments| divided(arguments, i64::wrapping_rem)),
    variadic("mul", &[Any], Any, |_, arguments| {
        Ok(Value::int64(arguments.iter().fold(1, |product, value| product.wrapping_mul(to_int(value)))))
    }),
    variadic("max", &[Any], Any, |_, arguments| {
        Ok(Value::int64(arguments.iter().map(to_int).max().unwrap_or_default()))
    }),
    variadic("biggest", &[Any], Any, |_, arguments| {
        Ok(Value::int64(arguments.iter().map(to_int).max().unwrap_or_default()))
    }),
    variadic("min", &[Any], Any, |_, arguments| {
        Ok(Value::int64(arguments.iter().map(to_int).min().unwrap_or_default()))
    }),
    variadic("maxf", &[Any], Any, |_, arguments| {
        Ok(Value::Float(arguments.iter().map(to_float).fold(f64::NEG_INFINITY, f64::max)))
    }),
    variadic("minf", &[Any], Any, |_, arguments| {
        Ok(Value::Float(arguments.iter().map(to_float).fold(f64::INFINITY, f64::min)))
    }),
    function("ceil", &[Any], |_, arguments| Ok(Value::Float(to_float(&any(arguments, 0)).ceil()))),
    function("floor", &[Any], |_, arguments| Ok(Value::Float(to_float(&any(arguments, 0)).floor()))),
    variadic("round", &[Any, Int], Float, |_, arguments| {
        let on = match after(arguments, 2).first() {
            Some(Value::Float(on)) => *on,
            _ => 0.5,
        };
        Ok(Value::Float(rounded(to_float(&any(arguments, 0)), int(arguments, 1), on)))
    }),
    function("randInt", &[Int, Int], |machine, arguments| {
        let (least, below) = (int(arguments, 0), int(arguments, 1));
        if below <= least {
            return Err(format!("there is no number from {least} that is below {below}").into());
        }
        let offset = machine.random(below.wrapping_sub(least).unsigned_abs());
        Ok(Value::int(least.wrapping_add(offset.cast_signed())))
    }),
    function("atoi", &[Text], |_, arguments| Ok(Value::int(text(arguments, 0).parse().unwrap_or_default()))),
    function("int", &[Any], |_, arguments| Ok(Value::int(to_int(&any(arguments, 0))))),
    function("int64", &[Any], |_, arguments| Ok(Value::int64(to_int(&any(arguments, 0))))),
    function("float64", &[Any], |_, arguments| Ok(Value::Float(to_float(&any(arguments, 0))))),
    function("toDecimal", &[Any], |machine, arguments| {
        let digits = print::plain(machine, &any(arguments, 0))?;
        Ok(Value::int64(i64::from_str_radix(&digits, 8).unwrap_or_default()))
    }),
    function("until", &[Int], |machine, arguments| {
        let to = int(arguments, 0);
        let numbers = stepped(machine, 0, to, to.signum())?;
        machine.list(numbers.into_iter().map(Value::int).collect(), Of::Int)
    }),
    function("untilStep", &[Int, Int, Int], |machine, arguments| {
        let numbers = stepped(machine, int(arguments, 0), int(arguments, 1), int(arguments, 2))?;
        machine.list(numbers.into_iter().map(Value::int).collect(), Of::Int)
    }),
    variadic("seq", &[], Int, seq),
];

/// The integer that a value is or holds: texts are read, and what is after the point is left out.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(number, _) => *number,
        // Numbers that do not fit become the largest or smallest that does.
        Value::Float(number) => *number as i64,
        Value::Bool(truth) => i64::from(*truth),
        Value::Text(text) => read_int(text),
        _ => 0,
    }
}

fn read_int(text: &str) -> i64 {
    match crate::literal::number(text) {
        Ok(number) if !number.is_float => number.whole.unwrap_or_default(),
        _ => 0,
    }
}

pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Text(text) => text.parse().unwrap_or_default(),
        other => to_int(other) as f64,
    }
}

fn divided(arguments: &[Value], divide: fn(i64, i64) -> i64) -> Result<Value, Fault> {
    match to_int(&any(arguments, 1)) {
        0 => Err("a number cannot be divided by zero".into()),
        divisor => Ok(Value::int64(divide(to_int(&any(arguments, 0)), divisor))),
    }
}

/// Rounded to so many digits after the point; up from this fraction on.
fn rounded(number: f64, digits: i64, on: f64) -> f64 {
    let power = 10_f64.powi(i32::try_from(digits.clamp(-400, 400)).unwrap_or_default());
    let shifted = number * power;
    let whole = if shifted.fract() >= on { shifted.ceil() } else { shifted.floor() };
    whole / power
}

/// The numbers from one on, before another is reached.
fn stepped(machine: &mut Machine<'_>, from: i64, to: i64, step: i64) -> Result<Vec<i64>, Fault> {
    let goes_there = if to < from { step < 0 } else { step > 0 };
    if !goes_there {
        return Ok(Vec::new());
    }
    let distance = to.abs_diff(from);
    let count = usize::try_from(distance.div_ceil(step.unsigned_abs())).unwrap_or(usize::MAX);
    if count > MOST {
        return Err(format!("it counts {MOST} numbers at most").into());
    }
    machine.budget.take(ENTRY * count)?;
    Ok(std::iter::successors(Some(from), |number| number.checked_add(step)).take(count).collect())
}

/// As the command of that name: end; begin and end; begin, step and end.
fn seq(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let number = |at| int(arguments, at);
    let (from, step, to) = match arguments.len() {
        1 => (1, None, number(0)),
        2 => (number(0), None, number(1)),
        3 => (number(0), Some(number(1)), number(2)),
        _ => return Ok(Value::text("")),
    };
    let direction = if to < from { -1 } else { 1 };
    let step = step.unwrap_or(direction);
    if step.signum() != direction {
        return Ok(Value::text(""));
    }
    let numbers = stepped(machine, from, to.saturating_add(direction), step)?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    machine.text(texts.join(" "))
}
