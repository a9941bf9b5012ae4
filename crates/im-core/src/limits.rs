//! How often somebody may do something: fixed windows, kept in memory.
use crate::{Millis, Refusal};
use std::{collections::HashMap, hash::Hash, sync::Mutex};

crate::settings! {
    /// Rate limits. `enabled = false` switches them all off (load tests, bulk imports).
    pub struct Limits {
        /// Whether any limit below holds.
        enabled: bool = true,
        /// Visitor sign-ins per device and hour.
        visitor_per_device_hour: u32 = 5,
        /// Visitor sign-ins per address and hour.
        visitor_per_address_hour: u32 = 60,
        /// Failed logins per account and address in 15 minutes.
        login_failures_per_quarter_hour: u32 = 10,
        /// Logins per address and minute, good or bad: each costs a password hash.
        login_per_address_minute: u32 = 600,
        /// Registrations per address and hour.
        register_per_address_hour: u32 = 300,
        /// Messages per account and second.
        send_per_second: u32 = 20,
        /// Messages per account and minute.
        send_per_minute: u32 = 300,
        /// Messages per account in 10 seconds in the pop dialect.
        pop_send_per_10_s: u32 = 20,
        /// Friend requests per account and hour in the pop dialect.
        pop_apply_per_hour: u32 = 30,
        /// Groups that an account may join by their number in an hour, in the pop dialect.
        pop_join_per_hour: u32 = 20,
        /// Conversations with strangers that an account may open in an hour before anything is said, in the
        /// pop dialect.
        pop_open_per_hour: u32 = 30,
        /// Automatic answers in one conversation and hour.
        auto_answers_per_hour: u32 = 20,
        /// Changes to how an account keeps its conversations, per minute, in the pop dialect.
        pop_keep_per_minute: u32 = 300,
        /// Reports of an account of how far it has read, per minute, in the native API.
        read_per_minute: u32 = 1_200,
        /// Friend requests, invitations and other things that others are told of, per account and minute.
        ask_per_minute: u32 = 120,
        /// Uploads per account and minute.
        upload_per_minute: u32 = 120,
        /// Searches for users per account and minute; each looks at every username.
        search_per_minute: u32 = 120,
        /// Look-ups of people and groups per account and minute.
        lookup_per_minute: u32 = 600,
        /// Look-ups of people who are no friends, per account and minute in the pop dialect.
        pop_lookup_per_minute: u32 = 30,
        /// QR codes per address and minute for callers without a credential.
        qr_per_address_minute: u32 = 30,
        /// Looks at invitations to groups per address and minute for callers who have not signed in.
        invite_per_address_minute: u32 = 60,
        /// SMS per telephone and minute.
        sms_per_phone_minute: u32 = 1,
        /// SMS per telephone and hour.
        sms_per_phone_hour: u32 = 5,
        /// SMS per telephone and day.
        sms_per_phone_day: u32 = 10,
        /// SMS per address and hour.
        sms_per_address_hour: u32 = 20,
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// Visitor sign-ins of a device.
    VisitorDevice,
    /// Visitor sign-ins from an address.
    VisitorAddress,
    /// Failed logins of an account from an address.
    LoginFailure,
    /// Logins from an address.
    Login,
    /// Registrations from an address.
    Register,
    /// Messages, in a second.
    SendBurst,
    /// Messages, in a minute.
    Send,
    /// Messages of the pop dialect.
    PopSend,
    /// Friend requests of the pop dialect.
    PopApply,
    /// Joining groups by their number.
    PopJoin,
    /// Opening conversations with strangers.
    PopOpen,
    /// Automatic answers in a conversation, in two seconds.
    AutoAnswer,
    /// Automatic answers in a conversation, in an hour.
    AutoAnswers,
    /// Changes to how conversations are kept.
    Keep,
    /// Saying how far one has read.
    Read,
    /// Requests to other people.
    Ask,
    /// Uploads.
    Upload,
    /// Searches for users.
    Search,
    /// Look-ups.
    Lookup,
    /// Look-ups of people who are no friends.
    PopLookup,
    /// QR codes of callers without a credential.
    Qr,
    /// Looks at invitations of callers who have not signed in.
    Knock,
    /// SMS to a telephone, in a minute.
    SmsMinute,
    /// SMS to a telephone, in an hour.
    SmsHour,
    /// SMS to a telephone, in a day.
    SmsDay,
    /// SMS that an address asked for.
    SmsAddress,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Windows kept before those that are over are dropped.
const WINDOWS: usize = 10_000;

/// Counters of fixed windows. A window begins with the first request counted in it; refused ones
/// do not prolong it.
pub struct Limiter {
    limits: Limits,
    windows: Mutex<Windows>,
}

struct Windows {
    open: HashMap<(Rate, Key), Window>,
    /// How many there may be before those that are over are dropped.
    sweep_at: usize,
}

/// Who is counted: an account, or a text such as a device id or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// An account, by number.
    Id(i64),
    /// Anything else.
    Text(String),
}

impl From<crate::AccountId> for Key {
    fn from(id: crate::AccountId) -> Self {
        Key::Id(id.0)
    }
}
impl From<i64> for Key {
    fn from(id: i64) -> Self {
        Key::Id(id)
    }
}
impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Key::Text(text.to_owned())
    }
}
impl From<String> for Key {
    fn from(text: String) -> Self {
        Key::Text(text)
    }
}

