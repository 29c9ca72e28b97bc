//! A request or response head as lines. Unchanged lines are written back byte for byte, line ends included.

/// A line and its end (CRLF, or a bare LF).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Bytes of the line.
    pub(crate) text: Vec<u8>,
    /// How it ends.
    pub(crate) end: Vec<u8>,
}

impl Line {
    /// Makes a line that ends with CRLF.
    pub(crate) fn new(text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into(), end: b"\r\n".to_vec() }
    }

    fn colon(&self) -> Option<usize> {
        if self.folded() { None } else { self.text.iter().position(|byte| *byte == b':') }
    }

    /// Says whether the line continues the one before (obs-fold, RFC 9112, section 5.2).
    pub(crate) fn folded(&self) -> bool {
        self.text.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'))
    }

    /// Name of the field, without white space; empty for a folded line or one without a colon.
    pub(crate) fn name(&self) -> &[u8] {
        self.colon().and_then(|at| self.text.get(..at)).unwrap_or_default().trim_ascii()
    }

    /// Value of the field, without the white space around it.
    pub(crate) fn value(&self) -> &[u8] {
        self.colon().and_then(|at| self.text.get(at + 1..)).unwrap_or_default().trim_ascii()
    }

    /// Says whether the field has this name, in any case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// Replaces the value; name, colon and line end stay.
    pub(crate) fn set(&mut self, value: impl AsRef<[u8]>) {
        let Some(colon) = self.colon() else { return };
        self.text.truncate(colon + 1);
        self.text.push(b' ');
        self.text.extend_from_slice(value.as_ref());
    }

    /// Replaces the name; the rest stays.
    pub(crate) fn rename(&mut self, name: &[u8]) {
        let Some(colon) = self.colon() else { return };
        let mut text = name.to_vec();
        text.extend_from_slice(self.text.get(colon..).unwrap_or_default());
        self.text = text;
    }
}

/// A head in lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Empty lines before the first one.
    pub(crate) lead: Vec<u8>,
    /// The request line or status line.
    pub(crate) start: Line,
    /// The field lines.
    pub(crate) fields: Vec<Line>,
    /// The empty line that ends the head.
    pub(crate) blank: Vec<u8>,
}

