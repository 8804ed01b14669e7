//! The codes of mistakes in a file, each with a file that has it.

use super::Code;
use crate::error::ErrorKind;

pub(super) static FILE: &[&Code] = &[
    &file(
        "FF0101",
        "kdl::syntax",
        "this is not KDL",
        "The text cannot be read as KDL 2.0 (https://kdl.dev), for example because a quote or a brace is not closed. Nothing \
         behind the place can be understood, so other mistakes may show up once it is mended.",
        "Close what is open, or remove what does not belong there.",
        "r2-bucket \"uploads\" }",
    ),
    &file(
        "FF0102",
        "kdl::keyword",
        "a keyword stands where a name belongs",
        "`true`, `false` and `null` are values. They cannot name a node or a property.",
        "Quote the word if it is meant as a name.",
        "r2-bucket \"uploads\"\ntrue \"x\"",
    ),
    &file(
        "FF0103",
        "kdl::raw_string",
        "a raw string of KDL 1",
        "KDL 2 writes raw strings as `#\"...\"#`, without the `r`.",
        "Remove the `r`, and put a `#` at both ends.",
        "r2-bucket r\"uploads\"",
    ),
    &file(
        "FF0104",
        "kdl::type",
        "a type annotation",
        "KDL allows `(u8)4`; in flow.kdl the type of each field is known, so an annotation would say nothing.",
        "Remove the annotation.",
        "server \"web\" { plan core=(u8)4 memory=4; disk size=20 }",
    ),
    &file(
        "FF0105",
        "kdl::too_deep",
        "blocks are nested too deeply",
        "No node of flow.kdl is nested more than a few levels; this file has more levels than any parser should follow.",
        "Close the blocks that were left open.",
        "",
    ),
    &file(
        "FF0106",
        "kdl::parser",
        "the parser gave up",
        "The KDL library itself failed on this text. That is a mistake of FleetFlow, not of the file.",
        "Please report it with the file.",
        "",
    ),
    &file(
        "FF0111",
        "flow::unknown_node",
        "there is no such node here",
        "The word that begins the node is no kind of resource and no setting, or it cannot stand at this place (a `stage` in a \
         stage, a `service` at the top of a file with stages).",
        "Correct the word (the nearest one is suggested), or move the node to where it belongs.",
        "bucket \"uploads\"",
    ),
    &UNKNOWN_FIELD,
    &file(
        "FF0113",
        "flow::unknown_property",
        "there is no such property",
        "The node takes a value, and knows no property of this name beside it.",
        "Remove the property, or give it to the node it belongs to.",
        "r2-bucket \"uploads\" { location \"apac\" hint=#true }",
    ),
    &VALUE,
    &file(
        "FF0115",
        "flow::no_value",
        "a field has no value",
        "The name of a field stands there alone. An absent value is written by leaving the field out.",
        "Write a value behind it, or remove it.",
        "r2-bucket \"uploads\" { location }",
    ),
    &file(
        "FF0116",
        "flow::given_twice",
        "something is given twice",
        "A field that takes one value has two, or a setting of the file stands there twice. Which one would count must not be \
         guessed.",
        "Remove one of them; both places are shown.",
        "scale \"web\" min=1 max=3 min=2",
    ),
    &file(
        "FF0117",
        "flow::argument",
        "a value too many, or where none may stand",
        "Values without a name fill certain fields of a node in order. Here is one more than there are such fields, or the node \
         takes none at all.",
        "Say which field it is (`name=value`), or remove it.",
        "r2-bucket \"uploads\" \"apac\"",
    ),
    &file(
        "FF0118",
        "flow::block",
        "a block where a value belongs",
        "The field takes one value, or a block of names and values, and was given the other one.",
        "Write it in the form that the message names.",
        "r2-bucket \"uploads\" { location { region \"apac\" } }",
    ),
    &file(
        "FF0119",
        "flow::number",
        "a number that cannot be used",
        "The number is not finite, or larger than 64 bits.",
        "Write a smaller number.",
        "server \"web\" { plan core=#nan memory=4; disk size=20 }",
    ),
    &file(
        "FF0120",
        "flow::spelling",
        "written with `_` instead of `-`",
        "Names of fields are written with `-` in KDL; with `_` they are written in Rust, Python and JSON.",
        "Write it with `-`.",
        "r2-bucket \"uploads\" { custom_domain \"cdn.example.com\" }",
    ),
    &file(
        "FF0121",
        "flow::name",
        "a name is missing, or is no text",
        "Each resource has a name as its first value: it is its address in plans and references.",
        "Write the name in quotes behind the kind.",
        "r2-bucket { location \"apac\" }",
    ),
    &DUPLICATE,
    &REFERENCE,
    &file(
        "FF0124",
        "flow::text",
        "a `${...}` that means nothing",
        "In quoted texts `${...}` is filled in: `${var.NAME}`, `${env.NAME}`, `${stage}`, `${project}` and \
         `${KIND.NAME.OUTPUT}`.",
        "Correct it, or write `$${` for a literal `${`.",
        "r2-bucket \"uploads-${user}\"",
    ),
    &file(
        "FF0125",
        "flow::variable",
        "a variable is unknown, or cannot be used",
        "The variable is not declared in a `variables` block, is declared without a value, needs itself, or was given a value of \
         another type with `--var`.",
        "Declare it (`variables { name \"value\" }`), or correct its name.",
        "r2-bucket \"uploads-${var.region}\"",
    ),
    &file(
        "FF0126",
        "flow::environment",
        "a variable of the environment is missing, or cannot be used",
        "`env=\"NAME\"` and `${env.NAME}` are read from the environment of the process, then from `.env.STAGE` and `.env` beside \
         the file. It is set nowhere, or what it holds does not fit the field.",
        "Set it, write it into one of those files, or give a fallback with `default=`.",
        "r2-bucket \"uploads-${env.FLEETFLOW_EXPLAIN_IS_NEVER_SET}\"",
    ),
    &file(
        "FF0127",
        "flow::include",
        "a file cannot be read",
        "The file, or one that it includes, is not there, cannot be read, is no text in UTF-8, or includes itself by way of \
         others.",
        "Correct the path, which is relative to the file that names it; save the file in UTF-8, where your user may read it.",
        "include \"nowhere.kdl\"",
    ),
    &file(
        "FF0128",
        "flow::path",
        "a path that cannot be used",
        "The path begins with `~`, and no home folder is known.",
        "Write the whole path.",
        "",
    ),
    &file(
        "FF0129",
        "flow::project",
        "the project has no usable name",
        "A project is called like its `project` node says, or else like the folder of the file. It is part of the mark on \
         everything that is made, so it must be exactly one name.",
        "Write `project \"NAME\"` at the top of the file.",
        "project\nr2-bucket \"uploads\"",
    ),
    &file(
        "FF0130",
        "flow::stage",
        "a stage is unknown, or has no name",
        "A file with several stages needs to be told which one is meant, and that name has to be one of them.",
        "Give it with `--stage NAME`.",
        "stage { r2-bucket \"uploads\" }",
    ),
    &SERVICE_GROUP,
    &file(
        "FF0132",
        "flow::provider",
        "a provider that does not serve this kind",
        "`provider` says who serves a resource. Each kind is served by one provider, so it may be left out.",
        "Remove it, or write the provider that the message names.",
        "r2-bucket \"uploads\" { provider \"sakura-cloud\" }",
    ),
    &file(
        "FF0133",
        "flow::claimed_twice",
        "two stages claim the same name at the provider",
        "Stages are separate sets of resources. A bucket, a Worker or a record exists once at Cloudflare, so two stages would \
         take it from each other.",
        "Give it another name in one of them, for example with `${stage}`.",
        "stage \"dev\" { r2-bucket \"uploads\" }\nstage \"prod\" { r2-bucket \"uploads\" }",
    ),
    &STACK,
    &file(
        "FF0135",
        "flow::unused",
        "a definition that no stage uses",
        "A warning. A resource at the top of a file with stages is a definition: it exists only in the stages that name it.",
        "Write its name in a stage, or remove it.",
        "r2-bucket \"uploads\"\nstage \"dev\" { r2-bucket \"others\" }",
    ),
    &file(
        "FF0136",
        "flow::empty",
        "a stage that declares nothing",
        "A warning. `up` makes the cloud equal to the file: with this file it removes everything that it made for the stage.",
        "Check that the right file and the right stage are meant.",
        "",
    ),
    &file(
        "FF0137",
        "flow::missing_file",
        "a file that is not there",
        "A warning of `validate` and of editors. A path names nothing now; a run that needs it would fail.",
        "Correct the path; it is relative to the file that names it. What a `build` makes may be missing.",
        "",
    ),
    &file(
        "FF0138",
        "flow::format",
        "a file that cannot be laid out",
        "`fmt` proves that the text it writes means the same as before, and could not.",
        "Please report it with the file; nothing was changed.",
        "",
    ),
];

