//! `init`: a commented file to begin with. It overwrites nothing and contacts nobody.

use std::fs;
use std::path::Path;

use fleetflow_access::whole::{self, Readers};
use fleetflow_core::{Error, ErrorKind, Result, codes};

use crate::arguments::InitArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::project::NAMES;
use crate::terminal;

/// What one may have, with the file for it.
const PARTS: [(&str, &str); 3] = [
    (
        "servers with containers, and Cloudflare",
        include_str!("both.kdl"),
    ),
    ("servers with containers", include_str!("servers.kdl")),
    ("Cloudflare only", include_str!("edge.kdl")),
];

pub(super) fn run(invocation: &Invocation, arguments: &InitArguments) -> Result<Exit, Failure> {
    let folder = &invocation.edge.folder;
    if let Some(file) = NAMES
        .iter()
        .map(|name| folder.join(name))
        .find(|file| file.exists())
    {
        let message = format!("there is a {} already", file.display());
        return Err(Error::new(ErrorKind::Invalid, message)
            .help("`flow plan` shows what it would do; go to another folder to begin anew")
            .into());
    }
    let usual = usual_name(folder);
    let (name, part) = if arguments.yes {
        (usual, 0)
    } else {
        asked(invocation, &usual)?
    };
    let text = format!("{}{}", include_str!("head.kdl"), PARTS[part].1).replace("PROJECT", &name);
    let file = folder.join(NAMES[0]);
    write(&file, &text)?;
    ignore(folder)?;
    let told = format!(
        "Wrote {}. Next:\n\n  flow plan --sandbox      what would be made, on emulated clouds\n  \
         flow up --sandbox        make it there\n  flow plan                the same with your accounts\n",
        NAMES[0]
    );
    invocation.terminal.show(&told)?;
    Ok(Exit::Done)
}

/// The answers to the two questions; an empty line is the answer in brackets.
fn asked(invocation: &Invocation, usual: &str) -> Result<(String, usize)> {
    if !invocation.terminal.can_ask {
        return Err(Error::of(
            &codes::CANNOT_ASK,
            "nobody can be asked here; nothing was written",
        )
        .help("give `--yes` for a file with everything in it"));
    }
    let name = answer(invocation, &format!("What is the project called? [{usual}] "))?;
    let name = if name.is_empty() { usual.to_owned() } else { name };
    if cleaned(&name) != name {
        let message = format!("`{name}` cannot be the name of a project");
        return Err(Error::new(ErrorKind::Invalid, message).help(format!(
            "use small letters, digits and `-`, for example `{}`",
            cleaned(&name)
        )));
    }
    let mut question = "What does it run on?\n".to_owned();
    for (index, (part, _)) in PARTS.iter().enumerate() {
        question.push_str(&format!("  {} {part}\n", index + 1));
    }
    let chosen = answer(invocation, &format!("{question}[1] "))?;
    let part = if chosen.is_empty() {
        Some(1)
    } else {
        chosen.parse().ok()
    };
    match part.filter(|part| (1..=PARTS.len()).contains(part)) {
        Some(part) => Ok((name, part - 1)),
        None => Err(
            Error::new(ErrorKind::Invalid, format!("`{chosen}` is none of the answers"))
                .help(format!("answer with a number from 1 to {}", PARTS.len())),
        ),
    }
}

fn answer(invocation: &Invocation, question: &str) -> Result<String> {
    invocation.terminal.alert(question);
    let line = terminal::read_line().map_err(|error| {
        Error::new(ErrorKind::Local, format!("the answer could not be read: {error}")).help("give `--yes`")
    })?;
    Ok(line.trim().to_owned())
}

/// The name of the folder, as far as a project and a bucket may be called so.
fn usual_name(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    match cleaned(&name.unwrap_or_default()) {
        name if name.is_empty() => "shop".to_owned(),
        name => name,
    }
}

fn cleaned(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(letter).collect();
    name.trim_matches('-').chars().take(40).collect()
}

/// Written only where nothing is, also when two do it at once.
fn write(file: &Path, text: &str) -> Result<()> {
    whole::make(file, text.as_bytes(), Readers::Others).map_err(|error| failed(file, &error))
}

/// What FleetFlow keeps beside the file is not for version control.
fn ignore(folder: &Path) -> Result<()> {
    let file = folder.join(".gitignore");
    let before = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(&file, &error)),
    };
    if before
        .lines()
        .any(|line| line.trim().trim_matches('/') == ".fleetflow")
    {
        return Ok(());
    }
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let text = format!("{before}{gap}.fleetflow/\n.env*\n");
    whole::replace(&file, text.as_bytes(), Readers::Others).map_err(|error| failed(&file, &error))
}

fn failed(file: &Path, error: &std::io::Error) -> Error {
    whole::unwritable(format!("could not write {}", file.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_a_name_that_a_bucket_may_have() {
        assert_eq!(usual_name(Path::new("/home/me/My Shop")), "my-shop");
        assert_eq!(usual_name(Path::new("/home/me/.さくら")), "shop");
        assert_eq!(usual_name(Path::new("/")), "shop");
    }

    #[test]
    fn each_file_is_laid_out_as_fmt_would() {
        for (_, part) in PARTS {
            let text = format!("{}{part}", include_str!("head.kdl"));
            assert_eq!(fleetflow_kdl::format(&text).unwrap_or_default(), text);
        }
    }
}
