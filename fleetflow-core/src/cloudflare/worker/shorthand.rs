//! Bindings in short, for Rust, and the name that each has in the code. Vocabulary only.

use super::Binding;
use super::bindings::assets;
use crate::model::Input;

impl Binding {
    /// A bucket of R2.
    pub fn r2(name: impl Into<String>, bucket: impl Into<Input<String>>) -> Self {
        Self::R2 {
            name: name.into(),
            bucket: bucket.into(),
            jurisdiction: None,
        }
    }

    /// A namespace of Workers KV.
    pub fn kv(name: impl Into<String>, namespace: impl Into<Input<String>>) -> Self {
        Self::Kv {
            name: name.into(),
            namespace: namespace.into(),
        }
    }

    /// A text that everybody may see.
    pub fn var(name: impl Into<String>, value: impl Into<Input<String>>) -> Self {
        Self::Var {
            name: name.into(),
            value: value.into(),
        }
    }

    /// A text that nobody may see, best given as [`Input::secret`].
    pub fn secret(name: impl Into<String>, value: impl Into<Input<String>>) -> Self {
        Self::Secret {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Static files that are served beside the code.
    pub fn assets(folder: impl Into<String>) -> Self {
        Self::Assets {
            folder: folder.into(),
            name: assets(),
        }
    }

    /// The name in the code.
    pub fn name(&self) -> &str {
        match self {
            Self::R2 { name, .. }
            | Self::Kv { name, .. }
            | Self::Var { name, .. }
            | Self::Json { name, .. }
            | Self::Secret { name, .. }
            | Self::D1 { name, .. }
            | Self::Queue { name, .. }
            | Self::Service { name, .. }
            | Self::Ai { name }
            | Self::DurableObject { name, .. }
            | Self::Hyperdrive { name, .. }
            | Self::Vectorize { name, .. }
            | Self::AnalyticsEngine { name, .. }
            | Self::Workflow { name, .. }
            | Self::Browser { name, .. }
            | Self::Images { name, .. }
            | Self::Media { name, .. }
            | Self::VersionMetadata { name, .. }
            | Self::MtlsCertificate { name, .. }
            | Self::DispatchNamespace { name, .. }
            | Self::RateLimit { name, .. }
            | Self::SendEmail { name, .. }
            | Self::Pipeline { name, .. }
            | Self::SecretsStore { name, .. }
            | Self::AiSearch { name, .. }
            | Self::AiSearchNamespace { name, .. }
            | Self::Flagship { name, .. }
            | Self::Messaging { name, .. }
            | Self::VpcService { name, .. }
            | Self::VpcNetwork { name, .. }
            | Self::SecretKey { name, .. }
            | Self::Assets { name, .. } => name,
        }
    }
}
