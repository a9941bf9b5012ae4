//! The world as the contract has it: who knows whom, who is where, what was said, and who has heard
//! it. Plain lists, no cleverness; what it says is what the server must do.
use super::ops::Who;
use std::collections::{BTreeMap, BTreeSet};

/// The first accounts are users, then come visitors, and last the herald: a friend of all, who
/// never does anything but talk.
pub const USERS: usize = 5;
pub const GUESTS: usize = 2;
pub const HERALD: Who = USERS + GUESTS;

/// What the model's server keeps for who is away: a day, and [`World::keeps`] entries of each
/// conversation.
pub const WAITS_DAYS: i64 = 1;
const WAITS_MS: i64 = WAITS_DAYS * 24 * 3_600 * 1_000;

/// Somebody.
#[derive(Clone)]
pub struct Account {
    pub id: i64,
    pub name: String,
    /// How much strangers may write: visitors, users. 0 nothing, 2 anything, else one message.
    pub allows: (u8, u8),
    pub wants_to_be_asked: bool,
    /// Entries of the log that did not arrive, by their places.
    pub waiting: BTreeSet<usize>,
    /// Open sockets, the newest last: it is the one that receives.
    pub ears: Vec<Ear>,
    /// Whether one of them has asked for what waits.
    pub asked: bool,
}

/// A socket.
#[derive(Clone, Default)]
pub struct Ear {
    /// Written to it, and not proven to have arrived.
    pub unproven: Vec<usize>,
}

/// A group. Once dissolved nobody is in it.
#[derive(Clone)]
pub struct Group {
    /// 0 until the server has said it.
    pub id: i64,
    pub owner: Who,
    pub name: String,
    pub policy: u8,
    /// In the order in which they came.
    pub members: Vec<Who>,
    pub applicants: Vec<Who>,
    pub alive: bool,
}

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Between two, the smaller number first.
    Between(Who, Who),
    /// To nobody else.
    Inbox(Who),
    /// In a group, by its number in the world.
    Group(usize),
}

/// What is said or has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Text(String),
    Befriended,
    Asked,
    GroupCreated,
    Renamed(String),
    Announced(String),
    Dissolved,
    Joined { inviter: Option<Who> },
    WantsIn { group: usize, invited: bool, inviter: Option<Who>, group_name: String },
    Left { group: usize },
    Revoked,
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub place: Place,
    /// How many lines its place has with it.
    pub seq: usize,
    pub by: Who,
    pub what: What,
    pub at: i64,
    /// Its public id, once the server has said it; of a revoke, that of the message.
    pub id: Option<String>,
    pub revoked: bool,
}

/// Everything.
#[derive(Clone)]
pub struct World {
    pub now: i64,
    /// So many of the newest entries of a conversation wait.
    pub keeps: usize,
    pub accounts: Vec<Account>,
    pub groups: Vec<Group>,
    pub log: Vec<Entry>,
    /// Who has whom in the friend list, and whether blocked.
    pub friends: BTreeMap<(Who, Who), bool>,
    /// Requests that stand in the way of another: pending (true) or agreed.
    pub requests: BTreeMap<(Who, Who), bool>,
    /// Who has ever written to whom.
    pub wrote: BTreeSet<(Who, Who)>,
    /// What this step writes to sockets: to whom, which entry.
    pub told: Vec<(Who, usize)>,
}

impl World {
    /// Strangers, but for the herald's friendships.
    pub fn new(now: i64, keeps: usize, accounts: impl Iterator<Item = (i64, String)>) -> Self {
        let account = |(id, name)| Account {
            id,
            name,
            allows: (1, 1),
            wants_to_be_asked: false,
            waiting: BTreeSet::new(),
            ears: Vec::new(),
            asked: false,
        };
        World {
            now,
            keeps,
            accounts: accounts.map(account).collect(),
            groups: Vec::new(),
            log: Vec::new(),
            friends: BTreeMap::new(),
            requests: BTreeMap::new(),
            wrote: BTreeSet::new(),
            told: Vec::new(),
        }
    }

    pub fn is_visitor(&self, who: Who) -> bool {
        (USERS..USERS + GUESTS).contains(&who)
    }

    pub fn name(&self, who: Who) -> &str {
        &self.accounts[who].name
    }

    /// Adds a line to the log and tells those whom it is for. The number of the line.
    pub fn post(&mut self, by: Who, place: Place, what: What) -> usize {
        let number = self.log.len();
        let seq = 1 + self.log.iter().filter(|entry| entry.place == place).count();
        let told = self.audience(by, place, &what);
        self.log.push(Entry { place, seq, by, what, at: self.now, id: None, revoked: false });
        for who in told {
            self.accounts[who].waiting.insert(number);
            if !self.accounts[who].ears.is_empty() {
                self.write(who, number);
            }
        }
        number
    }

    /// Who is told (the catalogue of pushes).
    fn audience(&self, by: Who, place: Place, what: &What) -> Vec<Who> {
        match place {
            Place::Inbox(owner) => vec![owner],
            Place::Between(a, b) if *what == What::Befriended => vec![a, b],
            Place::Between(a, b) => vec![if a == by { b } else { a }],
            Place::Group(group) => {
                let speaks = matches!(what, What::Text(_));
                self.groups[group].members.iter().copied().filter(|who| !speaks || *who != by).collect()
            }
        }
    }

