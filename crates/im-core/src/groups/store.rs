//! The SQL of groups.
use super::*;
use crate::{
    Millis,
    accounts::{Role, display},
    conversations::Rank,
    messages::store::{group_columns, group_of},
};
use im_db::{Row, params};

type Db<T> = im_db::Result<T>;

/// A member with the account behind it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Member {
    pub membership: Membership,
    pub uuid: String,
    pub username: String,
    pub nickname: String,
    pub avatar: String,
    pub role: Role,
}

pub async fn insert(
    tx: &mut Tx,
    owner: AccountId,
    name: &str,
    avatar: &str,
    faces: &str,
    now: Millis,
) -> Db<Group> {
    let uuid = uuid::Uuid::new_v4().to_string();
    let id = log::insert(tx, &format!("group:{uuid}"), "group").await?;
    let sql = "insert into chat_group (id, uuid, owner_id, name, avatar, faces, created_ms, updated_ms)
               values ($1, $2, $3, $4, $5, $6, $7, $7)";
    tx.run(sql, params![id, &uuid, owner, name, avatar, faces, now]).await?;
    messages::store::group(tx, id).await?.ok_or(im_db::Error::Missing)
}

fn read_membership(row: &Row<'_>) -> Db<Membership> {
    Ok(Membership {
        id: row.get("m_id")?,
        conversation: row.get("m_conversation")?,
        account: row.get("m_account")?,
        state: row.get("m_state")?,
        nickname: row.get("m_nickname")?,
        avatar: row.get("m_avatar")?,
        rank: row.get("m_role")?,
        alias: row.get("m_alias")?,
        muted_until: row.get("m_muted_until")?,
        created_ms: row.get("m_created_ms")?,
    })
}

macro_rules! membership_columns {
    () => {
        "m.id as m_id, m.conversation_id as m_conversation, m.account_id as m_account, m.state as m_state,
         m.nickname as m_nickname, m.avatar as m_avatar, m.role as m_role, m.alias as m_alias,
         m.muted_until_ms as m_muted_until, m.created_ms as m_created_ms"
    };
}

pub async fn groups_of(
    tx: &mut Tx,
    account: AccountId,
    skip: i64,
    limit: i64,
) -> Db<Vec<(Group, Membership)>> {
    let sql = concat!(
        "select ",
        group_columns!(),
        ", ",
        membership_columns!(),
        " from membership m join chat_group g on g.id = m.conversation_id
         where m.account_id = $1 and m.state = 'active' and g.status = 1 order by g.id desc limit $2 offset $3"
    );
    tx.all(sql, params![account, limit, skip], |row| Ok((group_of(row)?, read_membership(row)?))).await
}

/// Active members, who came first comes first.
pub async fn members(tx: &mut Tx, id: ConversationId) -> Db<Vec<Member>> {
    let sql = concat!(
        "select ",
        membership_columns!(),
        ", a.uuid, a.username, a.nickname, a.avatar, a.role
         from membership m join account a on a.id = m.account_id
         where m.conversation_id = $1 and m.state = 'active' order by m.id"
    );
    tx.all(sql, params![id], |row| {
        Ok(Member {
            membership: read_membership(row)?,
            uuid: row.get("uuid")?,
            username: row.get("username")?,
            nickname: row.get("nickname")?,
            avatar: row.get("avatar")?,
            role: row.get("role")?,
        })
    })
    .await
}

/// Name and picture of a member as the group sees them.
pub async fn face_in(tx: &mut Tx, id: ConversationId, account: AccountId) -> Db<(String, String)> {
    let sql = "select a.username, a.nickname, a.avatar,
                 coalesce(m.nickname, '') as here, coalesce(m.avatar, '') as avatar_here
               from account a left join membership m on m.account_id = a.id and m.conversation_id = $1
               where a.id = $2";
    tx.one(sql, params![id, account], |row| {
        let (here, avatar_here): (String, String) = (row.get("here")?, row.get("avatar_here")?);
        let everywhere = display(&row.get::<String>("nickname")?, &row.get::<String>("username")?).to_owned();
        let name = if here.is_empty() { everywhere } else { here };
        Ok((name, if avatar_here.is_empty() { row.get("avatar")? } else { avatar_here }))
    })
    .await
}

pub async fn change(tx: &mut Tx, id: ConversationId, change: &Change, now: Millis) -> Db<()> {
    match change {
        Change::Name(name) => {
            let sql = "update chat_group set name = $2, updated_ms = $3 where id = $1";
            tx.run(sql, params![id, name, now]).await
        }
        Change::Announcement(text) => {
            let sql = "update chat_group set announcement = $2, updated_ms = $3 where id = $1";
            tx.run(sql, params![id, text, now]).await
        }
        Change::JoinPolicy(policy) => {
            let sql = "update chat_group set join_policy = $2, updated_ms = $3 where id = $1";
            tx.run(sql, params![id, *policy, now]).await
        }
    }
    .map(drop)
}

