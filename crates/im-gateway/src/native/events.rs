//! What happened, as frames.
use super::{Native, entry::EntryView, frames::Told};
use crate::ws::Frame;
use im_core::{AccountId, Audience, Change, Event, Joined, Left, messages::Posted};

impl Native {
    /// Tells who is concerned and there.
    pub(crate) fn dispatch(&self, event: &Event) {
        if self.open() == 0 {
            return;
        }
        match event {
            Event::Posted(audience, posted) => self.posted(audience, posted),
            Event::Joined(joined) => self.joined(joined),
            Event::Left(left) => self.left(left),
            Event::Dissolved(group) => {
                let gone = Told::Left { conversation: group.id }.frame();
                self.close(group.id).iter().for_each(|socket| socket.push(gone.clone()));
            }
            Event::Changed(audience, change) => self.changed(audience, change),
            Event::SessionsEnded(account, sessions, why) => self.end_sessions(*account, sessions, *why),
            Event::Converted(account) => self.converted(*account),
        }
    }

    /// Both sides of a direct conversation, and all members of a group, get the same bytes.
    fn posted(&self, audience: &Audience, posted: &Posted) {
        self.tell_audience(audience, || Told::Entry { entry: &EntryView::of(posted) }.frame());
    }

    fn joined(&self, joined: &Joined) {
        let conversation = joined.group.id;
        joined.accounts.iter().for_each(|account| self.enter(*account, conversation));
        self.tell_some(&joined.accounts, || Told::Conversation { conversation }.frame());
    }

    fn left(&self, left: &Left) {
        let conversation = left.group.id;
        left.accounts.iter().for_each(|account| self.leave(*account, conversation));
        self.tell_some(&left.accounts, || Told::Left { conversation }.frame());
    }

    fn changed(&self, audience: &Audience, change: &Change) {
        let told = match change {
            Change::Contact { peer, .. } => Told::Contact { account: *peer },
            Change::Request { id, .. } | Change::FriendRefused { request: id, .. } => {
                Told::Request { id: *id }
            }
            Change::Unfriended(one, other) => {
                for (to, gone) in [(*one, *other), (*other, *one)] {
                    self.tell(to, || Told::Contact { account: gone }.frame());
                }
                return;
            }
            Change::Profile { account, name, avatar, names } => {
                self.tell(*account, || Told::Profile { account: *account, name, avatar }.frame());
                for (receiver, name) in names {
                    self.tell(*receiver, || Told::Profile { account: *account, name, avatar }.frame());
                }
                return;
            }
            Change::Group { group, .. } => Told::Conversation { conversation: group.id },
            Change::Manager { group, .. } => Told::Conversation { conversation: *group },
            Change::View { conversation, .. } => Told::Conversation { conversation: *conversation },
            Change::Read { conversation, reader, seq, .. } => {
                Told::Read { conversation: *conversation, account: *reader, seq: *seq }
            }
            Change::Delivered { conversation, account, seq } => {
                Told::Delivered { conversation: *conversation, account: *account, seq: *seq }
            }
            Change::Deleted { conversation, seq, .. } => {
                Told::Deleted { conversation: *conversation, seq: *seq }
            }
            Change::Stranger { .. } => return, // what the stranger says next tells it
            Change::Switches(_) => Told::Settings,
        };
        self.tell_audience(audience, || told.frame());
    }

    fn tell_audience(&self, audience: &Audience, frame: impl Fn() -> Frame) {
        match audience {
            Audience::Accounts(accounts) => self.tell_some(accounts, frame),
            Audience::Group(group) => self.tell_group(*group, None, frame),
            Audience::Everybody => self.tell_everybody(&frame()),
        }
    }

    /// The frame is made once, when the first of them is there.
    fn tell_some(&self, accounts: &[AccountId], frame: impl Fn() -> Frame) {
        let mut made = None;
        for account in accounts {
            self.tell(*account, || made.get_or_insert_with(&frame).clone());
        }
    }
}
