//! A message on its way: the mark by which it is found again, and the request that carries it.
use crate::dialect::{Person, To};

/// What makes a message's text unlike any other: `((RUN-NUMBER))`, in digits of a fixed count. All of it
/// stands in JSON, in a form and in HTML as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which count it belongs to, so that what comes late from an earlier one is told apart.
    pub run: u32,
    /// Its place among the messages of the run.
    pub number: u32,
}

const RUN: usize = 8;
const NUMBER: usize = 10;
const BLANK: &str = "((00000000-0000000000))";

impl Mark {
    /// The mark in a push, if there is one: the server's own notices have none.
    pub fn find(push: &[u8]) -> Option<Mark> {
        let mut rest = push;
        loop {
            let at = rest.iter().position(|byte| *byte == b'(')?;
            rest = &rest[at + 1..];
            if let Some(mark) = Mark::read(rest) {
                return Some(mark);
            }
        }
    }

    /// Reads what follows the first `(`.
    fn read(text: &[u8]) -> Option<Mark> {
        let text = text.get(..BLANK.len() - 1)?;
        let (run, number) = (&text[1..1 + RUN], &text[2 + RUN..2 + RUN + NUMBER]);
        let framed = text[0] == b'(' && text[1 + RUN] == b'-' && text.ends_with(b"))");
        framed.then_some(Mark { run: digits(run)?, number: digits(number)? })
    }
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |sum, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        sum.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

/// A request that sends a message, built once; only the digits of the mark change.
#[derive(Clone)]
pub struct Letter {
    bytes: Vec<u8>,
    /// Where the marks stand: in the text, and where a dialect has a name for the message there too.
    marks: Vec<usize>,
}

impl Letter {
    /// From `from`, in its dialect.
    pub fn new(from: &Person, to: To) -> Letter {
        let bytes =
            from.letter(to, &format!("{BLANK} The geese are flying south, and the letter with them."));
        let is_blank = |at: &usize| bytes[*at..].starts_with(BLANK.as_bytes());
        let marks = (0..bytes.len()).filter(is_blank).map(|at| at + 2).collect();
        Letter { bytes, marks }
    }

    /// The request that carries `mark`.
    pub fn with(&mut self, mark: Mark) -> &[u8] {
        for at in &self.marks {
            write(&mut self.bytes[*at..][..RUN], mark.run);
            write(&mut self.bytes[at + RUN + 1..][..NUMBER], mark.number);
        }
        &self.bytes
    }
}

fn write(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_again_in_what_the_letter_carries() {
        for (person, credential) in [
            (Person::egg(1, "t".into()), "\r\ntoken: t\r\n"),
            (Person::pop(1, "k".into(), Some("s".into())), "\r\ncookie: PHPSID=s\r\n"),
            (Person::pop(1, "k".into(), None), "login_uid=1&"),
            (Person::v1(1, "t".into()), r#""client_id":"(("#),
        ] {
            for to in [To::Person(2), To::Conversation(3)] {
                let mut letter = Letter::new(&person, to);
                for mark in [Mark { run: 7, number: 0 }, Mark { run: 99_999_999, number: u32::MAX }] {
                    let bytes = letter.with(mark).to_vec();
                    assert_eq!(Mark::find(&bytes), Some(mark));
                    assert!(String::from_utf8(bytes).unwrap().contains(credential));
                }
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_mark_is_none() {
        for text in ["", "((", "((12345678-1234567890)", "((1234567x-1234567890))", "((12345678-9999999999))"]
        {
            assert_eq!(Mark::find(text.as_bytes()), None, "{text}");
        }
        let found = Mark::find(b"{\"data\":\"( ((( ((00000001-0000000002))");
        assert_eq!(found, Some(Mark { run: 1, number: 2 }));
    }
}
