//! Sprig's arithmetic and conversions to numbers.

use super::Param::{Any, Float, Int, Str};
use super::decimal::Decimal;
use super::{Function, any, fixed, int, strval, text, variadic};
use crate::call::Context;
use crate::number::{parse_float, parse_int};
use crate::types::ListType;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("add", &[Any], |_, args| {
        let numbers = args.iter().map(to_int);
        Ok(Value::int64(numbers.fold(0, i64::wrapping_add)))
    }),
    fixed("add1", &[Any], |_, args| {
        Ok(Value::int64(to_int(any(args, 0)).wrapping_add(1)))
    }),
    fixed("add1f", &[Any], |_, args| {
        Ok(Value::Float(fold(1.0, args, Decimal::plus, |a, b| a + b)))
    }),
    variadic("addf", &[Any], |_, args| {
        Ok(Value::Float(fold(0.0, args, Decimal::plus, |a, b| a + b)))
    }),
    fixed("atoi", &[Str], |_, args| {
        Ok(Value::int(parse_int(text(args, 0), 10).unwrap_or(0)))
    }),
    variadic("biggest", &[Any, Any], |_, args| extreme(args, i64::max)),
    fixed("ceil", &[Any], |_, args| {
        Ok(Value::Float(to_float(any(args, 0)).ceil()))
    }),
    fixed("div", &[Any, Any], |_, args| {
        let (a, b) = (to_int(any(args, 0)), to_int(any(args, 1)));
        if b == 0 {
            return Err(BY_ZERO.into());
        }
        Ok(Value::int64(a.wrapping_div(b)))
    }),
    variadic("divf", &[Any, Any], |_, args| {
        let (first, others) = args.split_first().ok_or("no arguments")?;
        if others.iter().any(|value| to_float(value) == 0.0) {
            return Err("decimal division by 0".into());
        }
        let first = to_float(first);
        Ok(Value::Float(fold(first, others, Decimal::over, |a, b| {
            a / b
        })))
    }),
    fixed("float64", &[Any], |_, args| {
        Ok(Value::Float(to_float(any(args, 0))))
    }),
    fixed("floor", &[Any], |_, args| {
        Ok(Value::Float(to_float(any(args, 0)).floor()))
    }),
    fixed("int", &[Any], |_, args| {
        Ok(Value::int(to_int(any(args, 0))))
    }),
    fixed("int64", &[Any], |_, args| {
        Ok(Value::int64(to_int(any(args, 0))))
    }),
    variadic("max", &[Any, Any], |_, args| extreme(args, i64::max)),
    variadic("maxf", &[Any, Any], |_, args| extreme_float(args, f64::max)),
    variadic("min", &[Any, Any], |_, args| extreme(args, i64::min)),
    variadic("minf", &[Any, Any], |_, args| extreme_float(args, f64::min)),
    fixed("mod", &[Any, Any], |_, args| {
        let (a, b) = (to_int(any(args, 0)), to_int(any(args, 1)));
        if b == 0 {
            return Err(BY_ZERO.into());
        }
        Ok(Value::int64(a.wrapping_rem(b)))
    }),
    variadic("mul", &[Any, Any], |_, args| {
        let numbers = args.iter().map(to_int);
        Ok(Value::int64(numbers.fold(1, i64::wrapping_mul)))
    }),
    variadic("mulf", &[Any, Any], |_, args| {
        let (first, others) = args.split_first().ok_or("no arguments")?;
        let first = to_float(first);
        Ok(Value::Float(fold(first, others, Decimal::times, |a, b| {
            a * b
        })))
    }),
    variadic("round", &[Any, Int, Float], |_, args| {
        let on = match args.get(2) {
            Some(Value::Float(on)) => *on,
            _ => 0.5,
        };
        Ok(Value::Float(round(
            to_float(any(args, 0)),
            int(args, 1),
            on,
        )))
    }),
    variadic("seq", &[Int], seq),
    fixed("sub", &[Any, Any], |_, args| {
        let (a, b) = (to_int(any(args, 0)), to_int(any(args, 1)));
        Ok(Value::int64(a.wrapping_sub(b)))
    }),
    variadic("subf", &[Any, Any], |_, args| {
        let (first, others) = args.split_first().ok_or("no arguments")?;
        let first = to_float(first);
        Ok(Value::Float(fold(first, others, Decimal::minus, |a, b| {
            a - b
        })))
    }),
    fixed("toDecimal", &[Any], |context, args| {
        let text = strval(context, any(args, 0))?;
        Ok(Value::int64(parse_int(&text, 8).unwrap_or(0)))
    }),
    fixed("until", &[Int], |context, args| {
        let end = int(args, 0);
        let step = if end < 0 { -1 } else { 1 };
        ints(until(context, 0, end, step)?)
    }),
    fixed("untilStep", &[Int, Int, Int], |context, args| {
        ints(until(context, int(args, 0), int(args, 1), int(args, 2))?)
    }),
];

