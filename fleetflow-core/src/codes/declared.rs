//! The codes of mistakes in what is declared, whichever front end declared it. They decide nothing.

use super::Code;
use super::file::file;

pub(super) static DECLARED: [&Code; 8] = [
    &MISSING,
    &TYPE,
    &CHOICE,
    &UNDECLARED,
    &OUTPUT,
    &CYCLE,
    &SECRET,
    &TOO_LATE,
];

/// A field that must be given is not.
pub static MISSING: Code = file(
    "FF0139",
    "flow::missing",
    "something that is needed is missing",
    "The resource cannot be made without this field, and no value would be right for everybody.",
    "Write the field that the message names.",
    "server \"web\" { plan core=2 memory=4; disk os=\"ubuntu-24.04\" }",
);

/// A value of another type.
pub static TYPE: Code = file(
    "FF0140",
    "flow::type",
    "a value of another type",
    "The field takes a number, a text, `#true` or `#false`, a list or a block, and was given another one of them.",
    "Write a value of the type that the message names; numbers and `#true` stand without quotes.",
    "server \"web\" { plan core=2 memory=4; disk size=\"big\" os=\"ubuntu-24.04\" }",
);

/// A value outside of what is allowed.
pub static CHOICE: Code = file(
    "FF0141",
    "flow::choice",
    "not one of the values that there are",
    "The field takes one of certain words, or a number within bounds.",
    "Choose one of those that stand behind `allowed:`.",
    "r2-bucket \"uploads\" { location \"mars\" }",
);

/// A reference to a resource that is not declared.
pub static UNDECLARED: Code = file(
    "FF0142",
    "flow::undeclared",
    "a reference to something that is not declared",
    "The stage has no resource at this address. Resources of other stages cannot be referred to: each stage stands alone.",
    "Correct the address (the nearest one is suggested), or declare it in this stage.",
    "dns \"example.jp\" { record \"a\" type=\"A\" value=server.web.ip }",
);

/// A reference to an output that is not there, or of another type.
pub static OUTPUT: Code = file(
    "FF0143",
    "flow::output",
    "a reference to an output that does not fit",
    "The resource is declared, but has no output of this name, or one that the field cannot take.",
    "Refer to an output that the message names, or write the value.",
    "server \"web\" { plan core=1 memory=1; disk size=20 os=\"ubuntu-24.04\" }\ndns \"example.jp\" { record \"a\" type=\"A\" \
     value=server.web.adress }",
);

/// Resources that wait for each other.
pub static CYCLE: Code = file(
    "FF0144",
    "flow::cycle",
    "resources that wait for each other",
    "Each of them refers to the next, or names it in `depends-on`, and the last one to the first: none could be made first.",
    "Take out one of the references; the message shows the ring.",
    "kv-namespace \"a\" { depends-on \"kv-namespace.b\" }\nkv-namespace \"b\" { depends-on \"kv-namespace.a\" }",
);

/// A secret that nobody gave.
pub static SECRET: Code = file(
    "FF0145",
    "flow::secret",
    "a secret has no value",
    "The declaration names a secret, and the program that made the stack gave no value for it. A file reads its secrets from \
     the environment, where a missing one is FF0126.",
    "Give it to the stack: `Stack::secret` in Rust, `stack.secret` in Python.",
    "",
);

/// A reference where the value has to be known before anything runs.
pub static TOO_LATE: Code = file(
    "FF0146",
    "flow::too_late",
    "a value that is known too late",
    "References are filled in while a run goes on. This field decides what is to be run at all, so it has to be known before.",
    "Write the value itself, or a variable (`${var.NAME}`).",
    "",
);
