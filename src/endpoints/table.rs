//! The single route table: mounted routes, their look-up, and a check that none is missing.

use std::collections::HashMap;

use actix_web::http::{Method, header::HeaderValue};
use foldhash::fast::RandomState;

use super::{
    pattern::{self, Pattern, SEGMENTS_MAX, Segments},
    route::{Access, Group, Route},
};

/// Position of a route in the table, constant during the life of the process.
pub type RouteIndex = usize;

/// All mounted routes.
pub struct Table {
    routes: Vec<Mounted>,
    paths: Vec<PathEntry>,
    fixed: HashMap<&'static str, usize, RandomState>,
    patterns: Vec<(Pattern, usize)>,
    groups: Vec<(Access, &'static str, &'static str)>,
}

/// Route with its group.
pub struct Mounted {
    /// Name of the group.
    pub group: &'static str,
    /// Callers of the route.
    pub access: Access,
    /// Declaration of the route.
    pub route: Route,
}

struct PathEntry {
    pattern: &'static str,
    methods: Vec<(Method, RouteIndex)>,
    /// Route for every method.
    any: Option<RouteIndex>,
    allow: HeaderValue,
}

/// Result of a look-up of path and method.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A route, with the positions of its path parameters in the raw path.
    Route(RouteIndex, Segments),
    /// The path exists, but not with this method. Contains the value of `Allow` and one of the path's routes.
    OtherMethods(HeaderValue, RouteIndex),
    /// No such path.
    Nothing,
}

