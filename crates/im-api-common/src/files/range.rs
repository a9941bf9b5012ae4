//! The `Range` header (RFC 9110 §14).

use std::ops::Range;

/// What part of a file is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it; also when the header is broken or names several ranges, which we do not send.
    All,
    /// These bytes, at least one.
    Part(Range<u64>),
    /// Bytes that the file does not have.
    Nothing,
}

/// What `header` wants of a file of `size` bytes.
pub(super) fn parse(header: &[u8], size: u64) -> Wanted {
    bytes(header, size).unwrap_or(Wanted::All)
}

fn bytes(header: &[u8], size: u64) -> Option<Wanted> {
    let (unit, set) = std::str::from_utf8(header).ok()?.split_once('=')?;
    // Several ranges fail as numbers below, for their commas.
    let (first, last) = set.trim().split_once('-')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let wanted = match (first, last) {
        ("", last) => size.saturating_sub(number(last)?)..size,
        (first, "") => number(first)?..size,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some(if wanted.is_empty() { Wanted::Nothing } else { Wanted::Part(wanted) })
}

/// A number of digits; one too large for us is as large as can be.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Wanted, parse};

    #[test]
    fn a_range_is_taken_refused_or_ignored() {
        let cases = [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=0-9", Wanted::Part(0..10)),
            ("bytes=0-10", Wanted::Part(0..10)),
            ("bytes=0-99999999999999999999999", Wanted::Part(0..10)),
            ("bytes=3-5", Wanted::Part(3..6)),
            ("bytes=3-", Wanted::Part(3..10)),
            ("bytes=9-9", Wanted::Part(9..10)),
            ("bytes=-1", Wanted::Part(9..10)),
            ("bytes=-10", Wanted::Part(0..10)),
            ("bytes=-11", Wanted::Part(0..10)),
            ("Bytes= 3-5 ", Wanted::Part(3..6)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-20", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-3", Wanted::All),
            ("bytes=0-1,3-4", Wanted::All),
            ("bytes=-", Wanted::All),
            ("bytes=", Wanted::All),
            ("bytes", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=+1-2", Wanted::All),
            ("bytes=1--2", Wanted::All),
            ("seconds=1-2", Wanted::All),
            ("", Wanted::All),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(header.as_bytes(), 10), expected, "{header:?}");
        }
        assert_eq!(parse(b"bytes=0-", 0), Wanted::Nothing);
        assert_eq!(parse(b"bytes=-5", 0), Wanted::Nothing);
        assert_eq!(parse(b"\xff", 10), Wanted::All);
    }
}
