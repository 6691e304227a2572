//! What an image promises, tested. Reads goss files, measures what they name, and says where
//! the two differ.
//!
//! A run goes through the rooms in this order: [`gossfile`] reads files into resources;
//! [`resource`] is the table of what may stand in them; [`probe`] measures one resource;
//! [`matcher`] compares; [`run`] does that for all of them; [`output`] says what came of it.
//! [`command`] is what people type.
#![forbid(unsafe_code)]

pub mod clock;
pub mod command;
pub mod container;
pub mod duration;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod for_fuzzing;
pub mod gossfile;
pub mod lifecycle;
pub mod matcher;
pub mod near;
pub mod node;
pub mod output;
pub mod place;
mod plain;
pub mod probe;
pub mod problem;
pub mod resource;
pub mod result;
pub mod run;
mod say;
pub mod serve;
pub mod value;
