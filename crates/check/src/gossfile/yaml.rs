//! YAML to nodes. The parser is a library; what a scalar means is ours, since goss reads
//! files with yaml.v3 and those files depend on it.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::merge::{self, Pairs};
use super::outdented;
use super::scalar::{self, Written};
use crate::node::{Body, Node, Scalar};
use crate::place::Place;
use crate::problem::{Class, Problem};
use crate::value::Value;

/// How deep lists and maps may lie in each other, aliases followed. yaml.v3 allows 10,000, which
/// nobody writes; what walks a tree may then call itself.
pub(crate) const DEEPEST: usize = 200;

/// What all nodes of a document may take together, aliases followed, in about as many bytes:
/// enough for 40,000 resources.
const LARGEST: usize = 64 << 20;

/// What libyaml says of a character that is out of place.
const NO_TOKEN: &str = "found character that cannot start any token";

/// What the parser says of a tab behind a text.
const A_TAB: &str = "found a tab";

/// What to do about a tab.
const TABS: &str = "indent with blanks";

/// A text and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// The file as it was named.
    pub(crate) file: &'a Arc<str>,
    /// The text, after templates.
    pub(crate) text: &'a str,
    /// For each line the line of the author's file that it came from; empty where they are the
    /// same.
    pub(crate) lines: &'a [u32],
    /// Whether what stands in a section of the document counts: yaml.v3 looks only at what is
    /// read, so that mistakes elsewhere do no harm.
    pub(crate) counts: fn(&str) -> bool,
}

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its tree; none where there is no document.
    pub(crate) root: Option<Node>,
    /// What is wrong in it, though it is YAML.
    pub(crate) problems: Vec<Problem>,
}

impl Text<'_> {
    /// A place by the line (from 1) and the column (from 0) of the text.
    pub(crate) fn place(&self, line: usize, column: usize) -> Place {
        let author = self.lines.get(line.saturating_sub(1)).copied();
        Place {
            file: self.file.clone(),
            line: author.unwrap_or(u32::try_from(line).unwrap_or(u32::MAX)),
            column: u32::try_from(column.saturating_add(1)).unwrap_or(u32::MAX),
        }
    }

    /// The name of the alias or anchor at a place of the text.
    fn name_at(&self, line: usize, column: usize) -> String {
        let line = self.text.lines().nth(line.saturating_sub(1));
        let rest = line.unwrap_or_default().chars().skip(column);
        let name = rest.skip_while(|c| *c == '*');
        name.take_while(|c| !c.is_whitespace() && !",[]{}".contains(*c))
            .collect()
    }
}

/// Reads the first document of a text; others are not looked at.
///
/// # Errors
/// Where it is no YAML, or too much of it.
pub(crate) fn parse(text: Text<'_>) -> Result<Document, Problem> {
    let problem = match read(text, &[]) {
        Err(problem) if problem.what.contains("indentation") || says_tab(&problem) => problem,
        done => return done,
    };
    let Some((moved, moves)) = outdented::moved(text.text) else {
        return Err(problem);
    };
    let text = Text {
        text: &moved,
        ..text
    };
    read(text, &moves).map_err(|_| problem)
}

fn says_tab(problem: &Problem) -> bool {
    problem.what == NO_TOKEN || problem.what == A_TAB
}

