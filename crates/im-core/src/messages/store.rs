//! The SQL of messages, and the two queries that tell a send all it must know at once. These read
//! accounts, edges and groups as well: one query instead of five on the writer's thread.
use super::*;
use crate::{
    accounts::display,
    conversations::{Rank, State, direct_name},
};
use im_db::{Ask, Engine, Row, Tx, params};

type Db<T> = im_db::Result<T>;

/// Everything that decides whether and how one account writes to another.
pub struct Route {
    pub sender: Face,
    pub peer: Face,
    pub peer_enabled: bool,
    /// The peer's privacy settings.
    pub privacy: String,
    /// How the peer keeps the sender among its friends.
    pub friend: Option<FriendRow>,
    /// Whether the sender has written to the peer before.
    pub has_written: bool,
    /// Whether the sender is noted as one who writes without reading.
    pub own_unseen: bool,
    sender_alias: String,
    peer_alias: String,
}

pub struct FriendRow {
    pub blocked: bool,
    pub status: i64,
}

impl Route {
    #[cfg(test)]
    pub fn of(
        sender: Face,
        peer: Face,
        privacy: String,
        friend: Option<FriendRow>,
        has_written: bool,
    ) -> Self {
        let (sender_alias, peer_alias) = (sender.name.clone(), peer.name.clone());
        let (peer_enabled, own_unseen) = (true, false);
        Route {
            sender,
            peer,
            peer_enabled,
            privacy,
            friend,
            has_written,
            own_unseen,
            sender_alias,
            peer_alias,
        }
    }

    pub fn place(&self) -> Place {
        Place::Direct {
            peer: self.peer.clone(),
            sender_alias: self.sender_alias.clone(),
            peer_alias: self.peer_alias.clone(),
        }
    }
}

/// Whether `peer` keeps `account` among its friends.
pub async fn is_friend_of(tx: &mut Tx, account: AccountId, peer: AccountId) -> Db<bool> {
    let sql = "select id from edge where owner_id = $2 and peer_id = $1";
    Ok(tx.maybe(sql, params![account, peer], |row| row.get::<i64>("id")).await?.is_some())
}

/// `None` when one of the two does not exist.
pub async fn route(tx: &mut Tx, sender: AccountId, peer: AccountId) -> Db<Option<Route>> {
    let name = direct_name(sender, peer);
    let Ask { sql, params, read } = route_of(sender, peer, &name);
    tx.maybe(sql, &params, read).await
}

/// The same as a statement; `name` is that of their conversation.
pub fn route_of(sender: AccountId, peer: AccountId, name: &str) -> Ask<'_, Route, 3> {
    let sql = "select s.id as s_id, s.uuid as s_uuid, s.username as s_username, s.nickname as s_nickname,
                 s.avatar as s_avatar, s.role as s_role,
                 case when s.merchant = 1 then s.id else s.parent_id end as s_desk,
                 case when p.merchant = 1 then p.id else p.parent_id end as p_desk,
                 p.id as p_id, p.uuid as p_uuid, p.username as p_username, p.nickname as p_nickname,
                 p.avatar as p_avatar, p.role as p_role, p.status as p_status, p.privacy as p_privacy,
                 mine.remark as peer_remark,
                 theirs.remark as sender_remark, theirs.blocked as blocked, theirs.status as edge_status,
                 m.has_written as has_written, m.own_unseen as own_unseen
               from account s join account p on p.id = $2
                 left join edge mine on mine.owner_id = s.id and mine.peer_id = p.id
                 left join edge theirs on theirs.owner_id = p.id and theirs.peer_id = s.id
                 left join conversation c on c.name = $3
                 left join membership m on m.conversation_id = c.id and m.account_id = s.id
               where s.id = $1";
    let read = |row: &Row<'_>| {
        let face = |p: [&str; 6]| face_of(row, p);
        let mut sender = face(["s_id", "s_uuid", "s_username", "s_nickname", "s_avatar", "s_role"])?;
        let mut peer = face(["p_id", "p_uuid", "p_username", "p_nickname", "p_avatar", "p_role"])?;
        for (face, desk) in [(&mut sender, "s_desk"), (&mut peer, "p_desk")] {
            face.desk = row.get::<Option<i64>>(desk)?.map(AccountId);
        }
        let or_name = |remark: Option<String>, face: &Face| {
            remark.filter(|remark| !remark.is_empty()).unwrap_or_else(|| face.name.clone())
        };
        let blocked: Option<i64> = row.get("blocked")?;
        let status: Option<i64> = row.get("edge_status")?;
        let sender_remark = row.get::<Option<String>>("sender_remark")?.filter(|_| sender.role == Role::User);
        Ok(Route {
            sender_alias: or_name(sender_remark, &sender),
            peer_alias: or_name(row.get("peer_remark")?, &peer),
            sender,
            peer,
            peer_enabled: row.get::<i64>("p_status")? == 1,
            privacy: row.get("p_privacy")?,
            friend: blocked.zip(status).map(|(blocked, status)| FriendRow { blocked: blocked != 0, status }),
            has_written: row.get::<Option<i64>>("has_written")? == Some(1),
            own_unseen: row.get::<Option<i64>>("own_unseen")? == Some(1),
        })
    };
    Ask { sql, params: [sender.into(), peer.into(), name.into()], read }
}