/// Gives the group a picture of its own.
pub async fn set_avatar(tx: &mut Tx, id: ConversationId, avatar: &str, now: Millis) -> Db<()> {
    let sql = "update chat_group set avatar = $2, avatar_custom = 1, updated_ms = $3 where id = $1";
    tx.run(sql, params![id, avatar, now]).await.map(drop)
}

pub async fn set_mute_all(tx: &mut Tx, id: ConversationId, on: bool, now: Millis) -> Db<()> {
    let sql = "update chat_group set mute_all = $2, updated_ms = $3 where id = $1";
    tx.run(sql, params![id, on, now]).await.map(drop)
}

pub async fn set_rank(tx: &mut Tx, id: ConversationId, who: AccountId, rank: Rank, now: Millis) -> Db<()> {
    let sql =
        "update membership set role = $3, updated_ms = $4 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, who, rank.as_str(), now]).await.map(drop)
}

pub async fn set_muted(
    tx: &mut Tx,
    id: ConversationId,
    who: AccountId,
    until: Millis,
    now: Millis,
) -> Db<()> {
    let sql = "update membership set muted_until_ms = $3, updated_ms = $4 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, who, until, now]).await.map(drop)
}

pub async fn set_alias(tx: &mut Tx, id: ConversationId, who: AccountId, alias: &str, now: Millis) -> Db<()> {
    let sql =
        "update membership set alias = $3, updated_ms = $4 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, who, alias, now]).await.map(drop)
}

/// Active members behind the row `after`, who came first comes first, as `viewer` sees them.
pub async fn seats(
    tx: &mut Tx,
    id: ConversationId,
    viewer: AccountId,
    after: i64,
    limit: i64,
) -> Db<Vec<super::Seat>> {
    let sql = "select m.id, m.account_id, m.role, m.muted_until_ms, a.username, a.nickname, a.avatar,
                 coalesce(e.remark, '') as remark
               from membership m join account a on a.id = m.account_id
                 left join edge e on e.owner_id = $2 and e.peer_id = m.account_id
               where m.conversation_id = $1 and m.state = 'active' and m.id > $3 order by m.id limit $4";
    tx.all(sql, params![id, viewer, after, limit], |row| {
        let (username, nickname): (String, String) = (row.get("username")?, row.get("nickname")?);
        Ok(super::Seat {
            index: row.get("id")?,
            account: row.get("account_id")?,
            nickname: display(&nickname, &username).to_owned(),
            remark: row.get("remark")?,
            avatar: row.get("avatar")?,
            manager: row.get::<Rank>("role")? == Rank::Manager,
            muted_until: row.get("muted_until_ms")?,
        })
    })
    .await
}

/// Notes what one who waits said, and who invited it by what.
pub async fn set_asked(tx: &mut Tx, id: ConversationId, who: AccountId, asking: &joining::Asking) -> Db<()> {
    let sql = "update membership set asked_text = $3, asked_by = $4, asked_invite = $5
               where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, who, &asking.text, asking.by, asking.invite]).await.map(drop)
}

/// Lets somebody else use the invitation by which this one asked, while it is there.
pub async fn give_back(tx: &mut Tx, id: ConversationId, who: AccountId) -> Db<()> {
    let sql = "update invite set uses_left = uses_left + 1 where uses_left is not null and group_id = $1
                 and id = (select asked_invite from membership where conversation_id = $1 and account_id = $2)";
    tx.run(sql, params![id, who]).await.map(drop)
}

/// Who waits to be let in, behind the row `after`, who asked first comes first.
pub async fn waiting(tx: &mut Tx, id: ConversationId, after: i64, limit: i64) -> Db<Vec<super::Waiting>> {
    let sql = "select id, account_id, asked_text, asked_by, created_ms from membership
               where conversation_id = $1 and state = 'pending' and id > $2 order by id limit $3";
    tx.all(sql, params![id, after, limit], |row| {
        Ok(super::Waiting {
            index: row.get("id")?,
            account: row.get("account_id")?,
            text: row.get("asked_text")?,
            inviter: row.get::<Option<i64>>("asked_by")?.map(AccountId),
            created_ms: row.get("created_ms")?,
        })
    })
    .await
}

/// How many are in it, without who waits.
pub async fn size(tx: &mut Tx, id: ConversationId) -> Db<i64> {
    let sql = "select count(*) as n from membership where conversation_id = $1 and state = 'active'";
    tx.one(sql, params![id], |row| row.get("n")).await
}

/// Active memberships behind the row `after`, who came first comes first.
pub async fn memberships(tx: &mut Tx, id: ConversationId, after: i64, limit: i64) -> Db<Vec<Membership>> {
    let sql = concat!(
        "select ",
        membership_columns!(),
        " from membership m where m.conversation_id = $1 and m.state = 'active' and m.id > $2
          order by m.id limit $3"
    );
    tx.all(sql, params![id, after, limit], read_membership).await
}

