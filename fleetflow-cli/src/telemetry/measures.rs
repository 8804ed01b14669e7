//! What is measured of a loop, and under which names. Where the numbers go to is said elsewhere.

use std::sync::Arc;

use fleetflow_core::Address;
use fleetflow_core::autoscale::{Judgement, WatchEvent};
use fleetflow_core::converge::Event;
use fleetflow_core::http::Traffic;
use fleetflow_core::plan::Action;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use serde_json::Value;

/// Seconds that looks and steps take: from an answer to the boot of a server.
const SECONDS: [f64; 10] = [0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 180.0, 600.0, 1800.0];

/// The numbers of one loop.
pub(crate) struct Measures {
    meter: Meter,
    looks: Histogram<f64>,
    decisions: Counter<u64>,
    replicas: Gauge<u64>,
    well: Gauge<u64>,
    load: Gauge<f64>,
    threshold: Gauge<f64>,
    drift: Counter<u64>,
    steps: Histogram<f64>,
    failures: Counter<u64>,
}

impl Measures {
    pub(super) fn new(meters: &SdkMeterProvider) -> Self {
        let meter = meters.meter("fleetflow");
        let seconds = |name: &'static str, what: &'static str| {
            let built = meter.f64_histogram(name).with_description(what).with_unit("s");
            built.with_boundaries(SECONDS.to_vec()).build()
        };
        let count =
            |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let level =
            |name: &'static str, what: &'static str| meter.u64_gauge(name).with_description(what).build();
        let percent =
            |name: &'static str, what: &'static str| meter.f64_gauge(name).with_description(what).build();
        Self {
            looks: seconds("fleetflow.watch.look.duration", "How long looks took, by outcome"),
            decisions: count("fleetflow.watch.decisions", "Decisions on counts of servers"),
            replicas: level("fleetflow.scale.replicas", "How many replicas there shall be"),
            well: level(
                "fleetflow.scale.well",
                "How many replicas are there and do their work",
            ),
            load: percent("fleetflow.scale.load", "The load of one replica, in percent"),
            threshold: percent(
                "fleetflow.scale.threshold",
                "The load above which there are too few",
            ),
            drift: count(
                "fleetflow.watch.drift",
                "Resources found changed by others, again with each look that finds them",
            ),
            steps: seconds(
                "fleetflow.watch.step.duration",
                "How long steps took that are done",
            ),
            failures: count("fleetflow.watch.step.failures", "Steps that failed"),
            meter,
        }
    }

    /// From now on, what `traffic` counts is measured too.
    pub(crate) fn calls(&self, traffic: &Arc<Traffic>) {
        let counted = Arc::clone(traffic);
        self.meter
            .u64_observable_counter("fleetflow.requests")
            .with_description("Requests to clouds and engines, each try counted")
            .with_callback(move |observer| {
                observer.observe(counted.reads(), &[KeyValue::new("effect", "read")]);
                observer.observe(counted.writes(), &[KeyValue::new("effect", "write")]);
            })
            .build();
        let waited = Arc::clone(traffic);
        self.meter
            .f64_observable_counter("fleetflow.requests.duration")
            .with_unit("s")
            .with_description("How long answers were waited for, summed over all requests")
            .with_callback(move |observer| observer.observe(waited.time().as_secs_f64(), &[]))
            .build();
    }

    /// Takes in what the loop tells.
    pub(crate) fn see(&self, event: &WatchEvent) {
        match event {
            WatchEvent::Decided(judgement) => self.decided(judgement),
            WatchEvent::Looked(plan) => self.drift.add(plan.drift.len() as u64, &[]),
            WatchEvent::Rests { took, succeeded } => {
                let outcome = if *succeeded { "done" } else { "failed" };
                self.looks.record(*took, &[KeyValue::new("outcome", outcome)]);
            }
            WatchEvent::Acted { .. } | WatchEvent::Waits { .. } => {}
        }
    }

    /// Takes in what a step tells.
    pub(crate) fn step(&self, event: &Event) {
        match event {
            Event::Done {
                address,
                action,
                elapsed,
            } => self
                .steps
                .record(elapsed.as_secs_f64(), &of_step(address, *action)),
            Event::Failed { address, action, .. } => self.failures.add(1, &of_step(address, *action)),
            Event::Started { .. } | Event::Waiting { .. } | Event::Noted { .. } | Event::Skipped { .. } => {}
        }
    }

    fn decided(&self, judgement: &Judgement) {
        let server = KeyValue::new("server", judgement.server.clone());
        let decision = &judgement.decision;
        let change = match decision.count.cmp(&judgement.current) {
            std::cmp::Ordering::Greater => "up",
            std::cmp::Ordering::Less => "down",
            std::cmp::Ordering::Equal if decision.replace.is_some() => "replace",
            std::cmp::Ordering::Equal => "none",
        };
        let why = serde_json::to_value(decision.reason).ok();
        let why = why.as_ref().and_then(|reason| reason.get("why")?.as_str());
        let decided = [
            server.clone(),
            KeyValue::new("change", change),
            KeyValue::new("why", why.unwrap_or_default().to_owned()),
        ];
        self.decisions.add(1, &decided);
        let server = [server];
        self.replicas.record(decision.count.into(), &server);
        self.well.record(judgement.well.into(), &server);
        if let Some(load) = decision.load {
            self.load.record(load, &server);
        }
        if let Some(threshold) = judgement.policy.threshold {
            self.threshold.record(threshold, &server);
        }
    }
}

fn of_step(address: &Address, action: Action) -> [KeyValue; 2] {
    let action = serde_json::to_value(action).ok();
    let action = action.as_ref().and_then(Value::as_str).unwrap_or_default();
    [
        KeyValue::new("kind", address.kind().to_owned()),
        KeyValue::new("action", action.to_owned()),
    ]
}