/// Reads a text whose lines were moved to the right by `moves`.
fn read(text: Text<'_>, moves: &[usize]) -> Result<Document, Problem> {
    let mut composer = Composer {
        text,
        moves,
        open: Vec::new(),
        anchors: HashMap::new(),
        problems: Vec::new(),
        weight: 0,
        root: None,
    };
    if let Some((line, column)) = control_character(text.text) {
        let place = text.place(line, column);
        let what = "control characters are not allowed";
        return Err(Problem::at(&place, what).class(Class::Yaml));
    }
    // The parser ends the last line itself; libyaml takes it as it is, which shows in blocks.
    let open_end = (!text.text.ends_with('\n')).then(|| text.text.chars().count());
    for event in Parser::new_from_str(text.text) {
        let (mut event, span) = event.map_err(|error| syntax(&composer, &error))?;
        if let Event::Scalar(block, ScalarStyle::Literal | ScalarStyle::Folded, ..) = &mut event
            && open_end.is_some_and(|end| span.end.index() >= end)
            && block.ends_with('\n')
        {
            block.to_mut().pop();
        }
        composer.take(event, span.start.line(), span.start.col())?;
        if composer.root.is_some() {
            break;
        }
    }
    Ok(Document {
        root: composer.root,
        problems: composer.problems,
    })
}

/// The line (from 1) and column (from 0) of a character that YAML does not have.
fn control_character(text: &str) -> Option<(usize, usize)> {
    let is_bad = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127);
    let mut at = text.bytes().position(|byte| is_bad(&byte));
    // U+0080 to U+009F but U+0085; marks at other places than the beginning; what is no character.
    if text.bytes().any(|byte| matches!(byte, 0xC2 | 0xEF)) {
        let odd = |(at, letter): &(usize, char)| match letter {
            '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => true,
            '\u{feff}' => *at > 0,
            _ => false,
        };
        let found = text.char_indices().find(odd).map(|(at, _)| at);
        at = at.into_iter().chain(found).min();
    }
    let before = text.get(..at?)?;
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    Some((line, last.chars().count()))
}

/// What the parser refused, in libyaml's words where they are known, since goss prints those.
fn syntax(composer: &Composer<'_>, error: &ScanError) -> Problem {
    let text = composer.text;
    let mark = error.marker();
    let (line, column) = (mark.line(), mark.col());
    let place = text.place(line, column);
    let words = error.info();
    if words.contains("unknown anchor") {
        let name = text.name_at(line, column);
        let what = format!("unknown anchor '{name}' referenced");
        return Problem::at(&place, what).class(Class::Yaml);
    }
    // The parser says first what it was doing; libyaml's error is the rest.
    let what = match words.split_once(", ") {
        Some((doing, what)) if doing.starts_with("while ") => what,
        _ => words,
    };
    let (what, remedy) = match what.strip_prefix("expected ") {
        Some(wanted) => (format!("did not find expected {wanted}"), ""),
        None if what.starts_with("tabs disallowed") => (NO_TOKEN.to_string(), TABS),
        None if what.starts_with("unexpected character") => (NO_TOKEN.to_string(), "quote it"),
        None if what == "misplaced bracket" => {
            let wanted = match composer.open.last().map(|frame| &frame.body) {
                Some(Open::Map { key: None, .. }) => "key",
                _ => "node content",
            };
            (format!("did not find expected {wanted}"), "")
        }
        None => (what.to_string(), ""),
    };
    // libyaml's parser counts lines from 0 and names the list or map that it was in, where that
    // does not begin in the first; its scanner counts from 1.
    let counted = match what.starts_with("did not find expected") {
        false if line == 1 => 0,
        false => line,
        true => {
            let around = composer.open.last().map_or(0, |frame| frame.line);
            let line = if around > 1 { around } else { line };
            line.saturating_sub(1)
        }
    };
    let class = Class::Syntax {
        line: u32::try_from(counted).unwrap_or(u32::MAX),
    };
    let plain = match what.as_str() {
        NO_TOKEN if remedy == TABS => Some(("a tab, which cannot indent", remedy)),
        A_TAB => Some(("a tab, which cannot indent", TABS)),
        what if what.starts_with("invalid trailing content after") => Some((
            "a text goes on behind its closing quote",
            "quote all of it; within single quotes a quote is doubled: 'it''s'",
        )),
        NO_TOKEN => Some(("no text can begin with this mark", "put the text in quotes")),
        what => crate::plain::yaml(what),
    };
    let (plain, remedy) = plain.unwrap_or(("", remedy));
    Problem::at(&place, what)
        .class(class)
        .plain(plain)
        .remedy(remedy)
}

