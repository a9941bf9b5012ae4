//! All reasons for which the native API refuses, each with its HTTP status and its stable code.
use im_core::Refusal;

/// A reason that no rule of the core gives.
pub(super) struct Reason {
    pub status: u16,
    pub code: &'static str,
    pub title: &'static str,
}

/// Declares the reasons, those of the core and our own, and the list of their codes. Without a `_` arm: a
/// new refusal must be given both. What a stranger may not know of looks like what does not exist.
macro_rules! reasons {
    (
        of the core: { $($refusal:pat => $status:literal $code:literal,)* }
        our own: { $($name:ident => $own_status:literal $own_code:literal $title:literal,)* }
    ) => {
        /// The status and the code of a refusal.
        pub(super) fn name(refusal: Refusal) -> (u16, &'static str) {
            use Refusal::*;
            match refusal {
                $($refusal => ($status, $code),)*
            }
        }

        $(pub(super) const $name: Reason =
            Reason { status: $own_status, code: $own_code, title: $title };)*

        /// Every code that a problem may have.
        pub const CODES: &[&str] = &[$($own_code,)* $($code,)*];
    };
}

reasons! {
    of the core: {
        BadToken => 401 "bad_token",
        AccountDisabled => 403 "account_disabled",
        TooOften { .. } => 429 "too_often",
        Invalid(_) => 422 "invalid",
        UsernameTaken => 409 "username_taken",
        UsernameMalformed => 422 "username_malformed",
        NoSuchAccount => 404 "no_such_account",
        WrongPassword => 403 "wrong_password",
        PrivacyMalformed => 422 "privacy_malformed",
        Yourself => 403 "yourself",
        NoSuchPerson => 404 "no_such_person",
        AlreadyAsked => 409 "already_asked",
        NoSuchRequest => 404 "no_such_request",
        NotFriends => 403 "not_friends",
        MustAsk => 403 "must_ask",
        Blocked => 403 "blocked",
        Cut => 403 "cut",
        FriendsOnly => 403 "friends_only",
        OneMessageOnly => 403 "one_message_only",
        TooLate => 403 "too_late",
        NotAllowed => 403 "not_allowed",
        ClientIdTaken => 409 "client_id_taken",
        BadMessage => 422 "bad_message",
        NoSuchGroup => 404 "no_such_group",
        NotMember => 404 "not_member",
        OwnerOnly => 403 "owner_only",
        NobodyChosen => 403 "nobody_chosen",
        AlreadyMember => 409 "already_member",
        AlreadyWaiting => 409 "already_waiting",
        SignInToJoin => 403 "sign_in_to_join",
        GroupFull => 403 "group_full",
        NoSuchInvite => 404 "no_such_invite",
        GroupLocked => 403 "group_locked",
        Muted => 403 "muted",
        MutedAll => 403 "muted_all",
        OwnerStays => 403 "owner_stays",
        RegisterOff => 403 "register_off",
        PrivateChatOff => 403 "private_chat_off",
        GroupChatOff => 403 "group_chat_off",
        StrangersOff => 403 "strangers_off",
        KindOff => 403 "kind_off",
        UploadOff => 403 "upload_off",
        AddFriendOff => 403 "add_friend_off",
        CreateGroupOff => 403 "create_group_off",
        JoinOff => 403 "join_off",
        NoSuchMessage => 404 "no_such_message",
        Decided => 409 "decided",
        MerchantsOnly => 403 "merchants_only",
        TooMany => 403 "too_many",
        PhoneTaken => 409 "phone_taken",
        CodeMissing => 403 "code_missing",
        WrongCode => 403 "wrong_code",
        NoSuchRecord => 404 "no_such_record",
        InProgress => 403 "in_progress",
    }
    our own: {
        MALFORMED => 400 "malformed" "the request cannot be read",
        NOT_FOUND => 404 "not_found" "there is nothing at this address",
        METHOD_NOT_ALLOWED => 405 "method_not_allowed" "this address does not take the method",
        TOO_LARGE => 413 "too_large" "the request is too large",
        UNSUPPORTED => 415 "unsupported_media_type" "the body is of another kind",
        UPGRADE_REQUIRED => 426 "upgrade_required" "here is a WebSocket",
        INTERNAL => 500 "internal" "internal error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_reason_has_a_code_of_its_own() {
        let codes: HashSet<_> = CODES.iter().collect();
        assert_eq!(codes.len(), CODES.len());
        assert!(CODES.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
