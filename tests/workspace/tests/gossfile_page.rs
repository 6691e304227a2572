//! docs/gossfile.md, from the tables that files are read with. After a change of a table:
//! `MAINSTAY_WRITE_DOCS=1 cargo test -p workspace-tests`.

use std::fmt::Write;

use check::matcher::names::{Argument, NAMES};
use check::output::FORMATS;
use check::resource::{Attribute, COMMON_FIRST, EXTENSIONS, Form, INCLUDE, KINDS, Kind};

const HEAD: &str = "\
# What may stand in a goss file

Written from the program's own tables; edits are lost. What it all is for:
[testing an image](testing-an-image.md).

A file is a map of sections. A section is a map of resources: under its key (the path of a file,
the name of a user) stand the attributes. Names that begin with `x-` are free for your own
anchors.

What an attribute takes:

- **text**, **texts**, **true or false**, **milliseconds**, **anything**: as they are;
- **expectation**: a value that is compared with what is measured, or a matcher (below). It is
  asked for where it is marked *required*;
- **lines**: an expectation of a text. A list is of patterns: plain text that some line holds,
  `/a regex/`, and with `!` ahead what no line may hold.
";

#[test]
fn the_page_says_what_the_tables_say() {
    let mut text = HEAD.to_string();
    let _ = write!(text, "\n## Attributes of every resource\n\n");
    let extensions: Vec<&str> = EXTENSIONS.iter().map(|row| row.name).collect();
    table(
        &mut text,
        COMMON_FIRST.iter().chain(EXTENSIONS),
        &extensions,
    );
    let _ = write!(
        text,
        "\nAnd `skip: true`: nothing of it is measured. What is marked with \\* goss does not know.\n"
    );
    let mut kinds: Vec<&Kind> = KINDS.iter().copied().chain([INCLUDE]).collect();
    kinds.sort_by_key(|kind| kind.section);
    for kind in kinds {
        let _ = write!(text, "\n## {}\n\n", kind.section);
        let known_to_goss = kind.section != "mainstay";
        if !known_to_goss {
            let _ = write!(text, "goss does not know it. ");
        }
        let _ = match kind.label {
            Some(label) => writeln!(
                text,
                "The key is what is measured; with `{label}` it is a label.\n"
            ),
            None => writeln!(text, "The key is a label.\n"),
        };
        let own = kind
            .attributes
            .iter()
            .filter(|row| row.name != "skip" || kind.section == "gossfile");
        table(&mut text, own, &[]);
        if kind.gated
            && let Some((first, _)) = kind.properties.first()
        {
            let _ = writeln!(
                text,
                "\nWhere `{first}` is not as expected, or is false, the others are skipped."
            );
        }
    }
    matchers(&mut text);
    let functions: Vec<&str> = gotemplate::functions().collect();
    let _ = write!(
        text,
        "\n## Functions of templates\n\nA file is a template of Go's text/template before it is read. \
         `.Vars` and `.Env` are its\ndata; these functions are goss's own and sprig's:\n\n`{}`.\n",
        functions.join("` `")
    );
    let formats: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let _ = writeln!(
        text,
        "\n## Formats of reports\n\n`{}`.",
        formats.join("`, `")
    );
    workspace_tests::page("gossfile.md", &text);
}

/// The matchers that have a name.
fn matchers(text: &mut String) {
    text.push_str(
        "\n## Matchers\n\nA bare value wants an equal one, as text or as a number as it is \
         written; a bare list wants an\nelement for each. More is said by a map with one name:\n\n\
         | matcher | takes | what it wants |\n|---|---|---|\n",
    );
    for row in NAMES {
        let mark = if row.extension { " \\*" } else { "" };
        let takes = match row.argument {
            Argument::Any => "anything",
            Argument::Text => "text",
            Argument::Number => "number",
            Argument::Bool => "true or false",
            Argument::Texts => "patterns",
            Argument::Matcher => "expectation",
            Argument::Element => "expectation, no list",
            Argument::Matchers => "expectations",
            Argument::Paths => "paths, each with an expectation",
        };
        let _ = writeln!(text, "| `{}`{mark} | {takes} | {} |", row.name, row.about);
    }
}

fn table<'a>(text: &mut String, rows: impl Iterator<Item = &'a Attribute>, marked: &[&str]) {
    text.push_str("| attribute | takes | what it is |\n|---|---|---|\n");
    for row in rows {
        let mark = if marked.contains(&row.name) {
            " \\*"
        } else {
            ""
        };
        let alias = row
            .alias
            .map_or(String::new(), |alias| format!(", `{alias}`"));
        let _ = writeln!(
            text,
            "| `{}`{alias}{mark} | {} | {} |",
            row.name,
            form(row.form),
            row.about
        );
    }
}

fn form(form: Form) -> String {
    match form {
        Form::Text => "text".to_string(),
        Form::Texts => "texts".to_string(),
        Form::Bool => "true or false".to_string(),
        Form::Integer(default) => format!("milliseconds ({default})"),
        Form::Any => "anything".to_string(),
        Form::Matcher { required: true } => "expectation, *required*".to_string(),
        Form::Matcher { required: false } => "expectation".to_string(),
        Form::Stream => "lines".to_string(),
    }
}
