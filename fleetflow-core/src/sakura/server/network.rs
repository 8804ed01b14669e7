//! The interfaces of a server made as they are declared: what they are plugged into, their filters, their addresses.
//! What the server itself has to know of its addresses is written with its disk.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::Server;
use super::nic::Nic;
use super::power;
use super::wire::{Interface, Machine};
use super::work::Work;
use crate::error::Result;
use crate::sakura::Id;
use crate::sakura::client::Call;
use crate::sakura::wait::{Freshness, gone};
use crate::sakura::wire::Reference;

/// What an interface is plugged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// The shared segment, which gives the address.
    Internet,
    Switch(Id),
}

/// An interface as it is declared.
#[derive(Clone, Copy, Debug)]
struct Port {
    link: Link,
    address: Option<Ipv4Net>,
    filter: Option<Id>,
}

impl Port {
    fn is_in(self, interface: &Interface) -> bool {
        match (self.link, &interface.switch) {
            (Link::Internet, Some(plugged)) => plugged.is_internet(),
            (Link::Switch(id), Some(plugged)) => plugged.id == id,
            (_, None) => false,
        }
    }

    /// Whether `interface` has an address that has to go. None can be taken off: the interface goes with it.
    fn outlives(self, interface: &Interface) -> bool {
        self.link != Link::Internet && self.address.is_none() && interface.user_ip_address.is_some()
    }
}

impl Server {
    /// How many interfaces stand before those of the list.
    pub(super) fn leading(&self) -> usize {
        usize::from(self.internet) + usize::from(self.switch.is_some())
    }

    /// The static address of the first interface, where it is not on the internet.
    pub(super) fn first_address(&self) -> Option<(Ipv4Net, Ipv4Addr)> {
        let first = self.nic.first().filter(|_| !self.internet)?;
        first.address().zip(first.gateway)
    }

    /// Whether a script has to tell the server an address: the cloud only writes that of the first interface.
    pub(super) fn has_further_address(&self) -> bool {
        let skipped = usize::from(!self.internet);
        self.nic.iter().skip(skipped).any(|nic| nic.ip.is_some())
    }
}

