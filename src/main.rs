//! The `sociable` program.

#![forbid(unsafe_code)]

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    sociable::cli::run().await
}
