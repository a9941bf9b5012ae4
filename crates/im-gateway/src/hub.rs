//! Who is online, and what is pushed to them.
use crate::{
    bus::Feed,
    desk::{Desk, Socket},
    egg::{self, Egg, Style, Variant},
    native::Native,
    outbox::{End, Outgoing},
    pusher::{Online, Pusher},
    receipts::{self, Places, Receipts},
    ws::Frame,
};
use dashmap::{DashMap, Entry};
use futures_util::future::join_all;
use im_core::{
    AccountId, App, Audience, ConversationId, Event, Millis, SessionEnd, SessionId,
    accounts::{self, Caller, Role, sessions},
    contacts,
    messages::Posted,
};
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    task::AbortHandle,
    time::{MissedTickBehavior, interval, timeout},
};

/// How long the sockets, and then their receipts, may take at the end.
const GOODBYE: Duration = Duration::from_secs(1);
/// Sockets that one account may have open; clients leak a few.
const SOCKETS: usize = 64;
/// How often changes by other processes are looked for.
const WATCH: Duration = Duration::from_secs(5);
/// Accounts of whose coming and going the database is asked at once.
const TOLD_AT_ONCE: usize = 64;
/// How far back they are looked for.
const LOOK_BACK_MS: i64 = 15_000;

/// Close codes of ours (docs/protocol/close-codes.md).
pub const REPLACED: u16 = 4001;
const PASSWORD_CHANGED: u16 = 4002;
const DISABLED: u16 = 4003;

/// The sockets of this node.
pub struct Hub {
    pub(crate) app: App,
    pub(crate) egg: Egg,
    pub(crate) style: Style,
    pub(crate) pusher: Pusher,
    pub(crate) native: Native,
    pub(crate) online: Online,
    pub(crate) desks: DashMap<AccountId, Desk>,
    rooms: DashMap<ConversationId, HashSet<AccountId>>,
    pub(crate) receipts: Receipts,
    began: Instant,
    sockets: AtomicU64,
    open: AtomicUsize,
    stopping: AtomicBool,
    tasks: Mutex<Vec<AbortHandle>>,
}

/// A socket's place in the hub; dropping it takes the socket away.
pub(crate) struct Attached {
    hub: Arc<Hub>,
    pub socket: Arc<Socket>,
    /// Whether the account had an open socket already.
    pub again: bool,
    /// What was taken for this socket and did not arrive.
    pub lost: Places,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.hub.detach(&self.socket, &self.lost);
    }
}

impl Hub {
    /// A hub without sockets, fed with the core's events. Its tasks end with [`stop`](Self::stop).
    pub fn start(app: App, egg: Egg, style: Style, pusher: Pusher, mut feed: Feed) -> Arc<Hub> {
        let hub = Arc::new(Hub {
            native: Native::new(app.v1.hello_sockets),
            app,
            egg,
            style,
            pusher,
            online: Online::default(),
            desks: DashMap::new(),
            rooms: DashMap::new(),
            receipts: Receipts::default(),
            began: Instant::now(),
            sockets: AtomicU64::new(1),
            open: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            tasks: Mutex::default(),
        });
        let (dispatcher, recorder, heart) = (hub.clone(), hub.clone(), hub.clone());
        let dispatching = tokio::spawn(async move {
            while let Some(event) = feed.0.recv().await {
                dispatcher.dispatch(&event);
            }
        });
        let recording = tokio::spawn(async move {
            let mut ticks = interval(receipts::EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                if let Err(e) = recorder.settle().await {
                    tracing::warn!(error = %e, "receipts are not recorded yet");
                }
                if let Err(e) = recorder.settle_acks().await {
                    tracing::warn!(error = %e, "acknowledgements are lost");
                }
            }
        });
        let beating = tokio::spawn(async move {
            let mut seconds = interval(Duration::from_secs(1));
            for second in 0u64.. {
                seconds.tick().await;
                heart.heartbeat(second);
            }
        });
        let watcher = hub.clone();
        let watching = tokio::spawn(async move {
            let mut ticks = interval(WATCH);
            loop {
                ticks.tick().await;
                watcher.watch().await;
            }
        });
        let teller = hub.clone();
        let telling = tokio::spawn(async move {
            loop {
                let news = teller.online.news().await;
                teller.tell_of(&news).await;
            }
        });
        *hub.tasks.lock() = [dispatching, recording, beating, watching, telling]
            .iter()
            .map(|task| task.abort_handle())
            .collect();
        hub
    }

