//! What an operator flips while the server runs (pop.md §3.8): rows, read at start and again when
//! they change.
use crate::{App, Audience, Change, Event, Result};
use im_db::{Tx, params};
use std::sync::Arc;

macro_rules! switches {
    ($( $(#[doc = $doc:literal])* $name:ident: $ty:ty = $default:expr, )*) => {
        /// What is on and off, for every dialect in which it means something.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Switches { $( $(#[doc = $doc])* pub $name: $ty, )* }

        impl Default for Switches {
            fn default() -> Self { Switches { $( $name: $default, )* } }
        }

        impl Switches {
            /// Sets the switch of this name; whether there is one, and it takes this text.
            pub fn set(&mut self, name: &str, text: &str) -> bool {
                match name {
                    $( stringify!($name) => match <$ty as Kind>::parse(text) {
                        Some(value) => { self.$name = value; true }
                        None => false,
                    }, )*
                    _ => false,
                }
            }

            /// All names with their values, as texts.
            pub fn texts(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($name), self.$name.text())),*]
            }
        }
    };
}

switches! {
    /// Voice messages may be sent.
    voice: bool = true,
    /// For clients only.
    audio: bool = false,
    /// For clients only.
    video: bool = false,
    /// For clients only.
    prompt_tone: bool = true,
    /// Messages may be sent to groups.
    group_chat: bool = true,
    /// Messages may be sent to people.
    private_chat: bool = true,
    /// Friendship may be asked for.
    add_friend: bool = true,
    /// Groups may be made.
    create_group: bool = true,
    /// Files may be uploaded and sent.
    upload_file: bool = true,
    /// Pictures may be uploaded and sent.
    upload_img: bool = true,
    /// Texts may hold `[表情N]`.
    emoji: bool = true,
    /// Strangers see the whole profile.
    member_detail: bool = true,
    /// Strangers may write.
    stranger_chat: bool = true,
    /// What pop clients connect to; empty: as the settings say.
    ws_address: String = String::new(),
    /// What clients call the application.
    app_name: String = "泡泡IM".into(),
    /// People may register.
    register: bool = true,
    /// Registering takes a captcha.
    register_captcha: bool = false,
    /// Signing in takes a captcha.
    login_captcha: bool = false,
    /// Address of the clients' "explore" tab.
    explore_url: String = String::new(),
    /// For clients only.
    qrcode_friend: bool = true,
    /// Groups may be joined by their number.
    qrcode_group: bool = true,
    /// For clients only.
    qrcode_scan: bool = true,
    /// Words that are starred out, one per line or between commas.
    dirty_words: String = String::new(),
}

impl Switches {
    /// What the operator calls the application, when that is not what pop clients come with.
    pub fn given_name(&self) -> Option<&str> {
        let name = Some(self.app_name.trim()).filter(|name| !name.is_empty());
        name.filter(|name| *name != Switches::default().app_name)
    }
}

/// How a switch is written.
trait Kind: Sized {
    fn parse(text: &str) -> Option<Self>;
    fn text(&self) -> String;
}

impl Kind for bool {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }
    fn text(&self) -> String {
        if *self { "on".into() } else { "off".into() }
    }
}

impl Kind for String {
    fn parse(text: &str) -> Option<Self> {
        (text.len() <= LONGEST).then(|| text.to_owned())
    }
    fn text(&self) -> String {
        self.clone()
    }
}

/// Bytes of a text at most: the list of words is the longest.
const LONGEST: usize = 64 * 1024;

/// Reads the switches as they stand in the database, and keeps them for [`App::switches`].
pub async fn load(app: &App) -> Result<()> {
    let switches = app.read(|_, tx| Box::pin(async move { stored(tx).await })).await?;
    app.keep_switches(switches);
    Ok(())
}

/// Flips these switches and tells everybody. Names and values were tried on a [`Switches`] before:
/// unknown ones are passed over.
pub async fn flip(app: &App, changes: Vec<(String, String)>) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            tx.turn("switches").await;
            let mut switches = stored(tx).await?;
            for (name, text) in &changes {
                if switches.set(name, text) {
                    let sql = "insert into switch (name, value) values ($1, $2)
                               on conflict (name) do update set value = excluded.value";
                    tx.run(sql, params![name, text]).await?;
                }
            }
            let kept = app.clone();
            tx.after_commit(move || {
                let all = kept.keep_switches(switches);
                kept.bus.publish(Event::Changed(Audience::Everybody, Arc::new(Change::Switches(all))));
            });
            Ok(())
        })
    })
    .await
}

async fn stored(tx: &mut Tx) -> Result<Switches> {
    let sql = "select name, value from switch";
    let rows = tx.all(sql, params![], |row| Ok((row.get::<String>("name")?, row.get::<String>("value")?)));
    let mut switches = Switches::default();
    for (name, text) in rows.await? {
        switches.set(&name, &text); // a name of a newer version changes nothing
    }
    Ok(switches)
}
