//! What is shown of a value that is larger than anybody reads: its beginning.

use bstr::{BString, ByteSlice};

use super::Value;

/// How many bytes are shown of a value.
const SHOWN: usize = 1 << 20;

impl Value {
    /// The value for a report: where it is larger than a mebibyte, its beginning, and how much
    /// there is.
    pub fn for_report(&self) -> Value {
        let mut left = SHOWN;
        cut(self, &mut left)
    }
}

fn cut(value: &Value, left: &mut usize) -> Value {
    *left = left.saturating_sub(size_of::<Value>());
    match value {
        Value::Text(text) => Value::Text(cut_text(text, left)),
        Value::Texts(items) => {
            let mut kept = Vec::new();
            for item in items {
                if *left == 0 {
                    kept.push(of_all(items.len(), "elements"));
                    break;
                }
                *left = left.saturating_sub(size_of::<BString>());
                kept.push(cut_text(item, left));
            }
            Value::Texts(kept)
        }
        Value::List(items) => {
            let mut kept = Vec::new();
            for item in items {
                if *left == 0 {
                    kept.push(Value::Text(of_all(items.len(), "elements")));
                    break;
                }
                kept.push(cut(item, left));
            }
            Value::List(kept)
        }
        Value::Map(entries) => {
            let kept = entries.iter().map_while(|(name, value)| {
                let more = *left > 0;
                more.then(|| (cut_text(name, left), cut(value, left)))
            });
            Value::Map(kept.collect())
        }
        Value::OddMap(entries) => {
            let kept = entries.iter().map_while(|(name, value)| {
                let more = *left > 0;
                more.then(|| (cut(name, left), cut(value, left)))
            });
            Value::OddMap(kept.collect())
        }
        _ => value.clone(),
    }
}

fn cut_text(text: &BString, left: &mut usize) -> BString {
    if text.len() <= *left {
        *left -= text.len();
        return text.clone();
    }
    // Not within a character.
    let is_begin = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    let end = (0..=*left).rev().take(4).find(is_begin).unwrap_or(*left);
    let mut kept = BString::from(text.get(..end).unwrap_or_default());
    kept.extend_from_slice(&of_all(text.len(), "bytes"));
    *left = 0;
    kept
}

fn of_all(count: usize, what: &str) -> BString {
    BString::from(format!("… ({count} {what} in all)").as_bytes().as_bstr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_stays_as_it_is() {
        for value in [
            Value::Null,
            Value::from("text"),
            Value::Texts(vec!["a".into(), "b".into()]),
            Value::List(vec![Value::Int(1), Value::from("b")]),
            Value::Map([("a".into(), Value::List(vec![Value::from(true)]))].into()),
        ] {
            assert_eq!(value.for_report(), value);
        }
    }

    #[test]
    fn what_is_large_is_cut_between_characters() {
        let Value::Text(cut) = Value::from("é".repeat(SHOWN)).for_report() else {
            panic!("a text");
        };
        assert!(
            cut.ends_with("é… (2097152 bytes in all)".as_bytes()),
            "{cut:.20}"
        );
        assert!(cut.len() < SHOWN + 100);
        let Value::Texts(cut) = Value::Texts(vec!["".into(); SHOWN]).for_report() else {
            panic!("texts");
        };
        assert_eq!(cut.last(), Some(&"… (1048576 elements in all)".into()));
        assert!(cut.len() < SHOWN / 8);
        let lists = Value::List(vec![Value::List(vec![Value::Null; 1000]); 1000]);
        let Value::List(cut) = lists.for_report() else {
            panic!("a list");
        };
        assert!(cut.len() < 1000);
    }
}
