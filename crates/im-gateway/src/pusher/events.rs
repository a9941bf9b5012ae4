//! What happened, as events on channels (pop.md §4.6).
use super::{
    Pusher,
    channels::Channel,
    frames,
    notices::notice,
    views::{FaceView, GroupChange, MessageView, named, seconds, settings_object},
};
use im_core::{
    AccountId, Audience, Change, Event, Joined, Left, Millis, SessionEnd,
    messages::{Body, Named, Notice, Place, Posted},
    switches::Switches,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::HashMap, iter};

impl Pusher {
    /// Tells who listens.
    pub(crate) fn dispatch(&self, event: &Event) {
        if self.open() == 0 {
            return;
        }
        match event {
            Event::Posted(audience, posted) => self.posted(audience, posted),
            Event::Joined(joined) => self.joined(joined),
            Event::Left(left) => self.left(left),
            Event::Dissolved(group) => {
                self.tell([Channel::Group(group.id)], "removeGroup", || GroupChange::of(group.id));
                for channel in Channel::of_group(group.id) {
                    self.rooms.close(channel);
                }
            }
            Event::Changed(audience, change) => self.changed(audience, change),
            Event::SessionsEnded(account, sessions, why) => {
                self.end_sessions(*account, sessions);
                if matches!(why, SessionEnd::PasswordChanged | SessionEnd::Disabled) {
                    self.end_keyed(*account);
                }
            }
            Event::Converted(_) => {} // visitors are of another dialect
        }
    }

    /// Tells the friends of an account that it came or went.
    pub(crate) fn state(&self, account: AccountId, friends: Vec<AccountId>, online: bool, since: Millis) {
        let state = if online { "online" } else { "offline" };
        self.tell(
            friends.into_iter().map(Channel::User),
            "userState",
            || json!({ "uid": account, "state": state, "logout_timestamp": seconds(since) }),
        );
    }

    /// Sends an event to channels and their mirrors. The data is made when somebody listens, once.
    pub(super) fn tell<T: Serialize>(
        &self,
        channels: impl IntoIterator<Item = Channel>,
        event: &str,
        data: impl FnOnce() -> T,
    ) {
        let (mut make, mut made) = (Some(data), None);
        for channel in channels.into_iter().flat_map(|one| iter::once(one).chain(one.mirror())) {
            self.rooms.send(channel, None, || {
                if let Some(make) = make.take() {
                    made = serde_json::to_string(&make()).ok();
                }
                frames::event(event, &channel.to_string(), made.as_deref().unwrap_or("{}"))
            });
        }
    }

