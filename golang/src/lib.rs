//! Formats of Go's standard library, read and written as Go does.
//!
//! The reference is written in Go, and what it reads and prints has Go's leniency, limits and error positions. Each format
//! has one reader here, for all who meet it. Nothing here knows of secrets, Kubernetes or templates; there is no I/O, and no
//! error holds anything of the text that it is about.

pub mod base64;
pub mod der;
pub mod duration;
pub mod pem;