/// A list or a map whose end has not come yet.
struct Frame {
    place: Place,
    /// The line of the text, from 1.
    line: usize,
    anchor: usize,
    body: Open,
    /// How many levels lie in it.
    height: usize,
    /// What it takes.
    weight: usize,
    /// How many problems there were when it began.
    problems: usize,
}

enum Open {
    List(Vec<Node>),
    Map { pairs: Pairs, key: Option<Key> },
}

/// A key whose value has not come yet.
struct Key {
    node: Node,
    is_merge: bool,
    problems: usize,
}

/// What an anchor stands for.
struct Anchored {
    node: Node,
    height: usize,
    weight: usize,
    problems: Vec<Problem>,
}

/// A finished node.
struct Piece {
    node: Node,
    is_merge: bool,
    height: usize,
    weight: usize,
}

struct Composer<'a> {
    text: Text<'a>,
    /// By how much each line was moved to the right; empty where none was.
    moves: &'a [usize],
    open: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    problems: Vec<Problem>,
    weight: usize,
    root: Option<Node>,
}

impl Composer<'_> {
    fn take(&mut self, event: Event<'_>, line: usize, column: usize) -> Result<(), Problem> {
        let moved = self.moves.get(line.saturating_sub(1)).copied();
        let place = self
            .text
            .place(line, column.saturating_sub(moved.unwrap_or(0)));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let (piece, problem) = scalar_node(place, &text, plain, tag.as_deref());
                let before = self.problems.len();
                self.problems.extend(problem);
                self.finish(piece, anchor, before)
            }
            Event::Alias(anchor) => self.alias(anchor, place, line, column),
            Event::SequenceStart(anchor, _) => {
                self.begin(Open::List(Vec::new()), anchor, place, line)
            }
            Event::MappingStart(anchor, _) => {
                let (pairs, key) = (Pairs::default(), None);
                self.begin(Open::Map { pairs, key }, anchor, place, line)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(frame) => self.end(frame),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        body: Open,
        anchor: usize,
        place: Place,
        line: usize,
    ) -> Result<(), Problem> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(&place));
        }
        self.open.push(Frame {
            place,
            line,
            anchor,
            body,
            height: 0,
            weight: size_of::<Node>(),
            problems: self.problems.len(),
        });
        Ok(())
    }

    fn end(&mut self, frame: Frame) -> Result<(), Problem> {
        let body = match frame.body {
            Open::List(items) => Body::List(items),
            Open::Map { pairs, .. } => Body::Map(merge::apply(pairs, &mut self.problems)),
        };
        let piece = Piece {
            node: Node {
                place: frame.place,
                body,
            },
            is_merge: false,
            height: frame.height + 1,
            weight: frame.weight,
        };
        self.finish(piece, frame.anchor, frame.problems)
    }

    fn alias(
        &mut self,
        anchor: usize,
        place: Place,
        line: usize,
        column: usize,
    ) -> Result<(), Problem> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            let name = self.text.name_at(line, column);
            let what = format!("anchor '{name}' value contains itself");
            return Err(Problem::at(&place, what).class(Class::Yaml));
        };
        if self.open.len() + anchored.height > DEEPEST {
            return Err(too_deep(&place));
        }
        if self.weight.saturating_add(anchored.weight) > LARGEST {
            let what = "document contains excessive aliasing";
            return Err(Problem::at(&place, what).class(Class::Yaml));
        }
        let before = self.problems.len();
        self.problems.extend(anchored.problems.iter().cloned());
        let piece = Piece {
            node: anchored.node.clone(),
            is_merge: false,
            height: anchored.height,
            weight: anchored.weight,
        };
        self.charge(&place, piece.weight)?;
        self.place(piece, before);
        Ok(())
    }

    /// Counts what was made, against the limit.
    fn charge(&mut self, place: &Place, weight: usize) -> Result<(), Problem> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > LARGEST {
            let what = "document is too large";
            return Err(Problem::at(place, what).class(Class::Yaml));
        }
        Ok(())
    }

    /// Keeps a node that was read for its aliases and puts it where it belongs. `before` is how
    /// many problems there were ahead of it.
    fn finish(&mut self, piece: Piece, anchor: usize, before: usize) -> Result<(), Problem> {
        let place = &piece.node.place.clone();
        // What lies in a list or a map was counted when it was finished.
        let own = match piece.node.body {
            Body::Scalar(_) => piece.weight,
            Body::List(_) | Body::Map(_) => size_of::<Node>(),
        };
        self.charge(place, own)?;
        if anchor != 0 {
            self.charge(place, piece.weight + size_of::<Anchored>())?;
            let anchored = Anchored {
                node: piece.node.clone(),
                height: piece.height,
                weight: piece.weight,
                problems: self.problems.iter().skip(before).cloned().collect(),
            };
            self.anchors.insert(anchor, anchored);
        }
        self.place(piece, before);
        Ok(())
    }

    fn place(&mut self, piece: Piece, before: usize) {
        let is_section = self.open.len() == 1;
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(piece.node);
            return;
        };
        frame.height = frame.height.max(piece.height);
        frame.weight = frame.weight.saturating_add(piece.weight);
        match &mut frame.body {
            Open::List(items) => items.push(piece.node),
            Open::Map { pairs, key } => match key.take() {
                None => {
                    *key = Some(Key {
                        node: piece.node,
                        is_merge: piece.is_merge,
                        problems: before,
                    });
                }
                Some(first) => {
                    let name = first.node.to_text().unwrap_or_default();
                    if is_section && !first.is_merge && !(self.text.counts)(&name) {
                        self.problems.truncate(first.problems);
                    }
                    match first.is_merge {
                        true => pairs.merges.push((first.node, piece.node)),
                        false => pairs.own.push((first.node, piece.node)),
                    }
                }
            },
        }
    }
}

