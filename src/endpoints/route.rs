//! Declarations of routes and groups.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::http::Method;
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

use super::{
    Call, Outcome,
    param::{Param, ParamDoc, ParamLocation},
};

/// Methods under which a route for every method is documented.
const DOCUMENTED: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];

/// Type-erased handler.
pub type Handler = Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Outcome>>> + Send + Sync>;

/// Callers of a route, and the document that describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Authenticated, audited, in `/openapi.json`: the routes under `/v1`.
    Endpoint,
    /// Public, not audited, not documented: the server itself.
    Site,
    /// Authenticated and never anonymous, not audited, in the portal's own document.
    Portal,
}

/// Group of routes that are enabled together: endpoint groups by `endpoints.<name>.enabled`.
pub struct Group {
    /// Name in the configuration, the document's tag and the audit row.
    pub name: &'static str,
    /// Description in one sentence.
    pub about: &'static str,
    /// The routes, in the order of the document.
    pub routes: Vec<Route>,
    /// Callers of its routes.
    pub access: Access,
}

impl Group {
    /// Opens an empty endpoint group.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about, routes: Vec::new(), access: Access::Endpoint }
    }

    /// Opens an empty group of the server's own routes.
    #[must_use]
    pub const fn site(name: &'static str, about: &'static str) -> Self {
        Self { name, about, routes: Vec::new(), access: Access::Site }
    }

    /// Opens an empty group of the portal's API.
    #[must_use]
    pub const fn portal(name: &'static str, about: &'static str) -> Self {
        Self { name, about, routes: Vec::new(), access: Access::Portal }
    }

    /// Adds a route.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }
}

/// Documented response of a route.
#[derive(Clone, Debug)]
pub struct AnswerDoc {
    /// Status, range (`4XX`) or `default`, as OpenAPI writes it.
    pub status: &'static str,
    /// Description in one sentence.
    pub about: &'static str,
    /// Media type and schema; `None` for a response without a body.
    pub content: Option<ContentDoc>,
    /// Response headers in addition to the general ones, each with a description.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// Body of a documented response.
#[derive(Clone, Debug)]
pub struct ContentDoc {
    /// Value of `Content-Type`.
    pub media_type: &'static str,
    /// Name and schema of the body, with referenced schemas.
    pub schemas: Schemas,
    /// Example body.
    pub example: Value,
}

/// Schema of a body by name, with referenced schemas.
#[derive(Clone, Debug)]
pub struct Schemas {
    /// Name of the schema; empty for an inline one.
    pub name: String,
    /// The schema itself.
    pub schema: Value,
    /// Referenced schemas by name.
    pub referred: Vec<(String, Value)>,
}

impl Schemas {
    /// Collects the schema of `T` and all schemas that it refers to.
    #[must_use]
    pub fn of<T: ToSchema>() -> Self {
        let mut referred = Vec::new();
        T::schemas(&mut referred);
        Self {
            name: T::name().into_owned(),
            schema: serde_json::to_value(T::schema()).unwrap_or_default(),
            referred: referred
                .into_iter()
                .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()))
                .collect(),
        }
    }

    /// Returns the schema of a text body.
    #[must_use]
    pub fn text() -> Self {
        Self { name: String::new(), schema: serde_json::json!({"type": "string"}), referred: Vec::new() }
    }
}

/// Route: everything that server, document, catalogue and audit trail need to know about it.
pub struct Route {
    /// Unique name; the document's `operationId` and the audit row's `route_name`.
    pub name: &'static str,
    /// Method. A GET route answers HEAD too.
    pub method: Method,
    /// Path. Each `{parameter}` is a whole segment; there are at most two.
    pub path: &'static str,
    /// Description in one sentence.
    pub about: &'static str,
    /// Parameters in the order of the document.
    pub params: Vec<ParamDoc>,
    /// True when the handler reads a request body.
    pub takes_body: bool,
    /// Description of the body; `None` if any body is accepted.
    pub body: Option<ContentDoc>,
    /// Documented responses, without the errors that all routes share.
    pub answers: Vec<AnswerDoc>,
    /// Request target whose response is the first documented one.
    pub example: &'static str,
    /// True when the route answers every method, extension methods included. `method` is then the one of the examples.
    pub any_method: bool,
    /// True when the last parameter takes the rest of the path, slashes included; it may be empty.
    pub takes_rest: bool,
    /// True when the 405 of this path is plain text.
    pub(crate) plain_method_not_allowed: bool,
    /// The handler.
    pub handler: Handler,
}

