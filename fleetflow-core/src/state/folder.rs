//! A store in a local folder: an append-only journal of JSON lines, guarded by an operating-system lock. Every file is
//! readable by its owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as IoKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::store::random_key;
use super::{Event, Holder, Lease, STATE_FORMAT, State, Store};
use crate::error::{Error, ErrorKind, Result};

/// State in a folder of the local disk.
///
/// `journal.jsonl` holds one event a line behind a line that names the format; `lock` names who is writing, and is
/// locked while they do; `key` is the key of the fingerprints of secrets.
#[derive(Clone, Debug)]
pub struct FolderStore {
    folder: Arc<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    fleetflow_state: u32,
}

#[derive(Serialize, Deserialize)]
struct LockFile {
    number: u64,
    holder: Option<Holder>,
}

impl FolderStore {
    /// The store in `folder`, which is made when something is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Arc::new(folder.into()),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .unwrap_or_else(|error| {
                Err(Error::new(
                    ErrorKind::Internal,
                    format!("the state's writer stopped: {error}"),
                ))
            })
    }

    fn read(&self) -> Result<Vec<Event>> {
        let path = self.file("journal.jsonl");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == IoKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        parse(&text, &path)
    }

    fn write(&self, lease: &LeaseNumber, events: &[Event]) -> Result<()> {
        let path = self.file("journal.jsonl");
        if self.lock_file()?.number != lease.0 {
            return Err(super::memory::fenced());
        }
        let mut text = String::new();
        for event in events {
            text.push_str(&serde_json::to_string(event).map_err(|error| unencodable(&error))?);
            text.push('\n');
        }
        append(&path, &text).map_err(|error| failed("write", &path, &error))
    }

    fn lock_file(&self) -> Result<LockFile> {
        let path = self.file("lock");
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, &error))?;
        Ok(serde_json::from_str(&text).unwrap_or(LockFile {
            number: 0,
            holder: None,
        }))
    }

    fn take(&self, holder: Holder) -> Result<Lease> {
        make_folder(&self.folder).map_err(|error| failed("make", &self.folder, &error))?;
        let path = self.file("lock");
        let mut file = private()
            .read(true)
            .open(&path)
            .map_err(|error| failed("open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(self.refused()),
            Err(fs::TryLockError::Error(error)) => return Err(failed("lock", &path, &error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text)
            .map_err(|error| failed("read", &path, &error))?;
        let number = serde_json::from_str::<LockFile>(&text).map_or(0, |last| last.number) + 1;
        rewrite(
            &mut file,
            &LockFile {
                number,
                holder: Some(holder),
            },
        )
        .map_err(|error| failed("write", &path, &error))?;
        self.heal()
            .map_err(|error| failed("mend", &self.file("journal.jsonl"), &error))?;
        Ok(Lease {
            number,
            guard: Some(file),
        })
    }

    fn refused(&self) -> Error {
        match self.lock_file().ok().and_then(|lock| lock.holder) {
            Some(holder) => super::memory::locked(&holder),
            None => Error::new(ErrorKind::Locked, "the state is locked by another process")
                .help("wait for that run to end, or give `--lock-wait 15m`"),
        }
    }

    /// Cuts off a last line that was only partly written, so that the next event begins a line of its own.
    fn heal(&self) -> std::io::Result<()> {
        let path = self.file("journal.jsonl");
        let Ok(text) = fs::read(&path) else { return Ok(()) };
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if whole < text.len() {
            let file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(whole as u64)?;
            file.sync_all()?;
        }
        Ok(())
    }

    fn give_back(&self, lease: Lease) -> Result<()> {
        let path = self.file("lock");
        let Some(mut file) = lease.guard else {
            return Ok(());
        };
        rewrite(
            &mut file,
            &LockFile {
                number: lease.number,
                holder: None,
            },
        )
        .map_err(|error| failed("write", &path, &error))
    }

    fn key(&self) -> Result<[u8; 32]> {
        let path = self.file("key");
        match fs::read(&path) {
            Ok(bytes) => bytes.try_into().map_err(|_| {
                Error::new(
                    ErrorKind::State,
                    format!("{} does not hold a key", path.display()),
                )
                .help("delete it: every secret then counts as changed once")
            }),
            Err(error) if error.kind() == IoKind::NotFound => self.make_key(&path),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    fn make_key(&self, path: &Path) -> Result<[u8; 32]> {
        let key = random_key()?;
        make_folder(&self.folder)
            .and_then(|()| private().open(path))
            .and_then(|mut file| file.write_all(&key).and_then(|()| file.sync_all()))
            .map_err(|error| failed("write", path, &error))?;
        Ok(key)
    }
}

struct LeaseNumber(u64);

fn parse(text: &str, path: &Path) -> Result<Vec<Event>> {
    let mut lines = text.split_inclusive('\n');
    let header = lines
        .next()
        .and_then(|line| serde_json::from_str::<Header>(line).ok());
    match header {
        // Not even the first line was written to its end: nothing happened yet.
        None if !text.contains('\n') => return Ok(Vec::new()),
        None => return Err(corrupt(path, 1)),
        Some(header) if header.fleetflow_state > STATE_FORMAT => {
            return Err(Error::new(
                ErrorKind::State,
                format!(
                    "{} has format {}, this version knows {STATE_FORMAT}",
                    path.display(),
                    header.fleetflow_state
                ),
            )
            .help("use a newer version of FleetFlow"));
        }
        Some(_) => {}
    }
    let mut events = Vec::new();
    for (number, line) in lines.enumerate() {
        match serde_json::from_str(line) {
            Ok(event) => events.push(event),
            // A crash in the middle of a write leaves a last line without its end: that event did not happen.
            Err(_) if !line.ends_with('\n') => break,
            Err(_) => return Err(corrupt(path, number + 2)),
        }
    }
    Ok(events)
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = private().append(true).open(path)?;
    if file.metadata()?.len() == 0 {
        let header = serde_json::to_string(&Header {
            fleetflow_state: STATE_FORMAT,
        })?;
        file.write_all(format!("{header}\n").as_bytes())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

fn rewrite(file: &mut File, content: &LockFile) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(serde_json::to_string(content)?.as_bytes())?;
    file.sync_data()
}

/// Files of the state may name hosts and fingerprints: nobody else reads them.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn failed(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    let help = match error.kind() {
        IoKind::PermissionDenied => "check who owns the folder",
        IoKind::StorageFull => "make room on the disk, then run the same command again",
        _ => "check the folder, then run the same command again",
    };
    Error::new(
        ErrorKind::State,
        format!("could not {verb} {}: {error}", path.display()),
    )
    .help(help)
}

fn corrupt(path: &Path, line: usize) -> Error {
    Error::new(
        ErrorKind::State,
        format!("{} is damaged at line {line}", path.display()),
    )
    .help("restore it from a backup, or move it away: `flow state rebuild` finds what is ours by its marks")
}

fn unencodable(error: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("an event could not be encoded: {error}"),
    )
}

impl Store for FolderStore {
    fn describe(&self) -> String {
        format!("the folder {}", self.folder.display())
    }

    fn load(&self) -> BoxFuture<'_, Result<State>> {
        Box::pin(self.blocking(|store| {
            let mut state = State::default();
            store.read()?.iter().for_each(|event| state.apply(event));
            Ok(state)
        }))
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>> {
        Box::pin(self.blocking(Self::read))
    }

    fn append<'a>(&'a self, lease: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        let number = LeaseNumber(lease.number);
        Box::pin(self.blocking(move |store| store.write(&number, &events)))
    }

    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>> {
        Box::pin(self.blocking(move |store| store.take(holder)))
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.blocking(move |store| store.give_back(lease)))
    }

    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>> {
        Box::pin(self.blocking(Self::key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn holder(who: &str) -> Holder {
        Holder {
            who: who.to_owned(),
            operation: "up".to_owned(),
            since: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    fn forgotten(name: &str) -> Event {
        Event::Forgotten {
            address: Address::new("server", name),
        }
    }

    #[tokio::test]
    async fn a_line_cut_short_by_a_crash_is_dropped_and_the_journal_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path());
        let lease = store.acquire(holder("a")).await.unwrap();
        store
            .append(&lease, vec![forgotten("a"), forgotten("b")])
            .await
            .unwrap();
        store.release(lease).await.unwrap();
        let journal = folder.path().join("journal.jsonl");
        let whole = fs::read_to_string(&journal).unwrap();
        fs::write(&journal, &whole[..whole.len() - 5]).unwrap();
        assert_eq!(store.history().await.unwrap(), [forgotten("a")]);
        let lease = store.acquire(holder("b")).await.unwrap();
        store.append(&lease, vec![forgotten("c")]).await.unwrap();
        assert_eq!(store.history().await.unwrap(), [forgotten("a"), forgotten("c")]);
    }

    #[tokio::test]
    async fn damage_in_the_middle_and_newer_formats_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path());
        fs::write(
            folder.path().join("journal.jsonl"),
            "{\"fleetflow_state\":1}\nnonsense\n{}\n",
        )
        .unwrap();
        assert!(
            store
                .load()
                .await
                .unwrap_err()
                .to_string()
                .contains("damaged at line 2")
        );
        fs::write(folder.path().join("journal.jsonl"), "{\"fleetflow_state\":99}\n").unwrap();
        assert!(store.load().await.unwrap_err().to_string().contains("format 99"));
    }

    #[tokio::test]
    async fn the_second_writer_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path());
        let first = store.acquire(holder("alice")).await.unwrap();
        let refusal = store.acquire(holder("bob")).await.unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Locked);
        assert!(refusal.to_string().contains("alice"), "{refusal}");
        store.release(first).await.unwrap();
        let second = store.acquire(holder("bob")).await.unwrap();
        assert_eq!(second.number, 2);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_can_read_the_files() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path().join("state"));
        let lease = store.acquire(holder("a")).await.unwrap();
        store.append(&lease, vec![forgotten("a")]).await.unwrap();
        store.fingerprint_key().await.unwrap();
        for name in ["journal.jsonl", "lock", "key"] {
            let mode = fs::metadata(folder.path().join("state").join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