fn too_deep(place: &Place) -> Problem {
    let what = format!("exceeded max depth of {DEEPEST}");
    Problem::at(place, what).class(Class::Yaml)
}

/// A tag as yaml.v3 shortens it; none for `!`, which says nothing.
fn short(tag: &Tag) -> Option<String> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("tag:yaml.org,2002:", suffix) => Some(format!("!!{suffix}")),
        ("" | "!", "" | "!") => None,
        ("", suffix) => match suffix.strip_prefix("tag:yaml.org,2002:") {
            Some(name) => Some(format!("!!{name}")),
            None => Some(suffix.to_string()),
        },
        (handle, suffix) => Some(format!("{handle}{suffix}")),
    }
}

fn scalar_node(
    place: Place,
    text: &str,
    plain: bool,
    tag: Option<&Tag>,
) -> (Piece, Option<Problem>) {
    let tag = tag.and_then(short);
    let written = Written {
        text,
        plain,
        tag: tag.as_deref(),
    };
    let is_merge = text == "<<" && (plain && tag.is_none() || tag.as_deref() == Some("!!merge"));
    let (value, own_text, problem) = match scalar::meaning(written) {
        Ok(meaning) => (meaning.value, meaning.text, None),
        Err(why) => {
            let problem = Problem::at(&place, why).class(Class::Yaml);
            (Value::from(text), None, Some(problem))
        }
    };
    let text = own_text.map_or_else(|| text.to_string(), |own| own.to_string());
    let weight = size_of::<Node>().saturating_add(text.len().saturating_mul(2));
    let scalar = Scalar {
        text,
        value,
        plain,
        json: false,
    };
    let node = Node {
        place,
        body: Body::Scalar(scalar),
    };
    let piece = Piece {
        node,
        is_merge,
        height: 0,
        weight,
    };
    (piece, problem)
}