impl Head {
    /// Takes a whole head apart, empty line included.
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let mut lines = lines(raw);
        let mut lead = Vec::new();
        while lines.first().is_some_and(|line| line.text.is_empty()) && lines.len() > 1 {
            let line = lines.remove(0);
            lead.extend_from_slice(&line.end);
        }
        let blank = lines.pop().map(|line| line.end).unwrap_or_default();
        let start = if lines.is_empty() { Line::new("") } else { lines.remove(0) };
        Self { lead, start, fields: lines, blank }
    }

    /// Appends the head's bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.lead);
        for line in std::iter::once(&self.start).chain(&self.fields) {
            out.extend_from_slice(&line.text);
            out.extend_from_slice(&line.end);
        }
        out.extend_from_slice(&self.blank);
    }

    /// The head's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn word(&self, number: usize) -> &[u8] {
        self.start.text.split(|byte| *byte == b' ').nth(number).unwrap_or_default()
    }

    fn set_word(&mut self, number: usize, to: &[u8]) {
        let mut words: Vec<&[u8]> = self.start.text.split(|byte| *byte == b' ').collect();
        if let Some(word) = words.get_mut(number) {
            *word = to;
        }
        self.start.text = words.join(&b' ');
    }

    /// Method of a request.
    pub(crate) fn method(&self) -> &[u8] {
        self.word(0)
    }

    /// Replaces the method.
    pub(crate) fn set_method(&mut self, method: &[u8]) {
        self.set_word(0, method);
    }

    /// Target of a request.
    pub(crate) fn target(&self) -> &[u8] {
        self.word(1)
    }

    /// Replaces the target.
    pub(crate) fn set_target(&mut self, target: &[u8]) {
        self.set_word(1, target);
    }

    /// Path of the target: what stands before the first `?`.
    pub(crate) fn path(&self) -> &[u8] {
        self.target().split(|byte| *byte == b'?').next().unwrap_or_default()
    }

    /// Query of the target: what stands after the first `?`.
    pub(crate) fn query(&self) -> Option<&[u8]> {
        let target = self.target();
        target.iter().position(|byte| *byte == b'?').and_then(|at| target.get(at + 1..))
    }

    /// Replaces the path; the query stays.
    pub(crate) fn set_path(&mut self, path: impl AsRef<[u8]>) {
        let mut target = path.as_ref().to_vec();
        if let Some(query) = self.query() {
            target.push(b'?');
            target.extend_from_slice(query);
        }
        self.set_target(&target);
    }

    /// Replaces the query; the path stays. `None` removes it together with its `?`.
    pub(crate) fn set_query(&mut self, query: Option<Vec<u8>>) {
        let mut target = self.path().to_vec();
        if let Some(query) = query {
            target.push(b'?');
            target.extend_from_slice(&query);
        }
        self.set_target(&target);
    }

    /// Status of a response; 0 when it is no number.
    pub(crate) fn status(&self) -> u16 {
        std::str::from_utf8(self.word(1)).ok().and_then(|word| word.parse().ok()).unwrap_or_default()
    }

    /// Replaces the status and its reason.
    pub(crate) fn set_status(&mut self, status: &str) {
        let version = self.word(0).to_vec();
        self.start.text = [&version, status.as_bytes()].join(&b' ');
    }

    /// First value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|line| line.is(name)).map(Line::value)
    }

    /// First value of a field as text; empty when there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.get(name).unwrap_or_default()).into_owned()
    }

    /// Says whether there is such a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Says whether a field's value contains a text, in any case.
    pub(crate) fn says(&self, name: &str, text: &str) -> bool {
        self.fields
            .iter()
            .filter(|line| line.is(name))
            .any(|line| String::from_utf8_lossy(line.value()).to_ascii_lowercase().contains(&text.to_ascii_lowercase()))
    }

    /// Number of fields with this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.fields.iter().filter(|line| line.is(name)).count()
    }

    /// Removes a field, every line of it.
    pub(crate) fn remove(&mut self, name: &str) {
        self.keep(|line| !line.is(name));
    }

    /// Keeps the fields that pass; folded lines go with the line they continue.
    pub(crate) fn keep(&mut self, mut passes: impl FnMut(&Line) -> bool) {
        let mut last = true;
        self.fields.retain(|line| {
            if !line.folded() {
                last = passes(line);
            }
            last
        });
    }

    /// Appends a field.
    pub(crate) fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let mut text = [name.as_bytes(), b": "].concat();
        text.extend_from_slice(value.as_ref());
        self.fields.push(Line::new(text));
    }

    /// Replaces the value of each line of a field, or appends the field when there is none.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        if self.has(name) { self.replace(name, value) } else { self.add(name, value) }
    }

    /// Replaces the value of each line of a field.
    pub(crate) fn replace(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.edit(name, |_| Some(value.as_ref().to_vec()));
    }

    /// Edits the values of a field; `None` leaves a line as it is.
    pub(crate) fn edit(&mut self, name: &str, mut with: impl FnMut(&[u8]) -> Option<Vec<u8>>) {
        for line in self.fields.iter_mut().filter(|line| line.is(name)) {
            if let Some(value) = with(line.value()) {
                line.set(value);
            }
        }
    }

    /// Joins the lines of a field into its first one.
    pub(crate) fn join(&mut self, name: &str, separator: &str) {
        if self.count(name) < 2 {
            return;
        }
        let values: Vec<&[u8]> = self.fields.iter().filter(|line| line.is(name)).map(Line::value).collect();
        let joined = values.join(separator.as_bytes());
        let mut first = true;
        self.keep(|line| !line.is(name) || std::mem::take(&mut first));
        self.replace(name, joined);
    }
}

/// Splits bytes into lines; a rest without an end is a line with an empty end.
pub(crate) fn lines(raw: &[u8]) -> Vec<Line> {
    raw.split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            let length = if line.ends_with(b"\r\n") { 2 } else { usize::from(line.ends_with(b"\n")) };
            let (text, end) = line.split_at(line.len() - length);
            Line { text: text.to_vec(), end: end.to_vec() }
        })
        .collect()
}
