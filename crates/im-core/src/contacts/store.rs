//! The SQL of edges and friend requests.
use super::*;
use im_db::params;

type Db<T> = im_db::Result<T>;

macro_rules! edge_where {
    ($condition:literal) => {
        concat!(
            "select id, owner_id, peer_id, remark, starred, blocked, shows_me, shows_peer, status from edge where ",
            $condition
        )
    };
}

fn read_edge(row: &Row<'_>) -> Db<Edge> {
    Ok(Edge {
        id: row.get("id")?,
        owner: row.get("owner_id")?,
        peer: row.get("peer_id")?,
        remark: row.get("remark")?,
        starred: row.get("starred")?,
        blocked: row.get("blocked")?,
        shows_me: row.get("shows_me")?,
        shows_peer: row.get("shows_peer")?,
        status: row.get("status")?,
    })
}

macro_rules! request_where {
    ($condition:literal) => {
        concat!(
            "select id, from_id, to_id, text, state, created_ms, updated_ms from friend_request where ",
            $condition
        )
    };
}

fn read_request(row: &Row<'_>) -> Db<Request> {
    Ok(Request {
        id: row.get("id")?,
        from: row.get("from_id")?,
        to: row.get("to_id")?,
        text: row.get("text")?,
        state: row.get("state")?,
        created_ms: row.get("created_ms")?,
        updated_ms: row.get("updated_ms")?,
    })
}

pub async fn edge(tx: &mut Tx, owner: AccountId, peer: AccountId) -> Db<Option<Edge>> {
    tx.maybe(edge_where!("owner_id = $1 and peer_id = $2"), params![owner, peer], read_edge).await
}

pub async fn edge_by_id(tx: &mut Tx, id: i64) -> Db<Option<Edge>> {
    tx.maybe(edge_where!("id = $1"), params![id], read_edge).await
}

/// Does nothing when the edge is there.
pub async fn insert_edge(
    tx: &mut Tx,
    owner: AccountId,
    peer: AccountId,
    remark: &str,
    now: Millis,
) -> Db<()> {
    let sql =
        "insert into edge (owner_id, peer_id, remark, created_ms, updated_ms) values ($1, $2, $3, $4, $4)
               on conflict (owner_id, peer_id) do nothing";
    tx.run(sql, params![owner, peer, remark, now]).await.map(drop)
}

/// Whether there was an edge on which the flag could be set.
pub async fn set_flag(tx: &mut Tx, owner: AccountId, peer: AccountId, flag: Flag, now: Millis) -> Db<bool> {
    let touched = match flag {
        Flag::ToggleBlocked => {
            let sql =
                "update edge set blocked = 1 - blocked, updated_ms = $3 where owner_id = $1 and peer_id = $2";
            tx.run(sql, params![owner, peer, now]).await?
        }
        Flag::ToggleStarred => {
            let sql = "update edge set starred = 1 - starred, updated_ms = $3
                       where owner_id = $1 and peer_id = $2 and blocked = 0";
            tx.run(sql, params![owner, peer, now]).await?
        }
        Flag::Visibility { shows_me, shows_peer } => {
            let sql = "update edge set shows_me = $4, shows_peer = $5, updated_ms = $3
                       where owner_id = $1 and peer_id = $2 and blocked = 0";
            tx.run(sql, params![owner, peer, now, shows_me, shows_peer]).await?
        }
    };
    Ok(touched > 0)
}

pub async fn unfriend(tx: &mut Tx, a: AccountId, b: AccountId) -> Db<()> {
    let edges = "delete from edge where (owner_id = $1 and peer_id = $2) or (owner_id = $2 and peer_id = $1)";
    tx.run(edges, params![a, b]).await?;
    let requests =
        "delete from friend_request where (from_id = $1 and to_id = $2) or (from_id = $2 and to_id = $1)";
    tx.run(requests, params![a, b]).await.map(drop)
}

pub async fn friends(tx: &mut Tx, owner: AccountId, skip: i64, limit: i64) -> Db<Vec<Friend>> {
    let sql = "select e.id as edge_id, e.remark, a.id, a.uuid, a.username, a.nickname, a.avatar, a.merchant
               from edge e join account a on a.id = e.peer_id where e.owner_id = $1
               order by e.id limit $2 offset $3";
    tx.all(sql, params![owner, limit, skip], read_friend).await
}

/// Reads the columns `edge_id`, `remark`, and of the friend `id`, `uuid`, `username`, `nickname`, `avatar`,
/// `merchant`.
pub fn read_friend(row: &Row<'_>) -> Db<Friend> {
    Ok(Friend {
        edge: row.get("edge_id")?,
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        username: row.get("username")?,
        nickname: row.get("nickname")?,
        avatar: row.get("avatar")?,
        merchant: row.get("merchant")?,
        remark: row.get("remark")?,
    })
}

