//! Words that nobody shall read (pop.md §5.4).
use aho_corasick::{AhoCorasick, MatchKind};
use std::borrow::Cow;

/// Words, made ready to be found in texts.
#[derive(Debug, Default)]
pub struct Censor(Option<AhoCorasick>);

impl Censor {
    /// Of a list with a word per line, or between commas. ASCII letters match in either case.
    pub fn of(words: &str) -> Self {
        let words: Vec<_> =
            words.split([',', '\n', '\r']).map(str::trim).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Censor(None);
        }
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(words);
        Censor(built.inspect_err(|e| tracing::error!(error = %e, "the list of words is of no use")).ok())
    }

    /// The text with a `*` for each character of each word; borrowed when there is none in it.
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(words) = &self.0 else { return Cow::Borrowed(text) };
        let (mut clean, mut from) = (String::new(), 0);
        for found in words.find_iter(text) {
            clean.push_str(&text[from..found.start()]);
            clean.extend(text[found.range()].chars().map(|_| '*'));
            from = found.end();
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        clean.push_str(&text[from..]);
        Cow::Owned(clean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_stars_and_the_longest_counts() {
        let censor = Censor::of("fool\n 坏蛋, foolish ,,\r\n");
        let cases = [
            ("", ""),
            ("hello", "hello"),
            ("you FOOL!", "you ****!"),
            ("foolish", "*******"),
            ("大坏蛋fool", "大******"),
            ("坏 蛋", "坏 蛋"),
        ];
        for (text, clean) in cases {
            assert_eq!(censor.clean(text), clean);
        }
        assert_eq!(Censor::of(" \n,").clean("fool"), "fool");
    }
}
