//! A result as a JSON object, for the formats that programs read.

use super::{Look, text, time};
use crate::result::{Finding, Outcome, Shown, TestResult};
use crate::value::json::{self, Style};
use crate::value::{Value, go};

/// How a format writes objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// Fields by name; otherwise in the order below.
    pub(super) sorted: bool,
    /// As [`Style::read_back`] has it.
    pub(super) read_back: bool,
    /// Whether `successful` says anything.
    pub(super) judged: bool,
}

/// A field's name and its JSON.
pub(super) type Field = (&'static str, Vec<u8>);

/// An object of fields.
pub(super) fn object(mut fields: Vec<Field>, sorted: bool) -> Vec<u8> {
    if sorted {
        fields.sort_by_key(|(name, _)| *name);
    }
    let mut out = vec![b'{'];
    for (at, (name, value)) in fields.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend(value);
    }
    out.push(b'}');
    out
}

/// A text as JSON.
pub(super) fn string(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let style = Style {
        html: true,
        read_back: false,
    };
    json::text(text, style, &mut out);
    out
}

/// A number as JSON.
pub(super) fn number(number: impl ToString) -> Vec<u8> {
    number.to_string().into_bytes()
}

fn truth(truth: bool) -> Vec<u8> {
    truth.to_string().into_bytes()
}

/// A result.
///
/// # Errors
/// With what is left of it, where it has a value that JSON cannot hold.
pub(super) fn record(result: &TestResult, look: &Look, form: Form) -> Result<Vec<u8>, Vec<u8>> {
    let subject = &result.subject;
    let code = match result.outcome {
        Outcome::Pass => 0,
        Outcome::Fail => 1,
        Outcome::Skip => 2,
    };
    let successful = form.judged && result.outcome != Outcome::Fail;
    let ended = result.started.checked_add(result.took);
    let ended = ended.unwrap_or(result.started);
    let sure = vec![
        ("duration", number(result.took.as_nanos())),
        ("successful", truth(successful)),
        ("summary-line", string(&text::full(result, look))),
        ("summary-line-compact", string(&text::compact(result, look))),
    ];
    let value = Values { look, form };
    let (Ok(meta), Ok(finding)) = (
        value.json(subject.meta.as_ref()),
        value.finding(&result.finding),
    ) else {
        return Err(object(sure, form.sorted));
    };
    let mut fields = vec![
        ("skipped", truth(result.outcome == Outcome::Skip)),
        ("resource-id", string(subject.id.as_bytes())),
        ("resource-type", string(subject.kind.shown.as_bytes())),
        ("property", string(result.property.as_bytes())),
        ("title", string(subject.title.as_bytes())),
        ("meta", meta),
        ("result", number(code)),
        ("err", optional(result.error.as_deref())),
        ("matcher-result", object(finding, form.sorted)),
        ("start-time", moment(result.started)),
        ("end-time", moment(ended)),
    ];
    let mut sure = sure.into_iter();
    let duration = sure.next();
    fields.splice(0..0, sure.next());
    fields.extend(duration.into_iter().chain(sure));
    if look.places {
        let place = result.place.as_ref();
        let place_number =
            |number: Option<u32>| number.map_or_else(|| b"null".to_vec(), self::number);
        fields.extend([
            ("file", optional(place.map(|place| &*place.file))),
            ("line", place_number(place.map(|place| place.line))),
            ("column", place_number(place.map(|place| place.column))),
            ("hint", optional(result.hint.as_deref())),
        ]);
    }
    Ok(object(fields, form.sorted))
}

fn optional(text: Option<&str>) -> Vec<u8> {
    text.map_or_else(|| b"null".to_vec(), |text| string(text.as_bytes()))
}

fn moment(time: std::time::SystemTime) -> Vec<u8> {
    string(time::to_the_nanosecond(time).as_bytes())
}

/// How values are written.
struct Values<'a> {
    look: &'a Look,
    form: Form,
}

impl Values<'_> {
    fn json(&self, value: Option<&Value>) -> Result<Vec<u8>, String> {
        let style = Style {
            html: true,
            read_back: self.form.read_back,
        };
        match value {
            None => Ok(b"null".to_vec()),
            Some(value) => match json::encode(value, style) {
                // As text, rather than lose the rest of the result.
                Err(_) if self.look.places => json::encode(&holdable(value), style),
                written => written,
            },
        }
    }

    fn finding(&self, finding: &Finding) -> Result<Vec<Field>, String> {
        let shown = |shown: &Option<Shown>| self.json(shown.as_ref().map(|shown| &shown.value));
        let chain = match &finding.chain[..] {
            [] => None,
            chain => Some(text::chain_value(chain)),
        };
        Ok(vec![
            ("actual", shown(&finding.actual)?),
            ("message", string(finding.message.as_bytes())),
            ("expected", shown(&finding.expected)?),
            ("missing-elements", shown(&finding.missing)?),
            ("found-elements", shown(&finding.found)?),
            ("extra-elements", shown(&finding.extra)?),
            ("transform-chain", self.json(chain.as_ref())?),
            ("untransformed-value", shown(&finding.untransformed)?),
        ])
    }
}

/// The same, with what JSON has no form for as text.
pub(super) fn holdable(value: &Value) -> Value {
    match value {
        Value::Float(number) if !number.is_finite() => Value::Text(go::format(value)),
        Value::List(items) => Value::List(items.iter().map(holdable).collect()),
        Value::Map(entries) => {
            let entries = entries.iter();
            Value::Map(
                entries
                    .map(|(key, value)| (key.clone(), holdable(value)))
                    .collect(),
            )
        }
        Value::OddMap(entries) => {
            let entries = entries.iter();
            Value::Map(
                entries
                    .map(|(key, value)| (go::format(key), holdable(value)))
                    .collect(),
            )
        }
        _ => value.clone(),
    }
}
