//! Cron triggers of a Worker (API doc §4.11). They are checked and stored; only the sandbox's own requests trigger them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Script, refusal, script};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context};

/// A cron trigger.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(super) cron: String,
    created: Timestamp,
    modified: Timestamp,
}

#[derive(Deserialize)]
struct NewSchedule {
    cron: String,
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(script::find(context, call)?.shown_schedules())
}

/// Replaces all of them; an empty list clears.
pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let sent: Vec<NewSchedule> = call.json()?;
    let now = context.now;
    let script = script::find(context, call)?;
    if let Some(bad) = sent.iter().find(|schedule| !is_cron(&schedule.cron)) {
        return Err(refusal::cron(&bad.cron));
    }
    let known = std::mem::take(&mut script.schedules);
    let schedule = |new: NewSchedule| Schedule {
        created: known
            .iter()
            .find(|old| old.cron == new.cron)
            .map_or(now, |old| old.created),
        cron: new.cron,
        modified: now,
    };
    script.schedules = sent.into_iter().map(schedule).collect();
    Answer::of(script.shown_schedules())
}

impl Script {
    fn shown_schedules(&self) -> Value {
        let shown = |schedule: &Schedule| json!({ "cron": schedule.cron, "created_on": schedule.created, "modified_on": schedule.modified });
        json!({ "schedules": self.schedules.iter().map(shown).collect::<Vec<Value>>() })
    }
}

/// Five fields of numbers, names, lists, ranges and steps.
fn is_cron(expression: &str) -> bool {
    let limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    let fields: Vec<&str> = expression.split_whitespace().collect();
    fields.len() == limits.len()
        && fields
            .iter()
            .zip(limits)
            .all(|(field, limits)| is_field(field, limits))
}

fn is_field(field: &str, (lowest, highest): (u8, u8)) -> bool {
    field.split(',').all(|item| {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let value = |text: &str| match text.parse::<u8>() {
            Ok(number) => (lowest..=highest).contains(&number),
            Err(_) => text == "*" || is_name(text),
        };
        let ranged = range
            .split_once('-')
            .map_or_else(|| value(range), |(from, to)| value(from) && value(to));
        ranged && step.parse::<u8>().is_ok_and(|step| step > 0)
    })
}

/// Months and days by name, `L` and `W` with a number.
fn is_name(text: &str) -> bool {
    const NAMES: [&str; 19] = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "SUN", "MON",
        "TUE", "WED", "THU", "FRI", "SAT",
    ];
    let upper = text.to_ascii_uppercase();
    NAMES.contains(&upper.as_str())
        || upper
            .strip_suffix(['L', 'W'])
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}
