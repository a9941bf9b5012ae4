//! What each step is answered, and what comes of it: docs/dialects/egg.md, route by route.
use super::{
    ops::{Claim, Decision, Op, Who},
    world::{Entry, Place, What, World},
};

/// What the caller is told.
#[derive(Debug)]
pub enum Answer {
    /// A success in one word.
    Word(&'static str),
    /// A success that shows this line of the log.
    Line(usize),
    /// A success that shows a line which is not in the log.
    Unlogged(Entry),
    /// A refusal: status and text.
    No(u16, String),
    /// The server is not asked.
    Silence,
}

/// A success, or the text of a refusal with status 400.
pub type Verdict = Result<Answer, &'static str>;

const MINUTES_5: i64 = 300_000;
pub const DONE: Verdict = Ok(Answer::Word("ok"));
const NO_RECEIVER: &str = "对方不存在或者被禁用，不能发消息";
pub const NOT_IN_GROUP: &str = "你不在该群聊中，操作失败";
const NOT_YOURS: &str = "群不存在或者被封禁或者你无权操作";

impl World {
    /// Makes a step. The groups and messages that it names exist.
    pub fn apply(&mut self, op: &Op) -> Answer {
        self.told.clear();
        self.verdict(op).unwrap_or_else(|text| Answer::No(400, text.to_owned()))
    }

    fn verdict(&mut self, op: &Op) -> Verdict {
        if let Some(caller) = for_users_only(op)
            && self.is_visitor(caller)
        {
            return Err("您没有权限访问，请先注册或登录");
        }
        match *op {
            Op::Say(me, to) => self.say(me, to),
            Op::SayIn(me, nth) => {
                let group = self.found(
                    nth,
                    me,
                    "群不存在或者已解散或者被封禁，无法发消息",
                    "您不在群里，无法发消息",
                )?;
                Ok(Answer::Line(self.post(me, Place::Group(group), What::Text(self.fresh_text()))))
            }
            Op::Revoke(me, back, claim) => self.revoke(me, back, claim),
            Op::RevokeUnknown(me, to) => Ok(Answer::Line(self.post(me, between(me, to), What::Revoked))),
            Op::RevokeUnknownIn(me, nth) => {
                let group = self.found(nth, me, "群不存在", NOT_IN_GROUP)?;
                Ok(Answer::Line(self.post(me, Place::Group(group), What::Revoked)))
            }
            Op::Ask(me, to) => {
                self.not_asked_yet(me, to)?;
                self.requests.insert((me, to), true);
                self.post(me, Place::Inbox(to), What::Asked);
                DONE
            }
            Op::Decide(from, me, decision) => self.decide(from, me, decision),
            Op::Befriend(me, to) => {
                if self.accounts[to].wants_to_be_asked {
                    return Err("需要对方审核，不能自动加对方为好友");
                }
                self.not_asked_yet(me, to)?;
                self.requests.insert((me, to), false);
                self.make_friends(me, to);
                DONE
            }
            Op::Unfriend(me, friend) => {
                self.friends.remove(&(me, friend)).ok_or("不是好友关系，无权操作")?;
                self.friends.remove(&(friend, me));
                self.requests.remove(&(me, friend));
                self.requests.remove(&(friend, me));
                Ok(Answer::Word("删除好友成功"))
            }
            Op::Block(me, friend) => {
                let blocked = self.friends.get_mut(&(me, friend)).ok_or("好友不存在")?;
                *blocked = !*blocked;
                DONE
            }
            Op::Privacy(me, visitors, users) => {
                self.accounts[me].allows = (visitors, users);
                DONE
            }
            Op::WantsToBeAsked(me, wants) => {
                self.accounts[me].wants_to_be_asked = wants;
                Ok(Answer::Word("更新成功"))
            }
            Op::Create(me, ref friends) => self.create(me, friends),
            Op::Rename(me, nth) => {
                let group = self.owned(nth, me, "只有群主才能修改群名称")?;
                let name = format!("雁群 {}", self.log.len());
                self.groups[group].name.clone_from(&name);
                self.post(me, Place::Group(group), What::Renamed(name));
                DONE
            }
            Op::Announce(me, nth) => {
                let group = self.owned(nth, me, "只有群主才能修改群公告")?;
                self.post(me, Place::Group(group), What::Announced(self.fresh_text()));
                DONE
            }
            Op::Leave(me, nth) => self.leave(me, nth),
            Op::Kick(me, nth, member) => {
                let group = self.owned(nth, me, "只有群主才能操作")?;
                if member == me {
                    return Err("群主不能删除自己");
                }
                self.groups[group].lose(member);
                Ok(Answer::Word("删除群成员成功"))
            }
            Op::Invite(me, nth, whom, inviter) => self.invite(me, nth, whom, inviter),
            Op::Policy(me, nth, policy) => {
                let group = self.owned(nth, me, NOT_YOURS)?;
                self.groups[group].policy = policy;
                Ok(Answer::Word("设置成功"))
            }
            Op::Admit(me, nth, who, agree) => {
                let group = self.owned(nth, me, NOT_YOURS)?;
                if !self.groups[group].applicants.contains(&who) {
                    return Err("非法操作");
                }
                self.groups[group].lose(who);
                if agree {
                    self.groups[group].members.push(who);
                    self.post(who, Place::Group(group), What::Joined { inviter: None });
                }
                Ok(Answer::Word("处理成功"))
            }
            Op::Fetch(me) => {
                self.fetch(me);
                DONE
            }
            Op::Connect(_) | Op::Prove(_) | Op::Close(..) | Op::Cut(..) | Op::Restart | Op::Pass(_) => {
                self.happen(op);
                Ok(Answer::Silence)
            }
        }
    }

