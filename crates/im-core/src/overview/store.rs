//! The SQL of what somebody sees first: a bounded number of queries, however much there is.
use super::*;
use crate::{
    accounts::display,
    history::{
        Shown, UNREAD,
        store::{SCANNED, counts, looked, news, read_shown, visible},
    },
    messages::store::{group_columns, group_of},
};
use im_db::{Row, params};

type Db<T> = im_db::Result<T>;

/// The conversations of the account `$1`, each with the newest place that it can see there.
macro_rules! mine {
    () => {
        concat!(
            "mine as (
               select c.id, c.kind, c.last_seq, v.alias, v.pinned, v.read_seq, v.hidden_seq, v.parted_seq, v.opened,
                 v.own_unseen,
                 coalesce((select m.seq from message m where m.conversation_id = c.id
                     and m.seq > case when v.cleared_seq > c.last_seq - ",
            looked!(),
            " then v.cleared_seq else c.last_seq - ",
            looked!(),
            " end and ",
            visible!("$1"),
            " order by m.seq desc limit 1),
                   case when c.last_seq - ",
            looked!(),
            " > v.cleared_seq then c.last_seq - ",
            looked!(),
            " end) as shown_seq
               from membership v join conversation c on c.id = v.conversation_id
               where v.account_id = $1 and v.state = 'active' and c.kind <> 'inbox'
             ),
             met as (
               select mine.*, o.account_id as peer_id, friend.id as edge_id, friend.remark as peer_remark
               from mine
                 left join membership o on mine.kind = 'direct' and o.conversation_id = mine.id and o.account_id <> $1
                 left join edge friend on friend.owner_id = $1 and friend.peer_id = o.account_id
             )"
        )
    };
}

/// That two who are no friends talk to each other.
macro_rules! strangers {
    () => {
        "met.kind = 'direct' and met.edge_id is null and (met.opened = 1 or exists (select m.seq from message m
           where m.conversation_id = met.id and m.seq > met.parted_seq and m.kind < 2))"
    };
}

/// The list of conversations: pinned and unread ones first, then by their newest message.
pub async fn chats(tx: &mut Tx, me: AccountId, limit: i64) -> Db<Vec<Chat>> {
    let sql = concat!(
        "with ",
        mine!(),
        ", listed as (
           select met.*,
             case when met.pinned = 1 or exists (select m.seq from message m where m.conversation_id = met.id
                 and m.seq > met.read_seq and m.seq > met.last_seq - $4 and ",
        counts!("$1"),
        ") then 0 else 1 end as late
           from met left join message l on l.conversation_id = met.id and l.seq = met.shown_seq
             left join chat_group g on g.id = met.id and g.status <> 0
           where (met.hidden_seq is null or coalesce(met.shown_seq, 0) > met.hidden_seq)
             and (g.id is not null or met.edge_id is not null or (",
        strangers!(),
        "))
           order by late, coalesce(l.mid, 0) desc limit $2
         )
         select met.id as c_id, met.kind as c_kind, met.alias, met.pinned, met.peer_id, met.peer_remark,
           p.username as p_username, p.nickname as p_nickname, p.avatar as p_avatar, ",
        group_columns!(),
        ", m.mid, m.sender_id, m.body, m.raw, m.created_ms, m.revoked_ms, m.quote_mid,
           a.username, a.nickname, a.avatar, e.remark, q.seq as q_seq, q.sender_id as q_sender,
           q.body as q_body, q.raw as q_raw,
           coalesce(q.revoked_ms, q.deleted_ms) as q_gone_ms,
           case when met.own_unseen = 0 then ",
        news!("$1", "met.id", "met.read_seq", "met.last_seq"),
        " else (select count(*) from (select m.seq from message m where m.conversation_id = met.id
              and m.seq > met.read_seq and m.seq > met.last_seq - $4 and ",
        counts!("$1"),
        " limit $3) as news) end as unread
         from listed met
           left join account p on p.id = met.peer_id
           left join chat_group g on g.id = met.id
           left join message m on m.conversation_id = met.id and m.seq = met.shown_seq and m.kind < 2
           left join account a on a.id = m.sender_id
           left join edge e on e.owner_id = $1 and e.peer_id = m.sender_id
           left join message q on q.mid = m.quote_mid
         order by met.late, coalesce(m.mid, 0) desc"
    );
    tx.all(sql, params![me, limit, UNREAD, SCANNED], read_chat).await
}

fn read_chat(row: &Row<'_>) -> Db<Chat> {
    let with = if row.get::<String>("c_kind")? == "group" {
        With::Group { group: Box::new(group_of(row)?), alias: row.get("alias")? }
    } else {
        With::Account(Peer { id: row.get("peer_id")?, name: peer_name(row)?, avatar: row.get("p_avatar")? })
    };
    let last: Option<Shown> = match row.get::<Option<i64>>("mid")? {
        Some(_) => Some(read_shown(row)?),
        None => None,
    };
    Ok(Chat { with, pinned: row.get("pinned")?, unread: row.get::<i64>("unread")?.min(UNREAD), last })
}

fn peer_name(row: &Row<'_>) -> Db<String> {
    let remark: Option<String> = row.get("peer_remark")?;
    let (username, nickname): (String, String) = (row.get("p_username")?, row.get("p_nickname")?);
    Ok(remark.filter(|r| !r.is_empty()).unwrap_or_else(|| display(&nickname, &username).to_owned()))
}

/// Those with whom somebody talks without being friends.
pub async fn strangers(tx: &mut Tx, me: AccountId) -> Db<Vec<Friend>> {
    let sql = concat!(
        "with ",
        mine!(),
        " select cast(0 as bigint) as edge_id, '' as remark, p.id, p.uuid, p.username, p.nickname, p.avatar,
           p.merchant
         from met join account p on p.id = met.peer_id where ",
        strangers!(),
        " order by met.id limit $2"
    );
    tx.all(sql, params![me, PEOPLE], contacts::store::read_friend).await
}

/// The groups of an account, with what it calls them.
pub async fn groups(tx: &mut Tx, me: AccountId) -> Db<Vec<(Group, String)>> {
    let sql = concat!(
        "select ",
        group_columns!(),
        ", v.alias from membership v join chat_group g on g.id = v.conversation_id
         where v.account_id = $1 and v.state = 'active' and g.status <> 0 order by g.id limit $2"
    );
    tx.all(sql, params![me, PEOPLE], |row| Ok((group_of(row)?, row.get("alias")?))).await
}