    /// Ends sockets whose sessions were ended by another process: an operator's command, which has no
    /// bus to this one.
    async fn watch(&self) {
        let since = self.app.now().plus(-LOOK_BACK_MS);
        let changed = match sessions::changed_since(&self.app, since).await {
            Ok(changed) => changed,
            Err(e) => return tracing::warn!(error = %e, "changes of accounts are not seen"),
        };
        for account in changed {
            self.pusher.end_outdated(&self.app, account).await;
            // The open ones first: a session that begins meanwhile is not judged.
            let mut open = self.pusher.sessions(account);
            open.extend(self.native.sessions(account));
            if let Some(desk) = self.desks.get(&account) {
                open.extend(desk.sockets.iter().filter(|s| s.receives()).map(|s| s.session));
            }
            if open.is_empty() {
                continue;
            }
            let Ok(live) = sessions::live(&self.app, account).await else { continue };
            let why = if live.is_some() { SessionEnd::PasswordChanged } else { SessionEnd::Disabled };
            let live = live.unwrap_or_default();
            let ended: Vec<_> = open.into_iter().filter(|session| !live.contains(session)).collect();
            self.end_sessions(account, &ended, why);
            self.pusher.end_sessions(account, &ended);
            self.native.end_sessions(account, &ended, why);
        }
    }

    /// Notes who went, and tells who came and went: those who follow them, and their friends (pop.md §4.6).
    async fn tell_of(&self, news: &[(AccountId, bool)]) {
        for some in news.chunks(TOLD_AT_ONCE) {
            join_all(some.iter().map(|(account, online)| self.tell_of_one(*account, *online))).await;
        }
    }

    async fn tell_of_one(&self, account: AccountId, online: bool) {
        let since = match online {
            true => Millis(0),
            false => accounts::went_offline(&self.app, account).await.unwrap_or_else(|e| {
                tracing::warn!(error = %e, "it is not noted when somebody went offline");
                self.app.now()
            }),
        };
        if let Err(e) = self.tell_followers(account, online, since).await {
            tracing::warn!(error = %e, "followers do not hear who came or went");
        }
        if self.pusher.open() == 0 {
            return; // nobody else could hear it
        }
        match contacts::circle(&self.app, account).await {
            Ok(friends) => self.pusher.state(account, friends, online, since),
            Err(e) => tracing::warn!(error = %e, "friends do not hear who came or went"),
        }
    }

    /// Ends every socket as its dialect wants, and records what arrived.
    pub async fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.pusher.stop();
        self.native.stop();
        for desk in &self.desks {
            desk.sockets.iter().for_each(|socket| socket.outbox.end(End::Drop));
        }
        let waited = Instant::now();
        let open = || self.open.load(Ordering::Acquire) + self.pusher.open() + self.native.open();
        while open() > 0 && waited.elapsed() < GOODBYE {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let _ = timeout(GOODBYE, self.settle()).await; // what is not recorded is delivered again
        let _ = timeout(GOODBYE, self.settle_acks()).await;
        self.tasks.lock().drain(..).for_each(|task| task.abort());
    }

    /// Accounts with a socket on this node.
    pub fn online(&self) -> usize {
        self.desks.len()
    }

    /// Whether the account is online, in whatever dialect, or was a moment ago.
    pub fn is_online(&self, account: AccountId) -> bool {
        self.online.has(account)
    }

    /// The push of the pop dialect.
    pub fn pusher(&self) -> &Pusher {
        &self.pusher
    }

    /// Whether no socket may come any more.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// A socket of the account went: perhaps the last.
    pub(crate) fn may_be_gone(&self, account: AccountId) {
        if !self.is_here(account) {
            self.online.went(account, self.uptime_ms());
        }
    }

    /// Whether the account has a socket that makes it online.
    fn is_here(&self, account: AccountId) -> bool {
        self.desks.contains_key(&account) || self.pusher.hears(account) || self.native.has(account)
    }

