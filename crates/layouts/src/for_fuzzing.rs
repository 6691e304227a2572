//! What the fuzz targets reach of this crate's insides. Nobody else is to use it.

use std::path::Path;

use kernel::accounts::Accounts;

use crate::Problem;
use crate::fix_attrs::{self, Line};
use crate::script::identity::{self, Rights};
use crate::script::variables::Mentions;
use crate::script::{Script, supervisor, syntax};

/// The lines of a fix-attrs list with their numbers, and what is wrong with it.
pub fn fix_attrs_lines(text: &[u8], accounts: &Accounts) -> (Vec<(u32, Line)>, Vec<Problem>) {
    fix_attrs::parse(Path::new("/etc/fix-attrs.d/list"), text, accounts)
}

/// What is wrong with a script of this text, as far as that can be told without an image;
/// and how many words of commands it has.
pub fn script_problems(text: &[u8], accounts: &Accounts) -> (Vec<Problem>, usize) {
    let script = Script::of(Path::new("/etc/cont-init.d/hook"), text.to_vec());
    let rights = Rights {
        change_user: false,
        change_owner: false,
    };
    let mut problems = syntax::check(&script);
    problems.extend(supervisor::check(&script));
    problems.extend(identity::check(&script, accounts, rights));
    let mut mentions = Mentions::default();
    mentions.add(&script);
    problems.extend(mentions.check(&[], |_| true));
    let words = script.commands.iter().map(|command| command.words.len());
    (problems, words.sum())
}
