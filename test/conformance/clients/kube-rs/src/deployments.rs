//! ModelDeployments of one namespace, without generated types.
use crate::Outcome;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, PostParams};
use kube::core::ObjectMeta;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub struct Deployments {
    pub api: Api<DynamicObject>,
    pub resource: ApiResource,
}

impl Deployments {
    pub async fn in_new_namespace(client: &Client) -> Result<Self, kube::Error> {
        let metadata = ObjectMeta { generate_name: Some("kube-rs-".to_owned()), ..Default::default() };
        let wanted = Namespace { metadata, ..Default::default() };
        let namespace = Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &wanted).await?.name_any();
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("hawsepipe.dev", "v1alpha2", "ModelDeployment"));
        Ok(Self {
            api: Api::namespaced_with(client.clone(), &namespace, &resource),
            resource,
        })
    }

    /// A small object that nothing is rendered for, because it is paused.
    pub fn body(name: &str, model: &str) -> Value {
        json!({
            "apiVersion": "hawsepipe.dev/v1alpha2",
            "kind": "ModelDeployment",
            "metadata": { "name": name },
            "spec": {
                "model": { "id": model },
                "engine": { "type": "vllm" },
                "provider": { "name": "vllm" },
                "serving": { "resources": { "gpu": { "count": 1 } } },
                "paused": true,
            },
        })
    }

    pub async fn create(&self, name: &str) -> Result<DynamicObject, Box<dyn std::error::Error>> {
        let object = serde_json::from_value(Self::body(name, "Qwen/Qwen3-0.6B"))?;
        Ok(self.api.create(&PostParams::default(), &object).await?)
    }

    /// What a list has of each object by name: uid and resource version.
    pub async fn list(&self) -> Result<BTreeMap<String, String>, kube::Error> {
        Ok(self.api.list(&ListParams::default()).await?.iter().map(identity).collect())
    }
}

/// An object's name, and its uid and resource version.
pub fn identity<K: ResourceExt>(object: &K) -> (String, String) {
    let uid = object.uid().unwrap_or_default();
    let version = object.resource_version().unwrap_or_default();
    (object.name_any(), format!("{uid} {version}"))
}

/// An error unless the two are equal.
pub fn equal<T: PartialEq + std::fmt::Debug>(got: &T, want: &T, what: &str) -> Outcome {
    if got == want { Ok(()) } else { Err(format!("{what} is {got:?}, not {want:?}").into()) }
}
