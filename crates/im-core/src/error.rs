//! Why the domain said no.

/// Result with the core's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the domain said no. Knows no status code and no envelope: each dialect translates it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the product refused a well-formed request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Ours to repair: logged in full once, at the edge; the caller reads "internal error".
    #[error("internal error: {0}")]
    Internal(String),
}

/// The rules that can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // who calls
    /// The token is malformed, forged, revoked, lapsed or displaced.
    #[error("the token is not valid")]
    BadToken,
    /// The caller's account is gone or disabled.
    #[error("the account is gone or disabled")]
    AccountDisabled,
    /// A window of a rate limit is full; the next one begins in so long, 0 when that is not known.
    #[error("too many requests")]
    TooOften {
        /// Milliseconds.
        retry_ms: i64,
    },
    /// What was given in this field cannot be taken.
    #[error("{0} is not acceptable")]
    Invalid(&'static str),
    // accounts
    /// The username belongs to somebody.
    #[error("the username is taken")]
    UsernameTaken,
    /// The username has characters that are not allowed.
    #[error("a username is 4 to 20 letters, digits and underscores")]
    UsernameMalformed,
    /// No enabled account has this name.
    #[error("no such account")]
    NoSuchAccount,
    /// The password does not fit.
    #[error("wrong password")]
    WrongPassword,
    /// The privacy settings are not a JSON object, or too long.
    #[error("malformed privacy settings")]
    PrivacyMalformed,
    // contacts
    /// The two are the same person.
    #[error("that is yourself")]
    Yourself,
    /// The account that a request is aimed at is gone, disabled or of the wrong kind.
    #[error("no such person")]
    NoSuchPerson,
    /// An open or accepted request exists already.
    #[error("already asked")]
    AlreadyAsked,
    /// The friend request does not exist, is not the caller's to decide, or is decided.
    #[error("no such request")]
    NoSuchRequest,
    /// There is no friendship to act on.
    #[error("not friends")]
    NotFriends,
    /// The person wants to be asked first.
    #[error("the person wants to be asked")]
    MustAsk,
    // messages
    /// The receiver has blocked the sender.
    #[error("blocked by the receiver")]
    Blocked,
    /// The operator has cut the friendship.
    #[error("cut by the operator")]
    Cut,
    /// The receiver takes messages of friends only.
    #[error("friends only")]
    FriendsOnly,
    /// The receiver takes one message before friendship, and it was sent.
    #[error("one message before friendship")]
    OneMessageOnly,
    /// The revoke window is over.
    #[error("too late to revoke")]
    TooLate,
    /// Not the caller's to do.
    #[error("not allowed")]
    NotAllowed,
    /// The sender has said something else under this name.
    #[error("the client_id names another message")]
    ClientIdTaken,
    /// The message's kind or size is not acceptable.
    #[error("not an acceptable message")]
    BadMessage,
    // groups
    /// The group does not exist, is dissolved or locked.
    #[error("no such group")]
    NoSuchGroup,
    /// The caller is not an active member.
    #[error("not a member")]
    NotMember,
    /// Only the owner may.
    #[error("owner only")]
    OwnerOnly,
    /// None of the chosen friends can be taken in.
    #[error("nobody chosen")]
    NobodyChosen,
    /// The person is a member already.
    #[error("a member already")]
    AlreadyMember,
    /// The person has asked to join and waits.
    #[error("waiting for the owner")]
    AlreadyWaiting,
    /// Visitors must sign in before they join this group.
    #[error("sign in to join")]
    SignInToJoin,
    /// The group has as many members as it may have.
    #[error("the group is full")]
    GroupFull,
    /// The invitation does not exist, was taken back, or is used up or too old.
    #[error("no such invitation")]
    NoSuchInvite,
    /// The group is locked by the operator.
    #[error("the group is locked")]
    GroupLocked,
    /// The caller may not speak in the group for a while.
    #[error("muted in the group")]
    Muted,
    /// Only the owner and managers may speak in the group.
    #[error("the group is silent")]
    MutedAll,
    /// The owner cannot leave.
    #[error("the owner stays")]
    OwnerStays,
    // what the operator switched off
    /// Registering.
    #[error("registration is switched off")]
    RegisterOff,
    /// Writing to people.
    #[error("private chat is switched off")]
    PrivateChatOff,
    /// Writing to groups.
    #[error("group chat is switched off")]
    GroupChatOff,
    /// Writing to strangers.
    #[error("strangers may not write")]
    StrangersOff,
    /// Messages of this kind.
    #[error("messages of this kind are switched off")]
    KindOff,
    /// Uploading pictures, or other files.
    #[error("uploading is switched off")]
    UploadOff,
    /// Asking for friendship.
    #[error("asking for friendship is switched off")]
    AddFriendOff,
    /// Making groups.
    #[error("making groups is switched off")]
    CreateGroupOff,
    /// Joining groups by their number.
    #[error("joining groups is switched off")]
    JoinOff,
    // pop
    /// The message does not exist, or is not the caller's to see.
    #[error("no such message")]
    NoSuchMessage,
    /// The request was decided the other way.
    #[error("decided the other way")]
    Decided,
    /// Only merchants may.
    #[error("merchants only")]
    MerchantsOnly,
    /// There are as many as there may be.
    #[error("too many")]
    TooMany,
    /// The telephone number belongs to somebody.
    #[error("the telephone number is taken")]
    PhoneTaken,
    /// A code is needed that a telephone was sent.
    #[error("a code is needed")]
    CodeMissing,
    /// The code sent to the telephone does not fit, or died.
    #[error("wrong code")]
    WrongCode,
    // support
    /// The record does not exist or is somebody else's.
    #[error("no such record")]
    NoSuchRecord,
    /// The complaint is being worked on and cannot be changed any more.
    #[error("in progress")]
    InProgress,
}

impl Refusal {
    /// Whether both say the same, whatever facts come with it.
    pub fn is_like(&self, other: &Refusal) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Error {
    /// Wraps what the caller must not see.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Error::Internal(cause.to_string())
    }
}

impl From<im_db::Error> for Error {
    fn from(e: im_db::Error) -> Self {
        Error::internal(e)
    }
}