    /// Writes a line to the socket that receives.
    fn write(&mut self, who: Who, number: usize) {
        let account = &mut self.accounts[who];
        if let Some(ear) = account.ears.last_mut() {
            account.waiting.remove(&number);
            ear.unproven.push(number);
            self.told.push((who, number));
        }
    }

    /// Sends what waits (#22), in the order of the log. Without a socket it goes on waiting.
    pub fn fetch(&mut self, who: Who) {
        if self.accounts[who].ears.is_empty() {
            return;
        }
        self.accounts[who].asked = true;
        for number in self.accounts[who].waiting.clone() {
            let entry = &self.log[number];
            let behind = self.log.iter().filter(|e| e.place == entry.place && e.seq > entry.seq).count();
            if behind < self.keeps && entry.at >= self.now - WAITS_MS {
                self.write(who, number);
            }
        }
    }

    /// Opens a socket.
    pub fn connect(&mut self, who: Who) {
        self.accounts[who].ears.push(Ear::default());
        // Whoever has asked already need not ask again (a clock that went back may let lines wait
        // that were too old before).
        if self.accounts[who].asked {
            self.fetch(who);
        }
    }

    /// Ends a socket. What was not proven waits again, and comes at once where another socket of the
    /// account is open that has asked.
    pub fn hang_up(&mut self, who: Who, ear: usize) {
        let account = &mut self.accounts[who];
        let lost = account.ears.remove(ear).unproven;
        account.asked &= !account.ears.is_empty();
        let again = account.asked && !lost.is_empty();
        account.waiting.extend(lost);
        if again {
            self.fetch(who);
        }
    }

    /// Which of the sockets is meant: the newest, or with `old` the one before it.
    pub fn ear(&self, who: Who, old: bool) -> Option<usize> {
        let newest = self.accounts[who].ears.len().checked_sub(1)?;
        Some(newest.saturating_sub(old.into()))
    }

    /// The `nth` newest group.
    pub fn group(&self, nth: usize) -> Option<usize> {
        Some(self.groups.len().checked_sub(1)?.saturating_sub(nth))
    }

    /// A line as `viewer` sees it: `from_id`, `to_id`, `chatType`, `type`, the text. What is a key of
    /// its own (`redirect-…`) is a text, people and groups are numbers.
    pub fn seen(&self, entry: &Entry, viewer: Who) -> Seen {
        let (by, name) = (self.accounts[entry.by].id.to_string(), self.name(entry.by));
        let other = match entry.place {
            Place::Between(a, b) => self.accounts[if a == entry.by { b } else { a }].id,
            Place::Inbox(owner) => self.accounts[owner].id,
            Place::Group(group) => self.groups[group].id,
        };
        let in_group = matches!(entry.place, Place::Group(_));
        let gap = if in_group { " " } else { "" };
        let line = |from: String, to: i64, group: bool, notice: bool, text: String| Seen {
            from,
            to,
            chat_type: if group { "group" } else { "single" },
            notice,
            text,
        };
        let notice = |text: String| line(by.clone(), other, in_group, true, text);
        let invites = |inviter: Option<Who>| {
            inviter.map(|who| format!("[{}]邀请 ", self.name(who))).unwrap_or_default()
        };
        match &entry.what {
            What::Text(text) => line(by.clone(), other, in_group, false, text.clone()),
            What::Befriended => {
                let (from, to) = if viewer == entry.by {
                    (other, self.accounts[entry.by].id)
                } else {
                    (self.accounts[entry.by].id, other)
                };
                let text = "我们已经是好友了，可以开始聊天了";
                line(from.to_string(), to, false, true, text.to_owned())
            }
            What::Asked => {
                let text = format!("用户[{name}]申请添加您为好友，请尽快处理");
                line(format!("redirect-applyFriend-{by}"), other, false, false, text)
            }
            What::GroupCreated => notice(format!("{name}创建了一个群，大家可以开始聊天了")),
            What::Renamed(new) => notice(format!("群名称修改为：{new}")),
            What::Announced(text) => notice(format!("[公告] \n\n {text}")),
            What::Dissolved => notice("群主于 时 解散了该群".into()),
            What::Joined { inviter } => {
                let key = format!("redirect-applyAddGroup{other}-{by}-{}", entry.at);
                line(key, other, true, true, format!("{}[{name}] 加入了群聊", invites(*inviter)))
            }
            What::WantsIn { group, inviter, group_name, .. } => {
                let group = self.groups[*group].id;
                let key = format!("redirect-applyAddGroup{group}-{by}-{}", entry.at);
                let text = format!("请处理申请 {}[{name}] 加入了群[{group_name}]", invites(*inviter));
                line(key, other, false, false, text)
            }
            What::Left { group } => {
                let text = format!("{name}于 时 已退出群聊");
                line(by, self.groups[*group].id, true, true, text)
            }
            What::Revoked => notice(format!("{name}{gap}撤回了一条消息")),
        }
    }
}

/// What somebody sees of a line.
#[derive(Debug, PartialEq)]
pub struct Seen {
    pub from: String,
    pub to: i64,
    pub chat_type: &'static str,
    /// Whether its type is `systemNotice`; otherwise it is `text`.
    pub notice: bool,
    /// Times in it are masked.
    pub text: String,
}
