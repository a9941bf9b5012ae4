//! `name=value` in queries and forms.
use super::Fields;
use serde_json::Value;

/// The parameters of a query or a form.
pub fn of_query(query: &str) -> Fields {
    fields(split(query.as_bytes()))
}

/// Names and values. What is not UTF-8 becomes replacement characters.
pub fn split(bytes: &[u8]) -> Vec<(String, String)> {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        percent_encoding::percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    bytes
        .split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.iter().position(|b| *b == b'=') {
            Some(at) => (decode(&pair[..at]), decode(&pair[at + 1..])),
            None => (decode(pair), String::new()),
        })
        .collect()
}

/// `a=1&a=2`, `a[]=1` and `a[0]=1` are lists; the rest are texts.
pub fn fields(pairs: Vec<(String, String)>) -> Fields {
    let mut all = Fields::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        let (name, listed) = match name.split_once('[') {
            Some((list, _)) => (list.to_owned(), true),
            None => (name, false),
        };
        match all.get_mut(&name) {
            Some(Value::Array(values)) => values.push(value),
            Some(single) => *single = Value::Array(vec![single.take(), value]),
            None => drop(all.insert(name, if listed { Value::Array(vec![value]) } else { value })),
        }
    }
    all
}
