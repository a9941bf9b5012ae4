//! What people may try, in a form that can be tried in any world: so a history can be cut shorter.
use super::{
    rules::Answer,
    world::{GUESTS, HERALD, USERS, World},
};
use rand::{RngExt, rngs::StdRng};

/// Somebody, by number; see [`super::world::World::accounts`].
pub type Who = usize;
/// A group, counted from the newest.
pub type Nth = usize;

/// One step of a history.
#[derive(Clone, Debug)]
pub enum Op {
    /// A message to a person.
    Say(Who, Who),
    /// A message to a group.
    SayIn(Who, Nth),
    /// The caller wants the entry that stands so far from the end of the log taken back.
    Revoke(Who, usize, Claim),
    /// The caller takes back what the server does not know: from a person, from a group.
    RevokeUnknown(Who, Who),
    RevokeUnknownIn(Who, Nth),
    /// A request for friendship, and what becomes of it (whose request, to whom).
    Ask(Who, Who),
    Decide(Who, Who, Decision),
    /// Friendship without asking.
    Befriend(Who, Who),
    Unfriend(Who, Who),
    /// Blocks a friend, or unblocks.
    Block(Who, Who),
    /// How much strangers may write: visitors, users.
    Privacy(Who, u8, u8),
    /// Whether the caller wants to be asked before friendship.
    WantsToBeAsked(Who, bool),
    /// A group of these friends.
    Create(Who, Vec<Who>),
    Rename(Who, Nth),
    Announce(Who, Nth),
    /// Leaves; the owner dissolves.
    Leave(Who, Nth),
    Kick(Who, Nth, Who),
    /// Brings somebody into a group, perhaps oneself, in the name of somebody.
    Invite(Who, Nth, Who, Inviter),
    Policy(Who, Nth, u8),
    /// The owner decides on an applicant.
    Admit(Who, Nth, Who, bool),
    /// Opens one more socket, two at most.
    Connect(Who),
    /// Proves what arrived at the newest socket.
    Prove(Who),
    /// Closes a socket, the newest or the one before it: proven and with a close frame, or cut.
    Close(Who, Old),
    Cut(Who, Old),
    /// Asks for what waits.
    Fetch(Who),
    /// Stops the server and starts it again.
    Restart,
    /// The clock goes on, or back.
    Pass(i64),
}

/// What a caller says about the message that it takes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// The truth.
    True,
    /// That it was said just now.
    JustNow,
    /// That it was said somewhere else.
    Elsewhere,
}

/// As whom somebody invites.
#[derive(Clone, Copy, Debug)]
pub enum Inviter {
    Nobody,
    Oneself,
    Other(Who),
}

/// The older of two sockets is meant, where there are two.
pub type Old = bool;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    Pending,
    Refuse,
    Ignore,
    Agree,
}

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

/// Steps of the clock. The window of a revoke is 5 minutes, what waits waits a day in the model's server.
const PASSES: [i64; 8] =
    [SECOND, 40 * SECOND, 100 * SECOND, 200 * SECOND, 300 * SECOND, 400 * SECOND, -HOUR, 25 * HOUR];

/// A history of so many steps: single ones, and now and then a few that only mean something together.
/// It is tried in a world of its own, so that most of it is about what may be done.
pub fn history(rng: &mut StdRng, steps: usize) -> Vec<Op> {
    let mut world = World::new(0, usize::MAX, (0..=HERALD).map(|who| (who as i64, who.to_string())));
    let mut history: Vec<Op> = Vec::new();
    while history.len() < steps {
        let ops = if rng.random_bool(0.04) { scene(rng, &world) } else { vec![any(rng)] };
        let mut after = world.clone();
        let refused = ops.iter().any(|op| matches!(after.apply(op), Answer::No(..)));
        if refused && ops.len() == 1 && rng.random_bool(0.8) {
            continue;
        }
        for (number, entry) in after.log.iter_mut().enumerate() {
            entry.id.get_or_insert_with(|| number.to_string()); // everything is heard
        }
        world = after;
        history.extend(ops);
    }
    history.truncate(steps);
    history
}

