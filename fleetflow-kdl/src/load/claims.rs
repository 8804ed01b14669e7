//! The mistake of two stages that claim the same name at a provider. It finds none by itself.

use crate::catalog::Claim;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

pub(super) fn claimed(
    claim: &Claim,
    [first, second]: [&str; 2],
    span: Option<Span>,
    place: Option<Span>,
) -> Diagnostic {
    let message = format!(
        "the stages `{first}` and `{second}` both claim the {}",
        claim.name
    );
    let error = Diagnostic::error("flow::claimed_twice", span, message).label("only one stage can have it");
    let error = error.help("give it another name in one stage, for example with ${stage}".to_owned());
    match place {
        Some(place) if Some(place) != span => error.related(place, "first here"),
        _ => error,
    }
}
