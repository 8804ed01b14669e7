//! Server plans (API doc §2.8): a plausible part of the real table, in two generations, some of them discontinued.

use serde_json::{Value, json};

/// A server plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sakura) struct ServerPlan {
    pub(in crate::sakura) id: u64,
    pub(in crate::sakura) cpu: u64,
    pub(in crate::sakura) memory_gb: u64,
    pub(in crate::sakura) generation: u64,
    pub(in crate::sakura) commitment: &'static str,
    pub(in crate::sakura) is_available: bool,
}

/// What a request says about the plan it wants. The server picks the rest.
#[derive(Clone, Copy, Debug)]
pub(in crate::sakura) struct PlanWish {
    pub(in crate::sakura) cpu: u64,
    pub(in crate::sakura) memory_mb: u64,
    pub(in crate::sakura) commitment: &'static str,
    pub(in crate::sakura) generation: Option<u64>,
}

const CORES: [u64; 12] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24];
const MEMORY_GB: [u64; 18] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 224];

/// All plans.
pub(in crate::sakura) fn server_plans() -> Vec<ServerPlan> {
    let mut plans = Vec::new();
    for generation in [100, 200] {
        plans.extend(family(generation, "standard"));
    }
    plans.extend(
        family(200, "dedicatedcpu")
            .into_iter()
            .filter(|plan| plan.cpu >= 2),
    );
    plans
}

/// The plan with this id.
pub(in crate::sakura) fn server_plan(id: u64) -> Option<ServerPlan> {
    server_plans().into_iter().find(|plan| plan.id == id)
}

/// The newest available plan that is as wished.
pub(in crate::sakura) fn wanted_plan(wish: PlanWish) -> Option<ServerPlan> {
    server_plans()
        .into_iter()
        .filter(|plan| plan.is_available && plan.cpu == wish.cpu && plan.memory_gb * 1024 == wish.memory_mb)
        .filter(|plan| plan.commitment == wish.commitment)
        .filter(|plan| {
            wish.generation
                .is_none_or(|generation| generation == plan.generation)
        })
        .max_by_key(|plan| plan.generation)
}

/// A plan as the API shows it.
pub(in crate::sakura) fn server_plan_view(plan: &ServerPlan) -> Value {
    json!({
        "ID": plan.id,
        "Name": plan.name(),
        "Description": "",
        "CPU": plan.cpu,
        "MemoryMB": plan.memory_gb * 1024,
        "GPU": 0,
        "GPUModel": "none",
        "CPUModel": "uncategorized",
        "Commitment": plan.commitment,
        "Generation": plan.generation,
        "ConfidentialVM": false,
        "ServiceClass": plan.service_class(),
        "Availability": if plan.is_available { "available" } else { "discontinued" },
    })
}

impl ServerPlan {
    /// The key into the price list.
    pub(in crate::sakura) fn service_class(&self) -> String {
        let dedicated = if self.commitment == "standard" {
            ""
        } else {
            "-dedicatedcpu"
        };
        let generation = if self.generation == 200 { "-g2" } else { "" };
        format!(
            "cloud/plan/{}core-{}gb{dedicated}{generation}",
            self.cpu, self.memory_gb
        )
    }

    fn name(&self) -> String {
        let kind = match (self.commitment, self.generation) {
            ("dedicatedcpu", _) => "(コア専有)",
            (_, 200) => "(新プラン)",
            _ => "",
        };
        format!("プラン/{}Core-{}GB{kind}", self.cpu, self.memory_gb)
    }
}

/// The ids' pattern is generation, memory, cores, of three digits each.
fn family(generation: u64, commitment: &'static str) -> Vec<ServerPlan> {
    let prefix = if commitment == "standard" {
        generation
    } else {
        generation + 10
    };
    let sizes = CORES
        .iter()
        .flat_map(|cpu| MEMORY_GB.iter().map(move |memory| (*cpu, *memory)));
    sizes
        .filter(|(cpu, memory)| memory * 2 >= *cpu && *memory <= cpu * 12)
        .map(|(cpu, memory_gb)| ServerPlan {
            id: prefix * 1_000_000 + memory_gb * 1000 + cpu,
            cpu,
            memory_gb,
            generation,
            commitment,
            is_available: generation == 200 || cpu <= 4,
        })
        .collect()
}
