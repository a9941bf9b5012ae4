//! Which sockets hear which groups. Locks are taken in one order: a seat, a socket's groups, a room.
use super::{Native, place::Socket};
use crate::ws::Frame;
use im_core::{AccountId, ConversationId};
use std::{mem, sync::Arc};

/// The groups that a socket hears.
pub(super) struct Groups {
    /// In ascending order.
    entered: Vec<ConversationId>,
    /// Groups left while the list of groups was being read, which still may hold them; `None` once the
    /// list was read.
    left: Option<Vec<ConversationId>>,
}

impl Default for Groups {
    fn default() -> Self {
        Groups { entered: Vec::new(), left: Some(Vec::new()) }
    }
}

impl Groups {
    /// Whether it was not there.
    fn add(&mut self, group: ConversationId) -> bool {
        let at = self.entered.binary_search(&group);
        if let Err(at) = at {
            self.entered.insert(at, group);
        }
        at.is_err()
    }

    /// Whether it was there.
    fn remove(&mut self, group: ConversationId) -> bool {
        let at = self.entered.binary_search(&group);
        if let Ok(at) = at {
            self.entered.remove(at);
        }
        at.is_ok()
    }
}

impl Native {
    /// Lets a socket hear these groups, but those that its account left while the list was being read.
    pub(super) fn furnish(&self, socket: &Arc<Socket>, groups: Vec<ConversationId>) {
        let mut own = socket.groups.lock();
        let left = own.left.take().unwrap_or_default();
        own.entered.reserve_exact(groups.len());
        for group in groups.into_iter().filter(|group| !left.contains(group)) {
            if own.add(group) {
                self.rooms.entry(group).or_default().push(socket.clone());
            }
        }
    }

    /// An account came into a group.
    pub(super) fn enter(&self, account: AccountId, group: ConversationId) {
        let Some(seat) = self.seats.get(&account) else { return };
        for socket in &seat.sockets {
            let mut own = socket.groups.lock();
            if let Some(left) = &mut own.left {
                left.retain(|other| *other != group);
            }
            if own.add(group) {
                self.rooms.entry(group).or_default().push(socket.clone());
            }
        }
    }

    /// An account went from a group.
    pub(super) fn leave(&self, account: AccountId, group: ConversationId) {
        let Some(seat) = self.seats.get(&account) else { return };
        for socket in &seat.sockets {
            let mut own = socket.groups.lock();
            if let Some(left) = &mut own.left {
                left.push(group);
            }
            if own.remove(group) {
                self.take_out(group, socket);
            }
        }
    }

    /// A group is no more; answers who heard it.
    pub(super) fn close(&self, group: ConversationId) -> Vec<Arc<Socket>> {
        let (_, sockets) = self.rooms.remove(&group).unwrap_or_default();
        sockets.iter().for_each(|socket| {
            socket.groups.lock().remove(group);
        });
        sockets
    }

    /// Takes a socket out of all its groups.
    pub(super) fn vacate(&self, socket: &Socket) {
        let mut own = socket.groups.lock();
        for group in mem::take(&mut own.entered) {
            self.take_out(group, socket);
        }
    }

    fn take_out(&self, group: ConversationId, socket: &Socket) {
        if let Some(mut room) = self.rooms.get_mut(&group)
            && let Some(at) = room.iter().position(|other| other.id == socket.id)
        {
            room.swap_remove(at);
        }
        self.rooms.remove_if(&group, |_, room| room.is_empty());
    }

    /// Sends a frame to who hears a group, but the account `except`. It is made when somebody does.
    pub(super) fn tell_group(
        &self,
        group: ConversationId,
        except: Option<AccountId>,
        frame: impl FnOnce() -> Frame,
    ) {
        let Some(room) = self.rooms.get(&group) else { return };
        let mut hearers = room.iter().filter(|socket| Some(socket.caller.id) != except).peekable();
        if hearers.peek().is_some() {
            let frame = frame();
            hearers.for_each(|socket| socket.push(frame.clone()));
        }
    }

    /// Whether the socket hears the group: its account is an active member.
    pub(super) fn hears(&self, socket: &Socket, group: ConversationId) -> bool {
        socket.groups.lock().entered.binary_search(&group).is_ok()
    }
}