/// The edges of `owner` with the time at which each was made, in that order.
pub async fn edges(tx: &mut Tx, owner: AccountId, limit: i64) -> Db<Vec<(Edge, Millis)>> {
    let sql =
        "select id, owner_id, peer_id, remark, starred, blocked, shows_me, shows_peer, status, created_ms
               from edge where owner_id = $1 order by id limit $2";
    tx.all(sql, params![owner, limit], |row| Ok((read_edge(row)?, row.get("created_ms")?))).await
}

/// An edge with the time at which it was made, locked until the unit of work ends.
pub async fn held_edge(tx: &mut Tx, owner: AccountId, peer: AccountId) -> Db<Option<(Edge, Millis)>> {
    let sql = "update edge set status = status where owner_id = $1 and peer_id = $2
               returning id, owner_id, peer_id, remark, starred, blocked, shows_me, shows_peer, status, created_ms";
    tx.maybe(sql, params![owner, peer], |row| Ok((read_edge(row)?, row.get("created_ms")?))).await
}

/// Writes what `owner` may change about an edge of its own.
pub async fn rewrite(tx: &mut Tx, edge: &Edge, now: Millis) -> Db<()> {
    let sql = "update edge set remark = $2, starred = $3, blocked = $4, shows_me = $5, shows_peer = $6,
                 updated_ms = $7 where id = $1";
    let Edge { id, remark, starred, blocked, shows_me, shows_peer, .. } = edge;
    tx.run(sql, params![*id, remark, *starred, *blocked, *shows_me, *shows_peer, now]).await.map(drop)
}

pub async fn circle(tx: &mut Tx, id: AccountId) -> Db<Vec<AccountId>> {
    tx.all("select peer_id from edge where owner_id = $1", params![id], |row| row.get("peer_id")).await
}

/// Who has `id` among its friends, and what it calls it.
pub async fn remarks_on(tx: &mut Tx, id: AccountId) -> Db<Vec<(AccountId, String)>> {
    let sql = "select owner_id, remark from edge where peer_id = $1";
    tx.all(sql, params![id], |row| Ok((row.get("owner_id")?, row.get("remark")?))).await
}

/// What `owner` calls its friends between these numbers.
pub async fn remarks_by(
    tx: &mut Tx,
    owner: AccountId,
    first: i64,
    last: i64,
) -> Db<Vec<(AccountId, String)>> {
    let sql = "select peer_id, remark from edge where owner_id = $1 and peer_id between $2 and $3";
    tx.all(sql, params![owner, first, last], |row| Ok((row.get("peer_id")?, row.get("remark")?))).await
}

pub async fn has_friends(tx: &mut Tx, owner: AccountId) -> Db<bool> {
    let sql = "select id from edge where owner_id = $1 and status = 1 and blocked = 0 limit 1";
    Ok(tx.maybe(sql, params![owner], |row| row.get::<i64>("id")).await?.is_some())
}

/// Whether a request of this direction is undecided or was agreed to. Counted under a lock on the
/// asker's row, so that two at once do not both pass.
pub async fn open_request(tx: &mut Tx, from: AccountId, to: AccountId) -> Db<bool> {
    tx.run("update account set status = status where id = $1", params![from]).await?;
    let sql = "select id from friend_request where from_id = $1 and to_id = $2 and state in ('pending', 'agree') limit 1";
    Ok(tx.maybe(sql, params![from, to], |row| row.get::<i64>("id")).await?.is_some())
}

pub async fn insert_request(
    tx: &mut Tx,
    from: AccountId,
    to: AccountId,
    text: &str,
    state: RequestState,
    now: Millis,
) -> Db<i64> {
    let sql = "insert into friend_request (from_id, to_id, text, state, created_ms, updated_ms)
               values ($1, $2, $3, $4, $5, $5) returning id";
    tx.one(sql, params![from, to, text, state.as_str(), now], |row| row.get("id")).await
}

/// Forgets what `from` asked of `to` before. The asker's row is locked, so that of two at once one stays.
pub async fn forget_requests(tx: &mut Tx, from: AccountId, to: AccountId) -> Db<()> {
    tx.run("update account set status = status where id = $1", params![from]).await?;
    tx.run("delete from friend_request where from_id = $1 and to_id = $2", params![from, to]).await.map(drop)
}

