//! Makes one server equal to its declaration, from whatever is there: nothing, a part of it, or an older version.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Server;
use super::image::{self, SetUp};
use super::layout::Layout;
use super::note::{self, Scripts};
use super::observe::outputs;
use super::power::{self, Off, Start};
use super::wire::Machine;
use crate::converge::Context;
use crate::error::{ErrorKind, Result};
use crate::model::{Existing, Input, Made};
use crate::sakura::client::Call;
use crate::sakura::wait::{self, Freshness};
use crate::sakura::{Id, Sakura, answer, mark};

/// How long something that passes by itself may be in the way: a copy of the operator's is among it.
const HINDRANCE: Duration = Duration::from_mins(30);

/// One server on its way to what is declared.
pub(super) struct Work<'w> {
    pub(super) sakura: &'w Sakura,
    pub(super) context: &'w Context,
    pub(super) spec: &'w Server,
    pub(super) zone: &'w str,
}

/// What has to be written into the boot disk of a server that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edit {
    /// Host name, keys or password.
    pub(super) access: bool,
    /// Scripts that have to run.
    pub(super) scripts: Scripts,
    /// Whether interfaces go that are not declared any more. Others' stay.
    pub(super) interfaces: bool,
}

impl Edit {
    /// Everything, as at the first start.
    pub(super) fn whole(spec: &Server) -> Self {
        Self {
            access: true,
            scripts: spec.scripts(),
            interfaces: false,
        }
    }

    /// Also what `untold` says that the server does not know: the address of its first interface, those of others.
    fn readdress(&mut self, (first, further): (bool, bool)) {
        self.access |= first;
        self.scripts.network |= further;
    }

    /// Whether nothing has to be written into the disk.
    fn writes_nothing(self) -> bool {
        !self.access && self.scripts == Scripts::default()
    }
}

/// What was made anew of a server that never ran.
#[derive(Default)]
struct Repaired {
    /// Whether its boot disk was.
    boots_anew: bool,
    /// The scripts that are to run on it, which were registered for that.
    notes: Vec<Id>,
}

impl<'w> Work<'w> {
    pub(super) fn new(sakura: &'w Sakura, context: &'w Context, spec: &'w Server) -> Result<Self> {
        let zone = spec.zone_name().ok_or_else(|| {
            crate::Error::new(ErrorKind::Internal, "the server has no zone").on(&context.owner.address)
        })?;
        Ok(Self {
            sakura,
            context,
            spec,
            zone,
        })
    }

    /// Makes the server.
    pub(super) async fn create(&self) -> Result<Made> {
        self.check_access()?;
        let contents = self.contents().await?;
        let machine = self.order().await?;
        self.remember(machine.id).await?;
        self.filter(&machine).await?;
        let notes = match image::set_up(&contents) {
            SetUp::Edited => self.register(&machine, self.spec.scripts(), true).await?,
            SetUp::UserData | SetUp::Never => Vec::new(),
        };
        let start = self.add_disks(&machine, &contents, &notes).await?;
        self.disks_ready(machine.id, true).await?;
        self.label(&machine).await?;
        self.release(&notes).await?;
        self.started(machine.id, start).await
    }

    /// Completes what an interrupted create or change left behind.
    pub(super) async fn complete(&self, partial: &Existing) -> Result<Made> {
        let Some(mut machine) = self.find(partial).await? else {
            return self.create().await;
        };
        self.remember(machine.id).await?;
        let mut layout = self.layout(&machine).await?;
        // What was not decided to go stays, until a plan says so.
        layout.leaving.retain(|disk| mark::is_leaving(&disk.tags));
        let never_ran = layout.lacks_boot() || !(machine.has_run() || layout.is_torn());
        let mut repaired = Repaired::default();
        if never_ran {
            repaired = self.repair(&mut machine).await?;
        } else if layout.needs_power_off() {
            machine = self.relay(machine, &layout).await?;
        }
        let broken = self.disks_ready(machine.id, repaired.boots_anew).await?;
        // By their ids first: a list may not show yet what was registered just now.
        self.release(&repaired.notes).await?;
        note::remove_all(self.sakura, &self.context.owner).await?;
        let edit = if broken {
            Edit::whole(self.spec)
        } else if repaired.boots_anew {
            Edit::default()
        } else {
            self.forgotten_edit(&partial.spec)
        };
        if !never_ran {
            self.rename(&layout).await?;
        }
        let made = self.settle(machine, edit).await?;
        self.clear(&layout).await?;
        Ok(made)
    }

