//! What pop clients read of what happened in a group (pop.md §3.5).
use super::text::{BASE, escape, unlinked};
use im_core::{
    AccountId,
    messages::{Named, Notice},
};

/// What stands in the place of a message that was taken back.
pub const REVOKED: &str = "此消息已撤回";

/// The line, escaped where people chose it; `None` for what clients are told in another way. `sender`
/// is who did it, under this name.
pub fn notice(notice: &Notice, sender: AccountId, name: &str) -> Option<String> {
    let me = || link(sender, name);
    Some(match notice {
        Notice::GroupCreated { people } if people.is_empty() => format!("{} 创建了群聊", me()),
        Notice::GroupCreated { people } | Notice::Invited { people } => {
            format!("{} 邀请 {} 加入了群聊", me(), links(people))
        }
        Notice::Removed { people } => format!("{} 将 {} 移出了群聊", me(), links(people)),
        Notice::Muted { who, seconds: ..=0 } => format!("{} 被解除禁言", link(who.id, &who.name)),
        Notice::Muted { who, seconds } => {
            format!("{} 被禁言 {}", link(who.id, &who.name), duration(*seconds))
        }
        Notice::MutedAll { on: true } => format!("{} 设置全群禁言", me()),
        Notice::MutedAll { on: false } => format!("{} 解除全群禁言", me()),
        Notice::GroupRenamed { name } => format!("{} 将群名称修改为 {}", me(), plain(name)),
        Notice::Announced { text } => format!("{} 发布群公告 {}", me(), plain(text)),
        Notice::Joined { account, name, inviter: None } => format!("{} 加入了群聊", link(*account, name)),
        Notice::Joined { account, name, inviter: Some(inviter) } => {
            format!("{} 邀请 {} 加入了群聊", plain(inviter), link(*account, name))
        }
        Notice::OwnerChanged { to, .. } => format!("{} 将群主转让给 {}", me(), link(to.id, &to.name)),
        Notice::GroupDissolved // its channel says so, and nobody reads it afterwards
        | Notice::Befriended
        | Notice::FriendAsked
        | Notice::JoinAsked { .. }
        | Notice::MemberLeft { .. }
        | Notice::Revoked { .. }
        | Notice::Edited { .. } // a page has the new text
        | Notice::Reacted { .. } => return None,
    })
}

fn link(id: AccountId, name: &str) -> String {
    format!("[{}]({BASE}user/detail/{id})", plain(name))
}

fn links(people: &[Named]) -> String {
    people.iter().map(|person| link(person.id, &person.name)).collect::<Vec<_>>().join(" ")
}

fn plain(text: &str) -> String {
    escape(&unlinked(text)).into_owned()
}

/// `1天2小时3分钟`, in whole minutes, begun ones counted.
fn duration(seconds: i64) -> String {
    let minutes = seconds.saturating_add(59) / 60;
    let parts = [(minutes / 1_440, "天"), (minutes / 60 % 24, "小时"), (minutes % 60, "分钟")];
    parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: i64, name: &str) -> Named {
        Named { id: AccountId(id), name: name.into() }
    }

    #[test]
    fn lines_read_as_the_contract_has_them() {
        let b = || named(10, "B");
        let joined = |inviter: Option<&str>| Notice::Joined {
            account: AccountId(10),
            name: "B".into(),
            inviter: inviter.map(str::to_owned),
        };
        let cases = [
            (Notice::GroupCreated { people: vec![] }, "[A](@9) 创建了群聊"),
            (
                Notice::GroupCreated { people: vec![b(), named(11, "C")] },
                "[A](@9) 邀请 [B](@10) [C](@11) 加入了群聊",
            ),
            (Notice::Invited { people: vec![b()] }, "[A](@9) 邀请 [B](@10) 加入了群聊"),
            (Notice::Removed { people: vec![b()] }, "[A](@9) 将 [B](@10) 移出了群聊"),
            (Notice::Muted { who: b(), seconds: 3_600 }, "[B](@10) 被禁言 1小时"),
            (Notice::Muted { who: b(), seconds: 1 }, "[B](@10) 被禁言 1分钟"),
            (Notice::Muted { who: b(), seconds: 90_061 }, "[B](@10) 被禁言 1天1小时2分钟"),
            (Notice::Muted { who: b(), seconds: 172_800 }, "[B](@10) 被禁言 2天"),
            (Notice::Muted { who: b(), seconds: 0 }, "[B](@10) 被解除禁言"),
            (Notice::MutedAll { on: true }, "[A](@9) 设置全群禁言"),
            (Notice::MutedAll { on: false }, "[A](@9) 解除全群禁言"),
            (Notice::GroupRenamed { name: "<X>".into() }, "[A](@9) 将群名称修改为 &lt;X&gt;"),
            (Notice::OwnerChanged { from: named(9, "A"), to: b() }, "[A](@9) 将群主转让给 [B](@10)"),
            (joined(None), "[B](@10) 加入了群聊"),
            (joined(Some("Z")), "Z 邀请 [B](@10) 加入了群聊"),
        ];
        for (what, line) in cases {
            let line = line.replace('@', "{POPBASEURI}user/detail/");
            assert_eq!(notice(&what, AccountId(9), "A"), Some(line));
        }
    }

    #[test]
    fn names_are_escaped_and_make_no_links() {
        let line = notice(&Notice::MutedAll { on: true }, AccountId(9), "<i>]({POPBASEURI}x)");
        assert_eq!(
            line.as_deref(),
            Some("[&lt;i&gt;]({\u{200B}POPBASEURI}x)]({POPBASEURI}user/detail/9) 设置全群禁言")
        );
    }
}
