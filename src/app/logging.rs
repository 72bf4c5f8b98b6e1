//! Log lines, as text or JSON, to standard error.

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
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
        LogFormat::Text => {
            let lines = lines.with_ansi(false).finish();
            lines.with(filter_fn(tells_no_values)).try_init()
        }
        LogFormat::Json => {
            let lines = lines.json().finish();
            lines.with(filter_fn(tells_no_values)).try_init()
        }
    };
    Ok(())
}

/// Whatever the level is: below `info` the PostgreSQL driver writes down each
/// statement's parameters, and those are people and sealed tokens.
fn tells_no_values(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || !metadata.target().starts_with("tokio_postgres")
}
