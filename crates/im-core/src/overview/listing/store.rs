//! The SQL of the list: one query, whatever kinds of conversations there are.
use super::*;
use crate::{
    accounts::display,
    conversations::{Membership, State},
    groups::Outlook,
    history::{
        UNREAD,
        store::{SCANNED, bytes, counts, looked, news},
    },
    messages::store::{group_columns, group_of},
};
use im_db::{Engine, Row, params};

type Db<T> = im_db::Result<T>;

/// Conversations of the account `$1` of which `$scope` is true, those of `$listed` in the order of the list.
/// `$2` and `$3` are how many are counted as unread, and how many are looked at for that.
macro_rules! conversations {
    ($scope:literal, $listed:literal) => {
        concat!(
            "with mine as (
               select c.id, c.kind, c.last_seq, v.id as v_id, v.nickname as v_nickname, v.avatar as v_avatar,
                 v.role as v_role, v.alias, v.muted_until_ms, v.created_ms as since_ms, v.pinned, v.quiet,
                 v.marked_unread, v.cleared_seq, v.read_seq, v.hidden_seq, v.own_unseen,
                 coalesce((select m.seq from message m where m.conversation_id = c.id and m.deleted_ms is null
                    and m.seq > c.last_seq - ",
            looked!(),
            "
                    and (m.kind < 2 or m.body = '{\"notice\":\"befriended\"}')
                    and not exists (select h.seq from hidden_message h
                      where h.account_id = $1 and h.conversation_id = m.conversation_id and h.seq = m.seq)
                  order by m.seq desc limit 1),
                  case when c.last_seq > ",
            looked!(),
            " then c.last_seq - ",
            looked!(),
            " end) as shown_seq
               from membership v join conversation c on c.id = v.conversation_id
                 left join chat_group g on g.id = c.id
               where v.account_id = $1 and v.state = 'active' and coalesce(g.status, 1) <> 0 and ",
            $scope,
            "),
             all_of_mine as (
               select mine.*, case when l.kind < 2 or l.body = '{\"notice\":\"befriended\"}' then l.mid end as mid,
                 coalesce(l.created_ms, mine.since_ms) as updated_ms,
                 cast(case when mine.hidden_seq is not null and coalesce(mine.shown_seq, 0) <= mine.hidden_seq
                   then 1 else 0 end as bigint) as hidden
               from mine left join message l on l.conversation_id = mine.id and l.seq = mine.shown_seq
             ),
             listed as (select a.* from all_of_mine a where ",
            $listed,
            ")
             select x.*, p.id as p_id, p.uuid as p_uuid, p.username as p_username, p.nickname as p_nickname,
               p.avatar as p_avatar, p.role as p_role, p.nid as p_nid, e.remark as p_remark,
               coalesce(e.blocked, 0) + coalesce(t.blocked, 0) as blocks,
               coalesce((select ",
            bytes!(),
            " from message m where m.mid = x.mid), 0) as last_bytes,
               o.read_seq as o_read, o.acked_seq as o_acked, o.delivered_seq as o_delivered, ",
            group_columns!(),
            ", case when x.kind = 'group' then (select count(*) from membership w
                 where w.conversation_id = x.id and w.state = 'active') end as members,
               cast(case when exists (select 1 as one from mention n join message m
                   on m.conversation_id = n.conversation_id and m.seq = n.seq
                 where n.conversation_id = x.id and (n.account_id = $1 or n.account_id = 0)
                   and n.seq > x.read_seq and m.sender_id <> $1 and m.revoked_ms is null
                   and m.deleted_ms is null) then 1 else 0 end as bigint) as mentioned,
               case when x.own_unseen = 0 then ",
            news!("$1", "x.id", "x.read_seq", "x.last_seq"),
            " else (select count(*) from (select m.seq from message m where m.conversation_id = x.id
                  and m.seq > x.read_seq and m.seq > x.last_seq - $3 and ",
            counts!("$1"),
            " limit $2) as news) end as unread
             from listed x
               left join membership o on x.kind = 'direct' and o.conversation_id = x.id and o.account_id <> $1
               left join account p on p.id = o.account_id
               left join edge e on e.owner_id = $1 and e.peer_id = p.id
               left join edge t on t.owner_id = p.id and t.peer_id = $1
               left join chat_group g on g.id = x.id
             order by x.pinned desc, x.updated_ms desc, x.id desc"
        )
    };
}

/// A conversation, the place of its newest entry in the installation's log, and how large that is.
type Found = (Conversation, Option<Mid>, usize);

/// The page behind `after`.
pub async fn page(tx: &mut Tx, me: AccountId, after: Option<Place>, limit: i64, all: bool) -> Db<Vec<Found>> {
    let sql = conversations!(
        "c.kind <> 'inbox'",
        "(a.pinned < $4 or (a.pinned = $4 and (a.updated_ms < $5 or (a.updated_ms = $5 and a.id < $6))))
         and (cast($8 as bigint) = 1 or (a.hidden = 0 and a.shown_seq is not null))
         order by a.pinned desc, a.updated_ms desc, a.id desc limit $7"
    );
    let (pinned, updated, id) = match after {
        Some(Place { pinned, updated_ms, id }) => (i64::from(pinned), updated_ms, id),
        None => (2, Millis(0), ConversationId(0)), // before the pinned ones
    };
    let params = params![me, UNREAD, SCANNED, pinned, updated, id, limit, all];
    tx.all(sql, params, |row| read(row, me)).await
}

/// The same for one conversation, whatever kind it is.
pub async fn one(tx: &mut Tx, me: AccountId, id: ConversationId) -> Db<Option<Found>> {
    let sql = conversations!("c.id = $4", "a.id is not null");
    tx.maybe(sql, params![me, UNREAD, SCANNED, id], |row| read(row, me)).await
}

/// The same for several.
pub async fn several(tx: &mut Tx, me: AccountId, ids: &[ConversationId]) -> Db<Vec<Found>> {
    let sql = match tx.engine() {
        Engine::Sqlite => conversations!("c.id in (select value from json_each($4))", "a.id is not null"),
        Engine::Postgres => conversations!(
            "c.id in (select cast(value as bigint)
               from json_array_elements_text(cast(cast($4 as text) as json)))",
            "a.id is not null"
        ),
    };
    let ids = serde_json::json!(ids).to_string();
    tx.all(sql, params![me, UNREAD, SCANNED, &ids], |row| read(row, me)).await
}

fn read(row: &Row<'_>, me: AccountId) -> Db<Found> {
    let (shown, cleared): (Option<i64>, Seq) = (row.get("shown_seq")?, row.get("cleared_seq")?);
    let last = row.get::<Option<i64>>("mid")?.filter(|_| shown > Some(cleared.0)).map(Mid);
    let (with, name, avatar) = counterpart(row, me)?;
    let conversation = Conversation {
        id: row.get("id")?,
        with,
        name,
        avatar,
        last_seq: row.get("last_seq")?,
        first_seq: Seq(cleared.0 + 1),
        read_seq: row.get("read_seq")?,
        unread: row.get::<i64>("unread")?.clamp(0, UNREAD),
        mentioned: row.get("mentioned")?,
        marked_unread: row.get("marked_unread")?,
        pinned: row.get("pinned")?,
        quiet: row.get("quiet")?,
        hidden: row.get("hidden")?,
        last: None,
        updated_ms: row.get("updated_ms")?,
    };
    Ok((conversation, last, row.get::<i64>("last_bytes")? as usize))
}

/// With whom, and what the member `me` reads as name and picture.
fn counterpart(row: &Row<'_>, me: AccountId) -> Db<(Counterpart, String, String)> {
    Ok(match row.get::<String>("kind")?.as_str() {
        "direct" => {
            let (username, nickname): (String, String) = (row.get("p_username")?, row.get("p_nickname")?);
            let peer = Person {
                id: row.get("p_id")?,
                uuid: row.get("p_uuid")?,
                name: display(&nickname, &username).to_owned(),
                avatar: row.get("p_avatar")?,
                role: row.get("p_role")?,
                nid: row.get("p_nid")?,
            };
            let remark = row.get::<Option<String>>("p_remark")?.filter(|remark| !remark.is_empty());
            let (name, avatar) = (remark.unwrap_or_else(|| peer.name.clone()), peer.avatar.clone());
            (Counterpart::Direct { peer, reach: reach(row)? }, name, avatar)
        }
        "group" => {
            let (group, membership) = (group_of(row)?, membership(row, me)?);
            let alias = Some(membership.alias.clone()).filter(|alias| !alias.is_empty());
            let (name, avatar) = (alias.unwrap_or_else(|| group.name.clone()), group.avatar.clone());
            let outlook = Outlook { group, membership, members: row.get("members")? };
            (Counterpart::Group(Box::new(outlook)), name, avatar)
        }
        _ => (Counterpart::Inbox, String::new(), String::new()),
    })
}

fn reach(row: &Row<'_>) -> Db<Option<Reach>> {
    if row.get::<i64>("blocks")? > 0 {
        return Ok(None);
    }
    let (read, acked, delivered): (Seq, Seq, Seq) =
        (row.get("o_read")?, row.get("o_acked")?, row.get("o_delivered")?);
    Ok(Some(Reach { read, delivered: read.max(acked).max(delivered) }))
}

fn membership(row: &Row<'_>, me: AccountId) -> Db<Membership> {
    Ok(Membership {
        id: row.get("v_id")?,
        conversation: row.get("id")?,
        account: me,
        state: State::Active,
        nickname: row.get("v_nickname")?,
        avatar: row.get("v_avatar")?,
        rank: row.get("v_role")?,
        alias: row.get("alias")?,
        muted_until: row.get("muted_until_ms")?,
        created_ms: row.get("since_ms")?,
    })
}
