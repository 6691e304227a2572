//! JUnit's XML, as goss writes it.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use super::tally::Tally;
use super::{Look, Report, order, text};
use crate::clock;
use crate::result::Outcome;
use crate::run::Group;

struct Junit {
    look: Look,
    tally: Tally,
    cases: Vec<u8>,
    /// When the first was measured.
    began: Option<SystemTime>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    let plain = Look {
        colour: false,
        ..look.clone()
    };
    order::ordered(
        look,
        Junit {
            look: plain,
            tally: Tally::default(),
            cases: Vec::new(),
            began: None,
        },
    )
}

impl Report for Junit {
    fn take(&mut self, group: &Group, _out: &mut dyn Write) -> io::Result<()> {
        for result in group {
            self.tally.add(result);
            let began = self.began.unwrap_or(result.started);
            self.began = Some(began.min(result.started));
            let subject = &result.subject;
            let (kind, property) = (subject.kind.shown, result.property);
            let name = escaped(format!("{kind} {} {property}", subject.id).as_bytes());
            let text = escaped(&text::compact(result, &self.look));
            let body = match result.outcome {
                Outcome::Pass => format!("<system-out>{text}</system-out>"),
                Outcome::Skip => format!("<skipped/><system-out>{text}</system-out>"),
                Outcome::Fail => {
                    format!("<system-err>{text}</system-err>\n<failure>{text}</failure>")
                }
            };
            let time = result.took.as_secs_f64();
            write!(
                self.cases,
                "<testcase name=\"{name}\" time=\"{time:.3}\">\n{body}\n</testcase>\n"
            )?;
        }
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let Tally {
            count,
            failed,
            skipped,
        } = self.tally;
        let time = total.as_secs_f64();
        let began = clock::utc(self.began.unwrap_or_else(SystemTime::now));
        writeln!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"goss\" errors=\"0\" \
             tests=\"{count}\" failures=\"{failed}\" skipped=\"{skipped}\" time=\"{time:.3}\" \
             timestamp=\"{began}\">"
        )?;
        out.write_all(&self.cases)?;
        out.write_all(b"</testsuite>\n")?;
        Ok(self.tally.code())
    }
}

/// As Go's `xml.EscapeText` writes it: what XML does not allow becomes U+FFFD, byte by byte where
/// it is no UTF-8.
fn escaped(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("&#34;"),
                '\'' => out.push_str("&#39;"),
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '\t' => out.push_str("&#x9;"),
                '\n' => out.push_str("&#xA;"),
                '\r' => out.push_str("&#xD;"),
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
                _ => out.push(c),
            }
        }
        out.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_does_not_allow_is_replaced() {
        assert_eq!(
            escaped(b"\"'&<>\t\n\r\x01\x7f\xff\xe2\x82\xef\xbf\xbf\xc3\xa9"),
            "&#34;&#39;&amp;&lt;&gt;&#x9;&#xA;&#xD;\u{fffd}\x7f\u{fffd}\u{fffd}\u{fffd}\u{fffd}é"
        );
    }
}