impl Work<'_> {
    fn ports(&self) -> Result<Vec<Port>> {
        let spec = self.spec;
        let filter = |filter| self.object("packet filter", filter);
        let mut ports = Vec::new();
        if spec.internet {
            ports.push(Port {
                link: Link::Internet,
                address: None,
                filter: filter(spec.packet_filter.as_ref())?,
            });
        }
        let switch = spec.switch.iter().map(|switch| (switch, None));
        let listed = spec.nic.iter().map(|nic| (&nic.switch, Some(nic)));
        for (switch, nic) in switch.chain(listed) {
            let Some(id) = self.object("switch", Some(switch))? else {
                continue;
            };
            ports.push(Port {
                link: Link::Switch(id),
                address: nic.and_then(Nic::address),
                filter: filter(nic.and_then(|nic| nic.packet_filter.as_ref()))?,
            });
        }
        Ok(ports)
    }

    /// What a new server is plugged into (API doc "Create").
    pub(super) fn links(&self) -> Result<Value> {
        let link = |port: &Port| match port.link {
            Link::Internet => json!({ "Scope": "shared" }),
            Link::Switch(id) => json!({ "ID": id }),
        };
        Ok(self.ports()?.iter().map(link).collect())
    }

    /// Puts the declared packet filters before the interfaces of `machine`, or takes them away.
    pub(super) async fn filter(&self, machine: &Machine) -> Result<()> {
        for (number, port) in self.ports()?.iter().enumerate() {
            if let Some(interface) = machine.interface(number) {
                self.filter_one(interface, port.filter).await?;
            }
        }
        Ok(())
    }

    async fn filter_one(&self, interface: &Interface, wanted: Option<Id>) -> Result<()> {
        let there = interface.packet_filter.map(|filter| filter.id);
        if there == wanted {
            return Ok(());
        }
        let path = format!("interface/{}/to/packetfilter", interface.id);
        if there.is_some() {
            let call = Call::delete(self.zone, path.clone(), "take the packet filter off");
            self.patiently(call, &["res_already_disconnected"]).await?;
        }
        if let Some(filter) = wanted {
            let call = Call::put(self.zone, format!("{path}/{filter}"), "put the packet filter on");
            self.patiently(call, &["res_already_connected"]).await?;
        }
        Ok(())
    }

    /// Tells the cloud the static addresses, for people to see. It comes after the server itself was told: by it the
    /// next run knows that this was done.
    pub(super) async fn label(&self, machine: &Machine) -> Result<()> {
        for (number, port) in self.ports()?.iter().enumerate() {
            let (Some(interface), Some(net)) = (machine.interface(number), port.address) else {
                continue;
            };
            if interface.user_ip_address != Some(net.addr()) {
                let body = json!({ "Interface": { "UserIPAddress": net.addr() } });
                let path = format!("interface/{}", interface.id);
                let call = Call::put(self.zone, path, "write the address of an interface down").body(body);
                self.patiently(call, &[]).await?;
            }
        }
        Ok(())
    }

    /// Which addresses the server was not told, as far as we know: that of the first interface, those of others.
    pub(super) fn untold(&self, machine: &Machine) -> Result<(bool, bool)> {
        let is_told = |(number, port): (usize, &Port)| {
            let label = machine.interface(number).and_then(|it| it.user_ip_address);
            port.address.is_none_or(|net| label == Some(net.addr()))
        };
        let ports = self.ports()?;
        let mut told = ports.iter().enumerate().map(is_told);
        let first = told.next().unwrap_or(true);
        Ok((!first, !told.all(|is_told| is_told)))
    }

    /// Whether each interface is plugged in as declared; `exactly`: and there are no others.
    pub(super) fn is_wired(&self, machine: &Machine, exactly: bool) -> Result<bool> {
        let ports = self.ports()?;
        let fits = |(number, port): (usize, &Port)| {
            let interface = machine.interface(number);
            interface.is_some_and(|interface| port.is_in(interface) && !port.outlives(interface))
        };
        let has_more = machine.interfaces.len() > ports.len();
        Ok(ports.iter().enumerate().all(fits) && !(exactly && has_more))
    }

    /// Plugs each interface in as declared, and removes what is too much where that has to be `exactly` so. The server
    /// is off. The answer is the server after that.
    pub(super) async fn rewire(&self, machine: &Machine, exactly: bool) -> Result<Machine> {
        let ports = self.ports()?;
        let goes = |(number, interface): (usize, &Option<Interface>)| match (ports.get(number), interface) {
            (Some(port), Some(interface)) => port.outlives(interface),
            (None, _) => exactly,
            (Some(_), None) => false,
        };
        let all = machine.interfaces.iter().enumerate();
        let kept = all.clone().position(goes).unwrap_or(machine.interfaces.len());
        // Two may change their places: all of them are unplugged before the first is plugged in.
        for (number, interface) in all {
            let Some(interface) = interface else { continue };
            let stays = number < kept && ports.get(number).is_none_or(|port| port.is_in(interface));
            if !stays && interface.switch.is_some() {
                self.unplug(interface.id).await?;
            }
        }
        for interface in machine.interfaces.iter().skip(kept).rev().flatten() {
            self.remove_interface(interface.id).await?;
        }
        for (number, port) in ports.iter().enumerate() {
            let there = machine.interface(number).filter(|_| number < kept);
            let id = match there {
                Some(interface) if port.is_in(interface) => continue,
                Some(interface) => interface.id,
                None => self.add_interface(machine.id, number).await?,
            };
            self.plug(id, port.link).await?;
        }
        let now = power::seen(self.sakura, self.zone, machine.id, Freshness::now()).await?;
        now.ok_or_else(|| self.gone())
    }

    async fn unplug(&self, interface: Id) -> Result<()> {
        let path = format!("interface/{interface}/to/switch");
        let call = Call::delete(self.zone, path, "unplug the server from its switch");
        self.patiently(call, &["res_already_disconnected"]).await
    }

    async fn plug(&self, interface: Id, link: Link) -> Result<()> {
        let switch = match link {
            Link::Internet => "shared".to_owned(),
            Link::Switch(id) => id.to_string(),
        };
        let path = format!("interface/{interface}/to/switch/{switch}");
        let call = Call::put(self.zone, path, "plug the server into its switch");
        self.patiently(call, &["res_already_connected"]).await
    }

    async fn remove_interface(&self, interface: Id) -> Result<()> {
        let call = Call::delete(self.zone, format!("interface/{interface}"), "remove an interface");
        self.until_free(|| gone(self.sakura, call.clone())).await
    }

    /// The interface number `number`, added at the end; when the answer was lost, the one that is there then.
    async fn add_interface(&self, server: Id, number: usize) -> Result<Id> {
        let body = json!({ "Interface": { "Server": { "ID": server } } });
        let call = Call::post(self.zone, "interface", "add an interface").body(body);
        let find = || async move {
            let now = power::seen(self.sakura, self.zone, server, Freshness::now()).await?;
            let there = now.as_ref().and_then(|machine| machine.interface(number));
            Ok(there.map(|interface| Reference { id: interface.id }))
        };
        let made = self.make(call, "Interface", find).await?;
        Ok(made.id)
    }

    /// A script that gives the interfaces of `machine` their static addresses, by their hardware addresses. `all`: also
    /// the first one, which the cloud tells only images that it can edit.
    pub(super) fn network_script(&self, machine: &Machine, all: bool) -> Result<String> {
        let mut lines = Vec::new();
        for (number, port) in self.ports()?.iter().enumerate() {
            let (Some(interface), Some(net)) = (machine.interface(number), port.address) else {
                continue;
            };
            if number == 0 && !all {
                continue;
            }
            let gateway = self.spec.first_address().filter(|_| number == 0);
            let gateway = gateway.map_or_else(String::new, |(_, gateway)| gateway.to_string());
            let mac = interface.mac_address.to_ascii_lowercase();
            lines.push(format!("configure {mac} {net} {gateway}").trim_end().to_owned());
        }
        Ok(include_str!("network.sh").replace("@INTERFACES@", &lines.join("\n")))
    }
}
