//! Watchers with streaming lists and with pages, the reflector, and apply.
use crate::Outcome;
use crate::deployments::{Deployments, equal, identity};
use futures::{Stream, StreamExt, pin_mut};
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, metadata_watcher, reflector, watcher};
use kube::{Resource, ResourceExt};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

pub const NAMES: [&str; 5] = [
    "watcher: a streaming list tells what is there, says when that was all, and goes on",
    "watcher: a list in pages tells the same",
    "watcher: of metadata alone, with a streaming list",
    "reflector: the store of a streaming list ends equal to a list",
    "apply: a conflict names the manager, force takes the field over",
];

pub async fn run(name: &str, deployments: &Deployments) -> Outcome {
    match NAMES.iter().position(|known| *known == name) {
        Some(0) => tells(deployments, watcher(deployments.api.clone(), streaming())).await,
        Some(1) => tells(deployments, watcher(deployments.api.clone(), watcher::Config::default().page_size(2))).await,
        Some(2) => tells(deployments, metadata_watcher(deployments.api.clone(), streaming())).await,
        Some(3) => reflects(deployments).await,
        Some(4) => applies(deployments).await,
        _ => Err("no such check".into()),
    }
}

fn streaming() -> watcher::Config {
    watcher::Config::default().streaming_lists()
}

/// Five objects are there at first; then one goes, one changes and one comes.
async fn tells<K, S>(deployments: &Deployments, events: S) -> Outcome
where
    K: Resource + Clone,
    S: Stream<Item = watcher::Result<watcher::Event<K>>>,
{
    for i in 0..5 {
        deployments.create(&format!("model-{i}")).await?;
    }
    pin_mut!(events);
    let mut there: BTreeMap<String, String> = BTreeMap::new();
    let mut is_complete = false;
    loop {
        match events.next().await.ok_or("the watcher ended")?? {
            watcher::Event::Init => equal(&there.len(), &0, "number of objects before the first")?,
            watcher::Event::InitApply(object) => {
                equal(&is_complete, &false, "whether the list was complete")?;
                there.extend([identity(&object)]);
            }
            watcher::Event::InitDone => {
                equal(&there.len(), &5, "number of objects in the list")?;
                is_complete = true;
                write(deployments).await?;
            }
            watcher::Event::Apply(object) => {
                equal(&is_complete, &true, "whether the list was complete")?;
                there.extend([identity(&object)]);
            }
            watcher::Event::Delete(object) => {
                equal(&object.name_any().as_str(), &"model-1", "name of what is deleted")?;
                there.remove("model-1");
            }
        }
        if is_complete && there.contains_key("model-5") && there == deployments.list().await? {
            return equal(&there.len(), &5, "number of objects at the end");
        }
    }
}

async fn write(deployments: &Deployments) -> Outcome {
    deployments.api.delete("model-1", &DeleteParams::default()).await?;
    let patch = json!({ "metadata": { "labels": { "changed": "yes" } } });
    deployments.api.patch("model-2", &PatchParams::default(), &Patch::Merge(&patch)).await?;
    deployments.create("model-5").await?;
    Ok(())
}

async fn reflects(deployments: &Deployments) -> Outcome {
    for i in 0..5 {
        deployments.create(&format!("model-{i}")).await?;
    }
    let writer = reflector::store::Writer::<DynamicObject>::new(deployments.resource.clone());
    let store = writer.as_reader();
    let events = watcher(deployments.api.clone(), streaming()).default_backoff().reflect(writer).touched_objects();
    let running = tokio::spawn(events.for_each(|_| std::future::ready(())));
    store.wait_until_ready().await?;
    equal(&store.len(), &5, "number of objects in the store")?;
    write(deployments).await?;
    loop {
        let held: BTreeMap<_, _> = store.state().iter().map(|object| identity(object.as_ref())).collect();
        if held.contains_key("model-5") && held == deployments.list().await? {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.abort();
    Ok(())
}

async fn applies(deployments: &Deployments) -> Outcome {
    let apply = async |manager: &str, model: &str, force: bool| {
        let params = PatchParams { force, ..PatchParams::apply(manager) };
        deployments.api.patch("one", &params, &Patch::Apply(&Deployments::body("one", model))).await
    };
    let created = apply("first", "Qwen/Qwen3-0.6B", false).await?;
    equal(&created.metadata.generation, &Some(1), "generation")?;
    match apply("second", "Qwen/Qwen3-8B", false).await {
        Err(kube::Error::Api(status)) => {
            equal(&status.code, &409, "code")?;
            equal(&status.message.contains("conflict with \"first\""), &true, "whether the manager is named")?;
        }
        other => return Err(format!("not refused as a conflict: {other:?}").into()),
    }
    let forced = apply("second", "Qwen/Qwen3-8B", true).await?;
    equal(&forced.data["spec"]["model"]["id"], &json!("Qwen/Qwen3-8B"), "spec.model.id")
}
