//! The one validator: parameters are declared, and what is wrong is said in the reference's words
//! (egg.md §1.6).
use crate::{
    envelope::Fail,
    input::{Input, as_text},
};
use serde_json::Value;

/// The largest number, where none is declared; the text of a failure shows it.
const INT_MAX: i64 = 10_000_000_000_000_000;
/// The longest text, likewise.
const TEXT_MAX: usize = 10_000_000;

/// A set of declared parameters.
pub trait Params: Sized + Send {
    /// Reads them in their declared order; the first failure counts.
    fn read(input: &Input) -> Result<Self, Fail>;
}

/// A route without parameters.
pub struct Nothing;

impl Params for Nothing {
    fn read(_: &Input) -> Result<Self, Fail> {
        Ok(Nothing)
    }
}

/// Declares the parameters of a route, in the order of the contract's table:
/// `field: Type = rule("name on the wire", "label")…`.
macro_rules! params {
    ($(#[$doc:meta])* struct $name:ident { $($field:ident : $ty:ty = $rule:expr),* $(,)? }) => {
        $(#[$doc])*
        pub struct $name { $($field: $ty),* }
        impl $crate::params::Params for $name {
            fn read(input: &$crate::input::Input) -> Result<Self, $crate::envelope::Fail> {
                $(let $field = $rule.read(input)?;)*
                Ok(Self { $($field),* })
            }
        }
    };
}
pub(crate) use params;

/// A text.
#[derive(Clone, Copy)]
pub struct Text {
    name: &'static str,
    label: &'static str,
    min: usize,
    max: usize,
    default: Option<&'static str>,
    one_of: &'static [&'static str],
}

/// A required text.
pub const fn text(name: &'static str, label: &'static str) -> Text {
    Text { name, label, min: 0, max: TEXT_MAX, default: None, one_of: &[] }
}

impl Text {
    /// So many characters.
    pub const fn length(self, min: usize, max: usize) -> Self {
        Text { min, max, ..self }
    }

    /// At least so many characters.
    pub const fn at_least(self, min: usize) -> Self {
        Text { min, ..self }
    }

    /// One of these.
    pub const fn one_of(self, one_of: &'static [&'static str]) -> Self {
        Text { one_of, ..self }
    }

    /// Not required; also what a wrong value becomes.
    pub const fn or(self, default: &'static str) -> Self {
        Text { default: Some(default), ..self }
    }

    pub fn read(self, input: &Input) -> Result<String, Fail> {
        let found = if self.one_of.is_empty() { input.words(self.name) } else { input.text(self.name) };
        let checked = match found {
            Some(text) => self.check(text),
            None => Err(missing(self.label)),
        };
        checked.or_else(|fail| self.default.map(str::to_owned).ok_or(fail))
    }

    fn check(self, text: String) -> Result<String, Fail> {
        let (label, length) = (self.label, text.chars().count());
        if length < self.min || length > self.max {
            let (min, max) = (self.min, self.max);
            return Err(Fail::invalid(if min == 0 {
                format!("{label} 的长度 必须 大于等于 `0` 小于等于 `{max}`")
            } else {
                format!("{label} 的长度 必须 在 {min} 和 {max} 之间")
            }));
        }
        if !self.one_of.is_empty() && !self.one_of.contains(&text.as_str()) {
            return Err(not_one_of(label, &text, self.one_of));
        }
        Ok(text)
    }
}

/// A whole number.
#[derive(Clone, Copy)]
pub struct Int {
    name: &'static str,
    label: &'static str,
    min: i64,
    max: i64,
    default: Option<i64>,
    one_of: &'static [i64],
}

/// A required whole number.
pub const fn int(name: &'static str, label: &'static str) -> Int {
    Int { name, label, min: -INT_MAX, max: INT_MAX, default: None, one_of: &[] }
}

impl Int {
    /// So many.
    pub const fn range(self, min: i64, max: i64) -> Self {
        Int { min, max, ..self }
    }

    /// At least so many.
    pub const fn at_least(self, min: i64) -> Self {
        Int { min, ..self }
    }

    /// One of these.
    pub const fn one_of(self, one_of: &'static [i64]) -> Self {
        Int { one_of, ..self }
    }

    /// Not required; also what a wrong value becomes.
    pub const fn or(self, default: i64) -> Self {
        Int { default: Some(default), ..self }
    }

    pub fn read(self, input: &Input) -> Result<i64, Fail> {
        let checked = match input.text(self.name) {
            Some(text) => self.check(&text),
            None => Err(missing(self.label)),
        };
        checked.or_else(|fail| self.default.ok_or(fail))
    }

    /// Checks a text that was found elsewhere.
    pub fn check(self, text: &str) -> Result<i64, Fail> {
        let label = self.label;
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Fail::invalid(format!("{label} 的值 `{text}` 的类型不是 `int`")));
        }
        let number = text.parse().ok().filter(|number| (self.min..=self.max).contains(number));
        let Some(number) = number else {
            let (min, max) = (self.min, self.max);
            return Err(Fail::invalid(if min == 0 {
                format!("{label} 的数值 必须 大于等于 `0` 小于等于 `{max}`")
            } else {
                format!("{label} 的数值 必须 在 {min} 和 {max} 之间")
            }));
        };
        if !self.one_of.is_empty() && !self.one_of.contains(&number) {
            return Err(not_one_of(label, text, self.one_of));
        }
        Ok(number)
    }
}

/// A list of row numbers: a JSON list, its text, a list with commas, or repeated form keys. What
/// is no number is skipped.
pub struct Ids(pub &'static str);

impl Ids {
    pub fn read(self, input: &Input) -> Result<Vec<i64>, Fail> {
        let value = input.get(self.0).ok_or_else(|| missing(self.0))?;
        let parsed = match value {
            Value::String(text) => serde_json::from_str(text)
                .unwrap_or_else(|_| Value::Array(text.split(',').map(|part| part.trim().into()).collect())),
            other => other.clone(),
        };
        let values = match parsed {
            Value::Array(values) => values,
            single => vec![single],
        };
        let mut ids: Vec<i64> =
            values.iter().filter_map(|value| as_text(value).trim().parse().ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

fn missing(label: &str) -> Fail {
    Fail::invalid(format!("{label}不能为空"))
}

fn not_one_of(label: &str, text: &str, one_of: &[impl std::fmt::Display]) -> Fail {
    let list: Vec<_> = one_of.iter().map(|value| format!("`{value}`")).collect();
    Fail::invalid(format!("{label} 的值 `{text}` 必须在 [{}] 中", list.join("、")))
}
