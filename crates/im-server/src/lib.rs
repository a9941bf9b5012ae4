//! The server: settings in, a listening address out.

mod connections;
mod first_start;
mod operations;
mod pages;
pub mod settings;
mod texters;

use axum::Router;
use im_api_common::{address::Network, civil::Offset};
use im_core::{App, Clock, Db, Limiter, Millis, SCHEMA};
use im_gateway::{Hub, egg::Style, pusher};
use im_media::{Covers, Store};
pub use settings::Settings;
use std::{
    fs::File,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What can go wrong at start, said to whoever started it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The embedded database, in the data directory.
const DATABASE: &str = "hongyan.db";

/// How long requests in flight may take at the end.
const GRACE: Duration = Duration::from_millis(2_500);

/// The clock of the machine.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let now = UNIX_EPOCH.elapsed().unwrap_or_default(); // before 1970: a clock that is plainly wrong
        Millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A server that serves.
pub struct Running {
    address: SocketAddr,
    app: App,
    hub: Arc<Hub>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    metrics: Option<JoinHandle<()>>,
    trigger: Option<(SocketAddr, JoinHandle<()>)>,
    /// Brings what is said into the search index.
    index: JoinHandle<()>,
    /// Keeps a second server away from the data directory.
    _claim: File,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the trigger API listens, if it is switched on.
    pub fn trigger_address(&self) -> Option<SocketAddr> {
        self.trigger.as_ref().map(|(address, _)| *address)
    }

    /// The core.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Stops in order: no new connections, requests in flight are finished, sockets dropped as
    /// their dialects want, cursors recorded. Takes five seconds at most.
    pub async fn stop(self) {
        self.stop.cancel();
        self.hub.stop().await;
        let _ = tokio::time::timeout(GRACE, self.serving).await;
        let trigger = self.trigger.map(|(_, trigger)| trigger);
        [self.metrics, trigger, Some(self.index)].into_iter().flatten().for_each(|own| own.abort());
    }
}

/// Opens the database that the settings name.
pub async fn open_database(settings: &Settings) -> Result<Db, Error> {
    let url = settings.database.url.expose();
    if url.is_empty() {
        return Ok(Db::sqlite(&settings.server.data.join(DATABASE))?);
    }
    let db = Db::postgres(url, settings.database.connections).await;
    Ok(db.map_err(|e| format!("the database at database.url does not answer: {e}"))?)
}

/// The database of an installation that exists: a mistyped directory is said, and not made.
pub async fn open_existing(settings: &Settings) -> Result<Db, Error> {
    let file = settings.server.data.join(DATABASE);
    if settings.database.url.expose().is_empty() && !file.exists() {
        return Err(format!("there is no database at {}", file.display()).into());
    }
    open_database(settings).await
}

/// The core on its own, for commands that work on the data of an installation.
pub async fn open_core(settings: &Settings) -> Result<App, Error> {
    let db = open_existing(settings).await?;
    db.migrate(SCHEMA).await?;
    let (bus, _) = im_gateway::in_process();
    core(settings, db, Arc::new(SystemClock), bus)
}

/// Makes the data directory and keeps it from a second server for as long as the file lives.
fn claim(data: &Path) -> Result<File, Error> {
    std::fs::create_dir_all(data).map_err(|e| format!("the data directory {}: {e}", data.display()))?;
    let file = File::create(data.join("hongyan.lock"))?;
    file.try_lock().map_err(|_| format!("another server uses the data directory {}", data.display()))?;
    Ok(file)
}

fn core(
    settings: &Settings,
    db: Db,
    clock: Arc<dyn Clock>,
    bus: im_gateway::InProcess,
) -> Result<App, Error> {
    let limiter = Limiter::new(settings.limits.clone());
    let texter = texters::open(&settings.sms)?;
    let (chat, pop, v1) = (settings.chat.clone(), settings.pop.clone(), settings.v1.clone());
    Ok(App::new(db, clock, Arc::new(bus), chat, pop, v1, texter, limiter))
}

/// Starts everything; returns when it listens.
pub async fn start(settings: Settings, clock: Arc<dyn Clock>) -> Result<Running, Error> {
    let claim = claim(&settings.server.data)?;
    let db = open_database(&settings).await?;
    db.migrate(SCHEMA).await?;
    let (bus, feed) = im_gateway::in_process();
    let app = core(&settings, db, clock, bus)?;
    im_core::switches::load(&app).await?;
    if !settings.limits.enabled {
        tracing::warn!("rate limits are switched off: limits.enabled is false");
    }
    let offset = Offset::parse(&settings.egg.time_zone).ok_or_else(|| {
        format!("egg.time_zone: {:?} is not an offset such as +08:00", settings.egg.time_zone)
    })?;
    let style = Style { icons: settings.egg.icons.clone(), offset };
    let listener = connections::listen(&settings.server.listen)
        .await
        .map_err(|e| format!("cannot listen on {}: {e}", settings.server.listen))?;
    let address = listener.local_addr()?;
    let network = Network {
        behind_proxy: settings.server.behind_proxy,
        public_url: settings.server.public_url.clone(),
    };
    let pusher = pusher::Pusher::load(&app, settings.push.clone(), network.clone()).await?;
    let hub = Hub::start(app.clone(), settings.egg.clone(), style.clone(), pusher, feed);
    let store = Arc::new(Store::open(&settings.server.data, &settings.storage)?);
    let media = store.other_origin();
    let covers = Arc::new(Covers::new(store.clone(), &settings.media)?);
    let health = operations::Health::new(app.clone(), hub.clone(), &settings.metrics);
    let pop = im_api_pop::router(im_api_pop::Parts {
        app: app.clone(),
        hub: hub.clone(),
        store: store.clone(),
        network: network.clone(),
        upload: settings.upload.clone(),
        offset: style.offset.clone(),
        address,
    })
    .await?;
    let v1 = im_api_v1::router(im_api_v1::Parts {
        app: app.clone(),
        hub: hub.clone(),
        store: store.clone(),
        covers: covers.clone(),
        network: network.clone(),
        upload_bytes: settings.media.upload_limit_bytes,
    });
    let egg = im_api_egg::router(im_api_egg::Parts {
        app: app.clone(),
        hub: hub.clone(),
        settings: settings.egg.clone(),
        style,
        store,
        covers,
        network,
        upload_bytes: settings.media.upload_limit_bytes,
    });
    let router = Router::new()
        .merge(operations::router(health.clone()))
        .merge(pages::router(media))
        .merge(im_gateway::router(hub.clone()))
        .merge(pop)
        .merge(v1)
        .merge(egg);

    let metrics = operations::listen(health, &settings.metrics).await?;
    let trigger = listen_for_triggers(hub.clone(), &settings.push.trigger_listen).await?;
    let index = tokio::spawn(im_core::search::follow(app.clone()));
    let stop = CancellationToken::new();
    let serving =
        tokio::spawn(connections::serve(listener, router, settings.server.connections, stop.clone()));
    Ok(Running { address, app, hub, stop, serving, metrics, trigger, index, _claim: claim })
}

/// Opens the trigger API's own listener, where one is wanted.
async fn listen_for_triggers(
    hub: Arc<Hub>,
    name: &str,
) -> Result<Option<(SocketAddr, JoinHandle<()>)>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let listener = connections::listen(name)
        .await
        .map_err(|e| format!("cannot listen on {name} (push.trigger_listen): {e}"))?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move {
        if let Err(e) = axum::serve(listener, pusher::trigger::router(hub)).await {
            tracing::error!(error = %e, "the trigger listener ended");
        }
    });
    Ok(Some((address, serving)))
}

pub use first_start::{Admin, ensure_admin, make_admin};
