//! What a text is made of, as far as a search can see, and what fits a question.
//!
//! A *word* is a stretch of letters and digits. A *run* is a stretch of a script that puts no space
//! between its words, or of emoji. A question asks for all of its pieces: its words must stand in the
//! text as they are, the last one may go on there, and its runs must stand within one of the text's.
use std::collections::BTreeSet;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Characters of a text that are looked at. More would make a message of one word cost as much as a day's talk.
const CHARS: usize = 10_000;
/// Characters of a word that stand in the index; what is longer is no word of a language.
const KEY_CHARS: usize = 40;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Word(String),
    Run(String),
}

/// The pieces of a text.
#[derive(Clone, Debug, Default)]
pub struct Words(Vec<Piece>);

/// What a text is asked for.
#[derive(Clone, Debug)]
pub struct Question(Vec<Piece>);

/// What the index is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Letters and digits, nothing that an engine reads as an operator.
    pub text: String,
    /// Whether the indexed one may go on behind it.
    pub open: bool,
}

impl Words {
    /// The pieces of `text`, whatever its case and the form of its letters.
    pub fn of(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut current: Option<(Class, String)> = None;
        for c in text.nfkc().flat_map(char::to_lowercase).take(CHARS) {
            let class = class(c, current.as_ref().map(|(class, _)| *class));
            match (&mut current, class) {
                (_, Class::Nothing) => {}
                (Some((before, piece)), class) if *before == class => piece.push(c),
                (_, class) => {
                    pieces.extend(current.take().and_then(whole));
                    current = (class != Class::Between).then(|| (class, String::from(c)));
                }
            }
        }
        pieces.extend(current.and_then(whole));
        Words(pieces)
    }

    /// What stands in the index for them: words, pairs of neighbours in runs, and the last of each run.
    pub fn keys(&self) -> BTreeSet<String> {
        self.0
            .iter()
            .flat_map(|piece| match piece {
                Piece::Word(word) => vec![word.chars().take(KEY_CHARS).collect()],
                Piece::Run(run) => {
                    let last = run.chars().last().map(String::from);
                    pairs(run).into_iter().chain(last).collect()
                }
            })
            .collect()
    }
}

impl Question {
    /// What `text` asks for; `None` when it asks for nothing.
    pub fn of(text: &str) -> Option<Self> {
        let Words(pieces) = Words::of(text);
        (!pieces.is_empty()).then_some(Question(pieces))
    }

    /// Whether a text of these pieces is an answer.
    pub fn fits(&self, Words(text): &Words) -> bool {
        let end = self.0.len() - 1;
        self.0.iter().enumerate().all(|(n, asked)| {
            text.iter().any(|piece| match (asked, piece) {
                (Piece::Word(asked), Piece::Word(word)) if n == end => word.starts_with(asked),
                (Piece::Run(asked), Piece::Run(run)) => run.contains(asked),
                (asked, piece) => asked == piece,
            })
        })
    }

    /// What all answers have in the index; some that have it are none.
    pub fn keys(&self) -> Vec<Key> {
        let end = self.0.len() - 1;
        let keys = self.0.iter().enumerate().flat_map(|(n, piece)| match piece {
            Piece::Word(word) => {
                vec![Key { text: word.chars().take(KEY_CHARS).collect(), open: n == end }]
            }
            Piece::Run(run) if run.chars().nth(1).is_none() => vec![Key { text: run.clone(), open: true }],
            Piece::Run(run) => pairs(run).into_iter().map(|text| Key { text, open: false }).collect(),
        });
        keys.collect()
    }
}

/// Each character of a run with the next one.
fn pairs(run: &str) -> Vec<String> {
    run.chars().zip(run.chars().skip(1)).map(|(a, b)| String::from_iter([a, b])).collect()
}

fn whole((class, piece): (Class, String)) -> Option<Piece> {
    match class {
        Class::Word => Some(Piece::Word(piece)),
        Class::Run => Some(Piece::Run(piece)),
        Class::Between | Class::Nothing => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Run,
    /// Ends a piece.
    Between,
    /// As if it were not there.
    Nothing,
}

/// What a character is behind one of the class `before`.
fn class(c: char, before: Option<Class>) -> Class {
    match u32::from(c) {
        // Joiners and selectors, which change how a character looks.
        0x200B..=0x200D | 0x2060 | 0xFE00..=0xFE0F | 0xFEFF => Class::Nothing,
        // Thai, Lao, Myanmar, Khmer; Hangul; signs of Han; Kana, Bopomofo; Han; emoji.
        0x0E01..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Class::Run,
        0x1100..=0x11FF | 0xA960..=0xA97F | 0xAC00..=0xD7FF => Class::Run,
        0x3005..=0x3007 | 0x3041..=0x3096 | 0x3099..=0x309A | 0x309D..=0x309F => Class::Run,
        0x30A1..=0x30FA | 0x30FC..=0x318F | 0x31A0..=0x31BF | 0x31F0..=0x31FF => Class::Run,
        0x2E80..=0x2FDF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF => {
            Class::Run
        }
        0x2300..=0x23FF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1_F000..=0x1_FAFF => Class::Run,
        _ if c.is_alphanumeric() => Class::Word,
        _ if is_combining_mark(c) => before.unwrap_or(Class::Between),
        _ => Class::Between,
    }
}