/// Agrees to whatever the two still ask of each other: which requests, from whom, to whom.
pub async fn agree_all(
    tx: &mut Tx,
    a: AccountId,
    b: AccountId,
    now: Millis,
) -> Db<Vec<(i64, AccountId, AccountId)>> {
    let sql = "update friend_request set state = 'agree', updated_ms = $3
               where state <> 'agree' and state <> 'refuse'
                 and ((from_id = $1 and to_id = $2) or (from_id = $2 and to_id = $1))
               returning id, from_id, to_id";
    let read = |row: &Row<'_>| Ok((row.get("id")?, row.get("from_id")?, row.get("to_id")?));
    tx.all(sql, params![a, b, now], read).await
}

pub async fn request(tx: &mut Tx, id: i64) -> Db<Option<Request>> {
    tx.maybe(request_where!("id = $1"), params![id], read_request).await
}

/// The newest undecided request between the two, whoever asked.
pub async fn pending_between(tx: &mut Tx, a: AccountId, b: AccountId) -> Db<Option<Request>> {
    let sql = request_where!(
        "state = 'pending' and ((from_id = $1 and to_id = $2) or (from_id = $2 and to_id = $1))
         order by id desc limit 1"
    );
    tx.maybe(sql, params![a, b], read_request).await
}

/// Decides a request that is open: not decided, or put aside. Whether it was.
pub async fn settle(tx: &mut Tx, id: i64, state: RequestState, now: Millis) -> Db<bool> {
    let sql = "update friend_request set state = $2, updated_ms = $3
               where id = $1 and state <> 'agree' and state <> 'refuse'";
    Ok(tx.run(sql, params![id, state.as_str(), now]).await? > 0)
}

/// Whether there was such a friend.
pub async fn set_remark(
    tx: &mut Tx,
    owner: AccountId,
    peer: AccountId,
    remark: &str,
    now: Millis,
) -> Db<bool> {
    let sql = "update edge set remark = $3, updated_ms = $4 where owner_id = $1 and peer_id = $2";
    Ok(tx.run(sql, params![owner, peer, remark, now]).await? > 0)
}

/// The newest requests made to somebody, with who asked.
pub async fn requests_with_askers(tx: &mut Tx, to: AccountId, limit: i64) -> Db<Vec<Asked>> {
    let sql = "select r.id, r.from_id, r.to_id, r.text, r.state, r.created_ms, r.updated_ms,
                 a.username, a.nickname, a.avatar
               from friend_request r join account a on a.id = r.from_id
               where r.to_id = $1 order by r.id desc limit $2";
    tx.all(sql, params![to, limit], |row| {
        Ok(Asked {
            request: read_request(row)?,
            username: row.get("username")?,
            nickname: row.get("nickname")?,
            avatar: row.get("avatar")?,
        })
    })
    .await
}

/// Who asked; `None` when `to` has no such undecided request.
pub async fn decide(
    tx: &mut Tx,
    id: i64,
    to: AccountId,
    state: RequestState,
    now: Millis,
) -> Db<Option<AccountId>> {
    let sql = "update friend_request set state = $3, updated_ms = $4
               where id = $1 and to_id = $2 and state = 'pending' returning from_id";
    tx.maybe(sql, params![id, to, state.as_str(), now], |row| row.get("from_id")).await
}

pub async fn requests_to(tx: &mut Tx, to: AccountId, skip: i64, limit: i64) -> Db<Vec<Request>> {
    let sql = request_where!("to_id = $1 order by id desc limit $2 offset $3");
    tx.all(sql, params![to, limit, skip], read_request).await
}

/// Requests made by or to somebody, older than the number `before`, the newest first.
pub async fn requests_around(tx: &mut Tx, id: AccountId, before: i64, limit: i64) -> Db<Vec<Request>> {
    let sql = request_where!("(to_id = $1 or from_id = $1) and id < $2 order by id desc limit $3");
    tx.all(sql, params![id, before, limit], read_request).await
}

pub async fn count_pending(tx: &mut Tx, to: AccountId) -> Db<i64> {
    let sql = "select count(*) as n from friend_request where to_id = $1 and state = 'pending'";
    tx.one(sql, params![to], |row| row.get("n")).await
}

/// Requests to somebody that are not decided, or put aside.
pub async fn count_open(tx: &mut Tx, to: AccountId) -> Db<i64> {
    let sql = "select count(*) as n from friend_request where to_id = $1 and state in ('pending', 'ignore')";
    tx.one(sql, params![to], |row| row.get("n")).await
}

pub async fn pending_request(tx: &mut Tx, from: AccountId, to: AccountId) -> Db<Option<Request>> {
    let sql = request_where!("from_id = $1 and to_id = $2 and state = 'pending' order by id desc limit 1");
    tx.maybe(sql, params![from, to], read_request).await
}
