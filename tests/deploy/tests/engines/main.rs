//! What every run tries: one program, so that its tests share an engine and the images in it.
#![forbid(unsafe_code)]

mod compose;
mod manifests;
mod swarm;
