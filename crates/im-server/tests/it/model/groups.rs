//! The rules of groups.
use super::{
    ops::{Inviter, Nth, Who},
    rules::{Answer, DONE, NOT_IN_GROUP, Verdict},
    world::{Group, Place, What, World},
};

impl World {
    pub fn create(&mut self, me: Who, friends: &[Who]) -> Verdict {
        let mut members = vec![me];
        members.extend(friends.iter().copied().filter(|who| self.friends.get(&(me, *who)) == Some(&false)));
        if members.len() == 1 {
            return Err("请选择加入群聊的用户");
        }
        let names: Vec<_> = members.iter().map(|who| self.name(*who)).collect();
        let name = names.join("、").chars().take(50).collect();
        let group = self.groups.len();
        self.groups.push(Group {
            id: 0,
            owner: me,
            name,
            policy: 0,
            members,
            applicants: vec![],
            alive: true,
        });
        self.post(me, Place::Group(group), What::GroupCreated);
        DONE
    }

    pub fn leave(&mut self, me: Who, nth: Nth) -> Verdict {
        let group = self.group(nth).filter(|group| self.groups[*group].alive).ok_or("群不存在")?;
        let Group { owner, members, applicants, .. } = &self.groups[group];
        let (owner, member) = (*owner, members.contains(&me));
        if !member && !applicants.contains(&me) {
            return Err(NOT_IN_GROUP);
        }
        if me == owner {
            self.post(me, Place::Group(group), What::Dissolved);
            let gone = &mut self.groups[group];
            (gone.alive, gone.members, gone.applicants) = (false, vec![], vec![]);
        } else {
            if member {
                self.post(me, Place::Inbox(owner), What::Left { group });
            }
            self.groups[group].lose(me);
        }
        DONE
    }

    /// "Joining a group".
    pub fn invite(&mut self, me: Who, nth: Nth, whom: Who, claim: Inviter) -> Verdict {
        let group = self.group(nth).filter(|group| self.groups[*group].alive).ok_or("群不存在或者被封禁")?;
        let Group { owner, policy, members, applicants, name, .. } = &self.groups[group];
        let member = members.contains(&me);
        let invited = match claim {
            Inviter::Nobody if whom == me => false,
            Inviter::Other(other) if other != me => return Err("非法操作"),
            _ if member => true,
            _ => return Err("非法操作"),
        };
        if applicants.contains(&whom) {
            return Err("已申请加入群聊，正在等待群主同意");
        }
        if members.contains(&whom) {
            return Err("用户已经在群里");
        }
        let by_owner = invited && me == *owner;
        if *policy == 2 && !by_owner && self.is_visitor(whom) {
            return Err("请先登录再申请进群");
        }
        let (owner, group_name) = (*owner, name.clone());
        let inviter = Some(me).filter(|me| invited && !self.is_visitor(*me));
        if *policy == 1 && !by_owner {
            self.groups[group].applicants.push(whom);
            self.post(whom, Place::Inbox(owner), What::WantsIn { group, invited, inviter, group_name });
            return Ok(Answer::Word("等待群主同意"));
        }
        self.groups[group].members.push(whom);
        self.post(whom, Place::Group(group), What::Joined { inviter });
        Ok(Answer::Word("加群成功"))
    }

    /// The group, if it lives and `me` is in it.
    pub fn found(
        &self,
        nth: Nth,
        me: Who,
        dead: &'static str,
        outside: &'static str,
    ) -> Result<usize, &'static str> {
        let group = self.group(nth).ok_or(dead)?;
        self.member(group, me, dead, outside).map(|()| group)
    }

    pub fn member(
        &self,
        at: usize,
        me: Who,
        dead: &'static str,
        outside: &'static str,
    ) -> Result<(), &'static str> {
        let group = &self.groups[at];
        match () {
            () if !group.alive => Err(dead),
            () if !group.members.contains(&me) => Err(outside),
            () => Ok(()),
        }
    }

    /// The group, if it lives and `me` owns it.
    pub fn owned(&self, nth: Nth, me: Who, otherwise: &'static str) -> Result<usize, &'static str> {
        let group = self.group(nth).ok_or(otherwise)?;
        let Group { alive, owner, .. } = self.groups[group];
        if alive && owner == me { Ok(group) } else { Err(otherwise) }
    }
}

impl Group {
    pub fn lose(&mut self, who: Who) {
        self.members.retain(|other| *other != who);
        self.applicants.retain(|other| *other != who);
    }
}
