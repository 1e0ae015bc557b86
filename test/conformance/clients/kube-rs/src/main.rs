//! Checks of kube-rs against the cluster KUBECONFIG names: one line of JSON for each.
mod checks;
mod deployments;

use deployments::Deployments;
use kube::Client;
use serde_json::json;
use std::time::{Duration, Instant};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let client = Client::try_default().await?;
    for name in checks::NAMES {
        let deployments = Deployments::in_new_namespace(&client).await?;
        let began = Instant::now();
        let limit = Duration::from_secs(60);
        let outcome = match tokio::time::timeout(limit, checks::run(name, &deployments)).await {
            Ok(outcome) => outcome.map_err(|error| error.to_string()),
            Err(_) => Err("not done in time".to_owned()),
        };
        let mut line = json!({
            "check": name,
            "ok": outcome.is_ok(),
            "milliseconds": u64::try_from(began.elapsed().as_millis())?,
        });
        if let Err(error) = outcome {
            line["error"] = error.into();
        }
        println!("{line}");
    }
    Ok(())
}
