//! What is written into a server's boot disk: host name, keys, password, scripts. It can be written, never read.

use serde_json::{Value, json};

use super::files;
use super::wire::{ConfigError, Volume};
use super::work::Work;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Input;
use crate::sakura::Id;
use crate::sakura::client::Call;

impl Work<'_> {
    /// A disk's configuration with the scripts `notes` (API doc "Disk edit"). The cloud writes the network settings of
    /// the internet interface by itself.
    pub(super) fn config(&self, notes: &[Id]) -> Result<Value> {
        let keys = self.keys()?;
        let password = self.spec.password.as_ref().and_then(Input::known);
        let mut config = json!({
            "HostName": self.spec.host_name(),
            "DisablePWAuth": password.is_none(),
            "Background": true,
        });
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().map(|key| json!({ "PublicKey": key })).collect();
            config["SSHKeys"] = keys.into();
        }
        if let Some(password) = password {
            config["Password"] = password.as_str().into();
        }
        // Only what the cloud does not know by itself: the address of a first interface on a switch.
        if let Some((net, gateway)) = self.spec.first_address() {
            config["UserIPAddress"] = net.addr().to_string().into();
            config["UserSubnet"] = json!({ "DefaultRoute": gateway, "NetworkMaskLen": net.prefix_len() });
        }
        if !notes.is_empty() {
            config["Notes"] = Self::named(notes);
        }
        Ok(config)
    }

    /// The declared keys; without any, the one whose private half the caller holds.
    pub(super) fn keys(&self) -> Result<Vec<String>> {
        let declared = files::keys(self.spec, &self.context.root)
            .map_err(|error| error.on(&self.context.owner.address))?;
        if declared.is_empty() {
            return Ok(self.sakura.deploy_key.iter().cloned().collect());
        }
        Ok(declared)
    }

    /// That somebody can get in where services are to run.
    pub(super) fn check_access(&self) -> Result<()> {
        if self.spec.docker && self.keys()?.is_empty() {
            let message = "services are to run on it, but nobody could log in".to_owned();
            return Err(self.invalid(message, "give it an `ssh-key`"));
        }
        Ok(())
    }

    /// Writes the configuration into a disk that exists. The server is off.
    pub(super) async fn configure(&self, disk: Id, notes: &[Id]) -> Result<()> {
        let call = Call::put(self.zone, format!("disk/{disk}/config"), "configure the disk")
            .body(self.config(notes)?)
            .once();
        self.patiently(call, &[]).await
    }

    /// The error for a disk whose configuration failed in the background.
    pub(super) fn misconfigured(&self, disk: &Volume, cause: &ConfigError) -> Error {
        let message = format!(
            "the disk {} could not be configured: {}",
            disk.id, cause.error_msg
        );
        let help = match cause.error_code.as_str() {
            "unknown_os_type" => {
                "its image cannot be edited: leave out hostname, keys, password and script, or choose another image"
            }
            "missing_param" => {
                "the startup script asks for a variable (`@sacloud-text required`): give it a value in the script"
            }
            _ => "run the same command again: the configuration is repeated",
        };
        Error::new(ErrorKind::Refused, message)
            .code(&cause.error_code)
            .on(&self.context.owner.address)
            .help(help)
    }
}