    /// Makes the changes that `changes` of a complete server ask for, of its disks as well.
    pub(super) async fn change(&self, machine: Machine, edit: Edit, of_disks: bool) -> Result<Made> {
        if !of_disks {
            return self.settle(machine, edit).await;
        }
        let layout = self.layout(&machine).await?;
        let mut machine = machine;
        if layout.needs_power_off() {
            machine = self.relay(machine, &layout).await?;
        }
        self.rename(&layout).await?;
        let made = self.settle(machine, edit).await?;
        self.clear(&layout).await?;
        Ok(made)
    }

    /// Gives the server the disks that `layout` says it lacks; it is off after that.
    async fn relay(&self, machine: Machine, layout: &Layout) -> Result<Machine> {
        let contents = self.check_layout(layout).await?;
        // From now on the next run looks whether this one came to its end.
        self.remember(machine.id).await?;
        self.announce(layout).await?;
        power::off(self.sakura, self.context, (self.zone, machine.id), Off::Gently).await?;
        self.arrange(layout, &contents).await?;
        let now = power::seen(self.sakura, self.zone, machine.id, Freshness::now()).await?;
        now.ok_or_else(|| self.gone())
    }

    /// Adds what is missing of the disks.
    async fn repair(&self, machine: &mut Machine) -> Result<Repaired> {
        let failed = machine
            .disks
            .iter()
            .position(|disk| disk.availability == "failed");
        if failed.is_none() && machine.disks.len() >= self.spec.disk.len() {
            return Ok(Repaired::default());
        }
        self.check_access()?;
        let contents = self.contents().await?;
        power::off(self.sakura, self.context, (self.zone, machine.id), Off::Gently).await?;
        if let Some(first) = failed {
            self.drop_disks(machine, first).await?;
            machine.disks.truncate(first);
        }
        let boots_anew = machine.disks.is_empty();
        let notes = match boots_anew && image::set_up(&contents) == SetUp::Edited {
            true => self.register(machine, self.spec.scripts(), false).await?,
            false => Vec::new(),
        };
        self.add_disks(machine, &contents, &notes).await?;
        Ok(Repaired { boots_anew, notes })
    }

    /// Makes a complete server equal to its declaration and starts it. `edit` is what cannot be seen from outside.
    pub(super) async fn settle(&self, machine: Machine, edit: Edit) -> Result<Made> {
        let plan = !self.has_plan(&machine);
        let wired = self.is_wired(&machine, edit.interfaces)?;
        if plan {
            self.check_plan().await?;
        }
        self.describe(&machine, plan).await?;
        self.filter(&machine).await?;
        let mut machine = machine;
        let mut edit = edit;
        let mut id = machine.id;
        if machine.has_run() {
            edit.readdress(self.untold(&machine)?);
        }
        if plan || !wired || !edit.writes_nothing() {
            power::off(self.sakura, self.context, (self.zone, id), Off::Gently).await?;
            if !wired {
                machine = self.rewire(&machine, edit.interfaces).await?;
                self.filter(&machine).await?;
                edit.readdress(self.untold(&machine)?);
            }
            self.edit(&machine, edit).await?;
            self.label(&machine).await?;
            if plan {
                id = self.change_plan(&machine).await?;
            }
        } else {
            self.label(&machine).await?;
        }
        let start = match machine.has_run() {
            true => Start::Asked(None),
            false => self.asked(&machine, image::set_up(&self.contents().await?))?,
        };
        self.started(id, start).await
    }

    async fn edit(&self, machine: &Machine, edit: Edit) -> Result<()> {
        let Some(disk) = machine.disks.first().filter(|_| !edit.writes_nothing()) else {
            return Ok(());
        };
        let notes = self.register(machine, edit.scripts, false).await?;
        self.configure(disk.id, &notes).await?;
        self.disks_ready(machine.id, true).await?;
        self.release(&notes).await
    }

