//! What a file is called, and how long it is, as clients write it into messages (pop.md §3.7).
use percent_encoding::percent_decode_str;

/// Characters of a name at most.
const CHARS: usize = 120;

/// The client's name without its path, and without what would end the form `file[name…](url)`.
/// A name that clients encoded is decoded once.
pub fn clean(name: &str) -> String {
    let decoded = decoded(name);
    let last = decoded.as_deref().unwrap_or(name).rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: Vec<char> =
        last.chars().map(|c| if matches!(c, ']' | ')') || c.is_control() { '_' } else { c }).collect();
    if plain.len() <= CHARS {
        return plain.into_iter().collect();
    }
    // Its end says what it is.
    let dot = plain.iter().rposition(|c| *c == '.').filter(|dot| plain.len() - dot <= CHARS / 2);
    let tail = &plain[dot.unwrap_or(plain.len())..];
    plain[..CHARS - tail.len()].iter().chain(tail).collect()
}

/// What the name says when all of it is the percent-encoding of UTF-8.
fn decoded(name: &str) -> Option<String> {
    let encoded = name.is_ascii() && name.contains('%');
    let hex = |at: usize| name.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    let whole = name.bytes().enumerate().all(|(at, b)| b != b'%' || (hex(at + 1) && hex(at + 2)));
    if encoded && whole { Some(percent_decode_str(name).decode_utf8().ok()?.into_owned()) } else { None }
}

/// `7.15 KB`
pub fn size(bytes: u64) -> String {
    let (mut number, mut unit) = (bytes as f64, 0);
    const UNITS: [&str; 4] = ["B", "KB", "MB", "GB"];
    while number >= 1024.0 && unit + 1 < UNITS.len() {
        number /= 1024.0;
        unit += 1;
    }
    format!("{number:.2} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_the_form_that_it_stands_in() {
        let cases = [
            ("a.png", "a.png"),
            ("C:\\x\\y.png", "y.png"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("a](b)\t\n.txt", "a_(b___.txt"),
            ("%E6%96%87%E4%BB%B6.png", "文件.png"),
            ("%2e%2e%2fx.txt", "x.txt"),
            ("100%.txt", "100%.txt"),
            ("%ff.txt", "%ff.txt"),
            ("%2541.txt", "%41.txt"),
            ("文件%41.txt", "文件%41.txt"),
        ];
        for (name, cleaned) in cases {
            assert_eq!(clean(name), cleaned);
        }
        let long = clean(&format!("{}.png", "雁".repeat(300)));
        assert_eq!((long.chars().count(), long.ends_with("雁.png")), (CHARS, true));
        assert_eq!(clean(&"x".repeat(300)).len(), CHARS);
    }

    #[test]
    fn sizes_have_two_decimals() {
        let cases = [
            (0, "0.00 B"),
            (1023, "1023.00 B"),
            (1024, "1.00 KB"),
            (7_322, "7.15 KB"),
            (5 << 20, "5.00 MB"),
            (3 << 40, "3072.00 GB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }
}
