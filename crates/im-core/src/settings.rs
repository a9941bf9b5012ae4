//! The settings file, declared where it is used: each crate declares its own sections with
//! [`settings!`](crate::settings!), the server puts them together and prints them.

use std::fmt;

/// One section of the settings: what `hongyan config` and `hongyan.example.toml` say of it.
pub trait Section: Default + serde::Serialize + serde::de::DeserializeOwned {
    /// Lines that stand over the section.
    const ABOUT: &'static [&'static str];
    /// Each key with the lines that explain it, in the order of the file.
    const KEYS: &'static [(&'static str, &'static [&'static str])];
}

/// What is printed in place of a secret.
pub const HIDDEN: &str = "[set]";

/// A text that must not reach a log or a printed configuration.
///
/// It is read like a string; printed it is [`HIDDEN`], or nothing when empty.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn shown(&self) -> &'static str {
        if self.0.is_empty() { "" } else { HIDDEN }
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.shown())
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// Declares a section: a struct whose fields have a doc comment, a unit in it, and a default.
///
/// ```
/// im_core::settings! {
///     /// Who may write how much.
///     pub struct Example {
///         /// Seconds of silence before a socket is closed.
///         silence_s: u64 = 60,
///     }
/// }
/// assert_eq!(Example::default().silence_s, 60);
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[doc = $about:literal])* $vis:vis struct $name:ident {
        $( $(#[doc = $doc:literal])* $key:ident : $ty:ty = $default:expr ),* $(,)?
    }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $name { $( $(#[doc = $doc])* pub $key: $ty, )* }
        impl Default for $name {
            fn default() -> Self { Self { $( $key: $default, )* } }
        }
        impl $crate::settings::Section for $name {
            const ABOUT: &'static [&'static str] = &[$($about),*];
            const KEYS: &'static [(&'static str, &'static [&'static str])] =
                &[$((stringify!($key), &[$($doc),*])),*];
        }
    };
}
