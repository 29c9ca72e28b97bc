//! Parsing of a YAML document into a tree with line numbers.
//!
//! It is stricter than YAML: a single document, text as keys, no duplicate keys, no tags. Depth, aliases and size are
//! bounded, so that no file can hang the process or exhaust its memory.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Maximum size of a file in bytes.
pub(super) const LARGEST: usize = 1024 * 1024;
/// Maximum depth; the configuration itself needs five levels.
const DEEPEST: usize = 32;
/// Maximum weight of all nodes together, with aliases expanded: 16 per node and 1 per byte of text.
const HEAVIEST: usize = 16 * LARGEST;

/// Value, with the line on which it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) content: Content,
}

/// Content of a [`Node`]. Scalars are kept as text; their meaning depends on the key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Nothing, `~` or `null`, unquoted: counts as not given.
    Null,
    Scalar(String),
    List(Vec<Node>),
    Table(Vec<Field>),
}

/// Key of a table with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) value: Node,
}

/// Reason why a text is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

/// Document, with its duplicate keys (the first one counts).
#[derive(Debug, PartialEq)]
pub(super) struct Document {
    pub(super) root: Node,
    pub(super) duplicates: Vec<Duplicate>,
}

/// Duplicate key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Duplicate {
    pub(super) path: String,
    pub(super) line: usize,
    /// Line of the first one, which counts.
    pub(super) first: usize,
}

/// Parses a document. An empty one is `Null`.
pub(super) fn parse(text: &str) -> Result<Document, Fault> {
    if text.len() > LARGEST {
        return Err(fault(1, "is larger than 1 MiB"));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.take(event, span)?,
            Err(error) => {
                return Err(fault(error.marker().line(), format!("is not valid YAML: {}", error.info())));
            }
        }
    }
    let root = builder.root.unwrap_or(Node { line: 1, content: Content::Null });
    Ok(Document { root, duplicates: builder.duplicates })
}

fn fault(line: usize, message: impl Into<String>) -> Fault {
    Fault { line, message: message.into() }
}

/// Builds the tree from the parser's events, without recursion.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    weight: usize,
    anchors: HashMap<usize, (Node, usize)>,
    duplicates: Vec<Duplicate>,
}

/// List or table that is still open.
struct Open {
    line: usize,
    anchor: usize,
    /// Weight of the builder when it was opened.
    weight: usize,
    parts: Parts,
}

enum Parts {
    List(Vec<Node>),
    Table { fields: Vec<Field>, lines: HashMap<String, usize>, key: Option<(String, usize)> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let line = span.start.line();
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(fault(line, "contains a second YAML document; expected one"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.is_some(), line)?;
                let before = self.weight;
                self.weigh(16 + text.len(), line)?;
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let content = if null { Content::Null } else { Content::Scalar(text.into_owned()) };
                self.put(Node { line, content }, anchor, before)?;
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.is_some(), line)?;
                self.open(line, anchor, Parts::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.is_some(), line)?;
                self.open(line, anchor, Parts::Table { fields: Vec::new(), lines: HashMap::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(anchor) => {
                let inside_itself = || fault(line, "has an alias inside its own value");
                let weight = self.anchors.get(&anchor).map(|(_, weight)| *weight).ok_or_else(inside_itself)?;
                // Weighed before it is copied, because the copy could exhaust the memory.
                self.weigh(weight, line)?;
                let node = self.anchors.get(&anchor).map(|(node, _)| node.clone()).ok_or_else(inside_itself)?;
                self.put(Node { line, ..node }, 0, 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn weigh(&mut self, weight: usize, line: usize) -> Result<(), Fault> {
        self.weight += weight;
        if self.weight > HEAVIEST {
            return Err(fault(line, "grows too large; are its aliases nested?"));
        }
        Ok(())
    }

    fn open(&mut self, line: usize, anchor: usize, parts: Parts) -> Result<(), Fault> {
        if self.open.len() == DEEPEST {
            return Err(fault(line, format!("is nested deeper than {DEEPEST} levels")));
        }
        let weight = self.weight;
        self.weigh(16, line)?;
        self.open.push(Open { line, anchor, weight, parts });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(Open { line, anchor, weight, parts }) = self.open.pop() else {
            return Ok(());
        };
        let content = match parts {
            Parts::List(items) => Content::List(items),
            Parts::Table { fields, .. } => Content::Table(fields),
        };
        self.put(Node { line, content }, anchor, weight)
    }

    /// Adds a finished node to the list or table around it, or makes it the root.
    fn put(&mut self, node: Node, anchor: usize, weight_before: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.weight - weight_before));
        }
        let Some(around) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut around.parts {
            Parts::List(items) => items.push(node),
            Parts::Table { fields, lines, key } => match key.take() {
                Some((name, line)) => match lines.get(&name) {
                    Some(first) => {
                        let first = *first;
                        self.repeat(&name, line, first);
                    }
                    None => {
                        lines.insert(name.clone(), line);
                        fields.push(Field { name, line, value: node });
                    }
                },
                None => match node.content {
                    Content::Scalar(name) => *key = Some((name, node.line)),
                    _ => return Err(fault(node.line, "has a key that is not text")),
                },
            },
        }
        Ok(())
    }

    /// Records a duplicate key of the innermost table.
    fn repeat(&mut self, name: &str, line: usize, first: usize) {
        let mut path = String::new();
        for open in &self.open {
            match &open.parts {
                Parts::List(items) => path.push_str(&format!("[{}]", items.len())),
                Parts::Table { key: Some((name, _)), .. } => {
                    path.push_str(if path.is_empty() { "" } else { "." });
                    path.push_str(name);
                }
                Parts::Table { key: None, .. } => {}
            }
        }
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        self.duplicates.push(Duplicate { path, line, first });
    }
}

fn refuse_tag(tagged: bool, line: usize) -> Result<(), Fault> {
    if tagged { Err(fault(line, "has a YAML tag (!…); expected plain values")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
