//! Reading JSON (RFC 8259), strictly: what a program that is handed a report does.

use std::collections::BTreeMap;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; the reports have whole ones only.
    Number(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object; a key that stands twice is an error.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a whole document.
    ///
    /// # Panics
    /// When it is none.
    pub fn parse(text: &str) -> Json {
        let mut reader = Reader(text.trim_end());
        let value = reader.value();
        assert_eq!(reader.0, "", "after the document");
        value
    }

    /// The value of a key.
    ///
    /// # Panics
    /// When there is none.
    pub fn get(&self, key: &str) -> &Json {
        match self {
            Json::Object(map) => map
                .get(key)
                .unwrap_or_else(|| panic!("no {key} in {self:?}")),
            other => panic!("{other:?} has no keys"),
        }
    }

    /// The items of a list.
    ///
    /// # Panics
    /// When it is none.
    pub fn items(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            other => panic!("{other:?} is no list"),
        }
    }
}

struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn skip(&mut self, text: &str) {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or_else(|| panic!("no {text:?} at {:?}", self.0));
    }

    fn ends(&mut self, end: &str, first: &mut bool) -> bool {
        if self.0.starts_with(end) {
            self.skip(end);
            return true;
        }
        if !std::mem::take(first) {
            self.skip(",");
        }
        false
    }

    fn value(&mut self) -> Json {
        let mut first = true;
        match self.0.as_bytes().first() {
            Some(b'{') => {
                self.skip("{");
                let mut map = BTreeMap::new();
                while !self.ends("}", &mut first) {
                    let key = self.text();
                    self.skip(":");
                    let value = self.value();
                    assert!(
                        map.insert(key.clone(), value).is_none(),
                        "{key} stands twice"
                    );
                }
                Json::Object(map)
            }
            Some(b'[') => {
                self.skip("[");
                let mut list = Vec::new();
                while !self.ends("]", &mut first) {
                    list.push(self.value());
                }
                Json::List(list)
            }
            Some(b'"') => Json::Text(self.text()),
            Some(b'n') => {
                self.skip("null");
                Json::Null
            }
            Some(b't') => {
                self.skip("true");
                Json::Bool(true)
            }
            Some(b'f') => {
                self.skip("false");
                Json::Bool(false)
            }
            _ => {
                let end = self.0.find(|c: char| !c.is_ascii_digit() && c != '-');
                let (number, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
                self.0 = rest;
                Json::Number(number.parse().expect("a number"))
            }
        }
    }

    fn text(&mut self) -> String {
        self.skip("\"");
        let mut text = String::new();
        let mut letters = self.0.char_indices();
        loop {
            let (at, letter) = letters.next().expect("the end of a text");
            match letter {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return text;
                }
                '\\' => match letters.next().expect("an escape").1 {
                    'u' => {
                        let digits: String =
                            (0..4).filter_map(|_| letters.next()).map(|l| l.1).collect();
                        let code = u32::from_str_radix(&digits, 16).expect("four digits");
                        text.push(char::from_u32(code).expect("a character"));
                    }
                    'n' => text.push('\n'),
                    plain @ ('"' | '\\' | '/') => text.push(plain),
                    other => panic!("\\{other} is no escape"),
                },
                letter => {
                    assert!(letter >= ' ', "a control character in a text");
                    text.push(letter);
                }
            }
        }
    }
}
