//! A merchant's desk: welcoming customers, answering what it stored an answer for, handing customers to
//! its seats (pop.md §6).

mod matching;
mod once;
mod opening;
mod store;

use crate::{
    AccountId, App, Audience, Change, ConversationId, Event, Millis, Rate, Result, Seq,
    accounts::Caller,
    messages::{self, Body, Draft, Entry, Named, Place, Posted},
};
use im_db::Tx;
pub use once::{Said, say_once};
pub use opening::{Online, Opened, open};
use std::sync::Arc;

/// A merchant's welcome.
const WELCOME: i64 = 1;
/// A merchant's answer to a question.
const ANSWER: i64 = 3;

/// Sends a message as [`messages::send`] does. When a customer wrote to a desk, the desk's texts follow;
/// nothing of that delays or fails the customer's call.
pub async fn say(app: &App, caller: Caller, draft: Draft) -> Result<Arc<Posted>> {
    let posted = messages::send(app, caller, draft).await?;
    if let Some(visit) = Visit::of(&posted) {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(e) = visit.serve(&app).await {
                tracing::warn!(error = %e, "a customer was not served");
            }
        });
    }
    Ok(posted)
}

/// A customer at a desk.
#[derive(Clone, Debug)]
struct Visit {
    conversation: ConversationId,
    /// When it is, for the customer.
    at: Millis,
    /// The place of what was just said; `None` when the customer only came.
    said: Option<Seq>,
    /// What was asked, if it was said in words.
    question: Option<String>,
    customer: Named,
    customer_avatar: String,
    /// Whom the customer talks to: the merchant, or a seat.
    seat: AccountId,
    /// Whose texts are sent.
    merchant: AccountId,
}

impl Visit {
    /// The visit that a message is part of: said by somebody who serves nobody, to somebody who does.
    fn of(posted: &Posted) -> Option<Visit> {
        let Place::Direct { peer, sender_alias, .. } = &posted.place else { return None };
        let (merchant, customer) = (peer.desk?, &posted.sender);
        let question = match &posted.message.body {
            _ if customer.desk.is_some() => return None,
            Body::Notice(_) | Body::Auto { .. } => return None,
            Body::Text(text) => Some(text.clone()),
            _ => None,
        };
        Some(Visit {
            conversation: posted.message.conversation,
            at: posted.message.created_ms,
            said: Some(posted.message.seq),
            question,
            customer: Named { id: customer.id, name: sender_alias.clone() },
            customer_avatar: customer.avatar.clone(),
            seat: peer.id,
            merchant,
        })
    }

    async fn serve(self, app: &App) -> Result<()> {
        let answer = self.find_answer(app).await?;
        app.write(move |app, tx| {
            Box::pin(async move {
                let Some(session) =
                    store::session(tx, self.conversation, self.seat, self.customer.id).await?
                else {
                    return Ok(());
                };
                if !session.friends {
                    self.welcome(&app, tx, &session).await?;
                }
                self.answer(&app, tx, &session, answer).await
            })
        })
        .await
    }

    /// Welcomes a stranger when its session begins, and again after a long silence; tells the desk of a
    /// session that has just begun.
    async fn welcome(&self, app: &App, tx: &mut Tx, session: &store::Session) -> Result<()> {
        let here = self.said.unwrap_or(Seq(i64::MAX));
        let before = store::said_before(tx, self.conversation, session.parted, here).await?;
        let silent = |before: Millis| self.at.0 - before.0 > app.pop.welcome_rearm_s.saturating_mul(1_000);
        if !before.is_none_or(silent) {
            return Ok(());
        }
        if before.is_none() && self.said.is_some() && session.welcomed.0 == 0 {
            self.announce(app, tx);
        }
        store::set_welcomed(tx, self.conversation, self.seat, self.at).await?;
        let texts = store::texts(tx, self.merchant, WELCOME).await?;
        match texts.iter().find(|text| text.default).or(texts.first()) {
            Some(text) => self.send(app, tx, &text.content).await,
            None => Ok(()),
        }
    }

    fn announce(&self, app: &App, tx: &mut Tx) {
        let stranger = Change::Stranger { who: self.customer.clone(), avatar: self.customer_avatar.clone() };
        app.emit(tx, Event::Changed(Audience::Accounts(vec![self.seat]), Arc::new(stranger)));
    }

    /// The answer that the merchant stored for the question. Looked for outside of the unit of work that
    /// sends it, which others wait for, and not while a brake holds.
    async fn find_answer(&self, app: &App) -> Result<Option<String>> {
        let Some(question) = self.question.clone() else { return Ok(None) };
        let held = |rate| app.limiter.check(rate, self.conversation.0, self.at).is_err();
        if held(Rate::AutoAnswer) || held(Rate::AutoAnswers) {
            return Ok(None);
        }
        let merchant = self.merchant;
        let texts =
            app.read(move |_, tx| Box::pin(async move { Ok(store::texts(tx, merchant, ANSWER).await?) }));
        Ok(matching::best(&texts.await?, &question).map(|text| text.content.clone()))
    }

    /// Sends the answer, unless a person is at it.
    async fn answer(
        &self,
        app: &App,
        tx: &mut Tx,
        session: &store::Session,
        answer: Option<String>,
    ) -> Result<()> {
        let Some(answer) = answer else { return Ok(()) };
        if self.at.0 - session.answered.0 < app.pop.human_takeover_s.saturating_mul(1_000) {
            return Ok(());
        }
        let brake = |rate| app.limiter.take(rate, self.conversation.0, self.at);
        if brake(Rate::AutoAnswer).is_err() || brake(Rate::AutoAnswers).is_err() {
            return Ok(());
        }
        self.send(app, tx, &answer).await
    }

    async fn send(&self, app: &App, tx: &mut Tx, text: &str) -> Result<()> {
        let text = app.censor().clean(text).into_owned();
        let body = Body::Auto { text, asked: None };
        let entry = Entry::said(self.seat, body, None);
        messages::post_direct(app, tx, self.customer.id, entry, &messages::reachable).await.map(drop)
    }
}