/// Steps that chance alone would seldom put together.
fn scene(rng: &mut StdRng, world: &World) -> Vec<Op> {
    let who = rng.random_range(0..USERS);
    let other = (who + rng.random_range(1..USERS + GUESTS)) % (USERS + GUESTS);
    let befriend = Op::Befriend(who, other);
    match rng.random_range(0..6) {
        5 => {
            let decision = [Decision::Agree, Decision::Agree, Decision::Refuse, Decision::Pending];
            let decision = Op::Decide(other, who, decision[rng.random_range(0..4)]);
            vec![Op::Ask(other, who), decision.clone(), Op::Say(other, who), Op::Ask(other, who), decision]
        }
        0 => vec![Op::Befriend(other, who), Op::Block(who, other), Op::Say(other, who), Op::Say(who, other)],
        1 => {
            let ms = [299, 305, 320][rng.random_range(0..3)] * SECOND;
            let claim = if rng.random_bool(0.5) { Claim::True } else { Claim::JustNow };
            let (first, second) = (Op::Revoke(who, 0, claim), Op::Revoke(who, 1, Claim::JustNow));
            vec![befriend, Op::Say(who, other), Op::Pass(ms), first, second]
        }
        2 => vec![
            befriend,
            Op::Unfriend(who, other),
            Op::Say(other, who),
            Op::Say(other, who),
            Op::Say(who, other),
        ],
        // Its owner wants to be asked, or users only; a member brings somebody, who speaks too early.
        3 => {
            let living = world.groups.iter().rposition(|group| group.alive);
            let Some(at) = living else { return vec![befriend, Op::Create(who, vec![other])] };
            let (nth, group) = (world.groups.len() - 1 - at, &world.groups[at]);
            let policy = Op::Policy(group.owner, nth, rng.random_range(1..3));
            let by = group.members[rng.random_range(0..group.members.len())];
            let gone = Op::Kick(group.owner, nth, other);
            let come = Op::Invite(by, nth, other, Inviter::Oneself);
            let (early, line) = (Op::SayIn(other, nth), Op::SayIn(group.owner, nth));
            vec![
                policy,
                gone,
                line.clone(),
                come,
                early.clone(),
                Op::Admit(group.owner, nth, other, true),
                early,
                line,
            ]
        }
        // More than waits.
        _ => {
            let lines = (0..rng.random_range(11..15)).map(|_| Op::Say(who, other));
            let come = [Op::Connect(other), Op::Fetch(other)];
            let gone = [befriend, Op::Cut(other, false), Op::Cut(other, false)];
            gone.into_iter().chain(lines).chain(come).collect()
        }
    }
}

/// A step that is as likely as it is telling.
fn any(rng: &mut StdRng) -> Op {
    let who = rng.random_range(0..USERS + GUESTS);
    let other = (who + rng.random_range(1..USERS + GUESTS)) % (USERS + GUESTS);
    let anybody = rng.random_range(0..USERS + GUESTS);
    let user = rng.random_range(0..USERS);
    // The newest groups are met most.
    let group = rng.random_range(0..4_usize).min(rng.random_range(0..4));
    let often = rng.random_bool(0.7);
    match rng.random_range(0..1_000) {
        0..140 => Op::Say(who, if rng.random_bool(0.98) { other } else { who }),
        140..300 => Op::SayIn(who, group),
        300..360 => {
            let claim = [Claim::True, Claim::True, Claim::True, Claim::JustNow, Claim::Elsewhere];
            Op::Revoke(who, rng.random_range(0..14), claim[rng.random_range(0..claim.len())])
        }
        360..366 => Op::RevokeUnknown(who, other),
        366..372 => Op::RevokeUnknownIn(who, group),
        372..400 => Op::Ask(who, other),
        400..430 => {
            let all = [Decision::Pending, Decision::Refuse, Decision::Ignore];
            Op::Decide(who, other, if often { Decision::Agree } else { all[rng.random_range(0..3)] })
        }
        430..470 => Op::Befriend(who, other),
        470..485 => Op::Unfriend(who, other),
        485..505 => Op::Block(who, other),
        505..530 => Op::Privacy(who, rng.random_range(0..4), rng.random_range(0..4)),
        530..540 => Op::WantsToBeAsked(who, rng.random_bool(0.4)),
        540..565 => {
            let friends = (0..USERS + GUESTS).filter(|_| rng.random_bool(0.6)).collect();
            Op::Create(if often { user } else { who }, friends)
        }
        565..575 => Op::Rename(user, group),
        575..585 => Op::Announce(user, group),
        585..605 => Op::Leave(who, group),
        605..630 => Op::Kick(user, group, anybody),
        630..700 => {
            let as_whom = match rng.random_range(0..10) {
                0..5 => Inviter::Oneself,
                5..9 => Inviter::Nobody,
                _ => Inviter::Other(anybody),
            };
            Op::Invite(who, group, if often { who } else { other }, as_whom)
        }
        700..720 => Op::Policy(user, group, rng.random_range(0..4)),
        720..745 => Op::Admit(user, group, anybody, often),
        745..805 => Op::Connect(who),
        805..840 => Op::Prove(who),
        840..860 => Op::Close(who, rng.random_bool(0.2)),
        860..900 => Op::Cut(who, rng.random_bool(0.2)),
        900..960 => Op::Fetch(who),
        960..965 => Op::Restart,
        _ => Op::Pass(if often { SECOND } else { PASSES[rng.random_range(0..PASSES.len())] }),
    }
}
