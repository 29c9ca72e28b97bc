//! Paths with parameters: matching, and the positions of the parameters in a path as received.

/// Maximum number of parameters in a path.
pub(super) const SEGMENTS_MAX: usize = 2;

/// Parsed path with parameters.
pub(super) struct Pattern {
    path: &'static str,
    /// Literal texts before each parameter, and after the last one.
    literals: Vec<&'static str>,
    /// Whether the last parameter takes the rest of the path.
    takes_rest: bool,
}

impl Pattern {
    /// Parses a declared path; `None` when it has no parameters. `takes_rest`: the last one takes the rest of the path.
    pub(super) fn of(path: &'static str, takes_rest: bool) -> Option<Self> {
        let mut literals = Vec::new();
        let mut rest = path;
        while let Some((before, behind)) = rest.split_once('{') {
            literals.push(before);
            rest = behind.split_once('}')?.1;
        }
        literals.push(rest);
        (literals.len() > 1).then_some(Self { path, literals, takes_rest })
    }

    /// Matches a path as received. A parameter is one whole, non-empty segment, or the rest of the path, which may be
    /// empty.
    pub(super) fn find(&self, path: &str) -> Option<Segments> {
        let (first, others) = self.literals.split_first()?;
        let mut segments = Segments { pattern: self.path, ranges: [(0, 0); SEGMENTS_MAX] };
        let mut at = first.len();
        let mut rest = path.strip_prefix(first)?;
        for (index, (range, literal)) in segments.ranges.iter_mut().zip(others).enumerate() {
            let is_rest = self.takes_rest && index + 1 == others.len();
            let length = if is_rest { rest.len() } else { rest.find('/').unwrap_or(rest.len()) };
            if length == 0 && !is_rest {
                return None;
            }
            *range = (at, at + length);
            rest = rest[length..].strip_prefix(literal)?;
            at += length + literal.len();
        }
        rest.is_empty().then_some(segments)
    }
}

/// Positions of the parameters in a path as received; none for a fixed path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    pattern: &'static str,
    ranges: [(usize, usize); SEGMENTS_MAX],
}

impl Segments {
    /// Returns the first parameter as received in `path`; empty when there is none.
    #[must_use]
    pub fn first<'p>(&self, path: &'p str) -> &'p str {
        self.at(0, path)
    }

    /// Returns the parameter `name` as received in `path`; empty when there is none.
    #[must_use]
    pub fn named<'p>(&self, name: &str, path: &'p str) -> &'p str {
        names(self.pattern).position(|known| known == name).map_or("", |index| self.at(index, path))
    }

    fn at<'p>(&self, index: usize, path: &'p str) -> &'p str {
        self.ranges.get(index).and_then(|(from, to)| path.get(*from..*to)).unwrap_or_default()
    }
}

/// Returns the names of the parameters in a declared path.
pub(super) fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parameters_are_whole_segments() {
        let pattern = Pattern::of("/try/{group}/{route}", false).unwrap();
        let path = "/try/data/a%2Fb";
        let found = pattern.find(path).unwrap();
        assert_eq!((found.first(path), found.named("route", path), found.named("x", path)), ("data", "a%2Fb", ""));
        for path in ["/try/data", "/try/data/", "/try//a", "/try/a/b/c", "/try/a/b/", "/tr/a/b", "try/a/b", ""] {
            assert_eq!(pattern.find(path), None, "{path}");
        }
        let inner = Pattern::of("/a/{id}/b", false).unwrap();
        assert_eq!(inner.find("/a/x/b").unwrap().first("/a/x/b"), "x");
        for path in ["/a//b", "/a/x/y/b", "/a/x/bc", "/a/x"] {
            assert_eq!(inner.find(path), None, "{path}");
        }
        assert!(Pattern::of("/fixed", false).is_none());
    }

    #[test]
    fn the_rest_of_a_path_has_any_number_of_segments() {
        let pattern = Pattern::of("/run/{name}/{rest}", true).unwrap();
        for (path, rest) in
            [("/run/a/", ""), ("/run/a/b", "b"), ("/run/a//b/", "/b/"), ("/run/a/../%2F/%zz", "../%2F/%zz")]
        {
            let found = pattern.find(path).unwrap();
            assert_eq!((found.first(path), found.named("rest", path)), ("a", rest));
        }
        for path in ["/run/a", "/run//b", "/run/", "/ru/a/b"] {
            assert_eq!(pattern.find(path), None, "{path}");
        }
    }
}
