//! `sociable providers check`: definitions held to their fixtures.

mod findings;
mod fixture;
mod played;
mod seen;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::say;
use super::find;
use crate::app::{Rehearsal, StartError};
use crate::backends::{Catalogue, Entry, RegistryError};
use crate::settings::social_variable;
use findings::Finding;
use fixture::{Case, Fixture};

/// Where the shipped definitions' fixtures are in the project's own folder.
const SHIPPED_FIXTURES: &str = "tests/providers";

#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// A folder of definitions and their fixtures, NAME.toml and NAME.json,
    /// then names; without a folder the shipped definitions are checked.
    #[arg(value_name = "DIR or NAME")]
    what: Vec<String>,
    /// Where the fixtures are: DIR, else ./tests/providers if it is there.
    #[arg(long, value_name = "DIR")]
    fixtures: Option<PathBuf>,
}

/// What is checked, and against which folder.
struct Plan {
    catalogue: Catalogue,
    names: BTreeSet<String>,
    /// `None`: the definitions alone.
    fixtures: Option<PathBuf>,
    /// What is wrong before any case is played.
    problems: Vec<String>,
}

impl Check {
    pub(super) async fn run(self) -> Result<(), StartError> {
        let plan = self.plan()?;
        let rehearsal = Rehearsal::open().await?;
        let mut failed = 0_usize;
        for problem in &plan.problems {
            failed += 1;
            say(&format!("{problem}\n"))?;
        }
        for name in &plan.names {
            let entry = find(&plan.catalogue, name)?;
            let report = match &plan.fixtures {
                Some(folder) => check(entry, folder, &rehearsal).await,
                None => Report::good(format!("{}, definition alone", entry.protocol)),
            };
            failed += usize::from(!report.failures.is_empty());
            say(&report.text(name))?;
        }
        if plan.fixtures.is_none() {
            say("no fixtures here (--fixtures DIR): the definitions alone were read\n")?;
        }
        if failed == 0 {
            return Ok(());
        }
        let faults = if failed == 1 { "fault" } else { "faults" };
        Err(StartError::new(format!("{failed} {faults}")))
    }

    fn plan(self) -> Result<Plan, StartError> {
        let (folder, names) = match self.what.split_first() {
            Some((first, names)) if is_folder(first) => (Some(PathBuf::from(first)), names),
            _ => (None, self.what.as_slice()),
        };
        let (catalogue, errors) = Catalogue::read(&[], folder.as_deref());
        let mut problems: Vec<String> = errors.iter().map(RegistryError::to_string).collect();
        let there = match &folder {
            Some(folder) => stems(folder, "toml")?,
            None => catalogue.iter().map(|entry| entry.name.clone()).collect(),
        };
        let default = folder.clone().or_else(|| {
            let shipped = PathBuf::from(SHIPPED_FIXTURES);
            shipped.is_dir().then_some(shipped)
        });
        let fixtures = self.fixtures.or(default);
        let wanted: BTreeSet<String> = if names.is_empty() {
            if let Some(fixtures) = &fixtures {
                let written = stems(fixtures, "json")?;
                let alone = written.difference(&there);
                problems.extend(alone.map(|name| format!("{name}: a fixture, no definition")));
            }
            // What could not be read is told already.
            let known = there.into_iter();
            known.filter(|name| catalogue.get(name).is_some()).collect()
        } else {
            for name in names {
                find(&catalogue, name)?;
            }
            names.iter().cloned().collect()
        };
        Ok(Plan {
            catalogue,
            names: wanted,
            fixtures,
            problems,
        })
    }
}

/// Whether an argument is a folder rather than a name.
fn is_folder(argument: &str) -> bool {
    argument.contains(['/', '\\']) || Path::new(argument).is_dir()
}

