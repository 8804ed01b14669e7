//! The rules between records of one name (API doc §3.3, §3.7). A record is compared with its neighbours, never with itself.

use super::Records;
use super::fields::{Fields, Kind};
use super::refusal;
use super::text;
use crate::cloudflare::answer::Failure;

/// Refuses `fields` if it cannot stand among `records`; `own` is the id of the record it replaces.
pub(super) fn check(
    records: &Records,
    fields: &Fields,
    own: Option<&str>,
    apex: &str,
) -> Result<(), Failure> {
    let neighbours: Vec<&Fields> = records
        .named(&fields.name)
        .filter(|record| Some(record.id.as_str()) != own)
        .map(|record| &record.fields)
        .collect();
    aliases(&neighbours, fields.kind)?;
    if neighbours.iter().any(|other| is_same(other, fields)) {
        return Err(refusal::identical());
    }
    if fields.name != apex {
        delegation(&neighbours, fields.kind)?;
    }
    combined_text(&neighbours, fields)
}

/// Refuses to take away the last NS record under a DS record. `records` are what would remain.
pub(super) fn check_remaining(records: &Records, name: &str) -> Result<(), Failure> {
    let has = |kind| records.named(name).any(|record| record.fields.kind == kind);
    if has(Kind::Ds) && !has(Kind::Ns) {
        Err(refusal::delegation_is_missing())
    } else {
        Ok(())
    }
}

fn aliases(neighbours: &[&Fields], kind: Kind) -> Result<(), Failure> {
    let has = |wanted: &[Kind]| neighbours.iter().any(|other| wanted.contains(&other.kind));
    match kind {
        Kind::Cname if has(&[Kind::A, Kind::Aaaa, Kind::Cname]) => Err(refusal::alias_is_not_alone()),
        Kind::A | Kind::Aaaa if has(&[Kind::Cname]) => Err(refusal::alias_exists()),
        _ => Ok(()),
    }
}

fn delegation(neighbours: &[&Fields], kind: Kind) -> Result<(), Failure> {
    let has_delegation = neighbours.iter().any(|other| other.kind == Kind::Ns);
    let has_others = neighbours
        .iter()
        .any(|other| !matches!(other.kind, Kind::Ns | Kind::Ds));
    match kind {
        Kind::Ns if has_others => Err(refusal::delegation_is_not_alone()),
        Kind::Ds if !has_delegation => Err(refusal::delegation_is_missing()),
        Kind::Ns | Kind::Ds => Ok(()),
        _ if has_delegation => Err(refusal::delegation_exists()),
        _ => Ok(()),
    }
}

fn is_same(left: &Fields, right: &Fields) -> bool {
    let said = |fields: &Fields| match fields.kind {
        Kind::Txt => text::value(&fields.content),
        Kind::Mx | Kind::Ns | Kind::Ptr => fields.content.to_lowercase(),
        _ => fields.content.clone(),
    };
    left.kind == right.kind && left.priority == right.priority && said(left) == said(right)
}

fn combined_text(neighbours: &[&Fields], fields: &Fields) -> Result<(), Failure> {
    if fields.kind != Kind::Txt {
        return Ok(());
    }
    let others = neighbours
        .iter()
        .filter(|other| other.kind == Kind::Txt)
        .map(|other| other.content.len());
    let total = others.sum::<usize>() + fields.content.len();
    if total <= text::COMBINED {
        return Ok(());
    }
    let message = format!(
        "The combined content of TXT records named {} exceeds 8192 characters.",
        fields.name
    );
    Err(refusal::plain(83011, &message))
}