    fn posted(&self, audience: &Audience, posted: &Posted) {
        let Body::Notice(what) = &posted.message.body else {
            return self.message(channels(audience), posted);
        };
        match what {
            Notice::FriendAsked => {
                self.tell(channels(audience), "friendApply", || json!({ "uid": posted.sender.id }));
            }
            Notice::Befriended => self.befriended(posted),
            Notice::Revoked { mid: None, .. } | Notice::JoinAsked { .. } | Notice::MemberLeft { .. } => {}
            Notice::Edited { .. } | Notice::Reacted { .. } => {} // no event of this dialect says so
            Notice::GroupDissolved => {}                         // `removeGroup` says it
            Notice::Revoked { mid: Some(mid), deleted, .. } => {
                let (r#type, id) = match &posted.place {
                    Place::Direct { peer, .. } => ("friend", peer.id.0),
                    Place::Group(group) => ("group", group.id.0),
                    Place::Inbox(_) => return,
                };
                let mut data = json!({ "type": r#type, "id": id, "mid": mid, "uid": posted.sender.id });
                if *deleted {
                    data["ty"] = 2.into();
                }
                let event = if *deleted { "message_delete" } else { "revoke" };
                self.tell(channels(audience), event, || data);
            }
            // Nobody listens to the new channel yet. Alone in a group, nobody needs to be told.
            Notice::GroupCreated { people } if people.is_empty() => {}
            Notice::GroupCreated { people } => {
                let all = iter::once(posted.sender.id).chain(people.iter().map(|person| person.id));
                self.message(all.map(Channel::User).collect(), posted);
            }
            _ => self.message(channels(audience), posted),
        }
    }

    fn message(&self, channels: Vec<Channel>, posted: &Posted) {
        if !matches!(posted.place, Place::Inbox(_)) {
            self.tell(channels, "message", || MessageView::of(posted));
        }
    }

    /// Each is told of the other, under the name that it uses.
    fn befriended(&self, posted: &Posted) {
        let Place::Direct { peer, sender_alias, peer_alias } = &posted.place else { return };
        let agreed = &posted.sender;
        self.tell([Channel::User(peer.id)], "addFriend", || {
            FaceView::new(agreed.id, sender_alias, &agreed.avatar)
        });
        self.tell([Channel::User(agreed.id)], "addFriend", || {
            FaceView::new(peer.id, peer_alias, &peer.avatar)
        });
    }

    fn joined(&self, joined: &Joined) {
        let Named { id, name } = &joined.by;
        let line = match &joined.notice {
            Notice::GroupCreated { .. } => None,
            what => notice(what, *id, name),
        };
        self.tell(users(&joined.accounts), "addGroup", || GroupChange::by(&joined.group, *id).saying(line));
    }

    /// Who went is told, and hears nothing of the group from here on.
    fn left(&self, left: &Left) {
        let group = &left.group;
        self.tell(users(&left.accounts), "removeGroup", || match left.accounts[..] {
            [alone] if alone == left.by => GroupChange::of(group.id),
            _ => GroupChange::by(group, left.by),
        });
        for channel in Channel::of_group(group.id) {
            self.rooms.evict(channel, &left.accounts);
        }
    }

    fn changed(&self, audience: &Audience, change: &Change) {
        let all = || channels(audience);
        match change {
            Change::FriendRefused { by, request } => {
                self.tell(all(), "friendRefuse", || json!({ "uid": by, "nid": request }));
            }
            Change::Unfriended(one, other) => {
                for (to, gone) in [(one, other), (other, one)] {
                    self.tell([Channel::User(*to)], "removeFriend", || json!({ "uid": gone }));
                }
            }
            Change::Profile { account, avatar, names, .. } => {
                for (receiver, name) in names {
                    let view = || FaceView::new(*account, name, avatar);
                    self.tell([Channel::User(*receiver)], "updateFriend", view);
                }
            }
            Change::Contact { .. } | Change::Request { .. } => {} // those who are concerned are told in entries
            Change::Group { name: false, avatar: false, mute_all: false, .. } => {} // nothing that clients show
            Change::Group { group, name, avatar, mute_all } => {
                let view = || GroupChange::of(group.id).with(group, *name, *avatar, *mute_all);
                self.tell(all(), "updateGroup", view);
            }
            Change::Manager { group, account, on } => {
                let view = || json!({ "gid": group, "uid": account, "value": u8::from(*on) });
                self.tell(all(), "groupManager", view);
            }
            Change::Read { to: Some(to), reader, read_ms, mid, .. } => {
                let ((r#type, id), time) = (named(*to), seconds(*read_ms));
                self.tell(all(), "read", || {
                    json!({ "type": r#type, "id": id, "uid": reader, "last_read_time": time, "last_read_mid": mid })
                });
            }
            Change::Read { to: None, .. } | Change::View { to: None, .. } | Change::Delivered { .. } => {}
            Change::View { to: Some(to), hidden, pinned, unread, .. } => {
                let (r#type, id) = named(*to);
                let state = if *hidden { "hidden" } else { "chatting" };
                self.tell(all(), "conversationUpdate", || {
                    json!({ "type": r#type, "id": id, "state": state, "top": u8::from(*pinned), "unread_count": unread })
                });
            }
            Change::Deleted { to, mid, by, for_all, .. } => {
                let ((r#type, id), ty) = (named(*to), if *for_all { 2 } else { 1 });
                let view = || json!({ "type": r#type, "id": id, "mid": mid, "uid": by, "ty": ty });
                self.tell(all(), "message_delete", view);
            }
            Change::Stranger { who, avatar } => {
                self.tell(all(), "tempSession", || FaceView::new(who.id, &who.name, avatar));
            }
            Change::Switches(switches) => self.switched(switches),
        }
    }

    /// Clients replace their copy of the settings whole, so each is told the address that it uses.
    fn switched(&self, switches: &Switches) {
        let mut made: HashMap<_, _> = HashMap::new();
        let name = Channel::Global.to_string();
        self.rooms.send_each(Channel::Global, |socket| {
            let frame = made.entry(socket.address.clone()).or_insert_with(|| {
                let data = settings_object(switches, self.keys.base(), &socket.address);
                frames::event("settingChange", &name, &Value::Object(data).to_string())
            });
            frame.clone()
        });
    }
}

fn channels(audience: &Audience) -> Vec<Channel> {
    match audience {
        Audience::Accounts(accounts) => users(accounts).collect(),
        Audience::Group(group) => vec![Channel::Group(*group)],
        Audience::Everybody => vec![Channel::Global],
    }
}

fn users(accounts: &[AccountId]) -> impl Iterator<Item = Channel> {
    accounts.iter().copied().map(Channel::User)
}
