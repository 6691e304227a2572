//! Sprig's functions of chance. The numbers come from the world, so that tests are the same
//! each time.

use super::Param::Int;
use super::{Function, fixed, int};
use crate::call::Context;
use crate::value::Value;
use base64::Engine;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("randAlpha", &[Int], |context, args| {
        letters(context, args, |c| c.is_ascii_alphabetic())
    }),
    fixed("randAlphaNum", &[Int], |context, args| {
        letters(context, args, |c| c.is_ascii_alphanumeric())
    }),
    fixed("randAscii", &[Int], |context, args| {
        letters(context, args, |c| *c < 127)
    }),
    fixed("randBytes", &[Int], |context, args| {
        let count = count(context, args)?;
        let bytes: Vec<u8> = (0..count).map(|_| (context.world.random)() as u8).collect();
        Ok(base64::engine::general_purpose::STANDARD
            .encode(bytes)
            .into())
    }),
    fixed("randInt", &[Int, Int], |context, args| {
        let (least, bound) = (int(args, 0), int(args, 1));
        match bound.checked_sub(least) {
            Some(span) if span > 0 => {
                let random = (context.world.random)() % span.unsigned_abs();
                Ok(Value::int(least.wrapping_add_unsigned(random)))
            }
            _ => Err("invalid argument to Intn".into()),
        }
    }),
    fixed("randNumeric", &[Int], |context, args| {
        letters(context, args, |c| c.is_ascii_digit())
    }),
    fixed("uuidv4", &[], |context, _| {
        let (high, low) = ((context.world.random)(), (context.world.random)());
        let high = high & !0xf000 | 0x4000;
        let low = low & !(0b11 << 62) | 0b10 << 62;
        let text = format!("{high:016x}{low:016x}");
        let mut out = String::new();
        for (index, c) in text.chars().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                out.push('-');
            }
            out.push(c);
        }
        Ok(out.into())
    }),
];

fn count(context: &mut Context<'_>, args: &[Value]) -> Result<u64, String> {
    let count = u64::try_from(int(args, 0)).unwrap_or(0);
    context.reserve(count.saturating_mul(2))?;
    context.steps_of(count)?;
    Ok(count)
}

fn letters(
    context: &mut Context<'_>,
    args: &[Value],
    wanted: fn(&u8) -> bool,
) -> Result<Value, String> {
    let set: Vec<u8> = (b' '..127).filter(wanted).collect();
    let mut out = String::new();
    for _ in 0..count(context, args)? {
        let index = (context.world.random)() % set.len().max(1) as u64;
        let letter = usize::try_from(index).ok().and_then(|index| set.get(index));
        out.extend(letter.map(|letter| char::from(*letter)));
    }
    Ok(out.into())
}
