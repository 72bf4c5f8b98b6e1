//! How dear definitions are, as ratios that hold on any machine:
//! `cargo bench --bench definitions`.
//!
//! Loading all shipped ones against the mere parsing of their TOML, mapping an
//! answer against the mere parsing of its JSON, and the memory that they take.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::Value;
use sociable::backends::{Catalogue, Registry};
use sociable::http::{HttpClient, Recording};
use sociable::model::{ClientInput, Ids, JsonMap, SystemIds};
use sociable::settings::{Settings, Sources};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use compare::{Failed, Rounds, say};

mod compare;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// What GitHub answers to `/user`, in full, with invented values.
const USER: &str = include_str!("github/user.json");
/// What it answers to `/user/emails`.
const EMAILS: &str = include_str!("github/emails.json");

/// Loading may take this many times as long as parsing the TOML.
const LOADING_AIM: f64 = 3.0;
/// Mapping may take this many times as long as parsing the JSON.
const MAPPING_AIM: f64 = 5.0;

fn main() -> Result<(), Failed> {
    let (catalogue, errors) = Catalogue::read(&[], None);
    if !errors.is_empty() {
        return Err("a shipped definition cannot be read".into());
    }
    mapping(&catalogue)?;
    // None may be there while others are loaded: they share what they can.
    let texts: Vec<String> = catalogue.into_iter().map(|entry| entry.text).collect();
    loading(&texts)?;
    memory()
}

/// Reading, checking and compiling all files, against parsing their TOML.
fn loading(texts: &[String]) -> Result<(), Failed> {
    let rounds = Rounds {
        rounds: 25,
        runs: 1,
    };
    let loading = rounds.compare(
        || {
            black_box(Catalogue::read(&[], None));
            Ok(())
        },
        || {
            for text in texts {
                black_box(toml::from_str::<toml::Table>(text)?);
            }
            Ok(())
        },
    )?;
    let what = format!("loading {} definitions / parsing their TOML", texts.len());
    loading.say(&what, LOADING_AIM)
}

/// uid, details and extra data of an answer, against parsing its JSON.
fn mapping(catalogue: &Catalogue) -> Result<(), Failed> {
    let registry = github(catalogue)?;
    let github = registry.get("github").ok_or("GitHub is not enabled")?;
    let mut answer: JsonMap = serde_json::from_str(USER)?;
    answer.insert("emails".to_owned(), serde_json::from_str(EMAILS)?);
    let input = ClientInput::default();
    let now = DateTime::UNIX_EPOCH;
    let mapped = github.map_claims((&answer, None), &input, now)?;
    if mapped.uid != "583231" || mapped.details.email.as_deref() != Some("octocat@example.com") {
        return Err("GitHub's answer is not mapped as it was".into());
    }
    let rounds = Rounds {
        rounds: 101,
        runs: 200,
    };
    let mapping = rounds.compare(
        || {
            black_box(github.map_claims((black_box(&answer), None), &input, now)?);
            Ok(())
        },
        || {
            black_box(serde_json::from_slice::<Value>(black_box(USER.as_bytes()))?);
            black_box(serde_json::from_slice::<Value>(black_box(
                EMAILS.as_bytes(),
            ))?);
            Ok(())
        },
    )?;
    mapping.say("mapping a GitHub answer / parsing its JSON", MAPPING_AIM)
}

/// A registry of GitHub alone.
fn github(catalogue: &Catalogue) -> Result<Registry, Failed> {
    let environment = [("KEY", "a-key"), ("SECRET", "a-secret")]
        .map(|(name, value)| (format!("SOCIAL_AUTH_GITHUB_{name}"), value.to_owned()));
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: PathBuf::new(),
        environment: environment.into(),
        overrides: Vec::new(),
    })?;
    let entry = catalogue.get("github").ok_or("GitHub has no definition")?;
    let http = HttpClient::replaying(&Recording::default());
    let ids: Arc<dyn Ids> = Arc::new(SystemIds::default());
    entry
        .registry(&settings.social, &http, &ids)
        .map_err(|errors| format!("{errors:?}").into())
}

/// What all loaded definitions keep, and what each of them gives back.
fn memory() -> Result<(), Failed> {
    let before = held();
    let catalogue = Catalogue::read(&[], None).0;
    let all = held().saturating_sub(before);
    let texts: usize = catalogue.iter().map(|entry| entry.text.len()).sum();
    let mut each = Vec::new();
    for entry in catalogue {
        let (name, before) = (entry.name.clone(), held());
        drop(entry);
        each.push((before.saturating_sub(held()), name));
    }
    each.sort();
    let count = each.len().max(1);
    let middle = each.get(count / 2).map_or(0, |(bytes, _)| *bytes);
    let (most, largest) = each.pop().unwrap_or_default();
    say(&format!(
        "memory of {count} definitions: {all} bytes, {texts} of them their texts; \
         each {} on average, {middle} in the middle, {most} at most ({largest})",
        all / count
    ))
}

/// Bytes that are allocated now.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated)
}