fn face_of(row: &Row<'_>, [id, uuid, username, nickname, avatar, role]: [&str; 6]) -> Db<Face> {
    Ok(Face {
        id: row.get(id)?,
        uuid: row.get(uuid)?,
        role: row.get(role)?,
        name: display(&row.get::<String>(nickname)?, &row.get::<String>(username)?).to_owned(),
        avatar: row.get(avatar)?,
        desk: None,
    })
}

/// An account as everybody sees it.
pub async fn face(tx: &mut Tx, id: AccountId) -> Db<Face> {
    let Ask { sql, params, read } = face_of_account(id);
    tx.one(sql, &params, read).await
}

/// The same as a statement.
pub fn face_of_account(id: AccountId) -> Ask<'static, Face, 1> {
    Ask {
        sql: "select id, uuid, username, nickname, avatar, role from account where id = $1",
        params: [id.into()],
        read: |row| face_of(row, ["id", "uuid", "username", "nickname", "avatar", "role"]),
    }
}

macro_rules! group_columns {
    () => {
        "g.id as g_id, g.uuid as g_uuid, g.owner_id as g_owner, g.name as g_name, g.avatar as g_avatar,
         g.avatar_custom as g_avatar_custom, g.faces as g_faces, g.mute_all as g_mute_all,
         g.announcement as g_announcement, g.join_policy as g_join_policy, g.status as g_status,
         g.created_ms as g_created_ms, g.updated_ms as g_updated_ms"
    };
}
pub(crate) use group_columns;

/// Reads the columns of `group_columns!`.
pub fn group_of(row: &Row<'_>) -> Db<Group> {
    Ok(Group {
        id: row.get("g_id")?,
        uuid: row.get("g_uuid")?,
        owner: row.get("g_owner")?,
        name: row.get("g_name")?,
        avatar: row.get("g_avatar")?,
        avatar_custom: row.get("g_avatar_custom")?,
        faces: row.get("g_faces")?,
        mute_all: row.get("g_mute_all")?,
        announcement: row.get("g_announcement")?,
        join_policy: row.get("g_join_policy")?,
        status: row.get("g_status")?,
        created_ms: row.get("g_created_ms")?,
        updated_ms: row.get("g_updated_ms")?,
    })
}

/// The group, whatever its status.
pub async fn group(tx: &mut Tx, id: ConversationId) -> Db<Option<Group>> {
    let sql = concat!("select ", group_columns!(), " from chat_group g where g.id = $1");
    tx.maybe(sql, params![id], group_of).await
}

/// Everything that decides whether and how an account speaks in a group.
pub struct GroupRoute {
    pub group: Group,
    /// The sender as the group sees it.
    pub sender: Face,
    /// How the sender belongs to it, if it does.
    pub state: Option<State>,
    pub rank: Rank,
    pub muted_until: Millis,
    /// Whether the sender is noted as one who writes without reading.
    pub own_unseen: bool,
}

impl GroupRoute {
    /// Whether the sender owns or manages the group.
    pub fn leads(&self) -> bool {
        self.group.owner == self.sender.id || self.rank == Rank::Manager
    }
}

pub async fn group_route(tx: &mut Tx, id: ConversationId, sender: AccountId) -> Db<Option<GroupRoute>> {
    let Ask { sql, params, read } = group_route_of(id, sender);
    tx.maybe(sql, &params, read).await
}

