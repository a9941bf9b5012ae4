//! What goes with a message beside what it says, and how messages are named.
use super::Named;
use crate::{AccountId, Mid, Seq};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Whom a message mentions, and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extra {
    /// Members whom it mentions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<AccountId>,
    /// It calls whoever is there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
    /// Who said it first, somewhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Named>,
}

impl Extra {
    /// As it stands in the log; nothing for most messages.
    pub(crate) fn to_text(&self) -> Option<String> {
        if *self == Extra::default() { None } else { serde_json::to_string(self).ok() }
    }

    /// What the log holds.
    pub(crate) fn of_text(text: Option<String>) -> Self {
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }
}

/// How a message is named where its conversation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum At {
    /// By its place in the installation's log.
    Mid(Mid),
    /// By its place in the conversation's log.
    Seq(Seq),
}

impl At {
    pub(crate) fn number(self) -> i64 {
        match self {
            At::Mid(mid) => mid.0,
            At::Seq(seq) => seq.0,
        }
    }
}

/// A number that two different contents share by accident only.
pub(crate) fn digest(content: &impl Serialize) -> i64 {
    let text = serde_json::to_vec(content).unwrap_or_default();
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(text)[..8]);
    i64::from_be_bytes(first)
}
