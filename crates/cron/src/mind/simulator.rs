//! Worlds of chance around the mind: clocks that jump, machines that sleep, processes that do
//! not end, files that change. Whatever happens, some things hold.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::job::{Missed, Overlap};

/// A job that is due whenever the clock's seconds are a multiple of a number.
#[derive(Clone, Debug)]
pub(super) struct Stub {
    pub(super) name: String,
    pub(super) text: u64,
    pub(super) every: Seconds,
    pub(super) policy: Policy,
    pub(super) reboot: bool,
}

impl Stub {
    pub(super) fn new(name: &str, every: Seconds) -> Stub {
        Stub {
            name: name.to_string(),
            text: 0,
            every,
            policy: Policy {
                overlap: Overlap::Skip,
                timeout: None,
                jitter: Duration::ZERO,
                missed: Missed::Skip,
            },
            reboot: false,
        }
    }

    pub(super) fn overlap(mut self, overlap: Overlap) -> Stub {
        self.policy.overlap = overlap;
        self
    }
}

impl Task for Stub {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_kept_by(&self, new: &Stub) -> bool {
        self.text == new.text
    }

    fn policy(&self) -> Policy {
        self.policy
    }

    fn after(&self, now: Seconds) -> Option<Seconds> {
        (self.every > 0).then(|| (now.div_euclid(self.every) + 1) * self.every)
    }

    fn at_start(&self) -> bool {
        self.reboot
    }
}

/// Numbers of chance (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

/// A run as the machine has it.
struct Process {
    job: String,
    overlap: Overlap,
    ends_at: u64,
    deaf: bool,
    leaves_others: bool,
    first_ended: bool,
}

struct World {
    chance: Chance,
    mind: Mind<Stub>,
    now: Now,
    processes: BTreeMap<RunId, Process>,
    /// By job: scheduled starts, and the times that the clock has shown until now.
    starts: BTreeMap<String, u64>,
    asked: BTreeMap<String, u64>,
    high: Seconds,
    told: BTreeMap<Asker, u32>,
    asks: Asker,
    over: bool,
    stopped: bool,
}

const BEGIN: Seconds = 1_000_000_000;
const GRACE: u64 = 5000;

impl World {
    fn new(seed: u64) -> World {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let jobs: Vec<Stub> = (0..1 + chance.below(6))
            .map(|number| {
                let mut job = Stub::new(
                    &format!("j{number}"),
                    [1, 2, 7, 60, 3600][chance.below(5) as usize],
                );
                job.text = number;
                job.policy.overlap = [
                    Overlap::Skip,
                    Overlap::Queue,
                    Overlap::Replace,
                    Overlap::Allow,
                ][chance.below(4) as usize];
                if chance.one_in(3) {
                    job.policy.timeout = Some(Duration::from_millis(1 + chance.below(90_000)));
                }
                if chance.one_in(3) {
                    job.policy.jitter = Duration::from_millis(chance.below(30_000));
                }
                if chance.one_in(3) {
                    job.policy.missed = Missed::Once;
                }
                job
            })
            .collect();
        let now = Now {
            wall: BEGIN,
            mono: 77,
        };
        World {
            mind: Mind::new(jobs, GRACE, seed, now),
            chance,
            now,
            processes: BTreeMap::new(),
            starts: BTreeMap::new(),
            asked: BTreeMap::new(),
            high: BEGIN,
            told: BTreeMap::new(),
            asks: 0,
            over: false,
            stopped: false,
        }
    }

