//! The letter under which a name stands in an address book.
use pinyin::ToPinyin;

/// Surnames that are read otherwise than the character alone.
const SURNAMES: &[(char, &str)] = &[
    ('单', "shan"),
    ('曾', "zeng"),
    ('解', "xie"),
    ('仇', "qiu"),
    ('查', "zha"),
    ('区', "ou"),
    ('盖', "ge"),
    ('朴', "piao"),
    ('尉', "yu"),
    ('乐', "yue"),
    ('翟', "zhai"),
    ('覃', "qin"),
    ('缪', "miao"),
    ('冼', "xian"),
    ('召', "shao"),
    ('繁', "po"),
    ('秘', "bi"),
];

/// The heading of a name: `A` to `Z`, or `#` for what has no letter.
pub fn initial(name: &str) -> char {
    spelling(name).chars().next().filter(char::is_ascii_lowercase).map_or('#', |c| c.to_ascii_uppercase())
}

/// A name as it sorts: in Latin letters and lower case, where that is known.
pub fn spelling(name: &str) -> String {
    let mut spelt = String::new();
    for (at, c) in name.trim().chars().enumerate() {
        let surname = SURNAMES.iter().find(|(surname, _)| at == 0 && *surname == c);
        match (surname, c.to_pinyin()) {
            (Some((_, reading)), _) => spelt.push_str(reading),
            (None, Some(reading)) => spelt.push_str(reading.plain()),
            (None, None) => spelt.extend(c.to_lowercase()),
        }
    }
    spelt
}

/// Puts items under their headings: `A` to `Z`, `#` last; within a heading by spelling.
pub fn grouped<T>(items: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<(char, Vec<T>)> {
    let mut spelt: Vec<_> =
        items.into_iter().map(|item| (spelling(name(&item)), initial(name(&item)), item)).collect();
    spelt.sort_by(|a, b| (a.1 == '#', a.1, &a.0).cmp(&(b.1 == '#', b.1, &b.0)));
    let mut headings: Vec<(char, Vec<T>)> = Vec::new();
    for (_, letter, item) in spelt {
        match headings.last_mut() {
            Some((heading, list)) if *heading == letter => list.push(item),
            _ => headings.push((letter, vec![item])),
        }
    }
    headings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_heading() {
        let cases = [
            ("好友魂牵一梦", 'H'),
            ("ann", 'A'),
            ("Zoe", 'Z'),
            ("曾先生", 'Z'),
            ("单雄信", 'S'),
            ("007", '#'),
            ("😀 smile", '#'),
            ("", '#'),
            ("Ömer", '#'),
            ("  bob", 'B'),
        ];
        for (name, heading) in cases {
            assert_eq!(initial(name), heading, "{name}");
        }
    }

    #[test]
    fn headings_run_from_a_to_z_and_the_rest_is_last() {
        let grouped = grouped(vec!["9", "赵", "bob", "阿祖", "ann"], |name| name);
        assert_eq!(
            grouped,
            [('A', vec!["ann", "阿祖"]), ('B', vec!["bob"]), ('Z', vec!["赵"]), ('#', vec!["9"])]
        );
    }
}
