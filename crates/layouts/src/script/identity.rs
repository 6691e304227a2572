//! Scripts that become somebody else.

use kernel::accounts::{Accounts, Unknown};
use kernel::escape;

use super::{Command, Language, Script};
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&UNKNOWN_USER, &REFUSED];

pub(crate) const UNKNOWN_USER: Rule = Rule::error(
    "unknown-user",
    "A user or group does not exist in the image's `/etc/passwd` and `/etc/group`, so nothing can run as it. Told of words that stand as they are, not of variables; and not where a script of the tree makes users.",
    "Make it in the image (`useradd --system NAME`), or correct the name. With `--root` the users of RUN lines count if ROOT has them.",
)
.with_the_image();
const REFUSED: Rule = Rule::error(
    "needs-root",
    "The script calls `s6-setuidgid`, which the kernel refuses the user or the capabilities that were given with `--user` and `--cap-drop`: SETUID and SETGID are needed, even to become oneself. Told of lines that run for certain: not inside of a branch, and not where the script asks how it ends.",
    "Start the container as root, or leave `s6-setuidgid` away: `[ \"$(id -u)\" != 0 ] || exec s6-setuidgid …`.",
);

/// Who runs the container, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// Whether the user may be changed.
    pub change_user: bool,
    /// Whether owners may be changed.
    pub change_owner: bool,
}

/// What is wrong with the script.
pub fn check(script: &Script, accounts: &Accounts, rights: Rights) -> Vec<Problem> {
    let mut problems = Vec::new();
    let branches = branches(script);
    for (command, at) in script.programs() {
        let word = &command.words[at];
        if word.name() != b"s6-setuidgid" {
            continue;
        }
        if !rights.change_user && command.unindented && is_certain(script, branches, command, at) {
            let cause = "s6-setuidgid needs root with SETUID and SETGID, which this container is started without";
            let remedy = "start it as root, or leave s6-setuidgid away";
            problems.push(Problem::at(&script.path, word.line, cause, remedy).of(&REFUSED));
        }
        let Some(who) = command.words.get(at + 1).filter(|who| who.literal) else {
            continue;
        };
        if let Err(unknown) = accounts.resolve(&who.text) {
            let problem = Problem::at(&script.path, who.line, text(&unknown), REMEDY);
            problems.push(problem.of(&UNKNOWN_USER));
        }
    }
    problems
}

const REMEDY: &str = "make it in the image, or correct the name";

/// What is wrong with the user that a variable names.
pub fn check_variable(name: &str, user: &[u8], accounts: &Accounts) -> Option<Problem> {
    let unknown = accounts.resolve(user).err()?;
    let place = format!("{name}={}", escape(user));
    let problem = Problem::new(std::path::Path::new(&place), text(&unknown), REMEDY);
    Some(problem.of(&UNKNOWN_USER))
}

fn text(unknown: &Unknown) -> String {
    match unknown {
        Unknown::User(name) => format!("there is no user `{}`", escape(name)),
        Unknown::Group(name) => format!("there is no group `{}`", escape(name)),
    }
}

/// Whether a script makes users: then nobody can tell who there will be.
pub fn makes_users(script: &Script) -> bool {
    const MAKERS: [&[u8]; 6] = [
        b"useradd",
        b"adduser",
        b"groupadd",
        b"addgroup",
        b"usermod",
        b"/etc/passwd",
    ];
    script.lines().any(|(_, line)| {
        let mut makers = MAKERS.iter();
        makers.any(|maker| line.windows(maker.len()).any(|part| part == *maker))
    })
}

/// Whether an execline script decides: behind an `if { }` a word may not be reached.
fn branches(script: &Script) -> bool {
    let decides = |name: &[u8]| name.starts_with(b"if") || name == b"case";
    let mut words = script.commands.iter().flat_map(|command| &command.words);
    script.language == Language::Execline && words.any(|word| decides(word.name()))
}

/// Whether the program at word `at` of a command runs whenever the script does, and
/// nobody asks how it ends: who does can go on without it.
fn is_certain(script: &Script, branches: bool, command: &Command, at: usize) -> bool {
    match script.language {
        Language::Execline => !branches,
        Language::Shell | Language::Other => {
            const LEADS: [&[u8]; 4] = [b"exec", b"with-contenv", b"env", b"nohup"];
            let before = &command.words[..at];
            !command.tested && before.iter().all(|word| LEADS.contains(&word.name()))
        }
    }
}
