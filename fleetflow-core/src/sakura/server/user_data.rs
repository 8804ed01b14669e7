//! What an image with cloud-init is told at its first start: a `#cloud-config` text. Later starts do not read it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::files;
use super::image::SetUp;
use super::power::Start;
use super::wire::Machine;
use super::work::Work;
use crate::error::Result;
use crate::model::Input;

impl Work<'_> {
    /// How we start the server for the first time.
    pub(super) fn asked(&self, machine: &Machine, set_up: SetUp) -> Result<Start> {
        Ok(Start::Asked(match set_up {
            SetUp::UserData => Some(self.user_data(machine)?),
            SetUp::Edited | SetUp::Never => None,
        }))
    }

    /// Host name, keys, password and scripts as cloud-init's modules read them. Texts are in JSON's quotes, which are
    /// YAML's as well.
    fn user_data(&self, machine: &Machine) -> Result<String> {
        let password = self.spec.password.as_ref().and_then(Input::known);
        let mut lines = vec![
            "#cloud-config".to_owned(),
            format!("hostname: {}", json!(self.spec.host_name())),
            format!("ssh_pwauth: {}", password.is_some()),
        ];
        if let Some(password) = password {
            lines.push(format!("password: {}", json!(password)));
            lines.push("chpasswd: {\"expire\": false}".to_owned());
        }
        let keys = self.keys()?;
        if !keys.is_empty() {
            lines.push("ssh_authorized_keys:".to_owned());
            lines.extend(keys.iter().map(|key| format!("  - {}", json!(key))));
        }
        lines.extend(self.first_scripts(machine)?);
        Ok(lines.join("\n") + "\n")
    }

    fn first_scripts(&self, machine: &Machine) -> Result<Vec<String>> {
        let mut scripts = Vec::new();
        if self.spec.nic.iter().any(|nic| nic.ip.is_some()) {
            scripts.push(self.network_script(machine, true)?);
        }
        if self.spec.docker {
            scripts.push(self.docker_script());
        }
        scripts.extend(files::script(self.spec, &self.context.root)?);
        if scripts.is_empty() {
            return Ok(Vec::new());
        }
        let path = |index: usize| format!("/var/lib/fleetflow/first-start-{index}");
        let file = |(index, script): (usize, &String)| {
            let content = BASE64_STANDARD.encode(script);
            let file =
                json!({ "path": path(index), "permissions": "0700", "encoding": "b64", "content": content });
            format!("  - {file}")
        };
        let mut lines = vec!["write_files:".to_owned()];
        lines.extend(scripts.iter().enumerate().map(file));
        lines.push("runcmd:".to_owned());
        lines.extend((0..scripts.len()).map(|index| format!("  - {}", json!([path(index)]))));
        Ok(lines)
    }
}
