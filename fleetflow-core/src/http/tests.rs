//! What the waist repeats, what it does not, and how long it waits, on a virtual clock and a scripted transport.

use std::collections::VecDeque;
use std::sync::Mutex;

use futures::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};

use super::*;

struct Script(Mutex<VecDeque<std::result::Result<u16, TransportError>>>);

impl Transport for Arc<Script> {
    fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, std::result::Result<Response, TransportError>> {
        let next = self.0.lock().unwrap().pop_front().expect("one request too many");
        Box::pin(async move {
            let status = StatusCode::from_u16(next?).unwrap();
            let mut headers = HeaderMap::new();
            if status == StatusCode::TOO_MANY_REQUESTS {
                headers.insert("retry-after", "7".parse().unwrap());
            }
            Ok(Response {
                status,
                headers,
                body: bytes::Bytes::new(),
            })
        })
    }
}

fn judge(response: &Response) -> Verdict {
    match response.status.as_u16() {
        200 => Verdict::Success,
        429 => {
            let wait = response.retry_after().unwrap();
            Verdict::NotNow(Error::new(ErrorKind::RateLimited, "slow down").retry_after(wait))
        }
        504 => Verdict::Unclear(Error::new(ErrorKind::Unavailable, "gateway time-out")),
        _ => Verdict::Refused(Error::new(ErrorKind::Refused, "no")),
    }
}

async fn run(
    method: Method,
    script: Vec<std::result::Result<u16, TransportError>>,
) -> (Result<Response>, usize, Duration) {
    let script = Arc::new(Script(Mutex::new(script.into())));
    let http = Http::new(script.clone(), Pace::new(1000, 100, 8));
    let began = tokio::time::Instant::now();
    let answer = http
        .send(Request::new(method, "http://cloud.test/x", "try"), judge)
        .await;
    (answer, script.0.lock().unwrap().len(), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_now_is_repeated_after_the_time_the_cloud_asks_for() {
    let (answer, left, took) = run(Method::POST, vec![Ok(429), Ok(200)]).await;
    assert!(answer.is_ok());
    assert_eq!(left, 0);
    assert!(took >= Duration::from_secs(7), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_was_lost_is_not_repeated_but_a_read_is() {
    let lost = || Err(TransportError::Lost("reset".to_owned()));
    let (answer, left, _) = run(Method::POST, vec![lost(), Ok(200)]).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Ambiguous);
    assert_eq!(left, 1);
    let (answer, left, _) = run(Method::GET, vec![lost(), Ok(504), Ok(200)]).await;
    assert!(answer.is_ok());
    assert_eq!(left, 0);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_never_sent_is_repeated() {
    let refused = Err(TransportError::NotSent("connection refused".to_owned()));
    let (answer, ..) = run(Method::POST, vec![refused, Ok(200)]).await;
    assert!(answer.is_ok());
}

#[tokio::test(start_paused = true)]
async fn patience_ends_and_a_refusal_is_final() {
    let (answer, left, _) = run(Method::GET, (0..10).map(|_| Ok(429)).collect()).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(left, 0);
    let (answer, left, _) = run(Method::GET, vec![Ok(403), Ok(200)]).await;
    assert!(answer.is_err());
    assert_eq!(left, 1);
}