impl Route {
    /// Declares a route.
    pub fn new<H, F>(method: Method, name: &'static str, path: &'static str, handler: H) -> Self
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + 'static,
    {
        Self {
            name,
            method,
            path,
            about: "",
            params: Vec::new(),
            takes_body: false,
            body: None,
            answers: Vec::new(),
            example: path,
            any_method: false,
            takes_rest: false,
            plain_method_not_allowed: false,
            handler: Arc::new(move |call| Box::pin(handler(call))),
        }
    }

    /// Declares a GET route.
    pub fn get<H, F>(name: &'static str, path: &'static str, handler: H) -> Self
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + 'static,
    {
        Self::new(Method::GET, name, path, handler)
    }

    /// Declares a POST route.
    pub fn post<H, F>(name: &'static str, path: &'static str, handler: H) -> Self
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + 'static,
    {
        Self::new(Method::POST, name, path, handler)
    }

    /// Declares a route that answers every method.
    pub fn any<H, F>(name: &'static str, path: &'static str, handler: H) -> Self
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + 'static,
    {
        Self { any_method: true, ..Self::new(Method::GET, name, path, handler) }
    }

    /// Lets the last parameter take the rest of the path, slashes and malformed escapes included.
    #[must_use]
    pub const fn takes_rest(mut self) -> Self {
        self.takes_rest = true;
        self
    }

    /// Returns the methods that the document describes.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        if self.any_method { DOCUMENTED.to_vec() } else { vec![self.method.clone()] }
    }

    /// Sets the description, one sentence.
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn takes(mut self, param: &dyn Param) -> Self {
        self.params.push(param.doc());
        self
    }

    /// Declares that the handler reads a request body of any type.
    #[must_use]
    pub const fn takes_body(mut self) -> Self {
        self.takes_body = true;
        self
    }

    /// Declares that the handler reads a JSON body, with an `example`.
    #[must_use]
    pub fn takes_json<T: ToSchema + PartialSchema>(mut self, example: Value) -> Self {
        self.takes_body = true;
        self.body = Some(ContentDoc { media_type: "application/json", schemas: Schemas::of::<T>(), example });
        self
    }

    /// Sets the request target whose response is the first documented one.
    #[must_use]
    pub const fn example(mut self, target: &'static str) -> Self {
        self.example = target;
        self
    }

    /// Documents a JSON response with an `example` body.
    #[must_use]
    pub fn answers<T: ToSchema + PartialSchema>(
        self,
        status: &'static str,
        about: &'static str,
        example: Value,
    ) -> Self {
        let content = ContentDoc { media_type: "application/json", schemas: Schemas::of::<T>(), example };
        self.answer(AnswerDoc { status, about, content: Some(content), headers: Vec::new() })
    }

    /// Documents a text response.
    #[must_use]
    pub fn answers_text(
        self,
        status: &'static str,
        about: &'static str,
        media_type: &'static str,
        example: &'static str,
    ) -> Self {
        let content = ContentDoc { media_type, schemas: Schemas::text(), example: example.into() };
        self.answer(AnswerDoc { status, about, content: Some(content), headers: Vec::new() })
    }

    /// Documents a response without a body.
    #[must_use]
    pub fn answers_empty(self, status: &'static str, about: &'static str) -> Self {
        self.answer(AnswerDoc { status, about, content: None, headers: Vec::new() })
    }

    /// Documents a header of the response that was declared last.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, about: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, about));
        }
        self
    }

    /// Renders the 405 of this path as plain text. This was recorded for `/v1/status/{code}`, whose own responses may
    /// have any status.
    #[must_use]
    pub(crate) const fn plain_method_not_allowed(mut self) -> Self {
        self.plain_method_not_allowed = true;
        self
    }

    fn answer(mut self, answer: AnswerDoc) -> Self {
        self.answers.push(answer);
        self
    }

    /// Returns the names of the declared path parameters.
    pub fn path_params(&self) -> impl Iterator<Item = &'static str> {
        self.params.iter().filter(|param| param.place == ParamLocation::Path).map(|param| param.name)
    }
}
