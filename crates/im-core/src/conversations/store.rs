//! The SQL of conversations and memberships.
use super::*;
use im_db::{Ask, Engine, params};

type Db<T> = im_db::Result<T>;

/// As SQL: behind which place of the conversation `c` entries wait for the member `v`: `$cap` of them. Emoji and
/// edits, of which those who wait are told nothing, take no place of others; of these the newest 20 000 are known.
macro_rules! waits_behind {
    ($cap:literal) => {
        concat!(
            "(c.last_seq - ",
            $cap,
            " - (select count(*) from (
                select m.seq, row_number() over (order by m.seq desc) as nth from message m
                where m.conversation_id = c.id and m.seq > v.delivered_seq
                  and (m.kind <> 0 or m.deleted_ms is not null or m.revoked_ms is not null) and m.kind = 2
                  and (m.body like '{\"notice\":{\"edited\"%' or m.body like '{\"notice\":{\"reacted\"%')
                order by m.seq desc limit 20000
              ) as untold where c.last_seq - untold.seq - untold.nth + 1 < ",
            $cap,
            "))"
        )
    };
}
pub(crate) use waits_behind;

pub async fn by_name(tx: &mut Tx, name: &str) -> Db<Option<ConversationId>> {
    tx.maybe("select id from conversation where name = $1", params![name], |row| row.get("id")).await
}

/// The name and kind of a conversation.
pub async fn name_of(tx: &mut Tx, id: ConversationId) -> Db<Option<(String, String)>> {
    let sql = "select name, kind from conversation where id = $1";
    tx.maybe(sql, params![id], |row| Ok((row.get("name")?, row.get("kind")?))).await
}

/// The name under which a conversation is found; see [`parties`].
pub async fn name(tx: &mut Tx, id: ConversationId) -> Db<Option<String>> {
    tx.maybe("select name from conversation where id = $1", params![id], |row| row.get("name")).await
}

/// The new conversation, or the one that another unit of work made meanwhile.
pub async fn insert(tx: &mut Tx, name: &str, kind: &str) -> Db<ConversationId> {
    let sql = "insert into conversation (name, kind) values ($1, $2)
               on conflict (name) do update set name = excluded.name returning id";
    tx.one(sql, params![name, kind], |row| row.get("id")).await
}

/// Takes the conversation's next place. The row stays locked until the unit of work ends, so
/// senders queue here and `seq` has no hole. The caller has taken its turn: entries are told in the
/// order of `seq`.
pub fn next_seq(id: ConversationId) -> Ask<'static, Seq, 1> {
    Ask {
        sql: "update conversation set last_seq = last_seq + 1 where id = $1 returning last_seq",
        params: [id.into()],
        read: |row| row.get("last_seq"),
    }
}

/// As [`next_seq`], by the conversation's name, whose turn the caller has taken.
pub fn next_seq_by_name(name: &str) -> Ask<'_, (ConversationId, Seq), 1> {
    Ask {
        sql: "update conversation set last_seq = last_seq + 1 where name = $1 returning id, last_seq",
        params: [name.into()],
        read: |row| Ok((row.get("id")?, row.get("last_seq")?)),
    }
}

/// The place of the newest message, with the row locked for this unit of work. The turn comes
/// before the row, as in [`next_seq`]: the other way round two units could wait for each other.
pub async fn lock(tx: &mut Tx, id: ConversationId) -> Db<Option<Seq>> {
    tx.turn(id).await;
    let sql = "update conversation set last_seq = last_seq where id = $1 returning last_seq";
    tx.maybe(sql, params![id], |row| row.get("last_seq")).await
}

/// Locks a conversation by its name; whether there is one.
pub async fn lock_by_name(tx: &mut Tx, name: &str) -> Db<bool> {
    tx.turn(name).await;
    let sql = "update conversation set last_seq = last_seq where name = $1";
    Ok(tx.run(sql, params![name]).await? > 0)
}

/// Marks a direct conversation as one between people who were friends.
pub async fn part(tx: &mut Tx, name: &str) -> Db<()> {
    let sql = "update membership set opened = 0, parted_seq =
                 (select c.last_seq from conversation c where c.id = membership.conversation_id)
               where conversation_id = (select id from conversation where name = $1)";
    tx.run(sql, params![name]).await.map(drop)
}

/// Adds a member to whom everything up to `delivered` is no news. Does nothing when it is there.
pub async fn add_member(
    tx: &mut Tx,
    id: ConversationId,
    account: AccountId,
    state: State,
    delivered: Seq,
    now: Millis,
) -> Db<()> {
    let sql =
        "insert into membership (conversation_id, account_id, state, delivered_seq, created_ms, updated_ms)
               values ($1, $2, $3, $4, $5, $5) on conflict (conversation_id, account_id) do nothing";
    tx.run(sql, params![id, account, state.as_str(), delivered, now]).await.map(drop)
}

