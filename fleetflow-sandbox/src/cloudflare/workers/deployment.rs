//! Deployments: which versions are served to which part of the requests (API doc §4.4).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::version::Version;
use super::{refusal, script};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context, uuid};

/// A deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deployment {
    /// A UUID.
    id: String,
    created: Timestamp,
    versions: Vec<Portion>,
    annotations: Map<String, Value>,
}

/// One version's part of the requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Portion {
    version_id: String,
    percentage: f64,
}

#[derive(Deserialize)]
struct NewDeployment {
    strategy: String,
    versions: Vec<Portion>,
    #[serde(default)]
    annotations: Map<String, Value>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let script = script::find(context, call)?;
    let deployments: Vec<Value> = script.deployments.iter().rev().map(Deployment::render).collect();
    Answer::of(json!({ "deployments": deployments }))
}

pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let new: NewDeployment = call.json()?;
    let (id, now) = (uuid(&context.identifier()), context.now);
    let script = script::find(context, call)?;
    new.check()?;
    if new
        .versions
        .iter()
        .any(|portion| script.version(&portion.version_id).is_none())
    {
        return Err(refusal::no_version());
    }
    let deployment = Deployment {
        id,
        created: now,
        versions: new.versions,
        annotations: new.annotations,
    };
    let shown = deployment.render();
    script.deployments.push(deployment);
    script.modified = now;
    Answer::of(shown)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let deployments = &script::find(context, call)?.deployments;
    let wanted = deployments
        .iter()
        .find(|deployment| deployment.id == call.path("deployment_id"));
    Answer::of(wanted.ok_or_else(refusal::no_deployment)?.render())
}

/// The active deployment stays.
pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let deployments = &mut script::find(context, call)?.deployments;
    let wanted = |deployment: &Deployment| deployment.id == call.path("deployment_id");
    let at = deployments
        .iter()
        .position(wanted)
        .ok_or_else(refusal::no_deployment)?;
    if at + 1 == deployments.len() {
        return Err(refusal::deployment("The active deployment cannot be deleted."));
    }
    deployments.remove(at);
    Answer::of(json!({}))
}

impl NewDeployment {
    /// One or two versions that together are everything.
    fn check(&self) -> Result<(), Failure> {
        let whole: f64 = self.versions.iter().map(|portion| portion.percentage).sum();
        if self.strategy != "percentage" || !(1..=2).contains(&self.versions.len()) {
            return Err(refusal::deployment(
                "A deployment is of strategy percentage, with one or two versions.",
            ));
        }
        if (whole - 100.0).abs() > 0.001 {
            return Err(refusal::deployment(
                "The percentages of a deployment must add up to 100.",
            ));
        }
        Ok(())
    }
}

impl Deployment {
    /// All requests to one version.
    pub(super) fn whole(id: String, version: &Version, now: Timestamp) -> Self {
        let portion = Portion {
            version_id: version.id.clone(),
            percentage: 100.0,
        };
        Self {
            id,
            created: now,
            versions: vec![portion],
            annotations: version.annotations.clone(),
        }
    }

    /// The version with the largest part.
    pub(super) fn main_version(&self) -> &str {
        let largest = self
            .versions
            .iter()
            .max_by(|left, right| left.percentage.total_cmp(&right.percentage));
        largest
            .map(|portion| portion.version_id.as_str())
            .unwrap_or_default()
    }

    fn render(&self) -> Value {
        json!({
            "id": self.id,
            "created_on": self.created,
            "source": "api",
            "strategy": "percentage",
            "versions": self.versions,
            "annotations": self.annotations,
        })
    }
}
