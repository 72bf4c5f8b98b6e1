//! Two things timed in turns: a ratio that holds on any machine.

use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, Instant};

pub(crate) type Failed = Box<dyn Error>;

/// How often two things are done in turns.
pub(crate) struct Rounds {
    pub(crate) rounds: usize,
    /// Runs of each in a round.
    pub(crate) runs: u32,
}

/// What came of it: medians.
pub(crate) struct Compared {
    ratio: f64,
    ours: Duration,
    theirs: Duration,
}

impl Rounds {
    /// Times both in every round, so that a busy machine is busy for both.
    pub(crate) fn compare(
        &self,
        mut ours: impl FnMut() -> Result<(), Failed>,
        mut theirs: impl FnMut() -> Result<(), Failed>,
    ) -> Result<Compared, Failed> {
        let mut rounds = Vec::with_capacity(self.rounds);
        // The first one warms up.
        for round in 0..=self.rounds {
            let ours = self.time(&mut ours)?;
            let theirs = self.time(&mut theirs)?;
            if round > 0 {
                rounds.push((ours.as_secs_f64() / theirs.as_secs_f64(), ours, theirs));
            }
        }
        rounds.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        let (ratio, ours, theirs) = *rounds.get(rounds.len() / 2).ok_or("no round was run")?;
        Ok(Compared {
            ratio,
            ours,
            theirs,
        })
    }

    fn time(&self, run: &mut impl FnMut() -> Result<(), Failed>) -> Result<Duration, Failed> {
        let start = Instant::now();
        for _ in 0..self.runs {
            run()?;
        }
        Ok(start.elapsed() / self.runs)
    }
}

impl Compared {
    pub(crate) fn say(&self, what: &str, aim: f64) -> Result<(), Failed> {
        let Self {
            ratio,
            ours,
            theirs,
        } = self;
        let verdict = if *ratio <= aim { "held" } else { "MISSED" };
        say(&format!(
            "{what}: {ratio:.2} (at most {aim}: {verdict}; {ours:.1?} / {theirs:.1?})"
        ))
    }
}

pub(crate) fn say(line: &str) -> Result<(), Failed> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
