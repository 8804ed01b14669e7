//! Buckets as the API writes and reads them (API doc §2), and as they are declared. It sends nothing.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Cors, CorsMethod, LifecycleRule, StorageClass};

/// Seconds of a day: ages of objects are sent in seconds (API doc §2.9).
const DAY: u64 = 86_400;

/// A page of buckets.
#[derive(Deserialize)]
pub(super) struct Buckets {
    #[serde(default)]
    pub(super) buckets: Vec<Row>,
}

/// A bucket in an answer. Lists leave members out (API doc §2.4).
#[derive(Clone, Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    #[serde(default)]
    pub(super) location: Option<String>,
    #[serde(default)]
    pub(super) storage_class: Option<StorageClass>,
}

/// A new bucket. Requests say camelCase where answers say `snake_case`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewBucket<'n> {
    pub(super) name: &'n str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location_hint: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) storage_class: Option<StorageClass>,
}

/// A custom domain in an answer. A degraded answer has `unknown` states and leaves members out (API doc §2.7).
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Domain {
    #[serde(rename = "domain")]
    pub(super) host: String,
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) status: Option<Status>,
    #[serde(default, rename = "minTLS")]
    pub(super) min_tls: Option<super::TlsVersion>,
    #[serde(default)]
    pub(super) zone_name: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct Status {
    #[serde(default)]
    pub(super) ownership: String,
    #[serde(default)]
    pub(super) ssl: String,
}

/// How far a custom domain is.
pub(super) enum Progress {
    Active,
    /// With what is still to come.
    Pending(String),
    Failed(String),
}

