//! The SQL of what waits.
use crate::{
    AccountId, Mid, Millis,
    conversations::{Delivered, store::waits_behind},
    messages::{
        Extra, Face, Message,
        store::{body_of, member_face},
    },
};
use im_db::{Engine, Tx, params};
use uuid::Uuid;

type Db<T> = im_db::Result<T>;

/// An entry that may wait for somebody.
pub struct Waiting {
    pub message: Message,
    /// How much of the log it is.
    pub bytes: usize,
    pub sender: Face,
    pub conversation_name: String,
    pub is_group: bool,
    pub delivered: Delivered,
}

/// Entries beyond the receiver's cursors, in the order of the installation's log. Each
/// conversation is entered at its cursor, and where `cap` of them stand behind, so the cost does not
/// grow with history.
pub async fn pending(
    tx: &mut Tx,
    account: AccountId,
    after: Mid,
    since: Millis,
    cap: i64,
    limit: i64,
) -> Db<Vec<Waiting>> {
    macro_rules! pending {
        ($messages:expr) => {
            concat!(
                "select e.mid, e.uuid, e.conversation_id, e.seq, e.sender_id, e.body, e.raw, e.created_ms,
                   c.name as c_name, c.kind as c_kind, v.delivered_seq, v.delivered_above,
                   s.id as s_id, s.uuid as s_uuid, s.username as s_username, s.nickname as s_nickname,
                   s.avatar as s_avatar, s.role as s_role, m.nickname as m_nickname, m.avatar as m_avatar
                 from membership v
                   join conversation c on c.id = v.conversation_id and c.last_seq > v.delivered_seq ",
                $messages,
                " join account s on s.id = e.sender_id
                   left join membership m on m.conversation_id = c.id and m.account_id = e.sender_id
                 where v.account_id = $1 and (v.state = 'active' or v.left_seq is not null) and e.mid > $2 and e.created_ms >= $3
                 order by e.mid limit $5"
            )
        };
    }
    let sql = match tx.engine() {
        Engine::Sqlite => pending!(concat!(
            "join message e on e.conversation_id = c.id
               and e.seq > case when v.delivered_seq >= c.last_seq - $4 then v.delivered_seq
                 else max(v.delivered_seq, ",
            waits_behind!("$4"),
            ") end
               and e.seq <= coalesce(v.left_seq, c.last_seq)"
        )),
        // A plain join lets the planner read whole histories, or the whole log in `mid` order.
        Engine::Postgres => pending!(concat!(
            "cross join lateral (
               select x.* from message x where x.conversation_id = c.id
                 and x.seq > case when v.delivered_seq >= c.last_seq - $4 then v.delivered_seq
                   else greatest(v.delivered_seq, ",
            waits_behind!("$4"),
            ") end
                 and x.seq <= coalesce(v.left_seq, c.last_seq) and x.mid > $2 and x.created_ms >= $3
               order by x.seq limit $5
             ) e"
        )),
    };
    tx.all(sql, params![account, after, since, cap, limit], |row| {
        let uuid: Vec<u8> = row.get("uuid")?;
        let kind: String = row.get("c_kind")?;
        let (body, raw): (String, Option<String>) = (row.get("body")?, row.get("raw")?);
        Ok(Waiting {
            bytes: body.len() + raw.as_ref().map_or(0, String::len),
            message: Message {
                mid: row.get("mid")?,
                uuid: Uuid::from_slice(&uuid).unwrap_or_default(),
                conversation: row.get("conversation_id")?,
                seq: row.get("seq")?,
                sender: row.get("sender_id")?,
                body: body_of(&body)?,
                raw,
                created_ms: row.get("created_ms")?,
                client_id: None, // the dialects that wait for entries show none of these
                extra: Extra::default(),
            },
            // The name in the group is shown in the group only; elsewhere the left join finds the
            // sender's own membership of a direct conversation, which has none.
            sender: member_face(row)?,
            conversation_name: row.get("c_name")?,
            is_group: kind == "group",
            delivered: Delivered::parse(row.get("delivered_seq")?, &row.get::<String>("delivered_above")?),
        })
    })
    .await
}
