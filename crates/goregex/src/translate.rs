//! From Go's syntax to that of the crate.

use super::Lines;
use super::class::{self, NOTHING};
use super::source::{Source, escape, wrong};

/// More than this of anything is refused, also where repetitions multiply.
const MOST: u32 = 1000;
/// Deeper groups are refused. Go's own limit is 1000, in another measure.
const DEEPEST: usize = 240;

const MISSING: &str = "missing argument to repetition operator";
const BAD_PERL: &str = "invalid or unsupported Perl syntax";
const BAD_NAME: &str = "invalid named capture";
const BAD_COUNT: &str = "invalid repeat count";

/// What `(?...)` changes.
#[derive(Clone, Copy, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_all: bool,
    lazy: bool,
}

/// What a repetition repeats.
struct Atom {
    text: String,
    /// How many copies of something its repetitions make.
    copies: u32,
}

/// A group that is open.
#[derive(Default)]
struct Group {
    branches: String,
    atoms: Vec<Atom>,
    copies: u32,
    flags_after: Flags,
    /// Whether what it matched is asked for.
    kept: bool,
}

impl Group {
    fn push(&mut self, text: String) {
        self.atoms.push(Atom { text, copies: 1 });
    }

    fn branch(&mut self) {
        for atom in self.atoms.drain(..) {
            self.branches.push_str(&atom.text);
            self.copies = self.copies.max(atom.copies);
        }
    }
}

struct Translator<'a> {
    whole: &'a str,
    lines: Lines,
    /// The names of the groups so far, where groups are asked for.
    names: Option<&'a mut Vec<Option<String>>>,
    flags: Flags,
    /// All groups that are open, the innermost last.
    outer: Vec<Group>,
    group: Group,
}

/// The source in the other syntax. With `names` groups are kept, and each leaves its name there.
pub(super) fn translate(
    source: &str,
    lines: Lines,
    names: Option<&mut Vec<Option<String>>>,
) -> Result<String, String> {
    let mut translator = Translator {
        whole: source,
        lines,
        names,
        flags: Flags::default(),
        outer: Vec::new(),
        group: Group::default(),
    };
    translator.all(Source(source))?;
    if !translator.outer.is_empty() {
        return wrong("missing closing )", source);
    }
    translator.group.branch();
    Ok(translator.group.branches)
}

