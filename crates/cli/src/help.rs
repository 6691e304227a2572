//! `mainstay COMMAND --help`, in one form for all commands.

use chain::Program;

/// The word after `mainstay` that means a command.
pub fn verb(command: &Program) -> &'static str {
    command
        .name
        .strip_prefix("mainstay ")
        .unwrap_or(command.name)
}

/// Prints the help of a command: its usage, what it does, and `more`: its options, what
/// else there is to know.
pub fn print(command: &Program, more: &str) {
    let _ = kernel::fd::write_all(
        1,
        text(command.name, command.usage, command.summary, more).as_bytes(),
    );
}

/// The help of a program or a command.
pub fn text(name: &str, usage: &str, summary: &str, more: &str) -> String {
    let mut text = format!("usage: {name} {usage}").trim_end().to_string();
    text.push_str(&format!("\n\n{}.\n", capitalised(summary)));
    if !more.is_empty() {
        text.push('\n');
        text.push_str(more);
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::COMMANDS;

    #[test]
    fn the_form_is_the_same_for_all() {
        assert_eq!(text("x", "", "show it", ""), "usage: x\n\nShow it.\n");
        assert_eq!(
            text("x", "[--a] NAME", "show it", "  --a  all\n"),
            "usage: x [--a] NAME\n\nShow it.\n\n  --a  all\n"
        );
    }

    #[test]
    fn commands_call_themselves_as_people_do() {
        for command in COMMANDS {
            assert!(command.name.starts_with("mainstay "), "{}", command.name);
            assert!(!verb(command).contains(' '), "{}", command.name);
        }
    }
}