impl Domain {
    pub(super) fn progress(&self) -> Progress {
        let Some(status) = &self.status else {
            return Progress::Pending("it has no status yet".to_owned());
        };
        let Status { ownership, ssl } = status;
        let told = format!("ownership {ownership}, certificate {ssl}");
        match (ownership.as_str(), ssl.as_str()) {
            ("active", "active") => Progress::Active,
            ("blocked" | "error", _) | (_, "error") => Progress::Failed(told),
            _ => Progress::Pending(told),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Domains {
    #[serde(default)]
    pub(super) domains: Vec<Domain>,
}

/// A custom domain to be attached.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewDomain<'n> {
    pub(super) domain: &'n str,
    pub(super) zone_id: &'n str,
    pub(super) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none", rename = "minTLS")]
    pub(super) min_tls: Option<super::TlsVersion>,
}

/// The domain at r2.dev that every bucket has.
#[derive(Clone, Deserialize)]
pub(super) struct Managed {
    pub(super) domain: String,
    pub(super) enabled: bool,
}

/// An object in a list.
#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) key: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Rules<R> {
    pub(super) rules: Vec<R>,
}

/// A CORS rule, which is not in the form of S3 (API doc §2.6).
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CorsRule {
    allowed: Allowed,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expose_headers: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<u32>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Allowed {
    origins: Vec<String>,
    methods: Vec<CorsMethod>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<String>>,
}

impl From<&Cors> for CorsRule {
    fn from(rule: &Cors) -> Self {
        let given = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        Self {
            allowed: Allowed {
                origins: rule.allowed_origins.clone(),
                methods: rule.allowed_methods.clone(),
                headers: given(&rule.allowed_headers),
            },
            expose_headers: given(&rule.expose_headers),
            max_age_seconds: rule.max_age,
        }
    }
}

impl From<CorsRule> for Cors {
    fn from(rule: CorsRule) -> Self {
        Self {
            allowed_origins: rule.allowed.origins,
            allowed_methods: rule.allowed.methods,
            allowed_headers: rule.allowed.headers.unwrap_or_default(),
            expose_headers: rule.expose_headers.unwrap_or_default(),
            max_age: rule.max_age_seconds,
        }
    }
}

/// A lifecycle rule that was read, whole: what is not declared is sent back as it came.
pub(super) type RawRule = serde_json::Map<String, serde_json::Value>;

/// A lifecycle rule, as far as it can be declared.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRule {
    id: String,
    enabled: bool,
    #[serde(default)]
    conditions: Conditions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delete_objects_transition: Option<Transition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storage_class_transitions: Option<Vec<ClassTransition>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    abort_multipart_uploads_transition: Option<Transition>,
}

/// The prefix is required in requests, and may be missing in answers (API doc §2.9).
#[derive(Default, Serialize, Deserialize)]
struct Conditions {
    #[serde(default)]
    prefix: String,
}

#[derive(Serialize, Deserialize)]
struct Transition {
    condition: Condition,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClassTransition {
    condition: Condition,
    storage_class: StorageClass,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Condition {
    Age {
        #[serde(rename = "maxAge")]
        max_age: u64,
    },
    Date {
        date: String,
    },
}

impl Condition {
    fn of(days: Option<u32>, day: Option<&String>) -> Option<Self> {
        let age = days.map(|days| Self::Age {
            max_age: u64::from(days) * DAY,
        });
        age.or_else(|| {
            day.map(|day| Self::Date {
                date: format!("{day}T00:00:00.000Z"),
            })
        })
    }

    fn days(&self) -> Option<u32> {
        match self {
            Self::Age { max_age } => u32::try_from(max_age / DAY).ok(),
            Self::Date { .. } => None,
        }
    }

    fn day(&self) -> Option<String> {
        match self {
            Self::Age { .. } => None,
            Self::Date { date } => {
                let moment: Timestamp = date.parse().ok()?;
                Some(moment.to_zoned(TimeZone::UTC).date().to_string())
            }
        }
    }
}

/// `rule` as it is sent.
pub(super) fn raw(rule: &LifecycleRule) -> RawRule {
    let class = Condition::of(
        rule.infrequent_access_after_days,
        rule.infrequent_access_on.as_ref(),
    );
    let wire = WireRule {
        id: rule.id.clone(),
        enabled: rule.enabled,
        conditions: Conditions {
            prefix: rule.prefix.clone(),
        },
        delete_objects_transition: Condition::of(rule.delete_after_days, rule.delete_on.as_ref())
            .map(|condition| Transition { condition }),
        storage_class_transitions: class.map(|condition| {
            vec![ClassTransition {
                condition,
                storage_class: StorageClass::InfrequentAccess,
            }]
        }),
        abort_multipart_uploads_transition: Condition::of(rule.abort_uploads_after_days, None)
            .map(|condition| Transition { condition }),
    };
    match serde_json::to_value(wire) {
        Ok(serde_json::Value::Object(rule)) => rule,
        _ => RawRule::new(),
    }
}

/// A rule that was read, as it is sent back: a prefix is required then (API doc §2.9).
pub(super) fn sent_back(mut rule: RawRule) -> RawRule {
    let conditions = rule.entry("conditions").or_insert_with(|| serde_json::json!({}));
    if let Some(conditions) = conditions.as_object_mut() {
        conditions.entry("prefix").or_insert_with(|| "".into());
    }
    rule
}

/// The id of a rule.
pub(super) fn id_of(rule: &RawRule) -> &str {
    rule.get("id")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}

/// A rule that was read as it would be declared; none where it is of a form that cannot be.
pub(super) fn declared(rule: &RawRule) -> Option<LifecycleRule> {
    let wire: WireRule = serde_json::from_value(serde_json::Value::Object(rule.clone())).ok()?;
    let delete = wire
        .delete_objects_transition
        .map(|transition| transition.condition);
    let classes = wire.storage_class_transitions.unwrap_or_default();
    let class = match classes.as_slice() {
        [] => None,
        [only] => Some(&only.condition),
        _ => return None,
    };
    let abort = wire
        .abort_multipart_uploads_transition
        .map(|transition| transition.condition);
    Some(LifecycleRule {
        id: wire.id,
        enabled: wire.enabled,
        prefix: wire.conditions.prefix,
        delete_after_days: delete.as_ref().and_then(Condition::days),
        delete_on: delete.as_ref().and_then(Condition::day),
        infrequent_access_after_days: class.and_then(Condition::days),
        infrequent_access_on: class.and_then(Condition::day),
        abort_uploads_after_days: abort.as_ref().and_then(Condition::days),
    })
}
