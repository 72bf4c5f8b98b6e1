//! The sections with fixed keys: what each holds, and which values are taken.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::SettingError;
use super::found::{Found, web_url};
use super::hosts::addresses;
use super::ours::Ours;

/// `[server]`.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How clients reach this server; `None` when it is not said.
    ///
    /// No query, no fragment, and no slash at the end of a path; without a path
    /// `Url` itself writes one.
    pub public_url: Option<Url>,
    /// Exact origins of web pages that may call from a browser.
    pub cors_origins: Vec<String>,
    /// Threads that serve requests; `None` for one a processor.
    pub workers: Option<usize>,
    /// Whether `?explain=1` tells what a sign-up would come to.
    pub explain: bool,
    /// Whether the last entry of `X-Forwarded-For` is a proxy's of ours.
    pub behind_proxy: bool,
}

/// `[database]`.
#[derive(Debug, Clone)]
pub struct Database {
    /// `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// `None` for a SQLite file in the data directory.
    pub url: Option<SecretString>,
    /// PostgreSQL connections at most.
    pub pool_size: usize,
    /// SQLite connections that read.
    pub readers: usize,
}

/// `[http]`: calls to providers.
#[derive(Debug, Clone)]
pub struct Http {
    /// A proxy's URL, perhaps with a password; `None` for none.
    pub proxy: Option<SecretString>,
    /// A readable PEM file with further authorities; `None` for none.
    pub ca_bundle: Option<PathBuf>,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// What calls say of themselves.
    pub user_agent: String,
    /// Addresses of hosts, instead of what a name server says. Port 0 stands
    /// for the URL's own.
    pub resolve: BTreeMap<String, SocketAddr>,
    /// Providers' discovery documents and keys are fetched at start.
    pub prefetch: bool,
}

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// Directives of a `tracing_subscriber::EnvFilter`, known to be valid.
    pub level: String,
    /// How lines are written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

impl Server {
    /// `None` when a fault was noted.
    pub(super) fn read(ours: &mut Ours) -> Option<Self> {
        let listen = ours.required("server.listen", |found| {
            let address = found.text()?.parse();
            address.map_err(|_unparsable| {
                found.wrong("an address and a port, such as 127.0.0.1:8080 or [::1]:8080")
            })
        });
        let public_url = ours.optional("server.public_url", public_url);
        let cors_origins = ours.required("server.cors_origins", origins);
        let workers = ours.optional("server.workers", |found| count(found, 1..=1024));
        let explain = ours.required("server.explain", Found::flag);
        let behind_proxy = ours.required("server.behind_proxy", Found::flag);
        Some(Self {
            listen: listen?,
            public_url,
            cors_origins: cors_origins?,
            workers,
            explain: explain?,
            behind_proxy: behind_proxy?,
        })
    }
}

impl Database {
    /// `None` when a fault was noted.
    pub(super) fn read(ours: &mut Ours) -> Option<Self> {
        let url = ours.optional("database.url", database_url);
        let pool_size = ours.required("database.pool_size", |found| count(found, 1..=1000));
        let readers = ours.required("database.readers", |found| count(found, 1..=64));
        Some(Self {
            url,
            pool_size: pool_size?,
            readers: readers?,
        })
    }
}

impl Http {
    /// `None` when a fault was noted.
    pub(super) fn read(ours: &mut Ours) -> Option<Self> {
        let proxy = ours.optional("http.proxy", proxy);
        let ca_bundle = ours.path("http.ca_bundle", |found, path| match std::fs::read(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(found.refused(format!(
                "names `{}`, which cannot be read ({})",
                path.display(),
                error.kind()
            ))),
        });
        let longest = Duration::from_mins(1);
        let connect_timeout = ours.required("http.connect_timeout", |found| {
            time(found, Duration::from_millis(100)..=longest, "0.1 to 60")
        });
        let user_agent = ours.optional("http.user_agent", |found| {
            let text = found.text()?;
            let visible = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if visible && !text.trim().is_empty() {
                Ok(text)
            } else {
                Err(found.wrong("visible ASCII text"))
            }
        });
        let resolve = ours.optional("http.resolve", addresses);
        let prefetch = ours.required("http.prefetch", Found::flag);
        Some(Self {
            proxy,
            resolve: resolve.unwrap_or_default(),
            ca_bundle,
            connect_timeout: connect_timeout?,
            prefetch: prefetch?,
            user_agent: user_agent
                .unwrap_or_else(|| concat!("sociable/", env!("CARGO_PKG_VERSION")).to_owned()),
        })
    }
}

impl Log {
    /// `None` when a fault was noted.
    pub(super) fn read(ours: &mut Ours) -> Option<Self> {
        let level = ours.required("log.level", |found| {
            let text = found.text()?;
            let valid = !text.trim().is_empty() && EnvFilter::try_new(&text).is_ok();
            valid.then_some(text).ok_or_else(|| {
                found.wrong(
                    "a level such as `info`, or levels by module such as `info,sociable=debug`",
                )
            })
        });
        let format = ours.required("log.format", |found| match found.text()?.as_str() {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(found.wrong("`text` or `json`")),
        });
        Some(Self {
            level: level?,
            format: format?,
        })
    }
}

fn public_url(found: &Found) -> Result<Url, SettingError> {
    let url = found.url()?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(found.wrong("a URL without query and fragment"));
    }
    Ok(url)
}

/// Origins exactly as a browser sends them: anything else would never match.
fn origins(found: &Found) -> Result<Vec<String>, SettingError> {
    let texts = found.texts_or_commas()?;
    // `Url` takes an asterisk for a letter of a host's name.
    let exact = |text: &String| {
        let url = web_url(text).filter(|_| !text.contains('*'));
        url.is_some_and(|url| url.origin().ascii_serialization() == *text)
    };
    if texts.iter().all(exact) {
        Ok(texts)
    } else {
        Err(found.wrong(
            "exact origins such as https://app.example.com: no path, no `*`, no `null`, http for loopback only",
        ))
    }
}

fn database_url(found: &Found) -> Result<SecretString, SettingError> {
    let text = found.text()?;
    let sqlite = text
        .strip_prefix("sqlite:")
        .is_some_and(|path| !path.is_empty());
    let postgres = matches!(text.split_once("://"), Some(("postgres" | "postgresql", rest)) if !rest.is_empty());
    if sqlite || postgres {
        Ok(text.into())
    } else {
        Err(found.wrong("sqlite:PATH or postgres://user:password@host/name"))
    }
}

fn proxy(found: &Found) -> Result<SecretString, SettingError> {
    let text = found.text()?;
    let usable = text.contains("://")
        && Url::parse(&text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")
                && url.host_str().is_some_and(|host| !host.is_empty())
        });
    if usable {
        Ok(text.into())
    } else {
        Err(found.wrong("a proxy's URL: http, https, socks5 or socks5h"))
    }
}

pub(super) fn count(found: &Found, range: RangeInclusive<usize>) -> Result<usize, SettingError> {
    let number = found.integer().ok().and_then(|n| usize::try_from(n).ok());
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            found.wrong(&format!(
                "a whole number from {} to {}",
                range.start(),
                range.end()
            ))
        })
}

pub(super) fn time(
    found: &Found,
    range: RangeInclusive<Duration>,
    shown: &str,
) -> Result<Duration, SettingError> {
    let time = found.seconds().ok();
    time.filter(|time| range.contains(time))
        .ok_or_else(|| found.wrong(&format!("seconds, {shown}")))
}
