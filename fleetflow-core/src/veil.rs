//! Takes what must not be read out of what others say: a cloud's error may quote the request, a program may print its
//! environment. It does not look for secrets; it is told them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret as _, SecretString};

/// What stands in a secret's place.
const HIDDEN: &str = "(secret)";

/// Shorter texts are parts of ordinary words: without them, nobody could read what is said.
const SHORTEST: usize = 4;

/// What is told of those `secrets` that are too short to be covered. An empty one is none.
pub(crate) fn uncovered(secrets: &BTreeMap<String, SecretString>) -> impl Iterator<Item = String> {
    let is_short = |secret: &SecretString| (1..SHORTEST).contains(&secret.expose_secret().len());
    let short = secrets.iter().filter(move |(_, secret)| is_short(secret));
    short.map(|(name, _)| {
        format!(
            "the secret `{name}` has fewer than {SHORTEST} characters: it is quickly guessed, and not covered where a cloud or \
             a program quotes it, as ordinary words have it in them; give it a longer value"
        )
    })
}

/// Texts that nobody may read. Cheap to clone; clones share what they are told.
#[derive(Clone, Default)]
pub(crate) struct Veil(Arc<RwLock<Vec<SecretString>>>);

impl Veil {
    /// A veil over the values of `secrets`.
    pub(crate) fn over(secrets: &BTreeMap<String, SecretString>) -> Self {
        let veil = Self::default();
        veil.hide(secrets.values());
        veil
    }

    /// From now on these are hidden too.
    pub(crate) fn hide<'s>(&self, secrets: impl IntoIterator<Item = &'s SecretString>) {
        for text in secrets.into_iter().flat_map(spellings) {
            self.learn(text);
        }
    }

    /// What clouds give out is longer than this; a shorter one stands in for one, and is a word that clouds say.
    pub(crate) fn hide_credentials<'s>(&self, credentials: impl IntoIterator<Item = &'s SecretString>) {
        let long = |text: &&SecretString| text.expose_secret().len() >= 16;
        self.hide(credentials.into_iter().filter(long));
    }

    fn learn(&self, text: SecretString) {
        let length = |text: &SecretString| text.expose_secret().len();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known
            .iter()
            .all(|one| one.expose_secret() != text.expose_secret())
        {
            // The longest first: one secret may be the beginning of another.
            let place = known.partition_point(|one| length(one) >= length(&text));
            known.insert(place, text);
        }
    }

    /// `text` without what is hidden.
    pub(crate) fn cover<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut covered = Cow::Borrowed(text);
        for secret in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if covered.contains(secret.expose_secret()) {
                covered = Cow::Owned(covered.replace(secret.expose_secret(), HIDDEN));
            }
        }
        covered
    }

    /// Whether `text` tells something that is hidden.
    pub(crate) fn is_told_by(&self, text: &str) -> bool {
        matches!(self.cover(text), Cow::Owned(_))
    }
}

/// The ways in which an answer may spell `secret`: as it is, as JSON quotes it, as JSON quotes what is quoted already (the
/// text of a TXT record is), each of its lines, as logs have them, and JSON without its spaces.
fn spellings(secret: &SecretString) -> Vec<SecretString> {
    let plain = secret.expose_secret();
    let json = serde_json::from_str::<serde_json::Value>(plain).ok();
    let compact = json.map(|json| json.to_string());
    let mut all: Vec<_> = [plain.to_owned()].into_iter().chain(compact).collect();
    for text in all.clone() {
        let once = quoted(&text);
        all.extend([quoted(&once), once]);
    }
    all.extend(plain.lines().map(|line| line.trim().to_owned()));
    all.retain(|text| text.len() >= SHORTEST);
    all.into_iter().map(SecretString::from).collect()
}

/// What JSON has between the quotation marks.
fn quoted(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

impl std::fmt::Debug for Veil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Veil")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_covered_however_it_is_spelled_and_the_rest_stays() {
        let veil = Veil::default();
        let clone = veil.clone();
        veil.hide(
            &[
                "hunter2",
                "hunter22",
                "say \"friend\"",
                "first line\nsecond line",
                "abc",
            ]
            .map(SecretString::from),
        );
        for (said, shown) in [
            (
                "the password hunter2 is too short",
                "the password (secret) is too short",
            ),
            ("hunter22", "(secret)"),
            (r#"{"a": "say \"friend\""}"#, r#"{"a": "(secret)"}"#),
            (r#"{"a": "\"say \\\"friend\\\"\""}"#, r#"{"a": "\"(secret)\""}"#),
            ("in `second line`", "in `(secret)`"),
            (r"first line\nsecond line", "(secret)"),
            ("abc is too short to be hidden", "abc is too short to be hidden"),
        ] {
            assert_eq!(clone.cover(said), shown);
        }
        assert!(clone.is_told_by("hunter2") && !clone.is_told_by("hunter"));
        assert!(!format!("{clone:?}").contains("hunter"));
    }

    #[test]
    fn who_gives_a_secret_that_is_too_short_to_be_covered_is_told_its_name_and_not_its_value() {
        let secrets = [("PIN", "x7z"), ("TOKEN", "x7zz"), ("NOTHING", ""), ("ONE", "q")];
        let secrets: BTreeMap<_, _> = secrets
            .map(|(name, value)| (name.to_owned(), SecretString::from(value)))
            .into();
        let told: Vec<_> = uncovered(&secrets).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("`ONE`") && told[1].contains("`PIN`"), "{told:?}");
        assert!(!told[1].contains("x7z"), "{told:?}");
        let veil = Veil::over(&secrets);
        assert!(
            !veil.is_told_by("x7z") && veil.is_told_by("x7zz"),
            "what is told is what is not covered"
        );
    }
}
