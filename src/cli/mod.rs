//! The command line.

mod check;
mod credential;
mod demo;
mod demo_mail;
mod explain;
mod from_django;
mod keys;
mod migrate;
mod providers;
mod serve;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::StartError;

/// Turns a social provider's token into a user of your app.
#[derive(Debug, Parser)]
#[command(name = "sociable", version, about, long_about = None)]
struct Cli {
    /// The settings file; ./sociable.toml if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve, with real providers and a database that stays.
    Serve(serve::Serve),
    /// Try it: a throw-away database and a provider to play with.
    Demo(demo::Demo),
    /// Bring the database's tables up to date.
    Migrate,
    /// Say everything that is wrong with the settings, and start nothing.
    Check(check::Check),
    /// Our own keys.
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    /// Providers: what there is, what they need, whether they still work.
    Providers {
        #[command(subcommand)]
        command: providers::Providers,
    },
    /// Say step by step what a sign-up would come to, and do nothing of it.
    Explain(explain::Explain),
    /// Print openapi.yaml.
    Openapi,
}

/// Runs the command that was asked for.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(serve) => serve.run(cli.config).await,
        Command::Demo(demo) => demo.run().await,
        Command::Migrate => migrate::run(cli.config).await,
        Command::Check(check) => match check.run(cli.config) {
            Ok(false) => return ExitCode::FAILURE,
            done => done.map(|_all_is_well| ()),
        },
        Command::Keys { command } => command.run(),
        Command::Providers { command } => command.run(cli.config).await,
        Command::Explain(explain) => explain.run(cli.config).await,
        Command::Openapi => crate::api::yaml()
            .map_err(StartError::new)
            .and_then(|yaml| say(&yaml)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody reads standard error there is nobody to tell.
            let _unread = writeln!(std::io::stderr(), "sociable: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints to standard output.
fn say(text: &str) -> Result<(), StartError> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| StartError::new(format!("standard output: {error}")))
}
