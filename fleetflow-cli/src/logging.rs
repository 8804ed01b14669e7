//! Tells the library's own trace: on standard error, when `-v` asks for it, and as OpenTelemetry's. It holds no headers,
//! bodies or secrets. Without `-v` only what is waited for is told.

use opentelemetry_sdk::trace::SdkTracer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::patience::Tries;
use crate::terminal::Terminal;

/// Once: each HTTP request. Twice: everything of `FleetFlow`, and the news of the libraries below it.
pub(crate) fn start(verbose: u8, terminal: Terminal) {
    begin(verbose, terminal, None);
}

/// The same, and spans go to `tracer`. That they do not arrive is told without `-v` too.
pub(crate) fn traced(verbose: u8, terminal: Terminal, tracer: Option<SdkTracer>) {
    begin(verbose, terminal, tracer);
}

fn begin(verbose: u8, terminal: Terminal, tracer: Option<SdkTracer>) {
    let filter = match (verbose, &tracer) {
        (0, None) => "off",
        (0, Some(_)) => {
            "opentelemetry=warn,opentelemetry_sdk=warn,opentelemetry-otlp=warn,opentelemetry_otlp=warn"
        }
        (1, _) => "fleetflow_core=debug,fleetflow_kdl=debug,opentelemetry=warn,opentelemetry_sdk=warn",
        _ => "info,fleetflow_core=trace,fleetflow_kdl=trace,fleetflow_sandbox=debug",
    };
    // With `-v`, each try is a line of its own.
    let tries = (verbose == 0).then(|| {
        let is_warning = |metadata: &tracing::Metadata<'_>| {
            is_event(metadata)
                && *metadata.level() == tracing::Level::WARN
                && metadata.target().starts_with("fleetflow_core::http")
        };
        Tries::told_on(terminal).with_filter(filter_fn(is_warning).with_max_level_hint(LevelFilter::WARN))
    });
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
    if let Err(error) = Registry::default().with(lines).with(tries).with(spans).try_init() {
        anstream::eprintln!("-v and traces show nothing: {error}");
    }
}

fn is_event(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_event()
}
