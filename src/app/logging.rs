//! Log lines, as text or JSON, to standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::error::StartError;
use crate::settings::{Log, LogFormat};

/// Starts to write log lines. A second call changes nothing.
///
/// # Errors
/// When `log.level` is no filter.
pub fn start_logging(log: &Log) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|error| StartError::new(format!("log.level: {error}")))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // Whoever set a subscriber before us keeps it.
    let _already_set = match log.format {
        LogFormat::Text => lines.with_ansi(false).finish().try_init(),
        LogFormat::Json => lines.json().finish().try_init(),
    };
    Ok(())
}