/// The same as a statement.
pub fn group_route_of(id: ConversationId, sender: AccountId) -> Ask<'static, GroupRoute, 2> {
    let sql = concat!(
        "select ",
        group_columns!(),
        ", s.id as s_id, s.uuid as s_uuid, s.username as s_username, s.nickname as s_nickname,
           s.avatar as s_avatar, s.role as s_role,
           m.nickname as m_nickname, m.avatar as m_avatar, coalesce(m.state, '') as m_state,
           coalesce(m.role, '') as m_role, coalesce(m.muted_until_ms, 0) as m_muted_until, coalesce(m.own_unseen, 0) as m_own_unseen
         from chat_group g join account s on s.id = $2
           left join membership m on m.conversation_id = g.id and m.account_id = s.id
         where g.id = $1"
    );
    let read = |row: &Row<'_>| {
        let state = match row.get::<String>("m_state")?.as_str() {
            "" | "left" => None,
            _ => Some(row.get("m_state")?),
        };
        Ok(GroupRoute {
            group: group_of(row)?,
            sender: member_face(row)?,
            state,
            rank: row.get("m_role")?,
            muted_until: row.get("m_muted_until")?,
            own_unseen: row.get("m_own_unseen")?,
        })
    };
    Ask { sql, params: [id.into(), sender.into()], read }
}

/// The columns `s_…` with the group's own nickname and avatar over them.
pub fn member_face(row: &Row<'_>) -> Db<Face> {
    let mut face = face_of(row, ["s_id", "s_uuid", "s_username", "s_nickname", "s_avatar", "s_role"])?;
    let over = |own: &mut String, here: Option<String>| {
        if let Some(here) = here.filter(|here| !here.is_empty()) {
            *own = here;
        }
    };
    over(&mut face.name, row.get("m_nickname")?);
    over(&mut face.avatar, row.get("m_avatar")?);
    Ok(face)
}

/// Appends a row to the log; `None` when the sender has said something under the message's `client_id`.
pub async fn insert(
    tx: &mut Tx,
    message: &Message,
    quote: Option<Mid>,
    digest: Option<i64>,
) -> Result<Option<Mid>> {
    macro_rules! insert {
        ($conflict:literal) => {
            concat!(
                "insert into message (uuid, conversation_id, seq, sender_id, body, raw, created_ms, kind,
                   quote_mid, client_id, client_digest, extra)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ",
                $conflict,
                "returning mid"
            )
        };
    }
    // Who gives no name needs no look at the names.
    let sql = match message.client_id {
        None => insert!(""),
        Some(_) => insert!(
            "on conflict (conversation_id, sender_id, client_id) where client_id is not null do nothing "
        ),
    };
    let body = serde_json::to_string(&message.body).map_err(crate::Error::internal)?;
    let extra = message.extra.to_text();
    let params = params![
        &message.uuid.as_bytes()[..],
        message.conversation,
        message.seq,
        message.sender,
        &body,
        message.raw.as_deref(),
        message.created_ms,
        kind(&message.body),
        quote,
        message.client_id.as_deref(),
        digest,
        extra.as_deref()
    ];
    Ok(tx.maybe(sql, params, |row| row.get("mid")).await?)
}

