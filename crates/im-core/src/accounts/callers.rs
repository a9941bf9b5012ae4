//! Who calls, and through which dialect.
use super::{Account, Role};
use crate::{AccountId, SessionId};
use im_db::Row;

/// The dialect that a session speaks; a token opens no other door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// The egg dialect.
    Egg,
    /// The pop dialect.
    Pop,
    /// The native API.
    V1,
}

impl Door {
    /// As it stands in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Door::Egg => "egg",
            Door::Pop => "pop",
            Door::V1 => "v1",
        }
    }
}

impl im_db::Column for Door {
    fn read(row: &Row<'_>, name: &str) -> im_db::Result<Self> {
        Ok(match row.get::<String>(name)?.as_str() {
            "pop" => Door::Pop,
            "v1" => Door::V1,
            _ => Door::Egg,
        })
    }
}

/// Who calls: an authenticated session.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The account.
    pub id: AccountId,
    /// The session; 0 when a server key acts for the account.
    pub session: SessionId,
    /// The dialect of the session.
    pub door: Door,
    /// The role when the session began. A visitor who registered still has visitor sessions.
    pub role: Role,
    /// The role of the account today.
    pub account_role: Role,
}

impl Caller {
    /// As a server key has it that acts for `account`. Only the pop dialect has such keys.
    pub fn acting_for(account: &Account) -> Self {
        let (session, role) = (SessionId(0), account.role);
        Caller { id: account.id, session, door: Door::Pop, role, account_role: role }
    }
}
