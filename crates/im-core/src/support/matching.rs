//! Which stored answer fits a question best (egg.md §4 #47).
use super::answers::Answer;
use crate::Millis;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How well an answer fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    /// It was found by the question's words; the number says how well.
    Scored(f64),
    /// Only a looser look found it.
    Loose,
}

/// The answer that fits best, if any fits.
pub fn best<'a>(answers: &'a [Answer], question: &str, now: Millis) -> Option<(&'a Answer, Fit)> {
    let question = question.trim().to_lowercase();
    if question.is_empty() {
        return None;
    }
    let words: Vec<_> = question.split_whitespace().collect();
    let scored = answers.iter().map(|answer| (answer, score(answer, &question, &words, now)));
    let found =
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, score)| *score >= 5.0 * words.len() as f64);
    if let Some((answer, score)) = found {
        return Some((answer, Fit::Scored(score)));
    }
    answers
        .iter()
        .find(|answer| loosely(&answer.ask.to_lowercase(), &question))
        .map(|answer| (answer, Fit::Loose))
}

fn score(answer: &Answer, question: &str, words: &[&str], now: Millis) -> f64 {
    let (ask, text) = (answer.ask.to_lowercase(), answer.answer.to_lowercase());
    let mut score = 0.0;
    if ask.contains(question) || text.contains(question) {
        score += 100.0;
    }
    for word in words {
        let (in_ask, in_text) = (ask.matches(word).count(), text.matches(word).count());
        score += if in_ask > 0 { 10.0 } else { 0.0 } + if in_text > 0 { 5.0 } else { 0.0 };
        score += 2.0 * in_ask as f64 + in_text as f64;
    }
    if score == 0.0 {
        return 0.0; // closeness and freshness only rank what has something in common
    }
    let apart = ask.chars().count().abs_diff(question.chars().count()) as f64;
    let age_days = (now.0 - answer.updated_ms.0).max(0) as f64 / DAY_MS as f64;
    score + (10.0 - apart).max(0.0) + (5.0 - age_days).max(0.0) + answer.likes.clamp(0, 10) as f64
}

/// At least half of the question's pairs of neighbouring characters stand in the stored question,
/// or one contains the other. Pairs are what Chinese has for words.
fn loosely(ask: &str, question: &str) -> bool {
    let chars: Vec<_> = question.chars().filter(|c| c.is_alphanumeric()).collect();
    let pairs: Vec<String> = chars.windows(2).map(|pair| pair.iter().collect()).collect();
    let common = pairs.iter().filter(|pair| ask.contains(pair.as_str())).count();
    (!ask.trim().is_empty() && question.contains(ask.trim()))
        || (!pairs.is_empty() && common * 2 >= pairs.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountId;

    fn answer(id: i64, ask: &str, text: &str) -> Answer {
        Answer {
            id,
            owner: AccountId(1),
            scope: "single".into(),
            ask: ask.into(),
            answer: text.into(),
            likes: 0,
            created_ms: Millis(0),
            updated_ms: Millis(0),
        }
    }

    #[test]
    fn the_answer_that_fits_best_is_found() {
        let answers = [
            answer(1, "怎么退货", "七天内可退"),
            answer(2, "发货时间", "当天发货"),
            answer(3, "opening hours", "9 to 5"),
        ];
        let cases = [
            ("怎么退货", Some(1)),
            ("请问怎么退货呢", Some(1)),
            ("发货", Some(2)),
            ("hours opening", Some(3)),
            ("天气如何", None),
            ("(.*)+$", None),
            ("  ", None),
        ];
        for (question, expected) in cases {
            assert_eq!(best(&answers, question, Millis(0)).map(|(a, _)| a.id), expected, "{question}");
        }
    }
}