/// Notes who is mentioned at a place: of `wished` the other members, whom it returns; with `everyone`
/// whoever is there.
pub async fn mention(
    tx: &mut Tx,
    id: ConversationId,
    seq: Seq,
    sender: AccountId,
    wished: &[AccountId],
    everyone: bool,
) -> Db<Vec<AccountId>> {
    if everyone {
        let sql = "insert into mention (account_id, conversation_id, seq) values (0, $1, $2)";
        tx.run(sql, params![id, seq]).await?;
    }
    if wished.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! mention {
        ($wished:literal) => {
            concat!(
                "insert into mention (account_id, conversation_id, seq)
                 select v.account_id, v.conversation_id, cast($2 as bigint) from membership v
                 where v.conversation_id = $1 and v.state = 'active' and v.account_id <> $3
                   and v.account_id in (",
                $wished,
                ") returning account_id"
            )
        };
    }
    let sql = match tx.engine() {
        Engine::Sqlite => mention!("select value from json_each($4)"),
        Engine::Postgres => mention!(
            "select cast(value as bigint) from json_array_elements_text(cast(cast($4 as text) as json))"
        ),
    };
    let wished = serde_json::json!(wished).to_string();
    let mut all = tx.all(sql, params![id, seq, sender, &wished], |row| row.get("account_id")).await?;
    all.sort();
    Ok(all)
}

/// Where the caller said something under this name, and the digest of it.
pub async fn by_client_id(
    tx: &mut Tx,
    to: To,
    sender: AccountId,
    client_id: &str,
) -> Db<Option<(Mid, Option<i64>)>> {
    let read = |row: &Row<'_>| Ok((row.get("mid")?, row.get("client_digest")?));
    match to {
        To::Group(id) => {
            let sql = "select mid, client_digest from message
                       where conversation_id = $1 and sender_id = $2 and client_id = $3";
            tx.maybe(sql, params![id, sender, client_id], read).await
        }
        To::Account(peer) => {
            let sql = "select m.mid, m.client_digest from conversation c join message m
                         on m.conversation_id = c.id and m.sender_id = $2 and m.client_id = $3
                       where c.name = $1";
            tx.maybe(sql, params![&direct_name(sender, peer), sender, client_id], read).await
        }
    }
}

/// Whether an entry is said (0), told to all (1), or only changes what others see (2).
pub fn kind(body: &Body) -> i64 {
    match body {
        Body::Notice(Notice::Befriended) => 2,
        Body::Notice(notice) if notice.is_change() => 2,
        Body::Notice(_) => 1,
        _ => 0,
    }
}

/// What a quote of a message shows; `None` unless it was said in this conversation and `viewer` still
/// sees it.
pub async fn quotable(tx: &mut Tx, id: ConversationId, at: At, viewer: AccountId) -> Db<Option<Quoted>> {
    macro_rules! quotable {
        ($at:literal) => {
            concat!(
                "select m.mid, m.seq, m.sender_id, m.body, m.raw from message m
                 where ",
                $at,
                " = $2 and m.conversation_id = $1 and m.kind = 0 and m.revoked_ms is null
                   and m.deleted_ms is null and not exists (select 1 as one from hidden_message h
                     where h.account_id = $3 and h.conversation_id = $1 and h.seq = m.seq)
                   and not exists (select 1 as one from membership v where v.conversation_id = $1
                     and v.account_id = $3 and v.cleared_seq >= m.seq)"
            )
        };
    }
    let sql = match at {
        At::Mid(_) => quotable!("m.mid"),
        At::Seq(_) => quotable!("m.seq"),
    };
    tx.maybe(sql, params![id, at.number(), viewer], |row| {
        let said = (body_of(&row.get::<String>("body")?)?, row.get("raw")?);
        Ok(Quoted {
            mid: row.get("mid")?,
            seq: row.get("seq")?,
            sender: row.get("sender_id")?,
            said: Some(said),
        })
    })
    .await
}

/// A logged message that somebody wants to take back.
pub struct Known {
    pub mid: Mid,
    pub seq: Seq,
    pub conversation: ConversationId,
    pub conversation_name: String,
    pub sender: AccountId,
    pub body: Body,
    pub created_ms: Millis,
}

pub async fn by_uuid(tx: &mut Tx, uuid: Uuid) -> Db<Option<Known>> {
    let sql = "select m.mid, m.seq, m.conversation_id, c.name, m.sender_id, m.body, m.created_ms
               from message m join conversation c on c.id = m.conversation_id where m.uuid = $1";
    tx.maybe(sql, params![&uuid.as_bytes()[..]], |row| {
        Ok(Known {
            mid: row.get("mid")?,
            seq: row.get("seq")?,
            conversation: row.get("conversation_id")?,
            conversation_name: row.get("name")?,
            sender: row.get("sender_id")?,
            body: body_of(&row.get::<String>("body")?)?,
            created_ms: row.get("created_ms")?,
        })
    })
    .await
}

/// Whether it was not revoked before.
pub async fn set_revoked(tx: &mut Tx, mid: Mid, now: Millis) -> Db<bool> {
    let sql = "update message set revoked_ms = $2 where mid = $1 and revoked_ms is null";
    Ok(tx.run(sql, params![mid, now]).await? == 1)
}

/// Notes that the newest change of a message stands at `change`.
pub async fn set_changed(tx: &mut Tx, mid: Mid, change: Seq) -> Db<()> {
    tx.run("update message set changed_seq = $2 where mid = $1", params![mid, change]).await.map(drop)
}

pub fn body_of(text: &str) -> Db<Body> {
    serde_json::from_str(text).map_err(|e| im_db::Error::Engine(format!("message body: {e}")))
}