    /// Milliseconds since the hub began.
    pub(crate) fn uptime_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Gives a newly opened socket its place, for as long as the guard lives. It may receive at once.
    pub(crate) fn attach(self: &Arc<Self>, caller: Caller) -> Attached {
        let id = self.sockets.fetch_add(1, Ordering::Relaxed);
        let socket = Arc::new(Socket::new(id, caller, self.uptime_ms()));
        let mut desk = self.desks.entry(caller.id).or_default();
        let again = !desk.sockets.is_empty();
        desk.sockets.push(socket.clone());
        if desk.sockets.len() > SOCKETS || self.stopping.load(Ordering::Acquire) {
            socket.outbox.end(End::Drop);
        }
        self.open.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!("hongyan_sockets").increment(1);
        drop(desk);
        self.online.came(caller.id);
        Attached { hub: self.clone(), socket, again, lost: Places::new() }
    }

    /// What was asked for before the socket had its groups is sent now: it may be theirs.
    pub(crate) fn furnished(self: &Arc<Self>, account: AccountId) {
        if self.desks.get(&account).is_some_and(|desk| desk.asked) {
            self.drain(account);
        }
    }

    /// Lets the messages of these groups come to `account`. Those that it left while the list was
    /// being read do not.
    pub(crate) fn enter_rooms(&self, account: AccountId, groups: &[ConversationId]) {
        let Some(mut desk) = self.desks.get_mut(&account) else { return };
        for group in groups {
            if !desk.left.contains(group) && !desk.groups.contains(group) {
                desk.groups.push(*group);
                self.rooms.entry(*group).or_default().insert(account);
            }
        }
    }

    /// Takes a socket away. `lost` was written, or waited, and did not arrive.
    fn detach(self: &Arc<Self>, socket: &Socket, lost: &Places) {
        let mut again = false;
        self.open.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("hongyan_sockets").decrement(1);
        let gone = {
            let Some(mut desk) = self.desks.get_mut(&socket.account) else { return };
            desk.sockets.retain(|other| other.id != socket.id);
            desk.forget(lost);
            if !lost.is_empty() && desk.asked && desk.receiver().is_some() {
                again = true; // whoever asked for what waits is still there, on another socket
            }
            desk.sockets.is_empty()
        };
        if again {
            self.drain(socket.account);
        }
        if !gone {
            return;
        }
        let removed = self.desks.remove_if(&socket.account, |_, desk| desk.sockets.is_empty());
        for group in removed.into_iter().flat_map(|(_, desk)| desk.groups) {
            self.leave_room(group, socket.account);
        }
        self.may_be_gone(socket.account);
    }

    fn leave_room(&self, group: ConversationId, account: AccountId) {
        // A desk is locked before a room, here as everywhere. A socket that opened meanwhile is in
        // the room again and stays.
        let desk = self.desks.entry(account);
        if matches!(&desk, Entry::Occupied(desk) if desk.get().groups.contains(&group)) {
            return;
        }
        self.rooms.alter(&group, |_, mut members| {
            members.remove(&account);
            members
        });
        self.rooms.remove_if(&group, |_, members| members.is_empty());
    }

    fn dispatch(&self, event: &Event) {
        self.dispatch_to_desks(event);
        self.pusher.dispatch(event);
        self.native.dispatch(event);
    }

    fn dispatch_to_desks(&self, event: &Event) {
        match event {
            Event::Posted(audience, posted) => self.deliver(audience, posted),
            Event::Joined(joined) => {
                let group = joined.group.id;
                for account in &joined.accounts {
                    if let Some(mut desk) = self.desks.get_mut(account)
                        && !desk.groups.contains(&group)
                    {
                        desk.left.retain(|left| *left != group);
                        desk.groups.push(group);
                        self.rooms.entry(group).or_default().insert(*account);
                    }
                }
            }
            Event::Left(left) => {
                for account in &left.accounts {
                    if let Some(mut desk) = self.desks.get_mut(account) {
                        desk.leave(left.group.id);
                    }
                    self.leave_room(left.group.id, *account);
                }
            }
            Event::Changed(..) => {} // this dialect knows no such things
            Event::Dissolved(group) => {
                let group = &group.id;
                for account in self.rooms.remove(group).into_iter().flat_map(|(_, members)| members) {
                    if let Some(mut desk) = self.desks.get_mut(&account) {
                        desk.leave(*group);
                    }
                }
            }
            Event::SessionsEnded(account, sessions, why) => self.end_sessions(*account, sessions, *why),
            Event::Converted(account) => {
                if let Some(desk) = self.desks.get(account) {
                    desk.sockets
                        .iter()
                        .filter(|socket| socket.role == Role::Visitor)
                        .for_each(|socket| socket.retire());
                }
            }
        }
    }