/// The names of a folder's files of a kind.
fn stems(folder: &Path, extension: &str) -> Result<BTreeSet<String>, StartError> {
    let refuse = |error: std::io::Error| StartError::new(format!("{}: {error}", folder.display()));
    let mut stems = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let (Some(stem), true) = (stem, path.extension().is_some_and(|own| own == extension)) {
            stems.insert(stem.to_owned());
        }
    }
    Ok(stems)
}

/// What came of one provider.
struct Report {
    /// What was held, when nothing failed.
    held: String,
    /// A line for each fault, those of a case below its name.
    failures: Vec<String>,
}

impl Report {
    fn good(held: String) -> Self {
        Self {
            held,
            failures: Vec::new(),
        }
    }

    fn text(&self, name: &str) -> String {
        let mut text = match self.failures.len() {
            0 => format!("{name:<32} ok    {}\n", self.held),
            _ => format!("{name:<32} FAIL  {}\n", self.held),
        };
        for failure in &self.failures {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  {failure}");
        }
        text
    }
}

async fn check(entry: &Entry, folder: &Path, rehearsal: &Rehearsal) -> Report {
    let path = folder.join(format!("{}.json", entry.name));
    let fixture: Fixture = match read(&path) {
        Ok(fixture) => fixture,
        Err(problem) => {
            let mut report = Report::good(entry.protocol.to_owned());
            report.failures.push(problem);
            return report;
        }
    };
    let mapped = fixture.cases.iter().all(|case| case.claims.is_some());
    let alone = if mapped { ", mapping only" } else { "" };
    let mut report = Report::good(format!(
        "{}, {} cases{alone}",
        entry.protocol,
        fixture.cases.len()
    ));
    report.failures = fixture.gaps();
    report.failures.extend(binding_differs(entry, &fixture));
    for case in &fixture.cases {
        match case_of(entry, &fixture, case, rehearsal).await {
            Err(problem) => report.failures.push(format!("{}: {problem}", case.name)),
            Ok(findings) => report.failures.extend(
                findings
                    .iter()
                    .map(|finding| format!("{}: {finding}", case.name)),
            ),
        }
    }
    report
}

fn read(path: &Path) -> Result<Fixture, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("no fixture: {shown}: {}", error.kind()))?;
    serde_json::from_str(&text).map_err(|error| format!("{shown}: {error}"))
}

/// Where the definition binds tokens otherwise than its fixture says.
fn binding_differs(entry: &Entry, fixture: &Fixture) -> Option<String> {
    let mut fields = fixture.binding.fields.clone();
    fields.sort();
    let binding = &entry.binding;
    (binding.kind != fixture.binding.kind || binding.fields != fields).then(|| {
        format!(
            "binding: expected {} by {fields:?}, is {} by {:?}",
            fixture.binding.kind, binding.kind, binding.fields
        )
    })
}

async fn case_of(
    entry: &Entry,
    fixture: &Fixture,
    case: &Case,
    rehearsal: &Rehearsal,
) -> Result<Vec<Finding>, String> {
    let mut given = fixture.settings_of(case);
    let mut unbound = entry.accepts_unbound.iter();
    if unbound.any(|kind| !entry.accepts.contains(kind)) {
        // Else there would be nothing to hold but the refusal.
        given
            .entry("ACCEPT_UNBOUND_ACCESS_TOKENS".to_owned())
            .or_insert_with(|| "unbindable".to_owned());
    }
    if case.claims.is_some() {
        // OpenID 2.0 knows no client ids, and a backend is enabled by one.
        let key = given.entry("KEY".to_owned());
        key.or_insert_with(|| "a-key".to_owned());
    }
    let variables = given.into_iter().map(|(setting, value)| {
        let variable = social_variable(Some(&entry.name), &setting);
        (variable, value)
    });
    let recording = played::record(case)?;
    let settings = rehearsal
        .settings(variables.collect())
        .map_err(|error| error.to_string())?;
    let exchange = rehearsal
        .exchange(entry, &settings, &recording)
        .map_err(|error| error.to_string())?;
    Ok(played::play(case, &entry.name, &exchange, &recording).await)
}