/// A field that the resource does not have.
pub static UNKNOWN_FIELD: Code = file(
    "FF0112",
    "flow::unknown_field",
    "there is no such field",
    "The resource has no field of this name. Unknown fields are never ignored: a field that is spelled wrong would \
         otherwise be lost without a word.",
    "Correct the name; the message suggests the nearest one or lists all.",
    "r2-bucket \"uploads\" { locaton \"apac\" }",
);

/// A value that breaks a rule of its resource.
pub static VALUE: Code = file(
    "FF0114",
    "flow::value",
    "the value does not fit",
    "The value has the right type, and breaks a rule of its resource: an address outside of its network, a record without \
     what its type needs, two fields that exclude each other.",
    "Write a value as the message says.",
    "dns \"example.jp\" { record \"mail\" type=\"MX\" value=\"mx.example.jp\" }",
);

/// A reference to a kind that there is not.
pub static REFERENCE: Code = file(
    "FF0123",
    "flow::reference",
    "a reference to a kind that does not exist",
    "A word without quotes of the form KIND.NAME.OUTPUT is a reference to an output of another resource, and there is no \
     such kind.",
    "Correct the kind, or quote the word if it is plain text.",
    "dns \"example.jp\" { record \"a\" type=\"A\" value=sever.web.ip }",
);

