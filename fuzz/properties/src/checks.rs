//! The validator's languages: templates, gossfiles, matchers, patterns, paths of JSON.

use std::sync::Arc;

use check::fuzzing;
use check::gossfile;

use crate::input::Input;
