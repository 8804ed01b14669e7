//! How fast requests go out: a steady rate, a bound on how many at once, and a pause when a cloud's answers ask for it.

use std::sync::Mutex;
use std::time::Duration;

use http::HeaderMap;
use leaky_bucket::RateLimiter;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// The pace of one cloud.
pub struct Pace {
    rate: RateLimiter,
    slots: Semaphore,
    resume: Mutex<Option<Instant>>,
}

impl Pace {
    /// At most `rate` requests a second on average with bursts of `burst`, and `at_once` at the same time.
    pub fn new(rate: usize, burst: usize, at_once: usize) -> Self {
        let rate = RateLimiter::builder()
            .initial(burst)
            .max(burst)
            .refill(1)
            .interval(Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(u32::MAX))
            .build();
        Self {
            rate,
            slots: Semaphore::new(at_once.max(1)),
            resume: Mutex::new(None),
        }
    }

    /// Waits for a turn; it lasts until the answer is dropped.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let resume = *self
            .resume
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(resume) = resume {
            tokio::time::sleep_until(resume).await;
        }
        self.rate.acquire_one().await;
        // The semaphore is never closed; without a permit the request would merely go out unbounded.
        self.slots.acquire().await.ok()
    }

    /// Follows what an answer says about the limit: nothing left means a pause until it is reset.
    ///
    /// `Ratelimit: "default";r=0;t=30` as Cloudflare sends it (API doc "Rate limits", 2025-09-03).
    pub(super) fn learn(&self, headers: &HeaderMap) {
        let Some(text) = headers.get("ratelimit").and_then(|value| value.to_str().ok()) else {
            return;
        };
        for item in text.split(',') {
            if parameter(item, "r") == Some(0)
                && let Some(seconds) = parameter(item, "t")
            {
                let resume = Instant::now() + Duration::from_secs(seconds.min(300));
                let mut next = self
                    .resume
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                *next = Some(next.map_or(resume, |already| already.max(resume)));
            }
        }
    }
}

/// The whole-number parameter `name` of a structured-field item (RFC 8941 section 3.1.2).
fn parameter(item: &str, name: &str) -> Option<u64> {
    item.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.trim().parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_exhausted_limit_pauses_until_it_is_reset() {
        let pace = Pace::new(1000, 10, 4);
        let mut headers = HeaderMap::new();
        headers.insert(
            "ratelimit",
            "\"burst\";r=5;t=1, \"default\";r=0;t=30".parse().unwrap(),
        );
        pace.learn(&headers);
        let began = Instant::now();
        drop(pace.turn().await);
        assert!(began.elapsed() >= Duration::from_secs(30));
    }
}
