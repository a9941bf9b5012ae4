//! What sends SMS, as the section `[sms]` has it.
use crate::Error;
use im_core::sms::{Provider, Purpose, Sms, Texter};
use std::{
    fs::{File, OpenOptions},
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

/// How long the operator's web service may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the settings ask for; `None` when nothing is sent.
pub fn open(settings: &Sms) -> Result<Option<Arc<dyn Texter>>, Error> {
    Ok(match settings.provider {
        Provider::Off => None,
        Provider::File => {
            let file = OpenOptions::new().create(true).append(true).open(&settings.file);
            let file = file.map_err(|e| format!("sms.file: {}: {e}", settings.file.display()))?;
            Some(Arc::new(Lines(Mutex::new(file))))
        }
        Provider::Http => {
            let url = settings.url.expose().to_owned();
            if !url.starts_with("https://") && !url.starts_with("http://") {
                return Err("sms.url: provider http needs an address that begins with http".into());
            }
            let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
            Some(Arc::new(Service { client, url }))
        }
    })
}

/// A line per SMS: telephone, purpose, code.
struct Lines(Mutex<File>);

impl Texter for Lines {
    fn send(&self, phone: &str, code: &str, purpose: Purpose) {
        let line = format!("{phone} {} {code}\n", purpose.as_str());
        let mut file = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::error!(%error, "an SMS could not be written");
        }
    }
}

/// A web service that the operator runs or rents.
struct Service {
    client: reqwest::Client,
    url: String,
}

impl Texter for Service {
    fn send(&self, phone: &str, code: &str, purpose: Purpose) {
        let body = serde_json::json!({ "phone": phone, "code": code, "purpose": purpose.as_str() });
        let request = self.client.post(&self.url).json(&body);
        tokio::spawn(async move {
            let sent = request.send().await.and_then(|response| response.error_for_status());
            if let Err(error) = sent {
                // The address may hold the service's key.
                tracing::error!(error = %error.without_url(), "an SMS could not be sent");
            }
        });
    }
}
