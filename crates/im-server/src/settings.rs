//! The settings of the server: built-in defaults, then `hongyan.toml`, then the environment, then
//! flags. An unknown key is refused.
use crate::{Error, operations::Metrics};
use im_api_pop::Upload;
use im_core::{
    Chat, Limits, Pop, V1,
    settings::{HIDDEN, Secret, Section},
    sms::Sms,
};
use im_gateway::{egg::Egg, pusher::Push};
use im_media::settings::{Media, Storage};
use serde::{Deserialize, Serialize};
use std::{fmt::Write as _, path::PathBuf};
use toml::{Table, Value};

/// What environment variables of ours begin with.
const PREFIX: &str = "HONGYAN_";

im_core::settings! {
    /// Where the server listens and keeps its files.
    pub struct Server {
        /// Address and port for everything: HTTP, WebSocket, files.
        listen: String = "0.0.0.0:7001".into(),
        /// Directory of the embedded database and the uploaded files.
        data: PathBuf = "./data".into(),
        /// Address under which clients reach the server, such as https://im.example.com; empty: as
        /// each request says.
        public_url: String = String::new(),
        /// Whether a reverse proxy stands before the server, so that X-Forwarded-For, -Proto and
        /// -Host tell the truth.
        behind_proxy: bool = false,
        /// HTTP connections at once; more wait. Sockets count while they shake hands only.
        connections: usize = 100_000,
    }
}

im_core::settings! {
    /// The database. Without a URL it is SQLite in the data directory.
    pub struct Database {
        /// postgres://user:password@host/database for PostgreSQL.
        url: Secret = Secret::default(),
        /// Connections to PostgreSQL at once.
        connections: usize = 16,
    }
}

im_core::settings! {
    /// What is written to standard error.
    pub struct Log {
        /// error, warn, info, debug or trace; also per module, as in "info,im_gateway=debug".
        level: String = "info".into(),
        /// text for people, json for machines.
        format: String = "text".into(),
    }
}

macro_rules! sections {
    ($($name:ident: $ty:ty),* $(,)?) => {
        /// Everything that can be set.
        #[derive(Clone, Debug, Default, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        #[allow(missing_docs)] // each section documents itself
        pub struct Settings { $(pub $name: $ty,)* }

        /// Each section with its default values, and the lines that explain it.
        fn sections() -> Result<Vec<(&'static str, Described)>, Error> {
            Ok(vec![$((stringify!($name), Described::of::<$ty>()?)),*])
        }
    };
}
sections! {
    server: Server,
    database: Database,
    log: Log,
    metrics: Metrics,
    limits: Limits,
    chat: Chat,
    media: Media,
    storage: Storage,
    egg: Egg,
    pop: Pop,
    v1: V1,
    sms: Sms,
    upload: Upload,
    push: Push,
}

struct Described {
    about: &'static [&'static str],
    keys: &'static [(&'static str, &'static [&'static str])],
    defaults: Table,
}

impl Described {
    fn of<S: Section>() -> Result<Self, Error> {
        Ok(Described { about: S::ABOUT, keys: S::KEYS, defaults: Table::try_from(S::default())? })
    }
}

impl Settings {
    /// Puts the settings together: `file` is the text of a settings file, `environment` the
    /// process's variables.
    ///
    /// # Errors
    /// Says which key is unknown or malformed, and what it may have been meant to be.
    pub fn load(
        file: Option<&str>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, Error> {
        let mut all: Table =
            file.unwrap_or_default().parse::<Table>().map_err(|e| format!("settings file: {e}"))?;
        let sections = sections()?;
        check(&all, &sections)?;
        for (variable, text) in environment {
            let Some(path) = variable.strip_prefix(PREFIX) else { continue };
            let (section, key) = path.split_once("__").ok_or_else(|| {
                format!("{variable}: a setting is {PREFIX}<SECTION>__<KEY>, with two underscores between")
            })?;
            let (section, key) = (section.to_lowercase(), key.to_lowercase());
            let default = known(&sections, &section, &key).map_err(|e| format!("{variable}: {e}"))?;
            let value = value_of(&text, default).map_err(|e| format!("{variable}: {e}"))?;
            let table = all.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(table) = table {
                table.insert(key, value);
            }
        }
        Ok(all.try_into::<Settings>().map_err(|e| format!("settings: {}", e.message()))?)
    }

    /// The settings with an explanation of each, as a settings file.
    pub fn describe(&self) -> Result<String, Error> {
        let now = Table::try_from(self)?;
        let mut text = String::from(
            "# Settings of Hongyan, with their values. Each can also be given in the environment:\n\
             # HONGYAN_<SECTION>__<KEY>, as in HONGYAN_SERVER__LISTEN=0.0.0.0:7001; lists as JSON.\n",
        );
        for (name, section) in sections()? {
            text.push('\n');
            for line in section.about {
                writeln!(text, "#{line}")?;
            }
            writeln!(text, "[{name}]")?;
            for (key, lines) in section.keys {
                for line in *lines {
                    writeln!(text, "#{line}")?;
                }
                let value = now.get(name).and_then(|section| section.get(*key));
                match value {
                    // Not a value to start from: a saved print must not become the secret.
                    Some(value) if hides(value) => writeln!(text, "# {key} is set, and not shown")?,
                    Some(value) => writeln!(text, "{key} = {value}")?,
                    None => writeln!(text, "# {key} =")?,
                }
            }
        }
        Ok(text)
    }
}

/// Whether a printed value stands for a secret.
fn hides(value: &Value) -> bool {
    match value {
        Value::String(text) => text == HIDDEN,
        Value::Array(values) => values.iter().any(hides),
        _ => false,
    }
}

/// Refuses names that nobody reads.
fn check(all: &Table, sections: &[(&str, Described)]) -> Result<(), Error> {
    for (section, keys) in all {
        let Value::Table(keys) = keys else {
            return Err(format!(
                "settings file: {section} is a section: write [{section}] and its keys below"
            )
            .into());
        };
        for key in keys.keys() {
            known(sections, section, key).map_err(|e| format!("settings file: {e}"))?;
        }
        if keys.is_empty() {
            known_section(sections, section)?;
        }
    }
    Ok(())
}

fn known_section<'a>(sections: &'a [(&str, Described)], name: &str) -> Result<&'a Described, Error> {
    let found = sections.iter().find(|(section, _)| *section == name);
    Ok(&found.ok_or_else(|| unknown("section", name, sections.iter().map(|(section, _)| *section)))?.1)
}

