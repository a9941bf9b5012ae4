//! What an operator asks: is it alive, is it ready, how is it doing.
use crate::Error;
use axum::{
    Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::get,
};
use im_core::{App, secrets::same, settings::Secret};
use im_gateway::Hub;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};
use tokio::{net::TcpListener, task::JoinHandle};

im_core::settings! {
    /// `GET /metrics` in the format of Prometheus.
    pub struct Metrics {
        /// Address of a listener of its own, such as 127.0.0.1:9101; empty: on the main one.
        listen: String = String::new(),
        /// What the main listener wants as `Authorization: Bearer …`; empty: only callers on this
        /// machine are answered, and none that came through a proxy.
        token: Secret = Secret::default(),
    }
}

/// What the routes look at.
pub struct Health {
    app: App,
    hub: Arc<Hub>,
    token: String,
    own_listener: bool,
}

impl Health {
    pub fn new(app: App, hub: Arc<Hub>, settings: &Metrics) -> Arc<Self> {
        recorder(); // from now on things are counted
        Arc::new(Health {
            app,
            hub,
            token: settings.token.expose().to_owned(),
            own_listener: !settings.listen.is_empty(),
        })
    }
}

/// The routes of the main listener.
pub fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(guarded_metrics))
        .with_state(health)
}

/// Opens the listener of its own, where one is wanted.
pub async fn listen(health: Arc<Health>, settings: &Metrics) -> Result<Option<JoinHandle<()>>, Error> {
    if settings.listen.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(&settings.listen)
        .await
        .map_err(|e| format!("cannot listen on {} (metrics.listen): {e}", settings.listen))?;
    let router = Router::new().route("/metrics", get(metrics)).with_state(health);
    Ok(Some(tokio::spawn(async move {
        if let Err(e) = axum::serve(listener, router).await {
            tracing::error!(error = %e, "the metrics listener ended");
        }
    })))
}

/// Ready means: a write reached the disk just now.
async fn ready(State(health): State<Arc<Health>>) -> Response {
    match im_core::probe(&health.app).await {
        Ok(()) => "ready\n".into_response(),
        Err(e) => {
            tracing::warn!(error = %e, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not take writes\n").into_response()
        }
    }
}

async fn guarded_metrics(
    State(health): State<Arc<Health>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let local = peer.ip().to_canonical().is_loopback() && !headers.contains_key("x-forwarded-for");
    let may = match health.token.as_str() {
        "" => local && !health.own_listener,
        token => bearer.is_some_and(|bearer| same(bearer, token)),
    };
    if may { metrics(State(health)).await.into_response() } else { StatusCode::FORBIDDEN.into_response() }
}

async fn metrics(State(health): State<Arc<Health>>) -> String {
    metrics::gauge!("hongyan_accounts_online").set(health.hub.online() as f64);
    let recorder = recorder();
    recorder.run_upkeep();
    recorder.render()
}

/// The recorder of the process; a second server in it (tests) shares it.
fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];
        const UNITS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS);
        let builder = builder.and_then(|b| b.set_buckets_for_metric(Matcher::Suffix("_units".into()), UNITS));
        builder
            .expect("the buckets are not empty")
            .install_recorder()
            .expect("the recorder is installed once")
    })
}
