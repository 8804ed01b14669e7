//! The local engine on a Unix socket, where Docker clients look for it first.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use tokio::net::UnixListener;

use crate::{Shared, serve};

/// Serves an engine on a new socket until the sandbox stops, and removes the socket then.
pub(crate) fn serve_unix(shared: &Arc<Shared>, path: &Path, router: Router) -> std::io::Result<()> {
    let listener = UnixListener::bind(path)?;
    let (stop, tasks, path) = (shared.stop.clone(), shared.tasks.clone(), path.to_owned());
    shared.tasks.spawn(async move {
        while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
            tasks.spawn(serve::connection(stream, router.clone(), stop.clone()));
        }
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::debug!(%error, path = %path.display(), "cannot remove the socket");
        }
    });
    Ok(())
}