    /// What nobody is asked about.
    fn happen(&mut self, op: &Op) {
        match *op {
            Op::Connect(me) => self.connect(me),
            Op::Prove(me) => {
                self.accounts[me].ears.last_mut().into_iter().for_each(|ear| ear.unproven.clear());
            }
            Op::Close(me, old) | Op::Cut(me, old) => {
                if let Some(ear) = self.ear(me, old) {
                    if matches!(op, Op::Close(..)) {
                        self.accounts[me].ears[ear].unproven.clear();
                    }
                    self.hang_up(me, ear);
                }
            }
            Op::Restart => {
                for account in &mut self.accounts {
                    account.asked = false;
                    account.waiting.extend(account.ears.drain(..).flat_map(|ear| ear.unproven));
                }
            }
            Op::Pass(ms) => self.now += ms,
            _ => unreachable!("the server is asked about {op:?}"),
        }
    }

    /// "Who may write to whom".
    fn say(&mut self, me: Who, to: Who) -> Verdict {
        if me == to {
            return Err(NO_RECEIVER);
        }
        let visitor = self.is_visitor(me);
        match self.friends.get(&(to, me)) {
            Some(true) if visitor => return Err("对方把你拉黑了，不能发消息"),
            Some(true) => return Err("对方把你拉黑了，不能发送消息"),
            Some(false) => {}
            None => {
                let (visitors, users) = self.accounts[to].allows;
                match if visitor { visitors } else { users } {
                    0 if visitor => return Err("你们不是好友关系，对方设置成：先登录才能发消息"),
                    0 => return Err("对方设置成：需要您先成为他的好友才能发消息"),
                    2 => {}
                    _ if self.wrote.contains(&(me, to)) => {
                        return Err("在成为好友之前，对方只允许向他发一条消息");
                    }
                    _ => {}
                }
            }
        }
        self.wrote.insert((me, to));
        Ok(Answer::Line(self.post(me, between(me, to), What::Text(self.fresh_text()))))
    }

    fn revoke(&mut self, me: Who, back: usize, claim: Claim) -> Verdict {
        let Some((number, said, whole)) = self.revocable(back) else { return Ok(Answer::Silence) };
        let claimed = if claim == Claim::JustNow { self.now } else { said.at };
        let latest = self.now + MINUTES_5;
        if claimed > latest {
            let text = format!("消息发送时间 的数值 必须 在 1000000000000 和 {latest} 之间");
            return Ok(Answer::No(422, text));
        }
        let late = Err("消息超过5分钟，不能撤回");
        if self.now - claimed > MINUTES_5 {
            return late;
        }
        let notice = !matches!(said.what, What::Text(_));
        if said.by != me || notice || claim == Claim::Elsewhere {
            return Err("非法操作");
        }
        if self.now - said.at > MINUTES_5 + 10_000 {
            return late;
        }
        if said.revoked {
            return Ok(Answer::Unlogged(Entry { what: What::Revoked, at: self.now, ..said }));
        }
        if let Place::Group(group) = said.place {
            self.member(group, me, "群不存在", NOT_IN_GROUP)?;
        }
        self.log[number].revoked = true;
        let line = self.post(me, said.place, What::Revoked);
        self.log[line].id = Some(whole);
        Ok(Answer::Line(line))
    }

    /// The message that stands so far from the end of the log, and its id; of a revoke, the one that
    /// it takes back. Nobody can name what nobody has heard.
    pub fn revocable(&self, back: usize) -> Option<(usize, Entry, String)> {
        let id = self.log[self.log.len().checked_sub(back + 1)?].id.clone()?;
        let number = self.log.iter().position(|entry| entry.id.as_ref() == Some(&id))?;
        let said = self.log[number].clone();
        (said.what != What::Revoked).then_some((number, said, id)) // else one of an unknown id
    }

    fn not_asked_yet(&self, me: Who, to: Who) -> Result<(), &'static str> {
        if self.requests.contains_key(&(me, to)) {
            Err("您已经申请过了，请勿重复申请")
        } else {
            Ok(())
        }
    }

    fn decide(&mut self, from: Who, me: Who, decision: Decision) -> Verdict {
        if self.requests.get(&(from, me)) != Some(&true) {
            return Err("申请不存在或已处理");
        }
        match decision {
            Decision::Pending => {}
            Decision::Refuse | Decision::Ignore => drop(self.requests.remove(&(from, me))),
            Decision::Agree => {
                self.requests.insert((from, me), false);
                self.make_friends(me, from);
            }
        }
        DONE
    }

    pub fn make_friends(&mut self, me: Who, other: Who) {
        self.friends.entry((me, other)).or_insert(false);
        self.friends.entry((other, me)).or_insert(false);
        self.post(me, between(me, other), What::Befriended);
    }

    /// Something that nobody has said before.
    pub fn fresh_text(&self) -> String {
        format!("line {}", self.log.len())
    }
}

/// The place of two people.
pub fn between(a: Who, b: Who) -> Place {
    Place::Between(a.min(b), a.max(b))
}

/// Who makes a call that visitors may not make.
fn for_users_only(op: &Op) -> Option<Who> {
    match *op {
        Op::Decide(_, me, _)
        | Op::Block(me, _)
        | Op::Create(me, _)
        | Op::Rename(me, _)
        | Op::Announce(me, _)
        | Op::Kick(me, ..)
        | Op::Policy(me, ..)
        | Op::Admit(me, ..) => Some(me),
        _ => None,
    }
}
