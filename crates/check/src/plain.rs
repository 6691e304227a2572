//! goss's words in plain English. Under the name `goss` errors keep the words that people's
//! tooling looks for, Go's types among them; under ours nobody need know Go.

/// What a matcher's reader says.
pub(crate) fn matcher(why: &str) -> String {
    let why = why.strip_prefix("Syntax Error: ").unwrap_or(why);
    if let Some(name) = why.strip_prefix("Unknown matcher: ") {
        return format!("there is no matcher `{name}`");
    }
    if let Some((_, names)) = why.split_once("Found multiple matchers: ") {
        return format!("one matcher stands in a map, and here are several: {names}");
    }
    if why == "Missing required attribute" {
        return "an expectation is missing".to_string();
    }
    let Some((name, (wanted, received))) = why
        .strip_prefix("Invalid '")
        .and_then(|rest| rest.split_once("' argument. Expected "))
        .and_then(|(name, rest)| Some((name, rest.split_once(" value, but received: ")?)))
    else {
        return why.to_string();
    };
    let wanted = match wanted {
        "numeric" => "a number",
        "string" => "a text",
        "array" => "a list",
        "map" => "a map",
        "matcher, string or numeric" => "a matcher, a text or a number",
        "bool" => "true or false",
        other => other,
    };
    let received = match received.split_once(": ") {
        Some(("string", value)) => value,
        Some(("bool", _)) => "true or false",
        Some(("nil" | "<nil>", _)) => "nothing",
        Some((list, _)) if list.starts_with("[]") => "a list",
        Some((map, _)) if map.starts_with("map[") => "a map",
        Some(_) => "a number",
        None => received,
    };
    match name {
        // The whole expectation.
        "matcher" => format!("an expectation is {wanted} here, not {received}"),
        // goss misspells it in this one error.
        "contains-elements" => format!("`contain-elements` takes {wanted}, not {received}"),
        _ => format!("`{name}` takes {wanted}, not {received}"),
    }
}

/// What each matcher of goss can look at, by the words ahead of `Got:`.
const NEEDS: &[(&str, &str)] = &[
    (
        "ContainElement matcher",
        "`contain-element` needs a list or a map",
    ),
    (
        "ContainElements matcher",
        "a list of expectations needs a list or a map",
    ),
    ("ConsistOf matcher", "`consist-of` needs a list or a map"),
    ("HaveKey matcher", "`have-key` needs a map"),
    (
        "HaveLen matcher",
        "`have-len` needs a text, a list or a map",
    ),
    (
        "be-empty expects",
        "`be-empty` needs a text, a list or a map",
    ),
    ("HavePatterns matcher", "a pattern is a text"),
    ("Expected a number.", "a number is needed"),
    ("Expected numeric,", "a number is needed"),
    ("Expected string,", "a text is needed"),
    (
        "Expected a valid semver constraint.",
        "a range of versions is needed",
    ),
    (
        "Expected a single or list of semver",
        "a version or a list of versions is needed",
    ),
];

/// Why a value could not be compared.
pub(crate) fn comparison(why: &str) -> String {
    if why.starts_with("Syntax Error: ") {
        return matcher(why);
    }
    if why == "could not find the given key" {
        return "the kernel has no such parameter".to_string();
    }
    if let Some(rest) = why.strip_prefix("HaveKey's key matcher failed with:\n    ") {
        return format!("`have-key`: {}", comparison(rest));
    }
    if let Some(rest) = why.strip_prefix("matchers.ToNumeric{}: ") {
        return match rest.strip_prefix("strconv.ParseFloat: parsing ") {
            Some(rest) => match rest.strip_suffix(": value out of range") {
                Some(text) => format!("{text} is too large a number"),
                None => format!("{} is no number", rest.trim_end_matches(": invalid syntax")),
            },
            None => comparison(rest),
        };
    }
    if let Some((path, rest)) = why
        .strip_prefix("matchers.Gjson{Path:")
        .and_then(|rest| rest.split_once("}: "))
    {
        return match rest {
            "Invalid json" => format!("the text is no JSON, in which to look for {path}"),
            _ if rest.starts_with("Path not found") => format!("nothing is at {path}"),
            _ => format!("{path}: {}", comparison(rest)),
        };
    }
    if why.starts_with("Refusing to compare <nil> to <nil>") {
        return "nothing is compared with nothing, which may be a mistake".to_string();
    }
    let expression = why.trim_start_matches("RegExp match failed to compile with error:\n\t");
    if let Some(rest) = expression.strip_prefix("error parsing regexp: ") {
        return format!("no regular expression: {rest}");
    }
    let need = NEEDS.iter().find(|(words, _)| why.starts_with(words));
    let got = why.split_once("Got:").or_else(|| why.split_once("got: "));
    match (need, got) {
        (Some((_, need)), Some((_, got))) => format!("{need}, and this is {}", value(got)),
        _ => why.to_string(),
    }
}