const BY_ZERO: &str = "runtime error: integer divide by zero";

/// A whole number of any value, 0 where there is none.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(number, _) => *number,
        Value::Uint(number, _) => *number as i64,
        Value::Float(number) => cut(*number),
        Value::Bool(truth) => i64::from(*truth),
        Value::String(text) => {
            // Digits behind a point are cut off.
            let whole = match text.split_once('.') {
                Some((whole, fraction)) if fraction.bytes().all(|b| b.is_ascii_digit()) => whole,
                _ => text,
            };
            parse_int(whole, 0).unwrap_or(0)
        }
        _ => 0,
    }
}

/// The whole part. Beyond the range the processor gives its least number.
fn cut(number: f64) -> i64 {
    if number.is_finite() && number.abs() < 9.3e18 {
        let whole = number.trunc();
        if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
            return whole as i64;
        }
    }
    i64::MIN
}

/// A float of any value, 0 where there is none.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(number, _) => *number as f64,
        Value::Uint(number, _) => *number as f64,
        Value::Float(number) => *number,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::String(text) => parse_float(text).unwrap_or(0.0),
        _ => 0.0,
    }
}

fn extreme(args: &[Value], choose: fn(i64, i64) -> i64) -> Result<Value, String> {
    let numbers = args.iter().map(to_int);
    Ok(Value::int64(numbers.reduce(choose).unwrap_or(0)))
}

fn extreme_float(args: &[Value], choose: fn(f64, f64) -> f64) -> Result<Value, String> {
    let numbers: Vec<f64> = args.iter().map(to_float).collect();
    if numbers.iter().any(|number| number.is_nan()) {
        return Ok(Value::Float(f64::NAN));
    }
    let chosen = numbers.into_iter().reduce(choose);
    Ok(Value::Float(chosen.unwrap_or(0.0)))
}

/// Decimal arithmetic, so that 0.1 and 0.2 are 0.3; by floats where a number has too many digits.
fn fold(
    first: f64,
    others: &[Value],
    decimal: fn(Decimal, Decimal) -> Option<Decimal>,
    float: fn(f64, f64) -> f64,
) -> f64 {
    let mut exact = Decimal::of(first);
    let mut rough = first;
    for value in others {
        let number = to_float(value);
        exact = match (exact, Decimal::of(number)) {
            (Some(a), Some(b)) => decimal(a, b),
            _ => None,
        };
        rough = float(rough, number);
    }
    exact.map_or(rough, Decimal::float)
}

fn round(number: f64, places: i64, on: f64) -> f64 {
    let power = 10f64.powi(i32::try_from(places).unwrap_or(0));
    let digit = power * number;
    let rounded = if digit.fract() >= on {
        digit.ceil()
    } else {
        digit.floor()
    };
    rounded / power
}

/// Numbers from a start to before a stop, each counted.
fn until(context: &mut Context<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    let up = stop >= start;
    if (up && step <= 0) || (!up && step >= 0) {
        return Ok(Vec::new());
    }
    let size = size_of::<Value>() as u64;
    let count = stop.abs_diff(start).div_ceil(step.unsigned_abs());
    context.reserve(count.saturating_mul(size))?;
    context.steps_of(count)?;
    let mut out = Vec::new();
    let mut number = start;
    while (up && number < stop) || (!up && number > stop) {
        out.push(number);
        match number.checked_add(step) {
            Some(next) => number = next,
            None => break,
        }
    }
    Ok(out)
}

fn ints(numbers: Vec<i64>) -> Result<Value, String> {
    let numbers = numbers.into_iter().map(Value::int).collect();
    Ok(Value::typed_list(ListType::Ints, numbers))
}

fn seq(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let (start, end, step) = match args.len() {
        1 => (1, int(args, 0), None),
        2 => (int(args, 0), int(args, 1), None),
        3 => (int(args, 0), int(args, 2), Some(int(args, 1))),
        _ => return Ok("".into()),
    };
    let direction = if end < start { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok("".into());
    }
    let step = step.unwrap_or(direction);
    let numbers = until(context, start, end.saturating_add(direction), step)?;
    let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(words.join(" ").into())
}
