//! What a group is called and looks like, and who may let whom in.
use super::Invitation;
use crate::{
    AccountId, Refusal,
    accounts::Role,
    conversations::{Group, State},
};

/// Characters of a name made from its members.
const NAME_CHARS: usize = 50;
/// Faces in a group's picture.
const FACES: usize = 9;
/// Characters of a group's picture, which is a list of addresses.
const AVATAR_CHARS: usize = 4_000;

/// The members' names, as many as fit.
pub fn name_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join("、").chars().take(NAME_CHARS).collect()
}

/// What the pop dialect calls a group that nobody named: after its first three members.
pub fn title_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("群聊({})", names.take(3).collect::<Vec<_>>().join(","))
}

/// The first members' numbers, out of which a picture can be put together.
pub fn faces_of(members: impl Iterator<Item = AccountId>) -> String {
    members.take(FACES).map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}

/// The first members' pictures, as many as fit.
pub fn avatar_of<'a>(avatars: impl Iterator<Item = &'a str>) -> String {
    let mut all = String::new();
    for avatar in avatars.take(FACES) {
        if !all.is_empty() && all.chars().count() + 1 + avatar.chars().count() > AVATAR_CHARS {
            break;
        }
        if !all.is_empty() {
            all.push(',');
        }
        all.push_str(avatar);
    }
    all
}

/// Who invites, by the caller's claim: `None` when it joins by itself.
///
/// # Errors
/// [`Refusal::NotAllowed`] for a claim to be somebody else, or to invite without being a member.
pub fn inviter(
    claim: &Invitation,
    caller: AccountId,
    state: Option<State>,
) -> Result<Option<AccountId>, Refusal> {
    let member = state == Some(State::Active);
    match claim.inviter {
        Some(id) if id == caller && member => Ok(Some(caller)),
        Some(_) => Err(Refusal::NotAllowed),
        None if claim.account == caller => Ok(None),
        None if member => Ok(Some(caller)),
        None => Err(Refusal::NotAllowed),
    }
}

/// Whether the newcomer becomes a member at once (`Active`) or waits for the owner (`Pending`).
///
/// # Errors
/// [`Refusal::SignInToJoin`].
pub fn admission(group: &Group, inviter: Option<AccountId>, newcomer: Role) -> Result<State, Refusal> {
    match group.join_policy {
        _ if inviter == Some(group.owner) => Ok(State::Active),
        1 => Ok(State::Pending),
        2 if newcomer == Role::Visitor => Err(Refusal::SignInToJoin),
        _ => Ok(State::Active),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConversationId, Millis};

    fn group(join_policy: i64) -> Group {
        Group {
            id: ConversationId(9),
            uuid: String::new(),
            owner: AccountId(1),
            name: "雁群".into(),
            avatar: String::new(),
            avatar_custom: false,
            faces: String::new(),
            mute_all: false,
            announcement: String::new(),
            join_policy,
            status: 1,
            created_ms: Millis(0),
            updated_ms: Millis(0),
        }
    }

    #[test]
    fn admission_is_a_table() {
        let (owner, member) = (Some(AccountId(1)), Some(AccountId(2)));
        use State::{Active, Pending};
        let cases = [
            (0, None, Role::Visitor, Ok(Active)),
            (0, member, Role::User, Ok(Active)),
            (1, None, Role::User, Ok(Pending)),
            (1, member, Role::Visitor, Ok(Pending)),
            (1, owner, Role::Visitor, Ok(Active)),
            (2, None, Role::User, Ok(Active)),
            (2, member, Role::Visitor, Err(Refusal::SignInToJoin)),
            (2, owner, Role::Visitor, Ok(Active)),
            (7, None, Role::Visitor, Ok(Active)),
        ];
        for (policy, inviter, role, verdict) in cases {
            assert_eq!(admission(&group(policy), inviter, role), verdict, "{policy} {inviter:?} {role:?}");
        }
    }

    #[test]
    fn nobody_invites_in_anothers_name() {
        let claim = |inviter: Option<i64>, account| Invitation {
            group: ConversationId(9),
            account: AccountId(account),
            inviter: inviter.map(AccountId),
            text: String::new(),
        };
        let me = AccountId(2);
        let (active, pending) = (Some(State::Active), Some(State::Pending));
        let cases = [
            (claim(None, 2), None, Ok(None)),
            (claim(Some(2), 3), active, Ok(Some(me))),
            (claim(Some(2), 3), None, Err(Refusal::NotAllowed)),
            (claim(Some(2), 3), pending, Err(Refusal::NotAllowed)),
            (claim(Some(1), 3), active, Err(Refusal::NotAllowed)),
            (claim(Some(1), 2), None, Err(Refusal::NotAllowed)),
            (claim(None, 3), active, Ok(Some(me))),
            (claim(None, 3), None, Err(Refusal::NotAllowed)),
        ];
        for (claim, state, verdict) in cases {
            assert_eq!(inviter(&claim, me, state), verdict, "{claim:?} {state:?}");
        }
    }

    #[test]
    fn names_and_pictures_are_cut_where_they_must_be() {
        assert_eq!(name_of(["ann", "阿祖"].into_iter()), "ann、阿祖");
        assert_eq!(name_of(["x".repeat(30).as_str(), &"y".repeat(30)].into_iter()).chars().count(), 50);
        assert_eq!(avatar_of(["a", "b"].into_iter()), "a,b");
        assert_eq!(avatar_of(std::iter::repeat_n("a", 20)).split(',').count(), 9);
        let long = "u".repeat(1_000);
        assert_eq!(avatar_of(std::iter::repeat_n(long.as_str(), 9)).split(',').count(), 3);
    }
}