struct Window {
    until: Millis,
    count: u32,
}

impl Window {
    /// Whether it is open. A clock that stepped back must not leave one that lasts for hours.
    fn holds(&self, now: Millis, length_ms: i64) -> bool {
        now < self.until && self.until <= now.plus(length_ms)
    }

    fn refuses(&self, now: Millis) -> Refusal {
        Refusal::TooOften { retry_ms: self.until.0 - now.0 }
    }
}

impl Limiter {
    /// Counters under these limits, all at zero.
    pub fn new(limits: Limits) -> Self {
        Limiter { limits, windows: Mutex::new(Windows { open: HashMap::new(), sweep_at: WINDOWS }) }
    }

    /// Counts one, or refuses with [`Refusal::TooOften`] and counts nothing.
    pub fn take(&self, rate: Rate, who: impl Into<Key>, now: Millis) -> Result<(), Refusal> {
        self.count(rate, who.into(), 1, now)
    }

    /// Counts `many` that one call asks for, all of them or none: refuses once the window is full, and lets
    /// the call that fills it go beyond.
    pub fn take_many(&self, rate: Rate, who: impl Into<Key>, many: u32, now: Millis) -> Result<(), Refusal> {
        if many == 0 { Ok(()) } else { self.count(rate, who.into(), many, now) }
    }

    /// Refuses when the window is full, and counts nothing.
    pub fn check(&self, rate: Rate, who: impl Into<Key>, now: Millis) -> Result<(), Refusal> {
        let (most, length_ms) = self.rule(rate);
        let windows = self.lock();
        let full = windows
            .open
            .get(&(rate, who.into()))
            .filter(|window| self.limits.enabled && window.count >= most && window.holds(now, length_ms));
        full.map_or(Ok(()), |window| Err(window.refuses(now)))
    }

    /// Starts the window of `who` anew (a login that went well).
    pub fn forget(&self, rate: Rate, who: impl Into<Key>) {
        self.lock().open.remove(&(rate, who.into()));
    }

    fn count(&self, rate: Rate, who: Key, many: u32, now: Millis) -> Result<(), Refusal> {
        let (most, length_ms) = self.rule(rate);
        if !self.limits.enabled {
            return Ok(());
        }
        let mut windows = self.lock();
        if windows.open.len() >= windows.sweep_at {
            windows.open.retain(|_, window| window.until > now);
            windows.sweep_at = (windows.open.len() * 2).max(WINDOWS); // seldom, however many stay
        }
        let window =
            windows.open.entry((rate, who)).or_insert(Window { until: now.plus(length_ms), count: 0 });
        if !window.holds(now, length_ms) {
            *window = Window { until: now.plus(length_ms), count: 0 };
        }
        if window.count >= most {
            return Err(window.refuses(now));
        }
        window.count = window.count.saturating_add(many);
        Ok(())
    }

