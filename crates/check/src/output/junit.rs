//! `junit`: XML for build servers.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use super::counts::Counts;
use super::group::Kept;
use super::{Look, Report, text, time};
use crate::result::{Outcome, TestResult};

struct Junit {
    look: Look,
    counts: Counts,
    /// The numbers of results stand ahead of the first.
    kept: Kept<Vec<u8>>,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    let mut look = look.clone();
    look.colour = false;
    Box::new(Junit {
        counts: Counts::default(),
        kept: Kept::new(look.sort),
        look,
    })
}

impl Report for Junit {
    fn take(&mut self, group: &[TestResult], _out: &mut dyn Write) -> io::Result<()> {
        self.counts.add(group);
        let mut out = Vec::new();
        for result in group {
            case(result, &self.look, &mut out);
        }
        self.kept.push(group, out);
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        writeln!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuite name=\"goss\" errors=\"0\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" \
             time=\"{:.3}\" timestamp=\"{}\">",
            self.counts.all(),
            self.counts.failed,
            self.counts.skipped,
            total.as_secs_f64(),
            time::to_the_second(SystemTime::now())
        )?;
        for cases in self.kept.take() {
            out.write_all(&cases)?;
        }
        out.write_all(b"</testsuite>\n")?;
        Ok(self.counts.code())
    }
}

fn case(result: &TestResult, look: &Look, out: &mut Vec<u8>) {
    let subject = &result.subject;
    let name = format!("{} {} {}", subject.kind.shown, subject.id, result.property);
    let mut push = |text: &str| out.extend_from_slice(text.as_bytes());
    push(&format!("<testcase name=\"{}\"", escaped(name.as_bytes())));
    if let (true, Some(place)) = (look.places, &result.place) {
        let file = escaped(place.file.as_bytes());
        push(&format!(" file=\"{file}\" line=\"{}\"", place.line));
    }
    push(&format!(" time=\"{:.3}\">\n", result.took.as_secs_f64()));
    let text = escaped(&text::compact(result, look));
    match result.outcome {
        Outcome::Pass => push(&format!("<system-out>{text}</system-out>\n")),
        Outcome::Skip => push(&format!("<skipped/><system-out>{text}</system-out>\n")),
        Outcome::Fail => push(&format!(
            "<system-err>{text}</system-err>\n<failure>{text}</failure>\n"
        )),
    }
    push("</testcase>\n");
}

/// A text for XML as Go's encoding/xml has it. What XML 1.0 cannot hold becomes U+FFFD.
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
    fn what_xml_cannot_hold_is_replaced() {
        let text = b"a<b>&\"'\t\r\n\x00\x1b\xff\xef\xbf\xbe\xc3\xa9\x7f";
        let xml = "a&lt;b&gt;&amp;&#34;&#39;&#x9;&#xD;&#xA;\u{fffd}\u{fffd}\u{fffd}\u{fffd}é\x7f";
        assert_eq!(escaped(text), xml);
    }
}
