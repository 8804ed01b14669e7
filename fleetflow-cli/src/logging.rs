//! Tells the library's own trace: on standard error, when `-v` asks for it, and as OpenTelemetry's. It holds no headers,
//! bodies or secrets.

use opentelemetry_sdk::trace::SdkTracer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

/// Once: each HTTP request. Twice: everything of `FleetFlow`, and the news of the libraries below it.
pub(crate) fn start(verbose: u8) {
    begin(verbose, None);
}

/// The same, and spans go to `tracer`. That they do not arrive is told without `-v` too.
pub(crate) fn traced(verbose: u8, tracer: Option<SdkTracer>) {
    begin(verbose, tracer);
}

fn begin(verbose: u8, tracer: Option<SdkTracer>) {
    let filter = match (verbose, &tracer) {
        (0, None) => return,
        (0, Some(_)) => {
            "opentelemetry=warn,opentelemetry_sdk=warn,opentelemetry-otlp=warn,opentelemetry_otlp=warn"
        }
        (1, _) => "fleetflow_core=debug,fleetflow_kdl=debug,opentelemetry=warn,opentelemetry_sdk=warn",
        _ => "info,fleetflow_core=trace,fleetflow_kdl=trace,fleetflow_sandbox=debug",
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .with_filter(EnvFilter::new(filter))
        // Lines say what happened. What it happened in is for those who collect traces.
        .with_filter(filter_fn(is_event));
    let spans = tracer.map(|tracer| {
        let ours = |metadata: &tracing::Metadata<'_>| {
            metadata.is_span() && metadata.target().starts_with("fleetflow_")
        };
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_threads(false)
            .with_filter(filter_fn(ours))
    });
    if let Err(error) = Registry::default().with(lines).with(spans).try_init() {
        anstream::eprintln!("-v and traces show nothing: {error}");
    }
}

fn is_event(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_event()
}
