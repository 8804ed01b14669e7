//! A small OTLP collector: it takes in what is sent by HTTP, and decodes it with OpenTelemetry's own messages.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{NumberDataPoint, metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

/// One request: path, headers, body.
type Request = (String, BTreeMap<String, String>, Vec<u8>);

pub(super) struct Collector {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// What arrived.
pub(super) struct Received {
    requests: Vec<Request>,
    spans: Vec<Span>,
    resources: Vec<KeyValue>,
    /// The last points of each metric that counts.
    points: Vec<(String, NumberDataPoint)>,
}

impl Collector {
    /// One on loopback, until the test ends.
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let taken = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || serve(&stream.unwrap(), &taken));
            }
        });
        Self { url, requests }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn received(&self) -> Received {
        let requests = self.requests.lock().unwrap().clone();
        let (mut spans, mut resources, mut points) = (Vec::new(), Vec::new(), Vec::new());
        for (path, headers, body) in &requests {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            match path.as_str() {
                "/v1/traces" => {
                    for of in ExportTraceServiceRequest::decode(&body[..])
                        .unwrap()
                        .resource_spans
                    {
                        resources.extend(of.resource.unwrap().attributes);
                        spans.extend(of.scope_spans.into_iter().flat_map(|scope| scope.spans));
                    }
                }
                "/v1/metrics" => {
                    points.clear();
                    for of in ExportMetricsServiceRequest::decode(&body[..])
                        .unwrap()
                        .resource_metrics
                    {
                        resources.extend(of.resource.unwrap().attributes);
                        let metrics = of.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
                        points.extend(metrics.flat_map(|metric| {
                            let sums = match metric.data {
                                Some(metric::Data::Sum(sum)) => sum.data_points,
                                _ => Vec::new(),
                            };
                            sums.into_iter().map(move |point| (metric.name.clone(), point))
                        }));
                    }
                }
                other => panic!("nothing of OTLP lies at {other}"),
            }
        }
        Received {
            requests,
            spans,
            resources,
            points,
        }
    }
}

impl Received {
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.spans.iter().map(|span| span.name.as_str()).collect()
    }

    pub(super) fn named(&self, name: &str) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.name == name).collect()
    }

    /// The spans around the first one of this name, inside out.
    pub(super) fn parents(&self, name: &str) -> Vec<&str> {
        let first = self.named(name);
        let mut span = *first
            .first()
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.names()));
        let mut parents = Vec::new();
        while let Some(parent) = self
            .spans
            .iter()
            .find(|other| other.span_id == span.parent_span_id)
        {
            parents.push(parent.name.as_str());
            span = parent;
        }
        parents
    }

    #[expect(clippy::unused_self, reason = "it reads beside the others")]
    pub(super) fn attribute(&self, span: &Span, name: &str) -> String {
        text(&span.attributes, name).unwrap_or_else(|| panic!("no {name} in {:?}", span.attributes))
    }

    pub(super) fn resource(&self, name: &str) -> BTreeSet<String> {
        let all = self.resources.iter().filter(|pair| pair.key == name);
        all.filter_map(|pair| text(std::slice::from_ref(pair), name))
            .collect()
    }

    /// The sum of the points of the metric `name` that have these attributes.
    pub(super) fn sum(&self, name: &str, attributes: &[(&str, &str)]) -> f64 {
        let has = |point: &NumberDataPoint| {
            attributes
                .iter()
                .all(|(name, value)| text(&point.attributes, name).as_deref() == Some(value))
        };
        let points = self.points.iter().filter(|(is, point)| is == name && has(point));
        points
            .map(|(_, point)| match point.value {
                Some(number_data_point::Value::AsDouble(value)) => value,
                #[expect(clippy::cast_precision_loss, reason = "they are small")]
                Some(number_data_point::Value::AsInt(value)) => value as f64,
                None => panic!("a point without a value"),
            })
            .sum()
    }

    pub(super) fn headers_hold(&self, name: &str, value: &str) -> bool {
        let mut all = self.requests.iter();
        all.all(|(_, headers, _)| headers.get(name).is_some_and(|is| is == value))
    }

    /// Whether the bytes of any request hold `text`.
    pub(super) fn holds(&self, text: &str) -> bool {
        let within = |body: &[u8]| body.windows(text.len()).any(|part| part == text.as_bytes());
        self.requests.iter().any(|(_, _, body)| within(body))
    }
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|pair| pair.key == name)?;
    Some(match found.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}

/// Answers every request of one connection with an empty success.
fn serve(stream: &TcpStream, taken: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 0) {
        let path = line.split(' ').nth(1).unwrap().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim().split_once(':') else {
                break;
            };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        taken.lock().unwrap().push((path, headers, body));
        let mut writer = stream;
        writer
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        line.clear();
    }
}
