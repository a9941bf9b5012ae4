//! Who follows whose coming and going, and who sees who types.
use super::{Native, frames::Told, place::Socket};
use crate::hub::Hub;
use im_core::{AccountId, ConversationId, Millis, Result, live};
use std::{mem, sync::Arc};

/// Milliseconds for which one who types is not told of again.
const TYPING_MS: u64 = 2_000;
/// Conversations in which one may type within that time.
const TYPING: usize = 8;

impl Native {
    /// Lets a socket follow these accounts, and no others.
    pub(super) fn watch(&self, socket: &Arc<Socket>, accounts: Vec<AccountId>) {
        let before = mem::replace(&mut *socket.watched.lock(), accounts.clone().into_boxed_slice());
        for account in before {
            if let Some(mut watchers) = self.watchers.get_mut(&account) {
                watchers.remove(&socket.id);
            }
            self.watchers.remove_if(&account, |_, watchers| watchers.is_empty());
        }
        for account in accounts {
            self.watchers.entry(account).or_default().insert(socket.id, socket.clone());
        }
    }

    /// Whether it is told now that `account` types: it was not told a moment ago.
    fn may_type(&self, account: AccountId, of: ConversationId, now_ms: u64) -> bool {
        let Some(mut seat) = self.seats.get_mut(&account) else { return false };
        seat.typed.retain(|(_, at)| at + TYPING_MS > now_ms);
        let may = seat.typed.len() < TYPING && !seat.typed.iter().any(|(known, _)| *known == of);
        if may {
            seat.typed.push((of, now_ms));
        }
        may
    }
}

/// The state of an account; `since` is when it last went, 0 for never.
pub(super) fn presence(account: AccountId, online: bool, since: Millis) -> Told<'static> {
    Told::Presence { account, online, since_ms: (!online && since.0 > 0).then_some(since) }
}

impl Hub {
    /// Tells those who follow an account that it came or went, unless it blocked them since.
    pub(crate) async fn tell_followers(&self, account: AccountId, online: bool, since: Millis) -> Result<()> {
        if !self.native.watchers.contains_key(&account) {
            return Ok(());
        }
        let blocked = live::blocked_by(&self.app, account).await?;
        let Some(watchers) = self.native.watchers.get(&account) else { return Ok(()) };
        let frame = presence(account, online, since).frame();
        let may = |socket: &&Arc<Socket>| !blocked.contains(&socket.caller.id);
        watchers.values().filter(may).for_each(|socket| socket.push(frame.clone()));
        Ok(())
    }

    /// Tells the others of a conversation that the owner of this socket types.
    pub(super) async fn types(&self, socket: &Socket, conversation: ConversationId) -> Result<()> {
        let (native, account) = (&self.native, socket.caller.id);
        if !native.may_type(account, conversation, self.uptime_ms()) {
            return Ok(());
        }
        let told = || Told::Typing { conversation, account }.frame();
        if native.hears(socket, conversation) {
            native.tell_group(conversation, Some(account), told);
        } else if let Some(partner) = live::partner(&self.app, socket.caller, conversation).await? {
            native.tell(partner, told);
        }
        Ok(())
    }

    /// Lets a socket follow those of these accounts that its owner may, and tells their state.
    pub(super) async fn follow(&self, socket: &Arc<Socket>, accounts: Vec<i64>) -> Result<()> {
        let allowed = live::watchable(&self.app, socket.caller, accounts).await?;
        // First followed, then looked at: who comes or goes between the two is told twice.
        self.native.watch(socket, allowed.iter().map(|(account, _)| *account).collect());
        for (account, since) in allowed {
            let told = presence(account, self.is_online(account), since);
            if !socket.push_when_room(told.frame()).await {
                break;
            }
        }
        Ok(())
    }
}
