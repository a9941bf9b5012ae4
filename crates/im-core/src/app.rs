//! What comes in from outside: database, clock, bus, settings.
use crate::{
    Event, Limiter, Millis, Result, accounts::sessions, messages::Addresses, moderation::Censor,
    settings::Secret, sms::Texter, switches::Switches,
};
use futures_util::future::BoxFuture;
use im_db::{Db, Tx};
use std::{
    ops::Deref,
    sync::{Arc, RwLock},
};

/// Tells the time; tests own theirs.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Millis;
}

/// Carries events to the nodes that hold sockets. Must not block.
pub trait Bus: Send + Sync {
    /// Tells `event`, after its commit and in commit order.
    fn publish(&self, event: Event);
}

crate::settings! {
    /// Rules of the chat that an operator may set.
    pub struct Chat {
        /// Milliseconds in which a message may be revoked.
        revoke_window_ms: i64 = 300_000,
        /// Milliseconds in which the text of a message may be changed.
        edit_window_ms: i64 = 900_000,
        /// Members of a group at most.
        group_members: i64 = 500,
        /// Messages that wait for one receiver in one conversation at most; the oldest go first.
        offline_messages: i64 = 5_000,
        /// Days that a message waits for its receiver at most.
        offline_days: i64 = 90,
        /// People that a search finds at most.
        search_results: i64 = 100,
        /// Days without a call after which a session ends.
        session_days: i64 = 365,
        /// Sessions that a user may have at once; a newer one ends the oldest.
        sessions_per_user: usize = 1,
        /// Sessions that a visitor may have at once.
        sessions_per_visitor: usize = 5,
        /// Milliseconds before an automatic answer, so that it reads like one.
        auto_reply_delay_ms: u64 = 1_200,
        /// Avatar of a new account: a path of this server, or an absolute address.
        default_avatar: String = "/public/icons/avatar.png".into(),
        /// Characters of a message's content at most.
        message_chars: usize = 200_000,
    }
}

crate::settings! {
    /// The pop dialect and its customer service (docs/dialects/pop.md).
    pub struct Pop {
        /// Host, with its port, in the addresses of uploaded files; empty: that of server.public_url, else
        /// one of this machine.
        public_host: String = String::new(),
        /// Name of the session cookie.
        session_cookie: String = "PHPSID".into(),
        /// Seconds without a call after which a session ends.
        session_ttl_s: i64 = 604_800,
        /// Server keys: each "SECRET", or "id=NAME secret=SECRET scopes=read,write,admin ips=10.0.0.0/8,::1";
        /// the secret may be given as sha256:HEX.
        api_keys: Vec<Secret> = Vec::new(),
        /// Secret of the old kind of server key, timestamp and MD5 in the address; empty: switched off.
        legacy_api_token: Secret = Secret::default(),
        /// Other origins, such as https://im.example.com, whose pages may use the session cookie.
        cors_origins: Vec<String> = Vec::new(),
        /// What a telephone number looks like: a regular expression.
        phone_pattern: String = "^1[3-9]\\d{9}$".into(),
        /// Seconds in which a message may be revoked; 0: without end.
        revoke_window_s: i64 = 0,
        /// Seconds of silence after which a customer is welcomed again.
        welcome_rearm_s: i64 = 86_400,
        /// Seconds for which a person's word keeps automatic answers silent.
        human_takeover_s: i64 = 600,
        /// Who serves a new customer: self (whom it asked for) or round_robin (a seat that is online).
        assign_mode: String = "self".into(),
        /// Whether server keys may add users by GET, with the password in the address.
        allow_get_user_add: bool = true,
        /// Seats of one merchant at most.
        max_sub_users: i64 = 50,
    }
}

crate::settings! {
    /// The native API (docs/dialects/v1.md).
    pub struct V1 {
        /// Seconds that an access token lives; then the refresh token gets a new one.
        access_s: i64 = 900,
        /// Seconds without use after which a session ends.
        refresh_s: i64 = 2_592_000,
        /// Sessions that an account may have at once; a newer one ends the oldest.
        sessions_per_account: usize = 20,
        /// Whether people may come without an account, as visitors.
        visitors: bool = true,
        /// Seconds in which a new socket must say whose it is.
        hello_s: u64 = 10,
        /// New sockets that may not have said it yet; more are sent away.
        hello_sockets: usize = 10_000,
        /// Whether visitors may ask for friendship.
        visitors_may_befriend: bool = true,
        /// Bytes that one account may upload in 24 hours.
        upload_day_bytes: i64 = 1_073_741_824,
    }
}

/// The core with everything that it needs. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// The fields of [`App`].
pub struct Inner {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub bus: Arc<dyn Bus>,
    /// Rules that the operator set.
    pub chat: Chat,
    /// Rules of the pop dialect and of customer service.
    pub pop: Pop,
    /// Rules of the native API.
    pub v1: V1,
    switches: RwLock<(Arc<Switches>, Arc<Censor>)>,
    /// What sends SMS; `None`: nothing does.
    pub texter: Option<Arc<dyn Texter>>,
    /// Who did how much lately.
    pub limiter: Limiter,
    /// Sessions that were looked up lately.
    pub(crate) sessions: sessions::Cache,
    /// Conversations that were looked up lately.
    pub(crate) addresses: Addresses,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Puts the core together.
    #[expect(clippy::too_many_arguments, reason = "everything that comes in from outside, once")]
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        bus: Arc<dyn Bus>,
        chat: Chat,
        pop: Pop,
        v1: V1,
        texter: Option<Arc<dyn Texter>>,
        limiter: Limiter,
    ) -> Self {
        let (switches, sessions) = (RwLock::default(), sessions::Cache::default());
        let addresses = Addresses::default();
        App(Arc::new(Inner { db, clock, bus, chat, pop, v1, switches, texter, limiter, sessions, addresses }))
    }

    /// What the operator flipped, as it stands now.
    pub fn switches(&self) -> Arc<Switches> {
        self.switches.read().unwrap_or_else(|poisoned| poisoned.into_inner()).0.clone()
    }

    /// The words that nobody shall read.
    pub fn censor(&self) -> Arc<Censor> {
        self.switches.read().unwrap_or_else(|poisoned| poisoned.into_inner()).1.clone()
    }

    pub(crate) fn keep_switches(&self, switches: Switches) -> Arc<Switches> {
        let (switches, censor) = (Arc::new(switches.clone()), Arc::new(Censor::of(&switches.dirty_words)));
        *self.switches.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = (switches.clone(), censor);
        switches
    }

    /// Now.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Runs a unit of work that may write; see [`Db::write`].
    pub async fn write<T: Send + 'static>(
        &self,
        unit: impl for<'t> FnOnce(App, &'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let app = self.clone();
        self.db.write(move |tx| unit(app, tx)).await
    }

    /// Runs a unit of work that only reads; see [`Db::read`].
    pub async fn read<T: Send + 'static>(
        &self,
        unit: impl for<'t> FnOnce(App, &'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let app = self.clone();
        self.db.read(move |tx| unit(app, tx)).await
    }

    /// Tells `event` once the unit of work of `tx` is on disk.
    pub(crate) fn emit(&self, tx: &mut Tx, event: Event) {
        let bus = self.bus.clone();
        tx.after_commit(move || bus.publish(event));
    }
}
