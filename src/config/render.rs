//! Rendering of a masked configuration as YAML.

use std::fmt::Write;

use serde_json::Value;

use super::origin::Provenance;

/// Writes the document. Scalars are written as JSON, which is valid YAML and avoids its quoting rules.
pub(super) fn yaml(root: &Value, provenance: Option<&Provenance>) -> String {
    let mut writer = Writer { text: String::new(), provenance };
    writer.fields(root, "", 0);
    writer.text
}

struct Writer<'a> {
    text: String,
    provenance: Option<&'a Provenance>,
}

impl Writer<'_> {
    fn fields(&mut self, table: &Value, path: &str, depth: usize) {
        for (name, value) in table.as_object().into_iter().flatten() {
            let path = super::keys::joined(path, name);
            self.indent(depth);
            self.text.push_str(name);
            self.text.push(':');
            self.value(value, &path, depth);
        }
    }

    fn value(&mut self, value: &Value, path: &str, depth: usize) {
        match value {
            Value::Object(_) => {
                self.text.push('\n');
                self.fields(value, path, depth + 1);
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                self.text.push('\n');
                for (index, item) in items.iter().enumerate() {
                    self.entry(item, &format!("{path}[{index}]"), depth + 1);
                }
            }
            scalar => {
                let origin = self.provenance.and_then(|provenance| provenance.get(path));
                let comment = origin.map(|origin| format!(" # {origin}")).unwrap_or_default();
                // Writing to a String can't fail.
                let _ = writeln!(self.text, " {scalar}{comment}");
            }
        }
    }

    /// Writes a table in a list: `- ` before its first key replaces two spaces.
    fn entry(&mut self, item: &Value, path: &str, depth: usize) {
        let start = self.text.len();
        self.fields(item, path, depth + 1);
        let dash = start + 2 * depth;
        self.text.replace_range(dash..dash + 1, "-");
    }

    fn indent(&mut self, depth: usize) {
        self.text.push_str(&"  ".repeat(depth));
    }
}
