//! Requests, names, addresses and ports against servers of our own on the loopback.
#![forbid(unsafe_code)]

mod answers;
mod names;
mod ports;
mod requests;
mod secure;
