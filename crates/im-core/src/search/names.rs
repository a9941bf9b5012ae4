//! The names of files, wherever the dialect of their sender has put them.
use serde_json::Value;

/// How deep a form is looked into.
const DEPTH: usize = 6;

/// The names that stand in a dialect's form of a message, one per line.
pub fn of(raw: &str) -> String {
    let mut names = Vec::new();
    if let Ok(form) = serde_json::from_str(raw) {
        collect(&form, DEPTH, &mut names);
    }
    names.join("\n")
}

fn collect(form: &Value, depth: usize, names: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    match form {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(name) if ["name", "filename"].contains(&&*key.to_ascii_lowercase()) => {
                        names.push(name.clone());
                    }
                    value => collect(value, depth - 1, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth - 1, names)),
        // The egg dialect's data is JSON in a text; the pop dialect writes `file[name<tab>size](address)`.
        Value::String(text) if text.starts_with('{') => {
            if let Ok(inner) = serde_json::from_str(text) {
                collect(&inner, depth - 1, names);
            }
        }
        Value::String(text) => {
            let name = text.strip_prefix("file[").and_then(|rest| rest.split_once(['\t', '|']));
            names.extend(name.map(|(name, _)| name.to_owned()));
        }
        _ => {}
    }
}