fn read(row: &Row<'_>) -> Db<Membership> {
    Ok(Membership {
        id: row.get("id")?,
        conversation: row.get("conversation_id")?,
        account: row.get("account_id")?,
        state: row.get("state")?,
        nickname: row.get("nickname")?,
        avatar: row.get("avatar")?,
        rank: row.get("role")?,
        alias: row.get("alias")?,
        muted_until: row.get("muted_until_ms")?,
        created_ms: row.get("created_ms")?,
    })
}

/// The membership, unless it is over.
pub async fn membership(tx: &mut Tx, id: ConversationId, account: AccountId) -> Db<Option<Membership>> {
    let sql = "select id, conversation_id, account_id, state, nickname, avatar, role, alias, muted_until_ms, created_ms
               from membership
               where conversation_id = $1 and account_id = $2 and state <> 'left'";
    tx.maybe(sql, params![id, account], read).await
}

/// Places taken in a group: active, silenced and waiting members.
pub async fn count_members(tx: &mut Tx, id: ConversationId) -> Db<i64> {
    let sql = "select count(*) as n from membership where conversation_id = $1 and state <> 'left'";
    tx.one(sql, params![id], |row| row.get("n")).await
}

/// Lets a member in, or back in: news begins after `last`, what was not delivered of an earlier time
/// still is, who was silenced then still is, and what was cleared stays so.
pub async fn enter(
    tx: &mut Tx,
    id: ConversationId,
    account: AccountId,
    state: State,
    last: Seq,
    now: Millis,
) -> Db<()> {
    // A new row: who comes back stands behind those who stayed.
    let sql = "delete from membership where conversation_id = $1 and account_id = $2
               returning delivered_seq, delivered_above, left_seq, muted_until_ms, cleared_seq";
    let read = |row: &Row<'_>| {
        let (left, cleared) = (row.get::<Option<i64>>("left_seq")?, row.get::<Seq>("cleared_seq")?);
        Ok((delivered_of(row)?, left, row.get::<Millis>("muted_until_ms")?, cleared))
    };
    let before = tx.maybe(sql, params![id, account], read).await?;
    let (mut delivered, mut left, muted_until, cleared) = before.unwrap_or_default();
    if state == State::Active {
        delivered.add(Seq(left.unwrap_or(0) + 1), last);
        left = None;
    }
    let sql = "insert into membership (conversation_id, account_id, state, delivered_seq, delivered_above, left_seq,
                 muted_until_ms, read_seq, acked_seq, cleared_seq, read_ms, created_ms, updated_ms)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $10, $9, $9, $9)";
    let above = delivered.above();
    let params = params![
        id,
        account,
        state.as_str(),
        delivered.floor(),
        &above,
        left,
        muted_until,
        last,
        now,
        cleared
    ];
    tx.run(sql, params).await.map(drop)
}

/// Ends a membership after the message `last`; one that never began vanishes. Whether there was one.
pub async fn leave(tx: &mut Tx, id: ConversationId, account: AccountId, last: Seq, now: Millis) -> Db<bool> {
    let sql = "delete from membership where conversation_id = $1 and account_id = $2
               and state = 'pending' and left_seq is null";
    let vanished = tx.run(sql, params![id, account]).await?;
    let sql = "update membership set state = 'left', left_seq = coalesce(left_seq, $3), updated_ms = $4
               where conversation_id = $1 and account_id = $2 and state <> 'left'";
    Ok(vanished + tx.run(sql, params![id, account, last, now]).await? > 0)
}

/// Ends all memberships after the message `last`.
pub async fn leave_all(tx: &mut Tx, id: ConversationId, last: Seq, now: Millis) -> Db<()> {
    let sql = "delete from membership where conversation_id = $1 and state = 'pending' and left_seq is null";
    tx.run(sql, params![id]).await?;
    let sql = "update membership set state = 'left', left_seq = coalesce(left_seq, $2), updated_ms = $3
               where conversation_id = $1 and state <> 'left'";
    tx.run(sql, params![id, last, now]).await.map(drop)
}

/// The groups in which `account` is an active member.
pub async fn groups_of(tx: &mut Tx, account: AccountId) -> Db<Vec<ConversationId>> {
    let sql = "select m.conversation_id from membership m join chat_group g on g.id = m.conversation_id
               where m.account_id = $1 and m.state = 'active' and g.status = 1";
    tx.all(sql, params![account], |row| row.get("conversation_id")).await
}

/// Whether some conversation may have an entry that `account` has not received.
pub async fn is_awaited(tx: &mut Tx, account: AccountId) -> Db<bool> {
    let sql = "select m.id from membership m join conversation c on c.id = m.conversation_id
               where m.account_id = $1 and (m.state = 'active' or m.left_seq is not null)
                 and coalesce(m.left_seq, c.last_seq) > m.delivered_seq
               limit 1";
    Ok(tx.maybe(sql, params![account], |row| row.get::<i64>("id")).await?.is_some())
}