/// The default of a known key.
fn known<'a>(sections: &'a [(&str, Described)], section: &str, key: &str) -> Result<&'a Value, Error> {
    let described = known_section(sections, section)?;
    let found = described.defaults.get(key);
    found.ok_or_else(|| {
        unknown(&format!("key in [{section}]"), key, described.keys.iter().map(|(key, _)| *key))
    })
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let nearest =
        known.max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    format!("there is no {what} called {name:?}; did you mean {:?}?", nearest.unwrap_or_default()).into()
}

/// Reads a variable's text as the kind of value that the key has.
fn value_of(text: &str, default: &Value) -> Result<Value, Error> {
    Ok(match default {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Integer(_) => {
            Value::Integer(text.trim().parse().map_err(|_| format!("{text:?} is no whole number"))?)
        }
        Value::Boolean(_) => match text.trim() {
            "true" | "1" | "yes" | "on" => Value::Boolean(true),
            "false" | "0" | "no" | "off" => Value::Boolean(false),
            _ => return Err(format!("{text:?} is neither true nor false").into()),
        },
        _ => {
            // A list in JSON is a list in TOML, as long as it holds texts and numbers.
            let table =
                format!("value = {text}").parse::<Table>().map_err(|_| format!("{text:?} is no list"))?;
            table.get("value").cloned().unwrap_or(Value::Array(Vec::new()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let variables = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Settings::load(Some(file), variables).map_err(|e| e.to_string())
    }

    #[test]
    fn the_environment_speaks_last() {
        let file = "[server]\nlisten = '127.0.0.1:1'\n[egg]\nonboarding_hints = false\n";
        let environment = [
            ("HONGYAN_SERVER__LISTEN", "127.0.0.1:2"),
            ("HONGYAN_LIMITS__ENABLED", "false"),
            ("HONGYAN_CHAT__GROUP_MEMBERS", "7"),
            ("HONGYAN_MEDIA__VIDEO_HOSTS", r#"["cdn.example.com"]"#),
            ("PATH", "/bin"),
        ];
        let settings = load(file, &environment).unwrap();
        assert_eq!(settings.server.listen, "127.0.0.1:2");
        assert!(!settings.egg.onboarding_hints && !settings.limits.enabled);
        assert_eq!((settings.chat.group_members, settings.media.video_hosts.len()), (7, 1));
    }

    #[test]
    fn mistakes_are_refused_with_the_nearest_name() {
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
        let cases: &[Case<'_>] = &[
            ("[server]\nlisen = 'x'", &[], "did you mean \"listen\"?"),
            ("[sever]\nlisten = 'x'", &[], "did you mean \"server\"?"),
            ("[egs]", &[], "did you mean \"egg\"?"),
            ("listen = 'x'", &[], "listen is a section"),
            ("[server]\nlisten = 5", &[], "settings"),
            ("[server", &[], "settings file"),
            ("", &[("HONGYAN_EGG__VISITOR_MAY_BEFREND", "1")], "did you mean \"visitor_may_befriend\"?"),
            ("", &[("HONGYAN_LISTEN", "x")], "two underscores"),
            ("", &[("HONGYAN_CHAT__GROUP_MEMBERS", "many")], "no whole number"),
            ("", &[("HONGYAN_LIMITS__ENABLED", "perhaps")], "neither true nor false"),
        ];
        for (file, environment, said) in cases {
            let error = load(file, environment).unwrap_err();
            assert!(error.contains(said), "{file} {environment:?}: {error}");
        }
    }

    #[test]
    fn every_setting_is_explained_and_the_explanation_is_a_settings_file() {
        let described = Settings::default().describe().unwrap();
        let again = Settings::load(Some(&described), std::iter::empty()).unwrap();
        assert_eq!(again.describe().unwrap(), described);
        for (name, section) in sections().unwrap() {
            for (key, lines) in section.keys {
                assert!(!lines.is_empty(), "{name}.{key} has no explanation");
            }
        }
    }

    #[test]
    fn the_example_file_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../hongyan.example.toml");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == Settings::default().describe().unwrap(),
            "write it anew: hongyan config > hongyan.example.toml"
        );
    }
}