pub async fn set_owner(tx: &mut Tx, id: ConversationId, owner: AccountId, now: Millis) -> Db<()> {
    let sql = "update chat_group set owner_id = $2, updated_ms = $3 where id = $1";
    tx.run(sql, params![id, owner, now]).await.map(drop)
}

pub async fn set_status(tx: &mut Tx, id: ConversationId, status: i64, now: Millis) -> Db<()> {
    let sql = "update chat_group set status = $2, updated_ms = $3 where id = $1";
    tx.run(sql, params![id, status, now]).await.map(drop)
}

pub async fn set_nickname(
    tx: &mut Tx,
    id: ConversationId,
    who: AccountId,
    nickname: &str,
    now: Millis,
) -> Db<()> {
    let sql =
        "update membership set nickname = $3, updated_ms = $4 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, who, nickname, now]).await.map(drop)
}

/// Puts the picture together anew from the first active members; one that was chosen stays.
pub async fn refresh_faces(tx: &mut Tx, group: &Group, now: Millis) -> Db<Group> {
    let sql = "select a.id, case when m.avatar = '' then a.avatar else m.avatar end as face
               from membership m join account a on a.id = m.account_id
               where m.conversation_id = $1 and m.state = 'active' order by m.id limit 9";
    let read = |row: &Row<'_>| Ok((row.get::<AccountId>("id")?, row.get::<String>("face")?));
    let first = tx.all(sql, params![group.id], read).await?;
    let faces = rules::faces_of(first.iter().map(|(id, _)| *id));
    let avatar = match group.avatar_custom {
        true => group.avatar.clone(),
        false => rules::avatar_of(first.iter().map(|(_, face)| face.as_str())),
    };
    let sql = "update chat_group set avatar = $2, faces = $3, updated_ms = $4 where id = $1";
    tx.run(sql, params![group.id, &avatar, &faces, now]).await?;
    Ok(Group { avatar, faces, updated_ms: now, ..group.clone() })
}

fn read_invite(row: &Row<'_>) -> Db<Invite> {
    Ok(Invite {
        id: row.get("id")?,
        group: row.get("group_id")?,
        token: row.get("token")?,
        by: row.get("by_id")?,
        created_ms: row.get("created_ms")?,
        expires_ms: row.get::<Option<i64>>("expires_ms")?.map(Millis),
        uses_left: row.get("uses_left")?,
    })
}

pub async fn invite(tx: &mut Tx, token: &str) -> Db<Option<Invite>> {
    let sql =
        "select id, group_id, token, by_id, created_ms, expires_ms, uses_left from invite where token = $1";
    tx.maybe(sql, params![token], read_invite).await
}

/// Invitations that are neither used up nor too old, the newest first.
pub async fn invites(tx: &mut Tx, id: ConversationId, now: Millis) -> Db<Vec<Invite>> {
    let sql = "select id, group_id, token, by_id, created_ms, expires_ms, uses_left from invite
               where group_id = $1 and (expires_ms is null or expires_ms > $2)
                 and (uses_left is null or uses_left > 0) order by id desc";
    tx.all(sql, params![id, now], read_invite).await
}

pub async fn count_invites(tx: &mut Tx, id: ConversationId) -> Db<i64> {
    let sql = "select count(*) as n from invite where group_id = $1";
    tx.one(sql, params![id], |row| row.get("n")).await
}

pub async fn insert_invite(tx: &mut Tx, invite: &Invite) -> Db<i64> {
    let sql = "insert into invite (group_id, token, by_id, created_ms, expires_ms, uses_left)
               values ($1, $2, $3, $4, $5, $6) returning id";
    let Invite { group, token, by, created_ms, expires_ms, uses_left, .. } = invite;
    let params = params![*group, token, *by, *created_ms, *expires_ms, *uses_left];
    tx.one(sql, params, |row| row.get("id")).await
}

/// Removes what nobody can come in by any more.
pub async fn sweep_invites(tx: &mut Tx, id: ConversationId, now: Millis) -> Db<()> {
    let sql = "delete from invite where group_id = $1 and (expires_ms <= $2 or uses_left <= 0)";
    tx.run(sql, params![id, now]).await.map(drop)
}

/// Counts one who came in, or asks to. The group is locked: nobody else does meanwhile.
pub async fn use_invite(tx: &mut Tx, invite: i64) -> Db<()> {
    let sql = "update invite set uses_left = uses_left - 1 where id = $1 and uses_left is not null";
    tx.run(sql, params![invite]).await.map(drop)
}

/// Whether there was such an invitation, made by this account where one is named.
pub async fn delete_invite(tx: &mut Tx, id: ConversationId, invite: i64, by: Option<AccountId>) -> Db<bool> {
    let sql = "delete from invite where group_id = $1 and id = $2 and by_id = coalesce($3, by_id)";
    Ok(tx.run(sql, params![id, invite, by]).await? > 0)
}
