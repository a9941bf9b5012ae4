//! The settings file, in any state.
use super::*;
use im_server::Settings;
use proptest::{collection::vec, prelude::*};

const EXAMPLE: &str = include_str!("../../../../../hongyan.example.toml");

/// The example with lines of it changed, or something of its own.
fn files() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[0-9_.eE+-]{0,25}",
        "\"\\PC{0,20}\"",
        "(true|false|\\[\\]|\\{\\}|\"\"|''|nan|inf|1979-05-27T07:32:00Z)",
        "\\PC{0,20}",
    ];
    let line = prop_oneof![
        3 => ("[a-z_]{1,12}", value.clone()).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => "\\[{0,2}[a-z._]{0,9}\\]{0,2}",
        1 => "\\PC{0,40}",
        1 => any::<Vec<u8>>().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ];
    let changed = vec((any::<usize>(), value, line.clone(), 0..4_u8), 1..5).prop_map(|changes| {
        let mut lines: Vec<String> = EXAMPLE.lines().map(str::to_owned).collect();
        for (place, value, line, how) in changes {
            let keys: Vec<usize> = (0..lines.len()).filter(|n| lines[*n].contains(" = ")).collect();
            match (how, keys.get(place % keys.len().max(1))) {
                (0, Some(key)) => lines.insert(*key, line),
                (1, Some(key)) => drop(lines.remove(*key)),
                (2, Some(key)) => lines[*key] = lines[*key].chars().rev().collect(),
                (_, Some(key)) => {
                    let name = lines[*key].split(" = ").next().unwrap_or_default().to_owned();
                    lines[*key] = format!("{name} = {value}");
                }
                (_, None) => {}
            }
        }
        lines.join("\n")
    });
    prop_oneof![3 => changed, 1 => vec(line, 0..9).prop_map(|lines| lines.join("\n"))]
}

#[test]
fn a_settings_file_is_read_or_refused() {
    listen_for_panics();
    let names: Vec<String> = EXAMPLE
        .lines()
        .scan(String::new(), |section, line| {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                *section = name.to_uppercase();
            }
            Some(line.split_once(" = ").map(|(key, _)| format!("HONGYAN_{section}__{}", key.to_uppercase())))
        })
        .flatten()
        .collect();
    assert!(names.len() > 20, "{names:?}");
    let variable = (any::<usize>(), prop_oneof!["\\PC{0,20}", "-?[0-9]{1,25}", "\\[\"a\",[0-9]\\]"]);
    for seed in seeds(1) {
        each(seed, 400, &(files(), vec(variable.clone(), 0..3)), |(file, environment)| {
            let variables = environment.into_iter().map(|(n, value)| (names[n % names.len()].clone(), value));
            let Ok(settings) = Settings::load(Some(&file), variables) else { return Ok(()) };
            // What was read can be shown, and what is shown can be read.
            let shown = settings.describe().map_err(|e| e.to_string())?;
            let again =
                Settings::load(Some(&shown), std::iter::empty()).map_err(|e| format!("{e}\n{shown}"))?;
            let again = again.describe().map_err(|e| e.to_string())?;
            // Secrets are not shown.
            let differs =
                shown.lines().zip(again.lines()).find(|(a, b)| a != b && !a.ends_with("and not shown"));
            differs.map_or(Ok(()), |(shown, again)| Err(format!("{shown} became {again}")))
        });
    }
}
