//! Which format a client wants.

use crate::output::{self, Format};

/// The format, and its content type, for the values of the header lines `Accept`.
///
/// goss takes a line as one type; here a line may list several, as RFC 9110 has them: the first
/// that is known counts. Of several lines the last counts, as with goss.
pub(super) fn choose(accept: &[String], usual: &'static Format) -> (&'static Format, String) {
    let known = |line: &String| line.split(',').find_map(wanted);
    let format = accept.iter().rev().find_map(known).unwrap_or(usual);
    let content = match format.name {
        "json" => "application/json".to_string(),
        "prometheus" => "text/plain; version=0.0.4".to_string(),
        name => format!("application/vnd.goss-{name}"),
    };
    (format, content)
}

/// The format of one media type; its parameters do not count.
fn wanted(media: &str) -> Option<&'static Format> {
    let media = media.split(';').next().unwrap_or_default().trim();
    let is_json = ["application/json", "text/json"]
        .iter()
        .any(|json| media.eq_ignore_ascii_case(json));
    match is_json {
        true => output::format("json"),
        false => output::format(media.strip_prefix("application/vnd.goss-")?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_is_known_counts() {
        let usual = output::format("rspecish").expect("a format");
        let choose = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_string()).collect();
            choose(&lines, usual).0.name
        };
        assert_eq!(choose(&[]), "rspecish");
        assert_eq!(choose(&["text/html", "*/*"]), "rspecish");
        assert_eq!(choose(&["application/vnd.goss-rspecish"]), "rspecish");
        assert_eq!(choose(&["application/vnd.goss-nothing"]), "rspecish");
    }
}
