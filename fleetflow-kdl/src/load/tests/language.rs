//! The rules of the language that are no mistakes: what each spelling means.

use serde_json::json;

use super::*;
