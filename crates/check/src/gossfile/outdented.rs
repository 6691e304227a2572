//! What stands within brackets or quotes may begin further left than the line that opened them:
//! libyaml takes it, and people write it so (`contents: [` … `]`); the library that reads YAML
//! for us keeps to the specification, which forbids it. Such lines are moved to the right.

/// The text with such lines moved, and for each line (from 0) by how much; none where there is
/// nothing to move.
pub(super) fn moved(text: &str) -> Option<(String, Vec<usize>)> {
    let mut reader = Reader::default();
    let mut out = String::with_capacity(text.len().saturating_add(256));
    let mut moves = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        let own = line.len() - content.len();
        let wanted = reader.wanted().filter(|_| !content.trim_end().is_empty());
        let has_tab = line.get(..own).is_some_and(|lead| lead.contains('\t'));
        let lead = match wanted {
            Some(wanted) if own < wanted || has_tab => wanted.max(own),
            _ => {
                out.push_str(line);
                moves.push(0);
                reader.line(line, own, 0);
                continue;
            }
        };
        out.extend(std::iter::repeat_n(' ', lead));
        out.push_str(content);
        moves.push(lead - own);
        reader.line(content, own, lead);
        // Nobody writes that far to the right; it would only take memory.
        if lead > FARTHEST || out.len() > text.len().saturating_mul(2).saturating_add(MOST_ADDED) {
            return None;
        }
    }
    moves.iter().any(|by| *by > 0).then_some((out, moves))
}

/// The farthest column to which lines are moved: it bounds what a text can grow to.
const FARTHEST: usize = 1000;

/// What moving may add to twice the length of a text, bytes.
const MOST_ADDED: usize = 4 << 20;

/// How far a text was read.
#[derive(Default)]
struct Reader {
    /// How many brackets are open, and the quote.
    depth: usize,
    quote: Option<char>,
    /// The column of the first of them.
    opener: usize,
    /// The indentation below which a block of text ends.
    block: Option<usize>,
}

impl Reader {
    /// Where a line must begin at least; anywhere if nothing is open.
    fn wanted(&self) -> Option<usize> {
        (self.depth > 0 || self.quote.is_some()).then_some(self.opener + 1)
    }

    /// Reads a line whose first letter is moved to the column `begin`.
    fn line(&mut self, line: &str, own: usize, begin: usize) {
        if let Some(parent) = self.block {
            if own > parent || line.trim().is_empty() {
                return;
            }
            self.block = None;
        }
        // Whether a value or a name may begin here.
        let mut begins = self.quote.is_none();
        let mut before = ' ';
        // Where the name of a block of text begins, behind the marks of lists.
        let mut parent = own;
        let mut letters = line.chars().enumerate().peekable();
        while let Some((at, letter)) = letters.next() {
            let column = begin + at;
            let next = letters.peek().map_or('\n', |(_, next)| *next);
            if let Some(quote) = self.quote {
                if letter == '\\' && quote == '"' || letter == '\'' && quote == '\'' && next == '\''
                {
                    letters.next();
                } else if letter == quote {
                    self.quote = None;
                }
                before = letter;
                continue;
            }
            match letter {
                '#' if before.is_whitespace() => return,
                '[' | '{' if begins || self.depth > 0 => {
                    self.open(column);
                    self.depth += 1;
                    begins = true;
                }
                ']' | '}' if self.depth > 0 => {
                    self.depth -= 1;
                    begins = false;
                }
                ',' if self.depth > 0 => begins = true,
                '"' | '\'' if begins => {
                    self.open(column);
                    self.quote = Some(letter);
                    begins = false;
                }
                '|' | '>' if begins && self.depth == 0 => {
                    self.block = Some(parent);
                    return;
                }
                ':' => begins = next.is_whitespace() || self.depth > 0,
                '-' | '?' if begins && next.is_whitespace() => parent = column + 2,
                ' ' | '\t' => {}
                // An anchor or a tag stands ahead of its value.
                '&' | '!' if begins => {
                    while letters.next_if(|(_, c)| !c.is_whitespace()).is_some() {}
                }
                _ => begins = false,
            }
            before = letter;
        }
    }

    fn open(&mut self, column: usize) {
        if self.depth == 0 {
            self.opener = column;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_within_brackets_and_quotes_are_moved() {
        let text = "a:\n  b: [\n x, # ]\n\n ]\n  c: \"d\n e\"\n  f: it's [\n";
        let (out, moves) = moved(text).expect("moved");
        assert_eq!(
            out,
            "a:\n  b: [\n      x, # ]\n\n      ]\n  c: \"d\n      e\"\n  f: it's [\n"
        );
        assert_eq!(moves, [0, 0, 5, 0, 5, 0, 5, 0]);
    }

    #[test]
    fn blocks_of_text_stay() {
        let text = "a:\n- b: |\n    [ \"\n  c: >-\n    {\n  d: 'it''s\n x'\n";
        let (out, _) = moved(text).expect("moved");
        let wanted = text.replace("\n x'", "\n      x'");
        assert_eq!(out, wanted);
        assert!(moved("a: |\n  [\n b\n").is_none());
    }

    #[test]
    fn what_is_too_far_stays() {
        let many = format!("{}[\n{}", " ".repeat(900), "a,\n".repeat(20_000));
        assert!(moved(&many).is_none());
        let far = format!("{}[\n]", " ".repeat(2000));
        assert!(moved(&far).is_none());
    }
}