/// Errors of the declarations, found at boot.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Two routes share a name.
    #[error("route name {0} is declared twice")]
    DuplicateName(&'static str),
    /// Two routes share method and path.
    #[error("{0} {1} is declared twice")]
    DuplicateRoute(Method, &'static str),
    /// A path parameter is in the path but not declared, or vice versa.
    #[error("route {0}: the path's parameters and the declared ones differ")]
    UndeclaredParameter(&'static str),
    /// A path has more parameters than can be matched.
    #[error("route {0}: the path has more than {SEGMENTS_MAX} parameters")]
    TooManyParameters(&'static str),
    /// Mounted routes and the document's operations differ.
    #[error("route {0} is mounted but not in the document, or vice versa")]
    Undocumented(String),
    /// The document can't be serialised.
    #[error("the document can't be serialised: {0}")]
    Unwritable(String),
}

impl Table {
    /// Mounts `groups`: enabled endpoint groups, the server's own routes, and the portal's API.
    ///
    /// # Errors
    /// [`TableError`] when the declarations are inconsistent: the server then does not start.
    pub fn build(groups: Vec<Group>) -> Result<Self, TableError> {
        let mut table = Self {
            routes: Vec::new(),
            paths: Vec::new(),
            fixed: HashMap::default(),
            patterns: Vec::new(),
            groups: groups.iter().map(|group| (group.access, group.name, group.about)).collect(),
        };
        for group in groups {
            for route in group.routes {
                table.mount(group.name, group.access, route)?;
            }
        }
        for entry in &mut table.paths {
            entry.allow = allow(&entry.methods);
        }
        Ok(table)
    }

    fn mount(&mut self, group: &'static str, access: Access, route: Route) -> Result<(), TableError> {
        if self.routes.iter().any(|mounted| mounted.route.name == route.name) {
            return Err(TableError::DuplicateName(route.name));
        }
        if !pattern::names(route.path).eq(route.path_params()) {
            return Err(TableError::UndeclaredParameter(route.name));
        }
        if route.path_params().count() > SEGMENTS_MAX {
            return Err(TableError::TooManyParameters(route.name));
        }
        let index = self.routes.len();
        let place = match self.paths.iter().position(|entry| entry.pattern == route.path) {
            Some(place) => place,
            None => self.add_path(&route),
        };
        let entry = &mut self.paths[place];
        let is_taken = entry.any.is_some() || route.any_method && !entry.methods.is_empty();
        if is_taken || entry.methods.iter().any(|(method, _)| *method == route.method) {
            return Err(TableError::DuplicateRoute(route.method, route.path));
        }
        if route.any_method {
            entry.any = Some(index);
        }
        entry.methods.push((route.method.clone(), index));
        self.routes.push(Mounted { group, access, route });
        Ok(())
    }

    fn add_path(&mut self, route: &Route) -> usize {
        let place = self.paths.len();
        self.paths.push(PathEntry {
            pattern: route.path,
            methods: Vec::new(),
            any: None,
            allow: HeaderValue::from_static(""),
        });
        match Pattern::of(route.path, route.takes_rest) {
            Some(pattern) => self.patterns.push((pattern, place)),
            None => {
                self.fixed.insert(route.path, place);
            }
        }
        place
    }

    /// Looks up the route for `method` and `path`, which is matched as received.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let Some((place, segments)) = self.find_path(path) else { return Found::Nothing };
        let entry = &self.paths[place];
        if let Some(index) = entry.any {
            return Found::Route(index, segments);
        }
        let exact = entry.methods.iter().find(|(known, _)| known == method);
        let found = match exact {
            None if method == Method::HEAD => entry.methods.iter().find(|(known, _)| known == Method::GET),
            exact => exact,
        };
        match found {
            Some((_, index)) => Found::Route(*index, segments),
            None => Found::OtherMethods(entry.allow.clone(), entry.methods[0].1),
        }
    }

    fn find_path(&self, path: &str) -> Option<(usize, Segments)> {
        if let Some(place) = self.fixed.get(path) {
            return Some((*place, Segments::default()));
        }
        self.patterns.iter().find_map(|(pattern, place)| Some((*place, pattern.find(path)?)))
    }

    /// Returns the route at `index`.
    #[must_use]
    pub fn route(&self, index: RouteIndex) -> &Mounted {
        &self.routes[index]
    }

    /// Returns all mounted routes in the order of their declaration.
    #[must_use]
    pub fn routes(&self) -> &[Mounted] {
        &self.routes
    }

    /// Returns the routes of the endpoint groups.
    pub fn endpoints(&self) -> impl Iterator<Item = &Mounted> {
        self.routes_of(Access::Endpoint)
    }

    /// Returns the routes with these callers.
    pub fn routes_of(&self, access: Access) -> impl Iterator<Item = &Mounted> {
        self.routes.iter().filter(move |mounted| mounted.access == access)
    }

    /// Returns names and descriptions of the mounted groups with these callers.
    pub fn groups_of(&self, access: Access) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.groups.iter().filter(move |(own, ..)| *own == access).map(|(_, name, about)| (*name, *about))
    }
}

/// Returns the value of `Allow`, in alphabetical order. HEAD belongs to every path with GET (RFC 9110, section 10.2.1).
fn allow(methods: &[(Method, RouteIndex)]) -> HeaderValue {
    let mut names: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.dedup();
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::endpoints::{Answer, Text};

    const KEY: Text = Text::path("key", "any", "a");

    fn route(method: Method, name: &'static str, path: &'static str) -> Route {
        Route::new(method, name, path, async |_| Ok(Answer::text("x")))
    }

    fn table() -> Table {
        let group = Group::new("data", "")
            .route(route(Method::GET, "one", "/v1/one"))
            .route(route(Method::POST, "one_post", "/v1/one"))
            .route(route(Method::POST, "two", "/v1/two"))
            .route(route(Method::GET, "key", "/v1/key/{key}").takes(&KEY));
        Table::build(vec![group]).unwrap()
    }

    #[test]
    fn paths_are_taken_as_they_arrived() {
        let table = table();
        assert_eq!(table.find(&Method::GET, "/v1/one"), Found::Route(0, Segments::default()));
        for path in
            ["/v1/one/", "//v1/one", "/v1/./one", "/V1/one", "/v1/%6Fne", "/v1/key/", "/v1/key/a/b", "/v1/key", ""]
        {
            assert_eq!(table.find(&Method::GET, path), Found::Nothing, "{path}");
        }
        let path = "/v1/key/a%2Fb";
        match table.find(&Method::GET, path) {
            Found::Route(3, segments) => assert_eq!(segments.named("key", path), "a%2Fb"),
            other => assert_eq!(other, Found::Nothing),
        }
    }

    #[test]
    fn head_belongs_to_get_and_allow_is_sorted() {
        let table = table();
        assert_eq!(table.find(&Method::HEAD, "/v1/one"), Found::Route(0, Segments::default()));
        let allow = |method, path| match table.find(&method, path) {
            Found::OtherMethods(allow, _) => allow.to_str().unwrap().to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(allow(Method::PUT, "/v1/one"), "GET, HEAD, POST");
        assert_eq!(allow(Method::HEAD, "/v1/two"), "POST");
    }

    #[test]
    fn a_route_may_answer_every_method() {
        let any = Route::any("any", "/any", async |_| Ok(Answer::text("x")));
        let table = Table::build(vec![Group::new("data", "").route(any)]).unwrap();
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "BREW", "get"] {
            let found = table.find(&Method::from_bytes(method.as_bytes()).unwrap(), "/any");
            assert_eq!(found, Found::Route(0, Segments::default()), "{method}");
        }
    }

    #[test]
    fn contradictions_stop_the_boot() {
        let built = |routes: Vec<Route>| {
            let group = routes.into_iter().fold(Group::new("data", ""), Group::route);
            Table::build(vec![group]).err().map(|error| error.to_string())
        };
        let twice = built(vec![route(Method::GET, "a", "/a"), route(Method::GET, "a", "/b")]);
        assert_eq!(twice.as_deref(), Some("route name a is declared twice"));
        let twice = built(vec![route(Method::GET, "a", "/a"), route(Method::GET, "b", "/a")]);
        assert_eq!(twice.as_deref(), Some("GET /a is declared twice"));
        let any = Route::any("b", "/a", async |_| Ok(Answer::text("x")));
        let twice = built(vec![route(Method::POST, "a", "/a"), any]);
        assert_eq!(twice.as_deref(), Some("GET /a is declared twice"));
        let undeclared = built(vec![route(Method::GET, "a", "/a/{key}")]);
        assert_eq!(undeclared.as_deref(), Some("route a: the path's parameters and the declared ones differ"));
    }
}
