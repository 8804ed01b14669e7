//! Converges the stack of `stack.rs` on emulated clouds: shows the plan, carries it out, shows that a second run has
//! nothing to do, and removes everything again.

use fleetflow_core::converge::Event;
use fleetflow_core::plan::DataGuard;
use fleetflow_core::{Result, Stack};
use fleetflow_examples::creo_memories;
use fleetflow_examples::emulated::Emulated;
use fleetflow_sandbox::Sandbox;

#[tokio::main]
async fn main() -> Result<()> {
    let clouds = Emulated::start().await?;
    let session = clouds.session()?.data(DataGuard::Allow).watcher(tell);
    let stack = creo_memories::stack(Sandbox::CLOUDFLARE_ACCOUNT).session(session);
    show("to converge", &stack).await?;
    let report = stack.converge().await?;
    for (address, outputs) in &report.outputs {
        say(&format!(
            "{address}: {}",
            serde_json::Value::from(outputs.clone())
        ));
    }
    show("once more", &stack).await?;
    stack.destroy().await?;
    say("everything is removed");
    Ok(())
}

async fn show(when: &str, stack: &Stack) -> Result<()> {
    let plan = stack.plan().await?;
    say(&format!(
        "{when}: {} steps, {} unchanged",
        plan.steps.len(),
        plan.unchanged
    ));
    for step in &plan.steps {
        say(&format!("  {:?} {}", step.action, step.address));
    }
    Ok(())
}

fn tell(event: Event) {
    match event {
        Event::Done { address, elapsed, .. } => {
            say(&format!("  done: {address} after {} ms", elapsed.as_millis()));
        }
        Event::Failed { address, error, .. } => say(&format!("  failed: {address}: {error}")),
        _ => {}
    }
}

#[expect(clippy::print_stdout, reason = "a program that shows what it does")]
fn say(line: &str) {
    println!("{line}");
}