impl Translator<'_> {
    fn all(&mut self, mut source: Source) -> Result<(), String> {
        // Where the repetition just ahead begins: two must not follow each other.
        let mut repeated: Option<Source> = None;
        while let Some(c) = source.peek() {
            let begin = source;
            let mut repeats = false;
            match c {
                '(' if source.starts("(?") => self.perl_group(&mut source)?,
                '(' => {
                    source.next();
                    self.open_kept(None)?;
                }
                ')' => {
                    source.next();
                    self.close()?;
                }
                '|' => {
                    source.next();
                    self.group.branch();
                    self.group.branches.push('|');
                }
                '^' => {
                    source.next();
                    self.group.push(self.begin().to_string());
                }
                '$' => {
                    source.next();
                    self.group.push(self.end().to_string());
                }
                '.' => {
                    source.next();
                    let all = self.flags.dot_all && self.lines == Lines::One;
                    let any = if all { "(?s:.)" } else { r"[^\n]" };
                    self.group.push(any.to_string());
                }
                '[' => {
                    let class = class::brackets(&mut source)?;
                    self.class(&class);
                }
                '*' | '+' | '?' => {
                    source.next();
                    let mark = begin.until(source).to_string();
                    self.repeat(&mark, None, begin, &mut source, repeated)?;
                    repeats = true;
                }
                '{' => match counts(&mut source) {
                    Some((low, high)) => {
                        let whole = begin.until(source);
                        let (low, high) = checked(low, high, whole)?;
                        let mark = match high {
                            Some(high) => format!("{{{low},{high}}}"),
                            None => format!("{{{low},}}"),
                        };
                        let most = high.unwrap_or(low);
                        let counted = Some((low, most));
                        self.repeat(&mark, counted, begin, &mut source, repeated)?;
                        repeats = true;
                    }
                    None => {
                        source.next();
                        self.literal(u32::from('{'));
                    }
                },
                '\\' => self.escaped(&mut source)?,
                _ => {
                    source.next();
                    self.literal(u32::from(c));
                }
            }
            repeated = repeats.then_some(begin);
        }
        Ok(())
    }

    fn begin(&self) -> &'static str {
        match self.lines == Lines::Many || self.flags.multi_line {
            true => "(?m:^)",
            false => r"\A",
        }
    }

    fn end(&self) -> &'static str {
        match self.lines == Lines::Many || self.flags.multi_line {
            true => "(?m:$)",
            false => r"\z",
        }
    }

    fn literal(&mut self, code: u32) {
        let is_end = code == 0xa && self.lines == Lines::Many;
        let text = class::code(code).filter(|_| !is_end);
        let text = text.unwrap_or_else(|| NOTHING.to_string());
        self.group.push(match self.flags.fold {
            true => format!("(?i:{text})"),
            false => text,
        });
    }

    fn class(&mut self, class: &str) {
        let placed = class::placed(class, self.flags.fold, self.lines);
        self.group.push(placed);
    }

    fn escaped(&mut self, source: &mut Source) -> Result<(), String> {
        let edge = match source.0.get(..2) {
            // The edges of a line are those of the text here.
            Some(r"\A") if self.lines == Lines::Many => Some("(?m:^)"),
            Some(r"\z") if self.lines == Lines::Many => Some("(?m:$)"),
            Some(r"\A") => Some(r"\A"),
            Some(r"\z") => Some(r"\z"),
            Some(r"\b") => Some(r"(?-u:\b)"),
            Some(r"\B") => Some(r"(?-u:\B)"),
            _ => None,
        };
        if let Some(edge) = edge {
            source.0 = source.0.get(2..).unwrap_or_default();
            self.group.push(edge.to_string());
            return Ok(());
        }
        if source.skip(r"\Q") {
            let (quoted, rest) = source.0.split_once(r"\E").unwrap_or((source.0, ""));
            quoted.chars().for_each(|c| self.literal(u32::from(c)));
            source.0 = rest;
            return Ok(());
        }
        if let Some(class) = class::unicode(source)? {
            self.class(&format!("[{class}]"));
        } else if let Some(class) = class::perl(source) {
            self.class(class);
        } else {
            let code = escape(source)?;
            self.literal(code);
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), String> {
        if self.outer.len() >= DEEPEST {
            return wrong("expression nests too deeply", self.whole);
        }
        let mut outer = std::mem::take(&mut self.group);
        outer.flags_after = self.flags;
        self.outer.push(outer);
        Ok(())
    }

    /// Opens a group that counts as one.
    fn open_kept(&mut self, name: Option<&str>) -> Result<(), String> {
        self.open()?;
        if let Some(names) = &mut self.names {
            names.push(name.map(str::to_string));
            self.group.kept = true;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(outer) = self.outer.pop() else {
            return wrong("unexpected )", self.whole);
        };
        let mut inner = std::mem::replace(&mut self.group, outer);
        self.flags = self.group.flags_after;
        inner.branch();
        let open = if inner.kept { "(" } else { "(?:" };
        self.group.atoms.push(Atom {
            text: format!("{open}{})", inner.branches),
            copies: inner.copies.max(1),
        });
        Ok(())
    }

    /// A group with a name, with flags, or flags alone.
    fn perl_group(&mut self, source: &mut Source) -> Result<(), String> {
        let begin = *source;
        let named = [("(?P<", 4), ("(?<", 3)];
        let named = named
            .iter()
            .find(|(start, least)| source.starts(start) && source.0.len() > *least);
        if let Some((start, _)) = named {
            source.skip(start);
            let Some((name, rest)) = source.0.split_once('>') else {
                return wrong(BAD_NAME, begin.0);
            };
            source.0 = rest;
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(plain) {
                return wrong(BAD_NAME, begin.until(*source));
            }
            return self.open_kept(Some(name));
        }
        source.skip("(?");
        let mut flags = self.flags;
        // Whether flags are cleared, and whether one was seen since that began.
        let mut clears = false;
        let mut seen = false;
        while let Some(c) = source.next() {
            match c {
                'i' => flags.fold = !clears,
                'm' => flags.multi_line = !clears,
                's' => flags.dot_all = !clears,
                'U' => flags.lazy = !clears,
                '-' if !clears => {
                    clears = true;
                    seen = false;
                    continue;
                }
                ':' | ')' if !clears || seen => {
                    if c == ':' {
                        self.open()?;
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => return wrong(BAD_PERL, begin.until(*source)),
            }
            seen = true;
        }
        wrong(BAD_PERL, begin.until(*source))
    }

    /// Repeats what is ahead; `counted` are the numbers of a `{n,m}`.
    fn repeat(
        &mut self,
        mark: &str,
        counted: Option<(u32, u32)>,
        begin: Source,
        source: &mut Source,
        repeated: Option<Source>,
    ) -> Result<(), String> {
        let lazy = source.skip("?") != self.flags.lazy;
        if let Some(repeated) = repeated {
            return wrong(
                "invalid nested repetition operator",
                repeated.until(*source),
            );
        }
        let Some(atom) = self.group.atoms.last_mut() else {
            return wrong(MISSING, begin.until(*source));
        };
        if let Some((low, most)) = counted {
            let copies = atom.copies.saturating_mul(most);
            if (low >= 2 || most >= 2) && copies > MOST {
                return wrong(BAD_COUNT, begin.until(*source));
            }
            atom.copies = copies.max(1);
        }
        let lazy = if lazy { "?" } else { "" };
        atom.text = format!("(?:{}){mark}{lazy}", atom.text);
        Ok(())
    }
}

/// The numbers of `{n}`, `{n,}` or `{n,m}`; none where it is no repetition but a brace. A number
/// that is far too large is none within.
type Counts = (Option<u32>, Option<Option<u32>>);

fn counts(source: &mut Source) -> Option<Counts> {
    let inner = source.0.strip_prefix('{')?;
    let (inner, rest) = inner.split_once('}')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let padded = text.len() > 1 && text.starts_with('0');
        let size = text.parse().ok().filter(|number| *number < 100_000_000);
        (digits && !padded).then_some(size)
    };
    let counts = match inner.split_once(',') {
        None => {
            let low = number(inner)?;
            (low, Some(low))
        }
        Some((low, "")) => (number(low)?, None),
        Some((low, high)) => (number(low)?, Some(number(high)?)),
    };
    source.0 = rest;
    Some(counts)
}

/// Numbers that are neither too large nor in the wrong order.
fn checked(
    low: Option<u32>,
    high: Option<Option<u32>>,
    whole: &str,
) -> Result<(u32, Option<u32>), String> {
    let fits = |number: Option<u32>| number.filter(|number| *number <= MOST);
    let counts = match high {
        None => fits(low).map(|low| (low, None)),
        Some(high) => fits(low)
            .zip(fits(high))
            .filter(|(low, high)| low <= high)
            .map(|(low, high)| (low, Some(high))),
    };
    counts.map_or_else(|| wrong(BAD_COUNT, whole), Ok)
}
