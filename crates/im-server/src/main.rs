//! `hongyan`: the command line.
use clap::{Args, Parser, Subcommand};
use im_core::accounts;
use im_server::{Error, Settings, SystemClock};
use std::{
    io::{ErrorKind, IsTerminal as _, Read as _},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 鸿雁: a self-hosted instant-messaging server.
#[derive(Parser)]
#[command(name = "hongyan", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop.
    Serve(Common),
    /// Work on accounts and administrators.
    Admin {
        #[command(subcommand)]
        task: Task,
        #[command(flatten)]
        common: Common,
    },
    /// Copy the embedded database into a new file while the server goes on.
    Backup {
        /// The file to make; it must not exist.
        target: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Print every setting with its explanation and its value.
    Config(Common),
    /// Print the OpenAPI document of the native API, as docs/openapi.json keeps it.
    Openapi,
}

#[derive(Subcommand)]
enum Task {
    /// Make an administrator, or give it a new password, which is printed.
    Create {
        /// Its name.
        name: String,
    },
    /// Set a user's password, read from standard input, and end all of its sessions.
    ResetPassword {
        /// The username.
        username: String,
    },
    /// Disable an account and end its sessions. A running server notices within half a minute.
    Disable {
        /// The username.
        username: String,
    },
    /// Enable a disabled account.
    Enable {
        /// The username.
        username: String,
    },
}

#[derive(Args, Clone)]
struct Common {
    /// Address and port to listen on.
    #[arg(long, global = true)]
    listen: Option<String>,
    /// Directory of the database and the files.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// The settings file; without it ./hongyan.toml is read when it is there.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
}

impl Common {
    fn settings(self) -> Result<Settings, Error> {
        let path = self.config.clone().unwrap_or_else(|| "hongyan.toml".into());
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(e) if e.kind() == ErrorKind::NotFound && self.config.is_none() => None,
            Err(e) => return Err(format!("{}: {e}", path.display()).into()),
        };
        let mut settings = Settings::load(file.as_deref(), std::env::vars())?;
        if let Some(listen) = self.listen {
            settings.server.listen = listen;
        }
        if let Some(data) = self.data {
            settings.server.data = data;
        }
        Ok(settings)
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(Error::from).and_then(|runtime| {
        let result = runtime.block_on(run(command));
        runtime.shutdown_background(); // what still runs is ours alone: nobody waits for it
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("hongyan: {e}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Serve(common) => serve(common.settings()?).await,
        Command::Admin { task, common } => admin(task, &common.settings()?).await,
        Command::Backup { target, common } => {
            im_server::open_existing(&common.settings()?).await?.backup(&target).await?;
            println!("{}", target.display());
            Ok(())
        }
        Command::Openapi => {
            print!("{}", im_api_v1::document());
            Ok(())
        }
        Command::Config(common) => {
            print!("{}", common.settings()?.describe()?);
            Ok(())
        }
    }
}

async fn serve(settings: Settings) -> Result<(), Error> {
    log(&settings)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let running = im_server::start(settings, Arc::new(SystemClock)).await?;
    let url = format!("http://localhost:{}", running.address().port());
    if let Some(admin) = im_server::ensure_admin(running.app()).await? {
        println!("鸿雁 Hongyan: first start");
        println!("  administrator  {}", admin.name);
        println!("  password       {}   (shown this once)", admin.password);
    }
    println!("鸿雁 Hongyan listens on {} ({url})", running.address());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

async fn admin(task: Task, settings: &Settings) -> Result<(), Error> {
    let app = im_server::open_core(settings).await?;
    match task {
        Task::Create { name } => {
            if name.trim().is_empty() {
                return Err("an administrator needs a name".into());
            }
            let admin = im_server::make_admin(&app, &name).await?;
            println!("administrator  {}\npassword       {}", admin.name, admin.password);
        }
        Task::ResetPassword { username } => {
            let mut password = String::new();
            std::io::stdin().lock().take(1_000).read_to_string(&mut password)?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            if !(6..=20).contains(&password.chars().count()) {
                return Err("a password has 6 to 20 characters".into());
            }
            accounts::reset_password(&app, username, password).await?;
        }
        Task::Disable { username } => accounts::set_enabled(&app, username, false).await?,
        Task::Enable { username } => accounts::set_enabled(&app, username, true).await?,
    }
    Ok(())
}

fn log(settings: &Settings) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&settings.log.level).map_err(|e| format!("log.level: {e}"))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match settings.log.format.as_str() {
        "text" => log.init(),
        "json" => log.json().init(),
        other => return Err(format!("log.format: {other:?} is neither text nor json").into()),
    }
    Ok(())
}
