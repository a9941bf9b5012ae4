//! Who may listen to what (pop.md §4.4, §4.5).
use super::{
    Pusher,
    channels::{Channel, Right},
    place::Socket,
    rooms::Member,
    text::escape,
};
use im_core::{
    App, Error,
    accounts::{self, Caller, sessions},
    groups,
    secrets::same,
};
use serde_json::{Value, json};

/// Characters of a channel's name at most.
const NAME: usize = 164;

/// The caller may not listen to this.
#[derive(Debug, thiserror::Error)]
#[error("Forbidden")]
pub struct Forbidden;

impl Pusher {
    /// The signature with which the socket `socket_id` may subscribe for `caller`; the answer of the
    /// auth endpoint as it stands, without an envelope.
    ///
    /// # Errors
    /// [`Forbidden`], whatever the reason.
    pub async fn authorise(
        &self,
        app: &App,
        caller: Caller,
        socket_id: &str,
        channel_name: &str,
    ) -> Result<Value, Forbidden> {
        let channel =
            Some(channel_name).filter(|name| is_name(name)).and_then(Channel::parse).ok_or(Forbidden)?;
        if !is_socket_id(socket_id) || !may(app, caller, channel).await {
            return Err(Forbidden);
        }
        let data = match channel {
            Channel::PresenceGroup(_) => Some(describe(app, caller).await.ok_or(Forbidden)?),
            _ => None,
        };
        if !self.vouch(socket_id, channel, caller) {
            return Err(Forbidden);
        }
        let auth = self.keys.auth(socket_id, channel_name, data.as_deref());
        Ok(match data {
            Some(data) => json!({ "auth": auth, "channel_data": data }),
            None => json!({ "auth": auth }),
        })
    }

    /// In whose name the socket would listen: the one for whom the subscription was signed, or its
    /// owner; nobody's when another server signed it.
    pub(super) fn claimant(
        &self,
        socket: &Socket,
        channel: Channel,
        auth: Option<&str>,
        data: Option<&str>,
    ) -> Result<Option<Caller>, Forbidden> {
        let signed = match auth {
            Some(auth) => {
                let data = data.filter(|_| matches!(channel, Channel::PresenceGroup(_)));
                let right = self.keys.auth(&socket.public_id(), &channel.to_string(), data);
                if !same(auth, &right) {
                    return Err(Forbidden);
                }
                true
            }
            None => false,
        };
        let voucher = socket.voucher(channel).filter(|_| signed);
        match voucher.or(socket.owner) {
            Some(_) if channel.is_guarded() && !signed => Err(Forbidden),
            Some(who) => Ok(Some(who)),
            None if signed || channel.right() == Right::Everybody => Ok(None),
            None => Err(Forbidden),
        }
    }

    /// Whether the subscription stands: asked after its place is kept.
    pub(super) async fn stands(
        &self,
        app: &App,
        socket: &Socket,
        channel: Channel,
        who: Option<Caller>,
    ) -> bool {
        let Some(who) = who else { return true };
        // The socket's own session is watched from its start; that of somebody else may be over.
        let foreign = socket.owner.is_none_or(|owner| owner.session != who.session);
        if foreign && sessions::by_id(app, who.session).await.is_err() {
            return false;
        }
        may(app, who, channel).await
    }
}

/// For whom a presence channel is subscribed to; it must be who the socket is.
pub(super) fn member(data: &str, who: Option<Caller>) -> Result<Member, Forbidden> {
    let member: Member = serde_json::from_str(data).map_err(|_| Forbidden)?;
    let id = member.id().ok_or(Forbidden)?;
    match who {
        Some(who) if who.id.to_string() != id => Err(Forbidden),
        _ => Ok(member),
    }
}

async fn may(app: &App, caller: Caller, channel: Channel) -> bool {
    match channel.right() {
        Right::Everybody => true,
        Right::Only(id) => id == caller.id,
        Right::Members(group) => match groups::joined(app, caller, group).await {
            Ok(_) => true,
            Err(Error::Refused(_)) => false,
            Err(e) => {
                tracing::error!(error = %e, "a subscription could not be checked");
                false
            }
        },
    }
}

/// The `channel_data` of the caller.
async fn describe(app: &App, caller: Caller) -> Option<String> {
    let account = accounts::find(app, caller.id).await.ok()??;
    let info = json!({ "name": escape(account.display()), "avatar": escape(&account.avatar) });
    Some(json!({ "user_id": caller.id.to_string(), "user_info": info }).to_string())
}

/// `^\d+\.\d+$`
fn is_socket_id(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(first, second)| digits(first) && digits(second))
}

/// `^[-a-zA-Z0-9_=@,.;]+$`
fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_=@,.;".contains(&b);
    text.len() <= NAME && !text.is_empty() && text.bytes().all(plain)
}
