//! Regular expressions that are none, are huge, or take others for ever.

use super::validate;

/// Validates a pattern against a text, beside one that is as expected.
fn validate_pattern(expected: &str, text: &str) -> check_tests::watched::Seen {
    validate(format!(
        "matching:\n  bad:\n    content: \"{text}\"\n    as-reader: true\n    matches: {expected}\n\
         \x20 good: {{content: 1, matches: 1}}\n"
    ))
}

#[test]
fn what_is_no_expression_is_an_error_of_its_own() {
    for pattern in [
        "/(/",
        "/[/",
        "/a{2,1}/",
        "/*/",
        "/(?P<a/",
        "/(?=a)/",
        "/\\1/",
        "/(?<!a)/",
        "/\\p{Nothing}/",
        "/a{1001}/",
        "/\\Q/",
        "!/(/",
        "/[z-a]/",
        "/x{99999999999}/",
    ] {
        let seen = validate_pattern(&format!("['{pattern}']"), "text");
        assert!(matches!(seen.exit, 0 | 1), "{pattern}: {seen:?}");
        seen.says("Count: 2");
    }
    validate_pattern("['/(/']", "text").failed("missing closing", "Count: 2");
    validate_pattern("{match-regexp: '('}", "text").failed("missing closing", "Count: 2");
}

#[test]
fn huge_expressions_are_refused_or_used_in_bounds() {
    let many = 10_000;
    let words: Vec<String> = (0..50_000).map(|number| format!("word{number}")).collect();
    for pattern in [
        "((a{1000}){1000}){1000}".to_string(),
        "(a{1,1000}){1,1000}".to_string(),
        "(\\w{1,500}\\s){1,500}".to_string(),
        "\\pL{1000}".to_string(),
        "(".repeat(many) + &")".repeat(many),
        "(?:".repeat(many) + &")*".repeat(many),
        "[".repeat(many),
        "a|".repeat(100_000),
        "a*".repeat(100_000),
        words.join("|"),
        "\\".repeat(1_000_001),
    ] {
        let begin: String = pattern.chars().take(30).collect();
        let seen = validate_pattern(&format!("['/{pattern}/']"), "text");
        assert!(matches!(seen.exit, 0 | 1), "{begin}: {}", seen.exit);
        assert!(seen.stdout.contains("Count: 2"), "{begin}");
        let seen = validate_pattern(&format!("{{match-regexp: '{pattern}'}}"), "text");
        assert!(matches!(seen.exit, 0 | 1), "{begin}: {}", seen.exit);
    }
}

#[test]
fn expressions_that_others_take_for_ever_are_quick() {
    let text = "x".repeat(500_000);
    for pattern in [
        "(x+x+)+y",
        "(x|x)*y",
        "(.*)*y",
        "x*x*x*x*x*x*x*y",
        "(x?){200}x{200}y",
    ] {
        validate_pattern(&format!("['/{pattern}/']"), &text).failed("bad: matches", "Count: 2");
    }
}

#[test]
fn ten_thousand_words_are_sought_at_once() {
    let words: Vec<String> = (0..10_000)
        .map(|number| format!("'absent{number}'"))
        .collect();
    let seen = validate_pattern(&format!("[{}]", words.join(",")), &"x ".repeat(100_000));
    assert_eq!(seen.exit, 1);
}