/// A service group that is declared nowhere.
pub static SERVICE_GROUP: Code = file(
    "FF0131",
    "flow::service_group",
    "a service group that is not declared",
    "`deploy-services` names a group that neither the stage nor the top of the file declares.",
    "Declare it (`service-group \"NAME\" { ... }`), or correct its name.",
    "stage \"dev\" { deploy-services \"web\" }",
);

/// A mistake of no single resource.
pub static STACK: Code = file(
    "FF0134",
    "flow::stack",
    "something is wrong with the stage as a whole",
    "The mistake belongs to no single resource: the name of the project or the stage cannot be used, or no order fits all \
     changes.",
    "See the message.",
    "",
);

/// Two resources, or two stages, of one name.
pub static DUPLICATE: Code = file(
    "FF0122",
    "flow::duplicate",
    "declared twice",
    "Two resources of one kind have the same name in a stage, or two stages do. One would silently hide the other.",
    "Rename or remove one; both places are shown.",
    "r2-bucket \"uploads\"\nr2-bucket \"uploads\"",
);

pub(super) const fn file(
    number: &'static str,
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    next: &'static str,
    example: &'static str,
) -> Code {
    Code {
        number,
        name,
        kind: ErrorKind::Invalid,
        title,
        meaning,
        next,
        example,
    }
}