/// A value without the types of Go around it and within it.
fn value(form: &str) -> String {
    let form = form.trim();
    if let Some(text) = form.strip_prefix("<string>: ") {
        return format!("\"{text}\"");
    }
    let form = form
        .strip_prefix('<')
        .and_then(|rest| rest.split_once(">: "))
        .map_or(form, |(_, value)| value);
    let mut out = String::new();
    let (mut quoted, mut escaped, mut tag) = (false, false, false);
    for letter in form.chars() {
        match letter {
            '>' if tag => tag = false,
            _ if tag => {}
            '<' if !quoted => tag = true,
            _ => {
                if letter == '"' && !escaped {
                    quoted = !quoted;
                }
                escaped = letter == '\\' && !escaped;
                out.push(letter);
            }
        }
    }
    match out.as_str() {
        "nil" => "nothing".to_string(),
        _ => out.lines().map(str::trim).collect::<Vec<_>>().join(" "),
    }
}

/// Why a template cannot be read, or, with the `piece` of it, why it failed.
pub(crate) fn template(message: &str, piece: Option<&str>) -> String {
    let Some(piece) = piece else {
        return match message {
            "unexpected EOF" => "the file ends, and an {{if}}, {{range}}, {{with}}, {{define}} or \
                                 {{block}} has no {{end}}"
                .to_string(),
            "unexpected {{end}}" => "an {{end}} with nothing before it to end".to_string(),
            _ if message.starts_with("unexpected \"}\"") => {
                "a } alone: what {{ opens is closed by }}".to_string()
            }
            _ => match between(message, "function \"", "\" not defined") {
                Some(name) => format!("templates have no function `{name}`"),
                None => format!("the template cannot be read: {}", without_go(message)),
            },
        };
    };
    let called = message
        .strip_prefix("error calling ")
        .and_then(|rest| rest.split_once(": "));
    let message = called.map_or(message, |(_, why)| why);
    let why = if let Some(field) = between(message, "can't evaluate field ", " in type ") {
        match message.ends_with("*goss.TmplVars") {
            true => format!("there is no `.{field}`; there are `.Vars` and `.Env`"),
            false => format!("there is no `{field}` in what stands before it"),
        }
    } else if let Some(key) = between(message, "map has no entry for key \"", "\"") {
        match piece.starts_with(".Vars") {
            true => format!("the variable `{key}` is not set; give it with --vars FILE"),
            false => format!("`{key}` is not set"),
        }
    } else {
        without_go(message)
    };
    match piece.starts_with("{{") {
        true => format!("{piece}: {why}"),
        false => format!("{{{{{piece}}}}}: {why}"),
    }
}

fn between<'a>(text: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(behind).map(|(found, _)| found)
}

/// The names of Go's types as words.
fn without_go(text: &str) -> String {
    text.replace("map[string]interface {}", "map")
        .replace("map[interface {}]interface {}", "map")
        .replace("[]interface {}", "list")
        .replace("[]string", "list of texts")
        .replace("interface {}", "any value")
        .replace("<nil>", "nothing")
        .replace("*goss.TmplVars", "all that a template sees")
}

/// What is wrong with a document of YAML in libyaml's words, and what to do.
pub(crate) fn yaml(what: &str) -> Option<(&'static str, &'static str)> {
    Some(match what {
        "did not find expected key" => (
            "this line belongs to nothing above it",
            "indent it as its neighbours are; a text with quotes or brackets in it is quoted whole",
        ),
        "did not find expected node content" => (
            "something is missing here",
            "close what `[` or `{` opens, and quote a text that begins with a mark",
        ),
        "mapping values are not allowed in this context" => (
            "a `:` where none can be",
            "quote a text that holds `: `; else look at the line above: a blank follows the `:` \
             behind a name",
        ),
        "found unexpected end of stream" => (
            "quotes that open here are never closed",
            "close them; a quote within a text is doubled",
        ),
        "illegal placement of ':' indicator" => (
            "a `:` where none can be",
            "above it a `[`, `{` or quote is not closed",
        ),
        "found unknown escape character" => (
            "an escape that double quotes do not know",
            "a text with backslashes goes in single quotes",
        ),
        "could not find expected ':'" | "simple key expect ':'" => (
            "a name without a colon",
            "write `name:`, or quote the text, or indent it as its neighbours are",
        ),
        "block sequence entries are not allowed in this context" => (
            "a list cannot begin here",
            "put each `- ` on a line of its own, below its name",
        ),
        _ if what.starts_with("did not find expected ',' or") => (
            "a list or map that opens here is never closed",
            "write `]` or `}` where it ends",
        ),
        _ => return None,
    })
}