fn delivered_of(row: &Row<'_>) -> Db<Delivered> {
    Ok(Delivered::parse(row.get("delivered_seq")?, &row.get::<String>("delivered_above")?))
}

/// What arrived at a member, and up to which place nothing waits for it, because `cap` entries behind it do.
pub async fn delivered(
    tx: &mut Tx,
    id: ConversationId,
    account: AccountId,
    cap: i64,
) -> Db<Option<(Delivered, Seq)>> {
    if tx.engine() == Engine::Postgres {
        // Who rejoins meanwhile begins a new row; what is read here must be what is written.
        let lock = "select id from membership where conversation_id = $1 and account_id = $2 for update";
        tx.maybe(lock, params![id, account], |row| row.get::<i64>("id")).await?;
    }
    let sql = concat!(
        "select v.delivered_seq, v.delivered_above,
           case when v.delivered_seq >= c.last_seq - $3 then 0 else ",
        waits_behind!("$3"),
        " end as fallen
         from membership v join conversation c on c.id = v.conversation_id
         where v.conversation_id = $1 and v.account_id = $2"
    );
    tx.maybe(sql, params![id, account, cap], |row| Ok((delivered_of(row)?, row.get("fallen")?))).await
}

/// Moves the floor over the places from `first` to `last`, which stand right above it; whether they did.
pub async fn advance(tx: &mut Tx, id: ConversationId, account: AccountId, first: Seq, last: Seq) -> Db<bool> {
    let sql = "update membership set delivered_seq = $4 where conversation_id = $1 and account_id = $2
               and delivered_above = '' and delivered_seq + 1 >= $3 and delivered_seq < $4";
    Ok(tx.run(sql, params![id, account, first, last]).await? == 1)
}

pub async fn set_delivered(
    tx: &mut Tx,
    id: ConversationId,
    account: AccountId,
    delivered: &Delivered,
) -> Db<()> {
    let sql = "update membership set delivered_seq = $3, delivered_above = $4
               where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, account, delivered.floor(), &delivered.above()]).await.map(drop)
}

/// Notes that a member wrote at `seq`, has seen everything up to there, and wants the conversation in its list.
pub async fn set_seen(tx: &mut Tx, id: ConversationId, account: AccountId, seq: Seq, now: Millis) -> Db<()> {
    let sql = "update membership set read_seq = $3, read_ms = $4, hidden_seq = null, own_unseen = 0,
                 has_written = 1, acked_seq = $3, marked_unread = 0
               where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, account, seq, now]).await.map(drop)
}

/// Notes that this member said something without looking at what was said before. What is said by itself,
/// automatically, does not count as having written.
pub async fn set_said(tx: &mut Tx, id: ConversationId, account: AccountId, by_itself: bool) -> Db<()> {
    let sql = match by_itself {
        true => "update membership set own_unseen = 1 where conversation_id = $1 and account_id = $2",
        false => {
            "update membership set own_unseen = 1, has_written = 1 where conversation_id = $1 and account_id = $2"
        }
    };
    tx.run(sql, params![id, account]).await.map(drop)
}

/// Notes that a person answered for a desk.
pub async fn set_answered(tx: &mut Tx, said: &crate::messages::Message) -> Db<()> {
    let sql = "update membership set answered_ms = $3 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![said.conversation, said.sender, said.created_ms]).await.map(drop)
}

/// The newest place of a conversation that `account` is in.
pub async fn last_for(tx: &mut Tx, id: ConversationId, account: AccountId) -> Db<Option<Seq>> {
    let sql = "select c.last_seq from membership m join conversation c on c.id = m.conversation_id
               where m.conversation_id = $1 and m.account_id = $2 and m.state = 'active'";
    tx.maybe(sql, params![id, account], |row| row.get("last_seq")).await
}

/// Moves what native devices have; `None` when it did not move. Answers whom it concerns: the other one of a
/// direct conversation.
pub async fn set_acked(
    tx: &mut Tx,
    id: ConversationId,
    account: AccountId,
    seq: Seq,
) -> Db<Option<Option<AccountId>>> {
    let sql = "update membership set acked_seq = $3
               where conversation_id = $1 and account_id = $2 and state = 'active' and acked_seq < $3
                 and $3 <= (select c.last_seq from conversation c where c.id = $1)
               returning (select o.account_id from conversation c
                   join membership o on o.conversation_id = c.id and o.account_id <> $2
                 where c.id = $1 and c.kind = 'direct' and not exists (select 1 as one from edge e
                   where e.blocked = 1 and ((e.owner_id = $2 and e.peer_id = o.account_id)
                     or (e.owner_id = o.account_id and e.peer_id = $2)))) as other";
    tx.maybe(sql, params![id, account, seq], |row| Ok(row.get::<Option<i64>>("other")?.map(AccountId))).await
}
