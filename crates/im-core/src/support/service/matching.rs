//! Which stored answer a question is about (pop.md §6.5).
use super::store::Text;
use std::cmp::Reverse;
use unicode_normalization::UnicodeNormalization;

/// Characters that a title must have to be looked for within a question.
const TELLING: usize = 4;

/// Characters of a question that are looked at.
const LONGEST: usize = 500;

/// How an answer was found; the better way comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// The question is its title.
    Title,
    /// The question has one of its words.
    Word,
    /// The question has its title in it.
    Within,
}

/// The text that fits best. `texts` come with the weightiest first, which decides among equals after
/// the length of what was found.
pub fn best<'t>(texts: &'t [Text], question: &str) -> Option<&'t Text> {
    let question: String = plain(question).chars().take(LONGEST).collect();
    if question.is_empty() {
        return None;
    }
    let fitting = texts.iter().filter_map(|text| Some((fit(text, &question)?, text)));
    fitting
        .min_by_key(|((way, length), text)| (*way, Reverse(*length), Reverse(text.weight)))
        .map(|(_, text)| text)
}

/// How a text fits, and by how many characters.
fn fit(text: &Text, question: &str) -> Option<(Way, usize)> {
    let title = plain(&text.title);
    if title == question {
        return Some((Way::Title, title.chars().count()));
    }
    let words = text.keyword.split([',', '，', '|', ' ', '\n']).map(plain).filter(|word| !word.is_empty());
    let found = words.filter(|word| question.contains(word.as_str())).map(|word| word.chars().count()).max();
    if let Some(length) = found {
        return Some((Way::Word, length));
    }
    let length = title.chars().count();
    (length >= TELLING && question.contains(&title)).then_some((Way::Within, length))
}

/// A text without what does not matter: width, case, punctuation, white space.
fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str, keyword: &str, weight: i64) -> Text {
        let (title, keyword) = (title.to_owned(), keyword.to_owned());
        Text { content: title.clone(), title, keyword, weight, default: false }
    }

    #[test]
    fn the_best_fit_is_found() {
        let texts = [
            text("怎么退货？", "退货,退款", 200),
            text("发货时间", "多久|到货", 100),
            text("退款要多久到账", "", 100),
            text("ABC", "", 100),
            text("运费", "退款多久", 10),
        ];
        let cases = [
            ("怎么退货", Some("怎么退货？")),
            (" 怎 么 退 货 !", Some("怎么退货？")),
            ("我要退款", Some("怎么退货？")),
            ("退款多久", Some("运费")), // the longer word counts more than the weight
            ("请问发货时间呢", Some("发货时间")),
            ("ＡＢＣ", Some("ABC")),
            ("abcd", None), // three characters tell too little
            ("退款要多久到账", Some("退款要多久到账")),
            ("？！", None),
            ("你好", None),
        ];
        for (question, title) in cases {
            assert_eq!(best(&texts, question).map(|text| text.title.as_str()), title, "{question}");
        }
    }
}
