//! Random histories, compared with a model of the contract: what every call is answered, and what
//! everybody hears, in which order, exactly once.
mod calls;
mod ear;
mod groups;
mod ops;
mod rules;
mod run;
mod world;

use crate::chance::seeds;
use ops::{Inviter, Op};
use rand::{SeedableRng, rngs::StdRng};
use run::{Differs, play};
use std::time::{Duration, Instant};

/// Steps of one history.
const STEPS: usize = 500;
/// How long a history that fails may be made shorter.
const SHORTENING: Duration = Duration::from_secs(120);

#[tokio::test]
async fn whatever_people_do_the_server_does_as_the_contract_says() {
    for seed in seeds(2) {
        let mut rng = StdRng::seed_from_u64(seed);
        let history = ops::history(&mut rng, STEPS);
        // Every second server keeps so little that what waits falls off the end.
        let keeps = if seed % 2 == 0 { 12 } else { 5_000 };
        match play(keeps, &history).await {
            Ok(tally) => {
                let met = tally.said.len() > 25 && tally.told > STEPS / 5;
                assert!(met, "SEED={seed} proves little: {tally:#?}");
            }
            Err((step, why)) => {
                let (history, why) = shorten(keeps, history[..=step].to_vec(), why).await;
                let lines: Vec<_> = history.iter().map(|op| format!("  {op:?}")).collect();
                panic!("SEED={seed}, keeping {keeps}: {why}\nafter\n{}", lines.join("\n"));
            }
        }
    }
}

#[tokio::test]
async fn who_waits_to_come_back_still_gets_what_was_said_before() {
    let (ann, bob) = (0, 1);
    let left = [Op::Leave(bob, 0), Op::Kick(ann, 0, bob)];
    for gone in left {
        let before =
            [Op::Befriend(ann, bob), Op::Create(ann, vec![bob]), Op::Policy(ann, 0, 1), Op::SayIn(ann, 0)];
        let after = [Op::SayIn(ann, 0), Op::Invite(bob, 0, bob, Inviter::Nobody), Op::SayIn(ann, 0)];
        let history: Vec<Op> = before.into_iter().chain([gone]).chain(after).collect();
        play(5_000, &history).await.unwrap(); // at its end bob fetches what waits
    }
}

/// Leaves out of a failing history what it fails without, as far as time allows.
async fn shorten(keeps: usize, mut history: Vec<Op>, mut why: Differs) -> (Vec<Op>, Differs) {
    let end = Instant::now() + SHORTENING;
    let mut piece = history.len() / 2;
    while piece > 0 {
        let mut from = 0;
        while from < history.len() && Instant::now() < end {
            let mut shorter = history.clone();
            shorter.drain(from..(from + piece).min(history.len()));
            match play(keeps, &shorter).await {
                Err((step, still)) => {
                    shorter.truncate(step + 1);
                    (history, why) = (shorter, still);
                }
                Ok(_) => from += piece,
            }
        }
        piece /= 2;
    }
    (history, why)
}
