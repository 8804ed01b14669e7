//! What `watch` tells to other programs: traces and metrics by OTLP, metrics for Prometheus. It measures nothing by itself.

mod measures;
mod scrape;

use std::time::Duration;

use fleetflow_core::{Error, ErrorKind, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use prometheus::Registry;

pub(crate) use measures::Measures;

use crate::edge::Edge;

/// Where OTLP goes to, by OpenTelemetry's specification of its exporters.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const DISABLED: &str = "OTEL_SDK_DISABLED";

/// How long the end of the program waits for what was not delivered yet.
const FAREWELL: Duration = Duration::from_secs(5);

/// The ways out of the process for what is measured and traced.
pub(crate) struct Telemetry {
    meters: SdkMeterProvider,
    traces: Option<SdkTracerProvider>,
    registry: Registry,
}

impl Telemetry {
    /// Sends by OTLP where the environment names an endpoint; what is measured can be scraped in any case.
    ///
    /// The exporters read the other variables of the specification themselves: headers, time-outs, intervals, the name
    /// of the service.
    pub(crate) fn new(edge: &Edge) -> Result<Self> {
        let registry = Registry::new();
        let scraped = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| Error::new(ErrorKind::Internal, format!("metrics cannot be kept: {error}")))?;
        let meters = SdkMeterProvider::builder()
            .with_resource(resource(edge))
            .with_reader(scraped);
        let (meters, traces) = match endpoint(edge)? {
            Some(endpoint) => {
                let (meters, traces) = exported(meters, edge).map_err(|error| unusable(endpoint, &error))?;
                (meters, Some(traces))
            }
            None => (meters, None),
        };
        Ok(Self {
            meters: meters.build(),
            traces,
            registry,
        })
    }

    /// What traces are written with; none where nobody wants them.
    pub(crate) fn tracer(&self) -> Option<SdkTracer> {
        self.traces.as_ref().map(|traces| traces.tracer("fleetflow"))
    }

    /// What is to be measured.
    pub(crate) fn measures(&self) -> Measures {
        Measures::new(&self.meters)
    }

    /// Delivers what is left; what could not be delivered is told.
    pub(crate) fn finish(self) -> Result<(), String> {
        let traces = self
            .traces
            .map_or(Ok(()), |traces| traces.shutdown_with_timeout(FAREWELL));
        let meters = self.meters.shutdown_with_timeout(FAREWELL);
        traces
            .and(meters)
            .map_err(|error| format!("the last traces or metrics were not delivered: {error}"))
    }
}

fn exported(
    meters: MeterProviderBuilder,
    edge: &Edge,
) -> Result<(MeterProviderBuilder, SdkTracerProvider), ExporterBuildError> {
    let spans = SpanExporter::builder().with_http().build()?;
    let metrics = MetricExporter::builder().with_http().build()?;
    let traces = SdkTracerProvider::builder()
        .with_resource(resource(edge))
        .with_batch_exporter(spans)
        .build();
    Ok((meters.with_periodic_exporter(metrics), traces))
}

/// Who measures. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go before what is said here.
fn resource(edge: &Edge) -> Resource {
    let resource = Resource::builder();
    match edge.variable("OTEL_SERVICE_NAME") {
        Some(_) => resource.build(),
        None => resource.with_service_name("fleetflow").build(),
    }
}

fn endpoint(edge: &Edge) -> Result<Option<&str>> {
    let disabled = edge
        .variable(DISABLED)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let Some(endpoint) = edge.variable(ENDPOINT).filter(|_| !disabled) else {
        return Ok(None);
    };
    match edge.variable(PROTOCOL) {
        None | Some("http/protobuf") => Ok(Some(endpoint)),
        Some(other) => Err(Error::new(
            ErrorKind::Invalid,
            format!("`{PROTOCOL}` is `{other}`, which is not spoken here"),
        )
        .help(format!(
            "set it to `http/protobuf`, and `{ENDPOINT}` to the collector's port for that, which is mostly 4318"
        ))),
    }
}

fn unusable(endpoint: &str, error: &ExporterBuildError) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("nothing can be sent to `{ENDPOINT}`, which is `{endpoint}`: {error}"),
    )
    .help("set it to a URL, such as `http://localhost:4318`, or unset it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(variables: &[(&str, &str)]) -> Edge {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        Edge {
            words: Vec::new(),
            environment: variables.collect(),
            home: None,
            folder: ".".into(),
            can_ask: false,
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
        }
    }

    #[test]
    fn otlp_is_spoken_where_it_is_asked_for_and_only_in_the_form_we_know() {
        let url = (ENDPOINT, "http://localhost:4318");
        assert_eq!(endpoint(&edge(&[])).unwrap(), None);
        assert_eq!(endpoint(&edge(&[url])).unwrap(), Some(url.1));
        assert_eq!(endpoint(&edge(&[url, (DISABLED, "TRUE")])).unwrap(), None);
        let refused = endpoint(&edge(&[url, (PROTOCOL, "grpc")])).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid);
    }
}
