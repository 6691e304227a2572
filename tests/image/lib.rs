//! Images with Mainstay under a real container engine: the tests are in `tests/`, one file per
//! subject. Each file is a program of its own and so has an engine of its own: prefer few files
//! with several tests.
#![forbid(unsafe_code)]
