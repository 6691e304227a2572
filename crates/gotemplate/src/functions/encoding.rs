//! Sprig's functions of encodings: JSON, base64, base32.

use super::Param::{Any, Str};
use super::{Function, any, fixed, text};
use crate::call::Context;
use crate::json::{self, Style};
use crate::value::Value;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("b32dec", &[Str], |_, args| {
        Ok(match base32_decode(text(args, 0)) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).as_ref().into(),
            Err(at) => format!("illegal base32 data at input byte {at}").into(),
        })
    }),
    fixed("b32enc", &[Str], |_, args| {
        Ok(base32_encode(text(args, 0).as_bytes()).into())
    }),
    fixed("b64dec", &[Str], |_, args| {
        // Line ends inside are skipped.
        let source = text(args, 0).replace(['\r', '\n'], "");
        Ok(match STANDARD.decode(&source) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).as_ref().into(),
            Err(error) => {
                let at = match error {
                    base64::DecodeError::InvalidByte(at, _) => at,
                    base64::DecodeError::InvalidLastSymbol { offset, .. } => offset,
                    // A group that is not full is where it begins.
                    _ => source.len() / 4 * 4,
                };
                format!("illegal base64 data at input byte {at}").into()
            }
        })
    }),
    fixed("b64enc", &[Str], |_, args| {
        Ok(STANDARD.encode(text(args, 0)).into())
    }),
    fixed("fromJson", &[Str], |context, args| {
        from_json(context, args).or(Ok(Value::Nil))
    }),
    fixed("mustFromJson", &[Str], from_json),
    fixed("mustToJson", &[Any], |context, args| {
        to_json(context, args, true, false)
    }),
    fixed("mustToPrettyJson", &[Any], |context, args| {
        to_json(context, args, true, true)
    }),
    fixed("mustToRawJson", &[Any], |context, args| {
        to_json(context, args, false, false)
    }),
    fixed("toJson", &[Any], |context, args| {
        to_json(context, args, true, false).or(Ok("".into()))
    }),
    fixed("toPrettyJson", &[Any], |context, args| {
        to_json(context, args, true, true).or(Ok("".into()))
    }),
    fixed("toRawJson", &[Any], |context, args| {
        to_json(context, args, false, false)
    }),
];

fn from_json(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    // A value takes more than its shortest text.
    context.charge(text(args, 0).len() as u64 * 32)?;
    json::parse(text(args, 0))
}

fn to_json(
    context: &mut Context<'_>,
    args: &[Value],
    html: bool,
    pretty: bool,
) -> Result<Value, String> {
    let style = Style {
        html,
        pretty,
        limit: context.room(),
    };
    json::write(any(args, 0), style).map(Value::from)
}

/// As Go reads it: bits behind the last byte do not matter.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648: five bytes are eight letters.
fn base32_encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let mut bits = 0u64;
        for index in 0..5 {
            bits = bits << 8 | u64::from(chunk.get(index).copied().unwrap_or(0));
        }
        let letters = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let letter = usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or(0);
            match ALPHABET.get(letter) {
                Some(letter) if index < letters => out.push(char::from(*letter)),
                _ => out.push('='),
            }
        }
    }
    out
}

/// The bytes, or where the text is no base32.
fn base32_decode(text: &str) -> Result<Vec<u8>, usize> {
    let source: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b'\r' | b'\n'))
        .collect();
    let letters = source.len() - source.iter().rev().take_while(|b| **b == b'=').count();
    let mut out = Vec::new();
    let (mut bits, mut held) = (0u32, 0u32);
    for (at, byte) in source.iter().take(letters).enumerate() {
        let digit = ALPHABET
            .iter()
            .position(|letter| letter == byte)
            .ok_or(at)?;
        bits = (bits << 5 | u32::try_from(digit).unwrap_or(0)) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    if !source.len().is_multiple_of(8) {
        return Err(source.len());
    }
    Ok(out)
}