    fn rule(&self, rate: Rate) -> (u32, i64) {
        let limits = &self.limits;
        match rate {
            Rate::VisitorDevice => (limits.visitor_per_device_hour, HOUR),
            Rate::VisitorAddress => (limits.visitor_per_address_hour, HOUR),
            Rate::LoginFailure => (limits.login_failures_per_quarter_hour, 15 * MINUTE),
            Rate::Login => (limits.login_per_address_minute, MINUTE),
            Rate::Register => (limits.register_per_address_hour, HOUR),
            Rate::SendBurst => (limits.send_per_second, SECOND),
            Rate::Send => (limits.send_per_minute, MINUTE),
            Rate::PopSend => (limits.pop_send_per_10_s, 10 * SECOND),
            Rate::PopApply => (limits.pop_apply_per_hour, HOUR),
            Rate::PopJoin => (limits.pop_join_per_hour, HOUR),
            Rate::PopOpen => (limits.pop_open_per_hour, HOUR),
            Rate::AutoAnswer => (1, 2 * SECOND),
            Rate::AutoAnswers => (limits.auto_answers_per_hour, HOUR),
            Rate::Keep => (limits.pop_keep_per_minute, MINUTE),
            Rate::Read => (limits.read_per_minute, MINUTE),
            Rate::Ask => (limits.ask_per_minute, MINUTE),
            Rate::Upload => (limits.upload_per_minute, MINUTE),
            Rate::Search => (limits.search_per_minute, MINUTE),
            Rate::Lookup => (limits.lookup_per_minute, MINUTE),
            Rate::PopLookup => (limits.pop_lookup_per_minute, MINUTE),
            Rate::Qr => (limits.qr_per_address_minute, MINUTE),
            Rate::Knock => (limits.invite_per_address_minute, MINUTE),
            Rate::SmsMinute => (limits.sms_per_phone_minute, MINUTE),
            Rate::SmsHour => (limits.sms_per_phone_hour, HOUR),
            Rate::SmsDay => (limits.sms_per_phone_day, DAY),
            Rate::SmsAddress => (limits.sms_per_address_hour, HOUR),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_with_its_first_request_and_refusals_do_not_prolong_it() {
        let limiter = Limiter::new(Limits::default());
        // at which minute, may it
        let cases =
            [(0, true), (10, true), (20, true), (30, true), (40, true), (50, false), (59, false), (60, true)];
        for (minute, may) in cases {
            let taken = limiter.take(Rate::VisitorDevice, "phone", Millis(minute * MINUTE));
            assert_eq!(taken.is_ok(), may, "minute {minute}");
        }
        assert!(limiter.take(Rate::VisitorDevice, "other phone", Millis(50 * MINUTE)).is_ok());
    }

    #[test]
    fn a_refusal_tells_when_the_window_is_over() {
        let limiter = Limiter::new(Limits { send_per_second: 1, ..Limits::default() });
        limiter.take(Rate::SendBurst, "ann", Millis(1_000)).unwrap();
        for (now, retry_ms) in [(1_000, 1_000), (1_600, 400), (1_999, 1)] {
            let refused = Refusal::TooOften { retry_ms };
            assert_eq!(limiter.take(Rate::SendBurst, "ann", Millis(now)), Err(refused), "{now}");
            assert_eq!(limiter.check(Rate::SendBurst, "ann", Millis(now)), Err(refused), "{now}");
        }
    }

    #[test]
    fn many_at_once_count_as_many() {
        let limiter = Limiter::new(Limits { pop_lookup_per_minute: 30, ..Limits::default() });
        // how many, may it
        for (many, may) in [(29, true), (100, true), (0, true), (1, false), (100, false)] {
            let taken = limiter.take_many(Rate::PopLookup, "ann", many, Millis(0));
            assert_eq!(taken.is_ok(), may, "{many}");
        }
    }

    #[test]
    fn a_clock_that_steps_back_does_not_lock_anybody_out() {
        let limiter = Limiter::new(Limits { send_per_second: 1, ..Limits::default() });
        limiter.take(Rate::SendBurst, "ann", Millis(10 * HOUR)).unwrap();
        limiter.take(Rate::SendBurst, "ann", Millis(9 * HOUR)).unwrap();
    }
}