/// Why a file cannot be read: which, and why, without what was tried.
pub(crate) fn file(why: &str) -> String {
    let tried = why
        .strip_prefix("open ")
        .or_else(|| why.strip_prefix("read "));
    tried.unwrap_or(why).to_string()
}

/// What is wrong with a flag or a variable.
pub(crate) fn flag(why: &str) -> String {
    if let Some(word) = why.strip_prefix("flag provided but not defined: -") {
        let dashes = if word.len() > 1 { "--" } else { "-" };
        return format!("there is no flag {dashes}{word}");
    }
    if let Some(word) = why.strip_prefix("flag needs an argument: ") {
        return format!("{word} needs a value");
    }
    let wanted = if why.contains("strconv.ParseBool") {
        "true or false"
    } else if why.contains("strconv.ParseInt") {
        "a whole number"
    } else {
        "a time such as 500ms, 10s or 1m30s"
    };
    let of_flag = why
        .strip_prefix("invalid value ")
        .and_then(|rest| rest.split_once(" for flag "))
        .and_then(|(value, rest)| Some((value, rest.split_once(": ")?.0)));
    if let Some((value, flag)) = of_flag {
        return format!("-{flag} takes {wanted}, not {value}");
    }
    let of_variable = why
        .strip_prefix("could not parse ")
        .and_then(|rest| rest.split_once(" as "))
        .and_then(|(value, rest)| Some((value, between(rest, "environment variable \"", "\"")?)));
    match of_variable {
        Some((value, variable)) => {
            format!("the variable {variable} holds {value}, and takes {wanted}")
        }
        None => why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_told_without_types_of_go() {
        for (goss, plain) in [
            (
                "Syntax Error: Invalid 'have-prefix' argument. Expected string value, but \
                 received: []interface {}: [\"a\"]",
                "`have-prefix` takes a text, not a list",
            ),
            (
                "Syntax Error: Unknown matcher: less",
                "there is no matcher `less`",
            ),
            (
                "Syntax Error: Missing required attribute",
                "an expectation is missing",
            ),
        ] {
            assert_eq!(matcher(goss), plain);
        }
    }

    #[test]
    fn comparisons_are_told_without_types_of_go() {
        for (goss, plain) in [
            (
                "HaveLen matcher expects a string/array/map/channel/slice/iterator.  Got:\n    \
                 <int>: 5",
                "`have-len` needs a text, a list or a map, and this is 5",
            ),
            (
                "HaveKey matcher expects a map/iter.Seq2.  Got:    <[]interface {} | len:2, \
                 cap:2>: [<string>\"a <b>\", nil]",
                "`have-key` needs a map, and this is [\"a <b>\", nil]",
            ),
            (
                "matchers.ToNumeric{}: strconv.ParseFloat: parsing \"x\": invalid syntax",
                "\"x\" is no number",
            ),
            (
                "matchers.Gjson{Path:\"a.b\"}: Path not found: a.b",
                "nothing is at \"a.b\"",
            ),
            ("something else", "something else"),
        ] {
            assert_eq!(comparison(goss), plain);
        }
    }

    #[test]
    fn templates_are_told_without_types_of_go() {
        let field = "can't evaluate field Vras in type *goss.TmplVars";
        assert_eq!(
            template(field, Some(".Vras.a")),
            "{{.Vras.a}}: there is no `.Vras`; there are `.Vars` and `.Env`"
        );
        let entry = "map has no entry for key \"a\"";
        assert_eq!(
            template(entry, Some(".Vars.a")),
            "{{.Vars.a}}: the variable `a` is not set; give it with --vars FILE"
        );
        assert_eq!(
            template("function \"f\" not defined", None),
            "templates have no function `f`"
        );
    }

    #[test]
    fn flags_are_told_without_functions_of_go() {
        assert_eq!(
            flag("invalid value \"x\" for flag -sleep: time: invalid duration \"x\""),
            "--sleep takes a time such as 500ms, 10s or 1m30s, not \"x\""
        );
        assert_eq!(
            flag(
                "could not parse \"x\" as bool value from environment variable \"GOSS_COLOR\" for \
                 flag color: strconv.ParseBool: parsing \"x\": invalid syntax"
            ),
            "the variable GOSS_COLOR holds \"x\", and takes true or false"
        );
    }
}
