//! The ready scripts that come with the server: `scripts/ready/*.json`.

use std::{collections::BTreeMap, sync::LazyLock};

use super::{compile::read, program::Program};

#[derive(rust_embed::RustEmbed)]
#[folder = "scripts/ready/"]
struct Files;

static READY: LazyLock<BTreeMap<String, Program>> = LazyLock::new(|| {
    let programs = Files::iter().filter_map(|name| read(&Files::get(&name)?.data).ok());
    programs.map(|program| (program.name().to_owned(), program)).collect()
});

/// Returns the ready script of this name.
#[must_use]
pub fn ready(name: &str) -> Option<&'static Program> {
    READY.get(name)
}

/// Iterates over the ready scripts, sorted by name.
pub fn all() -> impl Iterator<Item = &'static Program> {
    READY.values()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            act::{Act, PlannedFraming},
            facts::TestFacts,
            schema,
            step::HttpVersion,
        },
        *,
    };

    #[test]
    fn each_is_valid_by_the_schema_and_read_under_the_name_of_its_file() {
        let validator = jsonschema::draft202012::new(schema()).unwrap();
        let mut files = 0;
        for file in Files::iter() {
            let text = Files::get(&file).unwrap().data;
            let document = serde_json::from_slice(&text).unwrap();
            let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0], "{file}");
            let program = read(&text).unwrap_or_else(|problems| panic!("{file}: {problems}"));
            assert_eq!(format!("{}.json", program.name()), file);
            let about = program.about();
            assert!(about.ends_with('.') && about.len() > 40, "{file}: {about}");
            files += 1;
        }
        assert!(files >= 30 && all().count() == files);
    }

    #[test]
    fn each_answers_over_some_version_and_comes_to_its_end() {
        for program in all() {
            let versions = [HttpVersion::Http10, HttpVersion::Http11, HttpVersion::Http2];
            let runs = versions.map(|version| program.begin(1, &TestFacts { version, ..TestFacts::default() }));
            let mut ran = 0;
            for run in runs.into_iter().flatten() {
                let acts: Vec<_> = run.collect();
                assert!(matches!(acts.last(), Some(Act::End { .. })), "{}", program.name());
                ran += 1;
            }
            assert!(ran > 0, "{}", program.name());
        }
    }

    #[test]
    fn each_is_in_the_documentation() {
        let page = include_str!("../../docs/scripts.md");
        for program in all() {
            let row = format!("| `{}` | {} |\n", program.name(), program.about());
            assert!(page.contains(&row), "{row}");
        }
    }

    #[test]
    fn the_lies_are_told() {
        let acts = |name: &str| -> Vec<_> { ready(name).unwrap().begin(1, &TestFacts::default()).unwrap().collect() };
        let sent = |acts: &[Act]| -> usize {
            acts.iter().map(|act| if let Act::Piece(piece) = act { piece.len() } else { 0 }).sum()
        };
        for (name, framing, bytes) in [
            ("cut-length", PlannedFraming::Length(1000), 500),
            ("cut-chunked", PlannedFraming::Chunked, 500),
            ("reset-midway", PlannedFraming::Length(65_536), 8192),
            ("longer-than-announced", PlannedFraming::Length(5), 67),
            ("not-modified", PlannedFraming::Length(1234), 0),
        ] {
            let acts = acts(name);
            let head = acts.iter().find_map(|act| if let Act::Head(head) = act { Some(head) } else { None });
            assert_eq!((head.unwrap().framing, sent(&acts)), (framing, bytes), "{name}");
        }
        assert!(ready("none").is_none());
    }
}
