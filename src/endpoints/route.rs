//! A route and a group of routes, as they are declared.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::http::Method;
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

use super::{
    Call, Outcome,
    param::{Param, ParamDoc, Place},
};

/// A handler with its types erased, as the table keeps it.
pub type Handler = Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Outcome>>> + Send + Sync>;

/// Callers of a route, and the document that describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Behind the inbound chain, audited, in `/openapi.json`: the routes under `/v1`.
    Endpoint,
    /// Open to everyone, not audited, in no document: the server itself.
    Site,
    /// Behind the inbound chain and never anonymous, not audited, in the portal's own document.
    Portal,
}

/// Routes that are switched on and off together: endpoint groups by `endpoints.<name>.enabled`.
pub struct Group {
    /// Name in the configuration, the document's tag and the audit row.
    pub name: &'static str,
    /// One sentence for people.
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

/// One documented answer of a route.
#[derive(Clone, Debug)]
pub struct AnswerDoc {
    /// Status, range (`4XX`) or `default`, as OpenAPI writes it.
    pub status: &'static str,
    /// One sentence for people.
    pub about: &'static str,
    /// Media type and schema; `None` when the answer has no body.
    pub content: Option<ContentDoc>,
    /// Response headers beside the general ones, with a sentence each.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// The body of a documented answer.
#[derive(Clone, Debug)]
pub struct ContentDoc {
    /// Value of `Content-Type`.
    pub media_type: &'static str,
    /// Name and schema of the body, with the schemas it refers to.
    pub schemas: Schemas,
    /// A body as it is sent.
    pub example: Value,
}

/// A body's schema by name, and what it refers to.
#[derive(Clone, Debug)]
pub struct Schemas {
    /// Name of the body's own schema; empty for an inline one.
    pub name: String,
    /// The schema itself.
    pub schema: Value,
    /// Schemas it refers to, by name.
    pub referred: Vec<(String, Value)>,
}

impl Schemas {
    /// Collects the schema of `T` and of all it holds.
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

    /// The schema of a body that is text.
    #[must_use]
    pub fn text() -> Self {
        Self { name: String::new(), schema: serde_json::json!({"type": "string"}), referred: Vec::new() }
    }
}

/// One route: everything the server, the document, the catalogue and the audit row say about it.
pub struct Route {
    /// Unique name; the document's `operationId` and the audit row's `route_name`.
    pub name: &'static str,
    /// Verb. A GET route answers HEAD too.
    pub method: Method,
    /// Path; each `{parameter}` is a whole segment, and there are two of them at most.
    pub path: &'static str,
    /// One sentence for people.
    pub about: &'static str,
    /// Parameters in the order of the document.
    pub params: Vec<ParamDoc>,
    /// True when the handler reads a request body.
    pub takes_body: bool,
    /// Description of the body, unless any body is fine.
    pub body: Option<ContentDoc>,
    /// Documented answers, the errors that every route shares left out.
    pub answers: Vec<AnswerDoc>,
    /// Target that answers as the first documented answer says.
    pub example: &'static str,
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

    /// Says in one sentence what the route does.
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

    /// States that the handler reads a request body of any type.
    #[must_use]
    pub const fn takes_body(mut self) -> Self {
        self.takes_body = true;
        self
    }

    /// States that the handler reads a JSON body; `example` is one as it is sent.
    #[must_use]
    pub fn takes_json<T: ToSchema + PartialSchema>(mut self, example: Value) -> Self {
        self.takes_body = true;
        self.body = Some(ContentDoc { media_type: "application/json", schemas: Schemas::of::<T>(), example });
        self
    }

    /// States the target that answers as the first documented answer says.
    #[must_use]
    pub const fn example(mut self, target: &'static str) -> Self {
        self.example = target;
        self
    }

    /// Documents a JSON answer; `example` is a body as it is sent.
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

    /// Documents an answer in a text form.
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

    /// Documents an answer without a body.
    #[must_use]
    pub fn answers_empty(self, status: &'static str, about: &'static str) -> Self {
        self.answer(AnswerDoc { status, about, content: None, headers: Vec::new() })
    }

    /// Documents a response header of the answer declared last.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, about: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, about));
        }
        self
    }

    /// Renders the 405 of this path as plain text: what was recorded for `/v1/status/{code}`, whose own answers
    /// may carry any status.
    #[must_use]
    pub(crate) const fn plain_method_not_allowed(mut self) -> Self {
        self.plain_method_not_allowed = true;
        self
    }

    fn answer(mut self, answer: AnswerDoc) -> Self {
        self.answers.push(answer);
        self
    }

    /// Names of the path parameters that are declared.
    pub fn path_params(&self) -> impl Iterator<Item = &'static str> {
        self.params.iter().filter(|param| param.place == Place::Path).map(|param| param.name)
    }
}
