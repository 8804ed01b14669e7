//! The rules for one record alone: what it must be, and what the server makes of it. Its neighbours are `conflict`'s matter.

use super::content;
use super::data;
use super::fields::{Fields, Kind};
use super::name;
use super::refusal;
use crate::cloudflare::answer::Failure;
use crate::cloudflare::rows::{Plan, Zone};

/// The record as it would be stored in `zone`.
pub(super) fn settle(mut fields: Fields, zone: &Zone) -> Result<Fields, Failure> {
    fields.name = name::full(&fields.name, &zone.name)?;
    proxy(&fields)?;
    ttl(&mut fields, zone.plan)?;
    priority(&mut fields)?;
    if let Some((data, content)) = data::settle(fields.kind, fields.data.as_ref())? {
        fields.data = Some(data);
        fields.content = content;
    } else {
        fields.content = content::settle(&fields)?;
        fields.data = None;
    }
    own_target(&fields)?;
    settings(&fields, zone.plan)?;
    comment(&fields, zone.plan)?;
    tags(&fields, zone.plan)?;
    Ok(fields)
}

fn proxy(fields: &Fields) -> Result<(), Failure> {
    if fields.proxied && !fields.proxiable() {
        return Err(refusal::plain(9004, "This record type cannot be proxied."));
    }
    Ok(())
}

/// Proxied records always have the automatic time to live, whatever was asked for.
fn ttl(fields: &mut Fields, plan: Plan) -> Result<(), Failure> {
    if fields.ttl != 1 && !(plan.lowest_ttl()..=86_400).contains(&fields.ttl) {
        return Err(refusal::ttl(plan));
    }
    if fields.proxied {
        fields.ttl = 1;
    }
    Ok(())
}

fn priority(fields: &mut Fields) -> Result<(), Failure> {
    let has_one = matches!(fields.kind, Kind::Mx | Kind::Uri);
    if has_one && fields.priority.is_none() {
        return Err(refusal::required("priority"));
    }
    if !has_one {
        fields.priority = None;
    }
    Ok(())
}

fn own_target(fields: &Fields) -> Result<(), Failure> {
    if fields.kind == Kind::Cname && fields.content.eq_ignore_ascii_case(&fields.name) {
        return Err(refusal::chained(9039, "CNAME content cannot reference itself."));
    }
    Ok(())
}

fn settings(fields: &Fields, plan: Plan) -> Result<(), Failure> {
    let settings = fields.settings;
    if (settings.ipv4_only || settings.ipv6_only) && !fields.proxied {
        return Err(refusal::chained(
            9105,
            "ipv4_only and ipv6_only are for proxied records.",
        ));
    }
    let flattening = fields.kind == Kind::Cname && !fields.proxied && plan != Plan::Free;
    if settings.flatten_cname && !flattening {
        let message = "flatten_cname is for CNAME records that are not proxied, on a paid plan.";
        return Err(refusal::chained(9105, message));
    }
    Ok(())
}

fn comment(fields: &Fields, plan: Plan) -> Result<(), Failure> {
    let limit = plan.comment_length();
    let length = fields
        .comment
        .as_ref()
        .map_or(0, |comment| comment.chars().count());
    if length > limit {
        Err(refusal::comment_too_long(limit))
    } else {
        Ok(())
    }
}

fn tags(fields: &Fields, plan: Plan) -> Result<(), Failure> {
    if fields.tags.len() > plan.tags() {
        return Err(refusal::too_many_tags(fields.tags.len(), plan.tags()));
    }
    match fields.tags.iter().find(|tag| !is_tag(tag)) {
        Some(tag) => Err(refusal::plain(
            9302,
            &format!("DNS record tag `{tag}` is invalid."),
        )),
        None => Ok(()),
    }
}

/// `name:value`, where the name is simple and does not begin with the reserved `cf-`.
fn is_tag(tag: &str) -> bool {
    let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let named = (1..=32).contains(&name.len()) && name.bytes().all(simple);
    named && !name.to_ascii_lowercase().starts_with("cf-") && value.len() <= 100
}
