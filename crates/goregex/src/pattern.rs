//! Expressions whose groups are asked for.

use regex::{Captures, Match, Regex, RegexBuilder};

use super::translate::translate;
use super::{DEEPEST, Lines, refused};

/// An expression that searches a text and keeps its groups.
///
/// Their names stand here and not in the engine: Go lets two groups have one name, and a name
/// begin with a digit.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    names: Vec<Option<String>>,
}

impl Pattern {
    /// Makes one of a source. Its program, and what the engine remembers of a search, may grow
    /// to `largest` bytes each.
    ///
    /// # Errors
    /// In Go's words.
    pub fn new(source: &str, largest: usize) -> Result<Pattern, String> {
        let failed = |why: String| format!("error parsing regexp: {why}");
        let mut names = Vec::new();
        let translated = translate(source, Lines::One, Some(&mut names)).map_err(failed)?;
        let regex = RegexBuilder::new(&translated)
            .size_limit(largest)
            .dfa_size_limit(largest)
            .nest_limit(DEEPEST)
            .build()
            .map_err(|why| failed(refused(&why, source)))?;
        Ok(Pattern { regex, names })
    }

    /// Whether it finds something.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first match.
    pub fn find<'t>(&self, text: &'t str) -> Option<Match<'t>> {
        self.regex.find(text)
    }

    /// All matches; as in Go an empty one does not touch the match before it.
    pub fn find_all<'r, 't>(&'r self, text: &'t str) -> impl Iterator<Item = Match<'t>> + 'r
    where
        't: 'r,
    {
        let mut end = None;
        self.regex
            .find_iter(text)
            .filter(move |found| counts(*found, &mut end))
    }

    /// The groups of the first match, the whole of it first.
    pub fn groups<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex.captures(text)
    }

    /// The groups of all matches, as [`Pattern::find_all`] has them.
    pub fn all_groups<'r, 't>(&'r self, text: &'t str) -> impl Iterator<Item = Captures<'t>> + 'r
    where
        't: 'r,
    {
        let mut end = None;
        self.regex
            .captures_iter(text)
            .filter(move |groups| groups.get(0).is_some_and(|it| counts(it, &mut end)))
    }

    /// The names of the groups, beginning with that of the whole match, which has none.
    pub fn names(&self) -> impl Iterator<Item = Option<&str>> {
        std::iter::once(None).chain(self.names.iter().map(Option::as_deref))
    }

    /// Writes a replacement, in which `$1`, `$name` and `${name}` are groups and `$$` is `$`
    /// (Go's `Regexp.Expand`). A `$` that begins none of them is itself, a group that is
    /// not there is empty.
    pub fn expand(&self, groups: &Captures, template: &str, out: &mut String) {
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            rest = behind;
            if let Some(behind) = rest.strip_prefix('$') {
                out.push('$');
                rest = behind;
            } else if let Some((name, behind)) = reference(rest) {
                out.push_str(self.named(groups, name));
                rest = behind;
            } else {
                out.push('$');
            }
        }
        out.push_str(rest);
    }

    /// A group by its number or its name: of several the first that took part.
    fn named<'t>(&self, groups: &Captures<'t>, name: &str) -> &'t str {
        let text = |number: usize| groups.get(number).map(|group| group.as_str());
        if let Some(number) = number(name) {
            return text(number).unwrap_or_default();
        }
        let mut numbered = self.names().enumerate();
        numbered
            .find_map(|(at, own)| text(at).filter(|_| own == Some(name)))
            .unwrap_or_default()
    }
}

/// Whether a match counts, where the one before it ended at `end`.
fn counts(found: Match, end: &mut Option<usize>) -> bool {
    let touches = found.is_empty() && *end == Some(found.start());
    *end = Some(found.end());
    !touches
}

/// `name` or `{name}`, and what is behind it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{');
    let start = inner.unwrap_or(text);
    let length = start
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(start.len());
    let (name, rest) = start.split_at(length);
    let rest = match inner {
        Some(_) => rest.strip_prefix('}')?,
        None => rest,
    };
    (!name.is_empty()).then_some((name, rest))
}

