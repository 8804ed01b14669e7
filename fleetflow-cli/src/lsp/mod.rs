//! `lsp`: a language server for `flow.kdl` on standard input and output. What words mean and where they may stand is
//! known by fleetflow-kdl; here positions are turned into what editors count, and back.

mod answers;
mod open;
mod position;
mod server;

use tower_lsp_server::{LspService, Server};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime;
use server::FlowServer;

/// Serves one editor until it goes.
pub(crate) fn run(invocation: &Invocation) -> Result<Exit, Failure> {
    let home = invocation.edge.home.clone();
    let environment = invocation.edge.environment.clone();
    runtime::run(|cancelled| async move {
        let (service, socket) = LspService::new(|client| FlowServer::new(client, home, environment));
        let server = Server::new(tokio::io::stdin(), tokio::io::stdout(), socket);
        tokio::select! {
            () = server.serve(service) => {}
            () = cancelled.cancelled() => {}
        }
        Ok(Exit::Done)
    })
}