    /// How the dialect wants displaced sockets treated: egg.md §2.5, §5.8, §5.9.
    fn end_sessions(&self, account: AccountId, sessions: &[SessionId], why: SessionEnd) {
        let Some(desk) = self.desks.get(&account) else { return };
        for socket in desk.sockets.iter().filter(|socket| sessions.contains(&socket.session)) {
            socket.retire();
            let code = match why {
                SessionEnd::Disabled => DISABLED,
                _ if socket.role == Role::Visitor => continue, // it would come back at once, for ever
                SessionEnd::SignedOut => continue,             // its client closes it
                SessionEnd::PasswordChanged => PASSWORD_CHANGED,
                SessionEnd::Replaced => {
                    let told = r#"{"msg":"force_logout","data":"你的账号在其他设备登录"}"#;
                    socket.outbox.end_with(told, REPLACED);
                    continue;
                }
            };
            socket.outbox.end(End::Close(code));
        }
    }

    fn deliver(&self, audience: &Audience, posted: &Posted) {
        let mut shared = None;
        match audience {
            Audience::Accounts(accounts) => {
                accounts.iter().for_each(|account| self.deliver_to(*account, posted, &mut shared));
            }
            Audience::Group(group) => {
                // A copy: desks are not locked while a room is.
                let members: Vec<_> =
                    self.rooms.get(group).iter().flat_map(|room| room.iter().copied()).collect();
                members.iter().for_each(|account| self.deliver_to(*account, posted, &mut shared));
            }
            Audience::Everybody => {} // no entry of a log is for everybody
        }
    }

    /// `shared` is the frame that all get, once it was encoded.
    fn deliver_to(&self, account: AccountId, posted: &Posted, shared: &mut Option<Frame>) {
        let Some(mut desk) = self.desks.get_mut(&account) else { return };
        let Some(receiver) = desk.receiver() else { return };
        let (of, seq) = (posted.message.conversation, posted.message.seq);
        let variant = egg::variant(posted, account);
        if variant == Variant::Nothing {
            self.receipts.add(account, of, seq);
            return;
        }
        if desk.draining.is_some() {
            desk.more = true; // the drain finds it in the log, behind what waited longer
            return;
        }
        if !desk.take(of, seq) {
            return;
        }
        let frame = match variant {
            Variant::Own => self.encode(posted, account),
            _ => shared.get_or_insert_with(|| self.encode(posted, account)).clone(),
        };
        if receiver.outbox.push(Outgoing { frame, carries: Some((of, seq)) }).is_err() {
            desk.forget(&vec![(of, seq)]);
        }
    }

    pub(crate) fn encode(&self, posted: &Posted, viewer: AccountId) -> Frame {
        egg::push(&self.style, posted, viewer, self.app.now().0)
    }

    /// Asks a part of the sockets for a sign of life, so that each is asked once per interval, and
    /// drops those that used to answer and fell silent.
    fn heartbeat(&self, second: u64) {
        self.pusher.heartbeat(second, self.uptime_ms());
        self.native.heartbeat(second, self.uptime_ms());
        self.online.sweep(self.uptime_ms(), |account| self.is_here(account));
        let every = self.egg.ping_interval_s.max(1);
        let silent = self.uptime_ms().saturating_sub(self.egg.dead_after_s.saturating_mul(1_000));
        for mut desk in self.desks.iter_mut() {
            desk.tidy(self.uptime_ms());
            for socket in desk.sockets.iter().filter(|socket| socket.id % every == second % every) {
                let dead = socket.heard_ms.load(Ordering::Relaxed) < silent;
                if dead && socket.answers.load(Ordering::Relaxed) {
                    socket.outbox.end(End::Drop);
                } else {
                    socket.outbox.beat();
                }
            }
        }
    }
}
