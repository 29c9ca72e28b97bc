//! Compares the key tables of `docs/configuration.md` with the key table of the code. With `API_TEST_WRITE_DOCS=1` it
//! rewrites them.

use super::super::{
    keys::{KEYS, Key, Preset},
    kind::Kind,
    values::{duration, size},
};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
/// Followed by the sections of the table.
const BEGIN: &str = "<!-- keys of ";
const BEGIN_END: &str = " -->\n";
const END: &str = "<!-- to here -->";

#[test]
fn the_tables_of_the_page_are_those_of_the_code() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let mut made = String::new();
    let mut told = Vec::new();
    let mut rest = page.as_str();
    while let Some((before, table)) = rest.split_once(BEGIN) {
        let (sections, table) = table.split_once(BEGIN_END).unwrap();
        let (_, after) = table.split_once(END).unwrap();
        made += before;
        made += &[BEGIN, sections, BEGIN_END, "\n", &rendered(sections, &mut told), "\n", END].concat();
        rest = after;
    }
    made += rest;
    assert_eq!(told, KEYS.iter().map(|key| key.path).collect::<Vec<_>>(), "each key once, in order");
    if std::env::var_os("API_TEST_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &made).unwrap();
    } else {
        assert_eq!(page, made, "make it anew: API_TEST_WRITE_DOCS=1 cargo test --lib the_tables_of_the_page");
    }
}

fn rendered(sections: &str, told: &mut Vec<&'static str>) -> String {
    let mut table = "| key | value | default | meaning |\n|---|---|---|---|\n".to_owned();
    for key in KEYS.iter().filter(|key| sections.split(", ").any(|section| is_in(key, section))) {
        told.push(key.path);
        table += &format!("| `{}` | {} | {} | {} |\n", key.path, form(key.kind), default(key), escaped(key.about));
    }
    table
}

fn is_in(key: &Key, section: &str) -> bool {
    key.path.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

fn default(key: &Key) -> String {
    match key.preset {
        Preset::Text("") | Preset::Texts([]) => "empty".to_owned(),
        Preset::Text(text) => format!("`{text}`"),
        Preset::Texts(texts) => texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", "),
        Preset::Cores => "one per core".to_owned(),
        Preset::Required => "required".to_owned(),
    }
}

/// Returns the form of a value as named on the page.
fn form(kind: Kind) -> String {
    let between = |name: &str, min: &str, max: &str| format!("{name}, {min}–{max}");
    match kind {
        Kind::Boolean => "boolean".to_owned(),
        Kind::Integer { min, max } => between("integer", &min.to_string(), &max.to_string()),
        Kind::Duration { min, max } => between("duration", &duration::render(min), &duration::render(max)),
        Kind::Size { min, max } => between("size", &size::render(min), &size::render(max)),
        Kind::Text { min, max } => between("string", &min.to_string(), &max.to_string()),
        Kind::File => "path".to_owned(),
        Kind::Secret => "secret".to_owned(),
        Kind::Address => "address".to_owned(),
        Kind::OptionalAddress => "address or empty".to_owned(),
        Kind::BaseUrl | Kind::Url => "URL or empty".to_owned(),
        Kind::Database => "database or empty".to_owned(),
        Kind::HeaderName => "header name".to_owned(),
        Kind::CookieName => "cookie name".to_owned(),
        Kind::RoutePath => "absolute path".to_owned(),
        Kind::OneOf(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "),
        Kind::Texts => "list of strings".to_owned(),
        Kind::Networks => "list of networks".to_owned(),
        Kind::Bytes => "bytes".to_owned(),
        Kind::TapAfter => "`first-bytes`, `head` or duration, 0s–10m".to_owned(),
    }
}

/// `<` and `|` have a meaning in a table.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}