/// A name that is a number is one, but for those that are padded or far too large.
fn number(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let padded = name.len() > 1 && name.starts_with('0');
    let number = name.parse().ok().filter(|number| *number < 100_000_000);
    number.filter(|_| digits && !padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: usize = 8 << 20;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, text, wanted) in [
            (r"^\d+$", "12", true),
            (r"^\d$", "٣", false),
            (r"^\w$", "é", false),
            (r"^[\w-]+$", "a-b_", true),
            (r"^[^\d]$", "a", true),
            (r"^[\D]$", "1", false),
            (r"\Qa.b\E$", "a.b", true),
            (r"^\101$", "A", true),
            (r"^a{$", "a{", true),
            (r"^a{,2}$", "a{,2}", true),
            (r"^a{2,}$", "aaa", true),
            (r"^[[]$", "[", true),
            (r"^[a&&b]+$", "&a", true),
            (r"^[]a]+$", "]a", true),
            (r"^[[:alpha:]_]+$", "a_", true),
            (r"\<a\>", "<a>", true),
            (r"(?i)^\x{41}$", "a", true),
            (r"^\pL$", "é", true),
            (r"^\p{Greek}$", "α", true),
            (r"a\b", "ab", false),
            (r"(?P<x>a)(?<y>b)", "ab", true),
            (r"\/\-\_", "/-_", true),
        ] {
            let compiled =
                Pattern::new(pattern, LARGEST).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(compiled.is_match(text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told_as_go_does() {
        for (pattern, wanted) in [
            ("(", "error parsing regexp: missing closing ): `(`"),
            ("a)", "error parsing regexp: unexpected ): `a)`"),
            ("[a", "error parsing regexp: missing closing ]: `[a`"),
            (
                "*",
                "error parsing regexp: missing argument to repetition operator: `*`",
            ),
            (
                r"\y",
                r"error parsing regexp: invalid escape sequence: `\y`",
            ),
            (
                r"\1",
                r"error parsing regexp: invalid escape sequence: `\1`",
            ),
            (
                "\\",
                "error parsing regexp: trailing backslash at end of expression: ``",
            ),
        ] {
            let refused = Pattern::new(pattern, LARGEST).err();
            assert_eq!(refused.as_deref(), Some(wanted), "{pattern}");
        }
        assert!(Pattern::new("(a{1000}){1000}", LARGEST).is_err());
        let large = Pattern::new(&r"\pL{1000}".repeat(8), LARGEST).map(|_| ());
        assert!(large.is_err_and(|why| why.contains("expression too large: `")));
    }

    #[test]
    fn groups_are_written_into_a_replacement() {
        for (source, template, wanted) in [
            ("(b)(c)", "<$2$1>", "a<cb>d"),
            ("(b)(c)", "${1}x$1x", "abxd"),
            ("(?P<n>b)(?<m>c)", "$m-$n-${n}1-$n1", "ac-b-b1-d"),
            ("(?P<n>x)?(?P<n>b)", "[$n]", "a[b]cd"),
            ("(?P<1a>b)", "[$1a]", "a[b]cd"),
            ("(b)", "$$1 $ $- ${1 ${} $01 $9", "a$1 $ $- ${1 ${}  cd"),
            ("b(x)?", "[$0$1]", "a[b]cd"),
            ("(?U)b(.*)d", "$1", "ac"),
            ("(?i)(B)(?-i:(c))", "$2$1", "acbd"),
            ("(?:(a)|(b))", "<$1|$2>", "<a|><|b>cd"),
        ] {
            let pattern = Pattern::new(source, LARGEST).unwrap();
            let text = "abcd";
            let (mut out, mut end) = (String::new(), 0);
            for groups in pattern.all_groups(text) {
                let found = groups.get(0).unwrap();
                out.push_str(&text[end..found.start()]);
                pattern.expand(&groups, template, &mut out);
                end = found.end();
            }
            out.push_str(&text[end..]);
            assert_eq!(out, wanted, "{source} {template}");
        }
    }

    #[test]
    fn an_empty_match_does_not_touch_the_one_before() {
        let pattern = Pattern::new("b*", LARGEST).unwrap();
        let found: Vec<_> = pattern.find_all("abbé").map(|it| it.range()).collect();
        assert_eq!(found, [0..0, 1..3, 5..5]);
        let inner = Pattern::new(r"\B", LARGEST).unwrap();
        assert!(
            inner
                .find_all("aéb")
                .all(|it| "aéb".is_char_boundary(it.start()))
        );
        let names = Pattern::new("(a)(?P<n>b)(?:c)(?<n>d)", LARGEST).unwrap();
        let names: Vec<_> = names.names().collect();
        assert_eq!(names, [None, None, Some("n"), Some("n")]);
    }
}
