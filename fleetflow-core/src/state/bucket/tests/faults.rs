//! Objects in memory whose n-th put fails before or after it took effect, and what that does to a run: nothing.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions,
    PutOptions, PutPayload, PutResult,
};

use super::*;

/// What happens to a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not arrive.
    Before,
    /// It takes effect, and the answer is lost.
    After,
    /// It takes effect, and nothing is heard any more.
    Silence,
}

/// Objects in memory, with a fault.
#[derive(Debug, Default)]
pub(super) struct Faulty {
    pub(super) inner: InMemory,
    calls: AtomicU64,
    puts: AtomicU64,
    fault: Mutex<Option<(u64, Fault)>>,
}

impl Faulty {
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The `number`-th put from now on meets `fault`.
    pub(super) fn fail(&self, number: u64, fault: Fault) {
        self.puts.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap() = Some((number, fault));
    }

    fn called(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
    }

    fn due(&self) -> Option<Fault> {
        let number = self.puts.fetch_add(1, Ordering::SeqCst);
        let fault = *self.fault.lock().unwrap();
        fault.filter(|(due, _)| *due == number).map(|(_, fault)| fault)
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty objects")
    }
}

fn broken() -> object_store::Error {
    object_store::Error::Generic {
        store: "test",
        source: "connection reset".into(),
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.called();
        match self.due() {
            None => self.inner.put_opts(location, payload, options).await,
            Some(Fault::Before) => Err(broken()),
            Some(Fault::After) => {
                self.inner.put_opts(location, payload, options).await?;
                Err(broken())
            }
            Some(Fault::Silence) => {
                self.inner.put_opts(location, payload, options).await?;
                std::future::pending().await
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.called();
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.called();
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.called();
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.called();
        self.inner.copy_opts(from, to, options).await
    }
}

/// Every put of two runs, with a snapshot among them, fails once before and once after it took effect.
#[tokio::test(start_paused = true)]
async fn a_failed_try_or_a_lost_answer_changes_nothing() {
    let mut covered = 0;
    for fault in [Fault::Before, Fault::After] {
        for number in 0.. {
            let (objects, store) = bucket();
            objects.fail(number, fault);
            run(&store, (0..LONG).map(|number| applied(&format!("n{number:02}")))).await;
            run(&store, [applied("z")]).await;
            assert_eq!(names(&store).await.len() as u64, LONG + 1, "{fault:?} {number}");
            assert!(damage(&store).await.is_empty(), "{fault:?} {number}");
            assert_eq!(
                store.load().await.unwrap().serial(),
                LONG + 1,
                "nothing twice: {fault:?} {number}"
            );
            covered += 1;
            if objects.puts.load(Ordering::SeqCst) <= number {
                break;
            }
        }
    }
    println!("{covered} failed puts, the same state after each");
    assert!(covered > 2 * LONG);
}

/// An append is given up half-way: its event happened, and the next one goes on behind it.
#[tokio::test(start_paused = true)]
async fn an_append_that_nobody_waited_for_is_taken_in() {
    let (objects, store) = bucket();
    let lease = store.acquire(holder("a")).await.unwrap();
    objects.fail(0, Fault::Silence);
    let given_up =
        tokio::time::timeout(Duration::from_secs(1), store.append(&lease, vec![applied("a")])).await;
    assert!(given_up.is_err());
    store.append(&lease, vec![applied("b")]).await.unwrap();
    store.release(lease).await.unwrap();
    assert_eq!(names(&store).await, ["a", "b"]);
    assert!(damage(&store).await.is_empty());
}

/// The process dies at every put, before or after it took effect; whoever comes next finds a whole state.
#[tokio::test(start_paused = true)]
async fn a_death_at_any_put_leaves_a_whole_state_and_a_lease_that_can_be_taken_over() {
    let mut covered = 0;
    for number in 0..=LONG + 6 {
        let (objects, store) = bucket();
        objects.fail(number, Fault::Silence);
        let doomed = run(&store, (0..LONG).map(|number| applied(&format!("n{number:02}"))));
        let died = tokio::time::timeout(Duration::from_secs(1), doomed)
            .await
            .is_err();
        covered += u64::from(died);
        *objects.fault.lock().unwrap() = None;
        let next = store.clone();
        let wait = Duration::from_mins(5);
        let lease = crate::state::acquire_within(&next, holder("b"), wait, |_| {})
            .await
            .unwrap();
        next.append(&lease, vec![applied("z")]).await.unwrap();
        next.release(lease).await.unwrap();
        let state = next.load().await.unwrap();
        assert!(state.damage().is_empty(), "put {number}: {:?}", state.damage());
        // Put 0 takes the lease, put 1 is the fence, each later one is one event.
        let written = (number + 1).saturating_sub(2).min(LONG);
        assert_eq!(state.serial(), written + 1, "put {number}");
    }
    println!("{covered} deaths at a put, taken over after each");
    assert!(covered >= LONG + 3);
}
