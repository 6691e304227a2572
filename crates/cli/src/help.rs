//! `mainstay COMMAND --help` for commands whose usage says it all.

use chain::Call;

/// Whether the words ask for help; then it has been printed.
pub(crate) fn is_asked(call: &Call, summary: &str) -> bool {
    let asked = matches!(
        call.args.first().map(Vec::as_slice),
        Some(b"--help" | b"-h")
    );
    if asked {
        let text = format!(
            "{}\n\n{}.\n",
            format!("usage: {} {}", call.name, call.usage).trim_end(),
            capitalised(summary)
        );
        let _ = kernel::fd::write_all(1, text.as_bytes());
    }
    asked
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
    fn only_the_first_word_asks() {
        let call = |words: &[&str]| {
            let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
            let env = chain::Environment::new();
            is_asked(&Call::new("mainstay x", "NAME", words, env), "does x")
        };
        assert!(call(&["--help"]) && call(&["-h", "x"]));
        assert!(!call(&[]) && !call(&["x", "--help"]));
        assert_eq!(capitalised("show it"), "Show it");
    }

    #[test]
    fn commands_call_themselves_as_people_do() {
        for command in COMMANDS {
            assert!(command.name.starts_with("mainstay "), "{}", command.name);
        }
    }
}
