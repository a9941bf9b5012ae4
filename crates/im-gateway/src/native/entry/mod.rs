//! Entries of the log as the native API spells them, on sockets and over HTTP alike.
mod body;
mod notice;
#[cfg(test)]
mod tests;

pub use body::BodyView;
use im_core::{
    ConversationId, Mid, Millis, Seq,
    history::{Line, Reaction, Since},
    messages::{At, Body, Draft, Extra, Face, Message, Named, Posted, Quoted, To},
};
pub use notice::{ChangeView, NoticeView};
use serde::Serialize;
use utoipa::ToSchema;

/// Characters of a client's own name for a message.
const CLIENT_ID: usize = 64;
/// Characters of a message that a quote of it shows at most.
const QUOTED: usize = 500;
/// Accounts that a message may mention.
const MENTIONS: usize = 200;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EntryKind)]
pub enum Kind {
    /// Somebody said something.
    Message,
    /// Something happened that is shown between messages.
    Notice,
    /// An older entry changed; not shown by itself.
    Change,
    /// Deleted for the reader, or for all.
    Gone,
}

/// An entry of a conversation's log.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryView {
    /// Unique in the installation, and growing.
    pub id: i64,
    /// Where it was said.
    pub conversation: i64,
    /// Its place there: 1, 2, 3 … without a hole.
    pub seq: i64,
    /// What it is.
    pub kind: Kind,
    /// When.
    pub created_ms: i64,
    /// Who said or did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sender: Option<SenderView>,
    /// The sender's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_id: Option<String>,
    /// What; left out of what was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub body: Option<SaidView>,
    /// What it answers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quote: Option<QuoteView>,
    /// Members whom it mentions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub mentions: Vec<i64>,
    /// It calls everybody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub mention_all: bool,
    /// Who said it first, somewhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forwarded: Option<NamedView>,
    /// When its text was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub edited_ms: Option<i64>,
    /// It was taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub revoked: bool,
    /// The emoji at it, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub reactions: Vec<ReactionView>,
    /// The place of the newest change that it shows already; 0 when there was none.
    pub changed_seq: i64,
}

/// What an entry says.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = EntryBody)]
pub enum SaidView {
    /// Of a message.
    Message(BodyView),
    /// Of a notice.
    Notice(NoticeView),
    /// Of a change.
    Change(ChangeView),
}

/// Who said something, as its place shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Sender)]
pub struct SenderView {
    /// Number.
    pub id: i64,
    /// The name in this place; not the reader's remark.
    pub name: String,
    /// The picture in this place.
    pub avatar: String,
}

/// Somebody or something, by its name of that moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Named)]
pub struct NamedView {
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
}

/// A message as another one quotes it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteView {
    /// Its place.
    pub seq: i64,
    /// Who said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sender_id: Option<i64>,
    /// What it says now; null when it is gone.
    #[schema(required)]
    pub body: Option<BodyView>,
}

/// An emoji at a message.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reaction)]
pub struct ReactionView {
    /// Which.
    pub emoji: String,
    /// Who put it there.
    pub accounts: Vec<i64>,
}

impl EntryView {
    /// An entry that was just posted, the same for everybody.
    pub fn of(posted: &Posted) -> Self {
        view(&posted.message, &posted.sender, posted.quote.as_ref(), &Since::default())
    }

    /// The place of an entry that is gone.
    pub fn gone(mid: Mid, conversation: ConversationId, seq: Seq, created: Millis) -> Self {
        EntryView {
            id: mid.0,
            conversation: conversation.0,
            seq: seq.0,
            kind: Kind::Gone,
            created_ms: created.0,
            sender: None,
            client_id: None,
            body: None,
            quote: None,
            mentions: Vec::new(),
            mention_all: false,
            forwarded: None,
            edited_ms: None,
            revoked: false,
            reactions: Vec::new(),
            changed_seq: 0,
        }
    }
}

impl EntryView {
    /// Whether a client may call a message so.
    pub fn takes_name(client_id: &str) -> bool {
        !client_id.is_empty()
            && client_id.chars().count() <= CLIENT_ID
            && !client_id.contains(char::is_control)
    }
}

impl From<&Line> for EntryView {
    fn from(line: &Line) -> Self {
        view(&line.message, &line.sender, line.quote.as_ref(), &line.since)
    }
}

fn view(message: &Message, sender: &Face, quote: Option<&Quoted>, since: &Since) -> EntryView {
    let place = EntryView {
        changed_seq: since.changed.0,
        ..EntryView::gone(message.mid, message.conversation, message.seq, message.created_ms)
    };
    if since.gone {
        return place;
    }
    let Extra { mentions, everyone, forwarded } = &message.extra;
    let (kind, body) = match &message.body {
        _ if since.revoked => (Kind::Message, None),
        Body::Notice(what) if what.is_change() => (Kind::Change, ChangeView::of(what).map(SaidView::Change)),
        Body::Notice(what) => (Kind::Notice, NoticeView::of(what, sender).map(SaidView::Notice)),
        body => (Kind::Message, Some(SaidView::Message(BodyView::of(body, message.raw.as_deref())))),
    };
    EntryView {
        kind,
        sender: Some(SenderView {
            id: sender.id.0,
            name: sender.name.clone(),
            avatar: sender.avatar.clone(),
        }),
        client_id: message.client_id.clone(),
        body,
        quote: quote.map(QuoteView::from),
        mentions: mentions.iter().map(|account| account.0).collect(),
        mention_all: *everyone,
        forwarded: forwarded.as_ref().map(NamedView::from),
        edited_ms: since.edited_ms.filter(|_| !since.revoked).map(|at| at.0),
        revoked: since.revoked,
        reactions: since.reactions.iter().map(ReactionView::from).collect(),
        ..place
    }
}

impl From<&Quoted> for QuoteView {
    fn from(quoted: &Quoted) -> Self {
        let said = quoted.said.as_ref();
        QuoteView {
            seq: quoted.seq.0,
            sender_id: said.map(|_| quoted.sender.0),
            body: said.map(|(body, raw)| BodyView::of(body, raw.as_deref()).cut(QUOTED)),
        }
    }
}

impl From<&Named> for NamedView {
    fn from(named: &Named) -> Self {
        NamedView { id: named.id.0, name: named.name.clone() }
    }
}

impl From<&Reaction> for ReactionView {
    fn from(reaction: &Reaction) -> Self {
        let accounts = reaction.accounts.iter().map(|account| account.0).collect();
        ReactionView { emoji: reaction.emoji.clone(), accounts }
    }
}

/// What a client wants to say.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // as in `EntryView`
pub struct Saying {
    pub client_id: Option<String>,
    pub body: BodyView,
    pub quote: Option<Seq>,
    pub mentions: Vec<i64>,
    pub mention_all: bool,
}

impl Saying {
    /// The same in the core's words; the name of the field that cannot be taken.
    ///
    /// # Errors
    /// The field.
    pub fn into_draft(self, to: To) -> Result<Draft, &'static str> {
        let (body, raw) = self.body.into_parts()?;
        if !self.client_id.iter().all(|id| EntryView::takes_name(id)) {
            return Err("client_id");
        }
        if self.mentions.len() > MENTIONS {
            return Err("mentions");
        }
        let mentions = self.mentions.into_iter().map(im_core::AccountId).collect();
        let extra = Extra { mentions, everyone: self.mention_all, forwarded: None };
        let (quote, client_id) = (self.quote.map(At::Seq), self.client_id);
        Ok(Draft { quote, client_id, extra, ..Draft::new(to, body, raw) })
    }
}
