//! What the fuzz targets reach of this crate's insides. Nobody else is to use it.

use std::path::Path;

use kernel::accounts::Accounts;

use crate::Problem;
use crate::overlay2::fix_attrs::{Line, line};

/// The lines of a fix-attrs list with their numbers, and what is wrong with it.
pub fn fix_attrs_lines(text: &[u8], accounts: &Accounts) -> (Vec<(u32, Line)>, Vec<Problem>) {
    line::parse(Path::new("/etc/fix-attrs.d/list"), text, accounts)
}