    /// Removes scripts that have done their work.
    async fn release(&self, notes: &[Id]) -> Result<()> {
        for note in notes {
            note::remove(self.sakura, *note).await?;
        }
        Ok(())
    }

    async fn started(&self, id: Id, start: Start) -> Result<Made> {
        let seen = match start {
            // Nobody has to ask: the wait for it looks first.
            Start::ByItself => None,
            Start::Asked(_) => power::seen(self.sakura, self.zone, id, Freshness::now()).await?,
        };
        let machine = match seen {
            Some(machine) if machine.is_up() => machine,
            _ => self.start(id, start).await?,
        };
        Ok(Made {
            id: machine.id.to_string(),
            outputs: outputs(&machine, self.zone, Some(self.spec)),
        })
    }

    /// Writes the id down. Without an address among the outputs the next run knows that the end was not reached.
    pub(super) async fn remember(&self, id: Id) -> Result<()> {
        let known = Map::from_iter(
            [("id", id.to_string()), ("zone", self.zone.to_owned())]
                .map(|(name, value)| (name.to_owned(), Value::String(value))),
        );
        self.context.checkpoint(id.to_string(), known).await
    }

    /// The machine that `partial` says is there; it may have another id by now.
    pub(super) async fn find(&self, partial: &Existing) -> Result<Option<Machine>> {
        if let Ok(id) = partial.id.parse()
            && let Some(machine) = power::seen(self.sakura, self.zone, id, Freshness::now()).await?
        {
            return Ok(Some(machine));
        }
        self.marked().await
    }

    /// The machine that carries our mark.
    pub(super) async fn marked(&self) -> Result<Option<Machine>> {
        let call = Call::get(self.zone, "server", "look for the server by its mark");
        let filter = json!({ "Tags.Name": [[mark::tag(&self.context.owner)]] });
        let found: Vec<Machine> = self.sakura.list(call, "Servers", filter).await?;
        Ok(found.into_iter().next())
    }

    /// What the last applied declaration says otherwise, of what cannot be seen from outside.
    fn forgotten_edit(&self, applied: &Value) -> Edit {
        if !applied.is_object() {
            return Edit::default();
        }
        let differs = |field: &str| applied.get(field) != self.context.applied.get(field);
        Edit {
            access: ["hostname", "ssh_key", "key_digest", "password"]
                .iter()
                .any(|field| differs(field)),
            scripts: Scripts {
                docker: self.spec.docker && differs("docker"),
                declared: self.spec.startup_script.is_some()
                    && (differs("startup_script") || differs("script_digest")),
                network: self.spec.has_further_address() && differs("nic"),
            },
            interfaces: differs("switch") || differs("nic"),
        }
    }

    /// Sends `call` until nothing that passes by itself is in its way. One of the codes `done` says that it was done
    /// before.
    pub(super) async fn patiently(&self, call: Call, done: &[&str]) -> Result<()> {
        let call = &call;
        let sent = self.until_free(|| self.sakura.done(call.clone()));
        match sent.await {
            Err(error) if answer::is_one_of(&error, done) => Ok(()),
            Err(error) if error.is_not_found() => {
                Err(error.help("somebody removed it meanwhile: look at a new plan"))
            }
            other => other,
        }
    }

    /// What `send` brings, once nothing that passes by itself is in its way.
    pub(super) async fn until_free<T, F>(&self, send: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        wait::until_free(self.context, HINDRANCE, send).await
    }

    pub(super) fn tags(&self, previous: Option<String>) -> Vec<String> {
        mark::tags(&self.spec.tags, &self.context.owner, previous)
    }

    /// The id of an object that the declaration names; references are resolved by now.
    pub(super) fn object(&self, field: &str, value: Option<&Input<String>>) -> Result<Option<Id>> {
        let Some(text) = value.and_then(Input::known) else {
            return Ok(None);
        };
        let wrong = |_| {
            self.invalid(
                format!("`{text}` is not the id of a {field}"),
                "write its number, or the name of a declared one",
            )
        };
        text.parse().map(Some).map_err(wrong)
    }
}

impl Server {
    pub(super) fn scripts(&self) -> Scripts {
        Scripts {
            docker: self.docker,
            declared: self.startup_script.is_some(),
            network: self.has_further_address(),
        }
    }
}
