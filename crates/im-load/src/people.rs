//! Accounts to play with, many at a time.
use crate::{
    Result,
    dialect::{self, Dialect, Person, To},
    letter::Letter,
    wire::http::Http,
};
use futures_util::future::try_join_all;
use std::{cell::Cell, net::SocketAddr};

/// Two people who write to each other.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Who writes.
    pub from: Person,
    /// Who reads.
    pub to: Person,
    /// How the one addresses the other.
    place: To,
}

impl Pair {
    /// What the one writes to the other.
    pub fn letter(&self) -> Letter {
        Letter::new(&self.from, self.place)
    }
}

/// Requests of the preparation that are under way together.
const WORKERS: usize = 32;

/// Does something `count` times over a few connections; the results are in order.
pub async fn each<T>(
    at: SocketAddr,
    count: usize,
    work: impl AsyncFn(&mut Http, usize) -> Result<T>,
) -> Result<Vec<T>> {
    let next = Cell::new(0);
    let (next, work) = (&next, &work);
    let workers = (0..WORKERS.min(count)).map(|worker| async move {
        let mut http = Http::new(at, worker);
        let mut done = Vec::new();
        loop {
            let n = next.get();
            if n >= count {
                return Result::Ok(done);
            }
            next.set(n + 1);
            done.push((n, work(&mut http, n).await?));
        }
    });
    let mut done: Vec<(usize, T)> = try_join_all(workers).await?.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(n, _)| *n);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Pairs of registered users who are friends.
pub async fn pairs(at: SocketAddr, dialect: Dialect, count: usize) -> Result<Vec<Pair>> {
    let from = dialect::users(at, dialect, count, true).await?;
    let to = dialect::users(at, dialect, count, false).await?;
    let places = each(at, count, async |http, n| from[n].befriend(http, to[n].id).await).await?;
    let pairs = from.into_iter().zip(to).zip(places);
    Ok(pairs.map(|((from, to), place)| Pair { from, to, place }).collect())
}