    fn perform(&mut self) {
        loop {
            let actions = self.mind.actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                self.act(action);
            }
        }
    }

    fn act(&mut self, action: Action<Stub>) {
        match action {
            Action::Start { run, job } => {
                assert!(!self.stopped && !self.over, "a start after the stop");
                let alone = job.policy.overlap != Overlap::Allow;
                let same = self.processes.values().filter(|one| one.job == job.name);
                let (mut others, mut count) = (false, 0);
                for one in same {
                    others |= one.overlap != Overlap::Allow || alone;
                    count += 1;
                }
                assert!(!others, "{} runs twice", job.name);
                assert!(count < 64, "too many");
                *self.starts.entry(job.name.clone()).or_default() += 1;
                if self.chance.one_in(20) {
                    return self.mind.not_started(run, self.now);
                }
                self.processes.insert(
                    run,
                    Process {
                        job: job.name.clone(),
                        overlap: job.policy.overlap,
                        ends_at: self.now.mono + self.chance.below(40_000),
                        deaf: self.chance.one_in(3),
                        leaves_others: self.chance.one_in(3),
                        first_ended: false,
                    },
                );
            }
            Action::Term(run) => {
                let process = self.processes.get_mut(&run).expect("it runs");
                if !process.deaf {
                    process.ends_at = process.ends_at.min(self.now.mono + self.chance.below(3000));
                }
            }
            Action::Kill(run) => {
                let Some(process) = self.processes.get_mut(&run) else {
                    return;
                };
                process.ends_at = self.now.mono;
                if process.first_ended {
                    self.processes.remove(&run);
                }
            }
            Action::Say(_) => {}
            Action::Tell(asker, _) => *self.told.entry(asker).or_default() += 1,
            Action::Over => {
                assert!(!self.over, "over twice");
                assert!(self.stopped && self.processes.is_empty());
                self.over = true;
            }
        }
    }

    fn end_processes(&mut self) {
        let ended: Vec<RunId> = self
            .processes
            .iter()
            .filter(|(_, one)| one.ends_at <= self.now.mono)
            .map(|(run, _)| *run)
            .collect();
        for run in ended {
            let process = self.processes.get_mut(&run).expect("it is there");
            if process.first_ended {
                if self.chance.one_in(2) {
                    self.processes.remove(&run);
                    self.mind.group_ended(run, self.now);
                    self.perform();
                }
                continue;
            }
            let others = process.leaves_others;
            process.first_ended = true;
            self.mind.ended(run, End::Code(0), others, self.now);
            if !self.mind.remainders().contains(&run) {
                self.processes.remove(&run);
            }
            self.perform();
        }
    }

    /// One step: time passes, something happens.
    fn step(&mut self) {
        let deadline = self.mind.deadline();
        let mut pass = 1 + self.chance.below(20_000);
        if let Some(wall) = deadline.wall {
            pass = pass.min(u64::try_from((wall - self.now.wall).max(0)).unwrap_or(0) * 1000 + 1);
        }
        if let Some(mono) = deadline.mono {
            pass = pass.min(mono.saturating_sub(self.now.mono) + 1);
        }
        self.now.mono += pass;
        // Milliseconds below a second are chance.
        self.now.wall +=
            (pass / 1000) as Seconds + Seconds::from(self.chance.below(1000) < pass % 1000);
        match self.chance.below(300) {
            0 => self.now.wall += self.chance.below(4000) as Seconds,
            1 => self.now.wall += self.chance.below(400_000) as Seconds,
            2 => self.now.wall -= self.chance.below(2 * 3600) as Seconds,
            3 => {
                let jobs = self.mind.entries.iter().filter(|entry| !entry.gone);
                let jobs: Vec<Stub> = jobs.map(|entry| Stub::clone(&entry.job)).collect();
                let count = jobs.len();
                let changes = self.mind.reload(jobs, self.now);
                assert_eq!((changes.jobs, changes.new, changes.gone), (count, 0, 0));
            }
            4..10 => {
                let at = self.chance.below(self.mind.entries.len() as u64) as usize;
                let name = self.mind.entries[at].job.name.clone();
                self.asks += 1;
                match self.mind.ask(&name, self.asks, self.now) {
                    Ok(_) => {
                        *self.asked.entry(name).or_default() += 1;
                        self.told.insert(self.asks, 0);
                    }
                    Err(why) => assert_ne!(why, Refusal::Unknown),
                }
            }
            _ => {}
        }
        // No clock of this world goes back further than what counts as the same clock.
        self.now.wall = self.now.wall.max(self.high - due::CORRECTION);
        self.high = self.high.max(self.now.wall);
        self.perform();
        self.mind.turn(self.now);
        self.perform();
        self.end_processes();
        self.check();
    }

    /// Every time that has come was run, left out, or missed, or it waits.
    fn check(&self) {
        for entry in self.mind.entries.iter().filter(|entry| !entry.gone) {
            let name = &entry.job.name;
            let every = entry.job.every;
            let times = (self.high.div_euclid(every) - BEGIN.div_euclid(every)) as u64;
            let starts = self.starts.get(name).copied().unwrap_or(0);
            let asked = self.asked.get(name).copied().unwrap_or(0);
            let waits = u64::from(entry.waiting.is_some()) + u64::from(entry.delayed.is_some());
            let known = starts + entry.tally.skipped + entry.tally.missed + waits;
            assert!(entry.tally.runs == starts);
            // Beyond a hundred nobody counts.
            let lost = entry.tally.missed >= due::MANY;
            assert!(
                known <= times + asked || entry.job.policy.missed == Missed::Once,
                "{name}: {known} of {times}"
            );
            assert!(known >= times || lost, "{name}: {known} of {times}");
            assert!(
                entry
                    .next
                    .is_some_and(|next| next > self.high - due::CORRECTION)
            );
        }
    }
}

#[test]
fn whatever_happens_every_time_is_heeded_and_nothing_runs_twice() {
    let night = std::env::var_os("MAINSTAY_TEST_NIGHTLY").is_some();
    let worlds = if night { 20_000 } else { 400 };
    let mut steps = 0u64;
    let (mut starts, mut missed, mut skipped) = (0, 0, 0);
    for seed in 0..worlds {
        let mut world = World::new(seed);
        world.perform();
        for _ in 0..300 {
            world.step();
            steps += 1;
        }
        starts += world.starts.values().sum::<u64>();
        for entry in &world.mind.entries {
            missed += entry.tally.missed;
            skipped += entry.tally.skipped;
        }
        world.mind.stop(world.now);
        world.stopped = true;
        let begun = world.now.mono;
        world.perform();
        while !world.over {
            let at = world.mind.deadline().mono.expect("something ends it");
            world.now.mono = at.max(world.now.mono + 1);
            world.mind.turn(world.now);
            world.perform();
            world.end_processes();
            assert!(
                world.now.mono <= begun + GRACE + GIVE_UP + 5000,
                "the stop takes too long"
            );
        }
        assert!(
            world.told.values().all(|count| *count == 1),
            "{:?}",
            world.told
        );
    }
    println!(
        "worlds: {worlds}, steps: {steps}, starts: {starts}, left out: {skipped}, missed: {missed}"
    );
    assert!(starts > 1000 && missed > 1000 && skipped > 1000);
}
