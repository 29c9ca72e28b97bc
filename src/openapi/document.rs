//! OpenAPI document, rendered once.

use std::collections::BTreeMap;

use actix_web::http::Method;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::errors;
use crate::{
    config::Config,
    endpoints::{
        Access, Mounted, Table,
        param::{ParamDoc, ParamLocation},
        route::{AnswerDoc, ContentDoc},
        table::TableError,
    },
};

/// Rendered document.
#[derive(Debug)]
pub struct Document {
    value: Value,
    json: Bytes,
    yaml: Bytes,
}

/// Subject of a document.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Access of the included routes.
    pub access: Access,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// URL of the server.
    pub base_url: String,
    /// Enabled authentication methods.
    pub security: Security,
}

impl Subject {
    /// The endpoint groups.
    #[must_use]
    pub fn endpoints(config: &Config) -> Self {
        Self {
            access: Access::Endpoint,
            title: config.server.name.clone(),
            description: config.server.description.clone(),
            base_url: config.server.base_url.to_string(),
            security: Security::of(config),
        }
    }

    /// The portal's API, which is never anonymous.
    #[must_use]
    pub fn portal(config: &Config) -> Self {
        Self {
            access: Access::Portal,
            title: format!("{}: portal API", config.server.name),
            description: "API of the portal: audit trail, Try-It and catalogue.".to_owned(),
            base_url: config.server.base_url.to_string(),
            security: Security { anonymous: false, ..Security::of(config) },
        }
    }
}

/// Enabled authentication methods.
#[derive(Clone, Debug)]
pub struct Security {
    /// Header and query parameter of API keys, if any can exist.
    pub api_key: Option<(String, String)>,
    /// True when static bearer tokens are configured.
    pub bearer: bool,
    /// Issuer if OIDC is enabled.
    pub issuer: Option<String>,
    /// True when anonymous requests are accepted.
    pub anonymous: bool,
}

impl Security {
    /// Reads the methods from the configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let keys = &config.api_keys;
        let has_keys = !keys.file.is_empty() || keys.db.enabled;
        Self {
            api_key: has_keys.then(|| (keys.header_name.clone(), keys.query_param_name.clone())),
            bearer: !config.bearer.tokens.is_empty(),
            issuer: issuer(config),
            anonymous: config.auth.allow_anonymous,
        }
    }

    fn schemes(&self) -> Value {
        let mut schemes = Map::new();
        if let Some((header, query)) = &self.api_key {
            schemes.insert("ApiKeyHeader".into(), json!({"type": "apiKey", "in": "header", "name": header}));
            schemes.insert("ApiKeyQuery".into(), json!({"type": "apiKey", "in": "query", "name": query}));
        }
        if self.bearer {
            schemes.insert("Bearer".into(), json!({"type": "http", "scheme": "bearer"}));
        }
        if let Some(issuer) = &self.issuer {
            let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
            schemes.insert("OpenIdConnect".into(), json!({"type": "openIdConnect", "openIdConnectUrl": url}));
        }
        schemes.into()
    }

    fn requirements(&self) -> Value {
        let schemes = self.schemes();
        let names = schemes.as_object().into_iter().flat_map(Map::keys);
        let mut requirements: Vec<Value> = names.map(|name| json!({name: []})).collect();
        if self.anonymous {
            requirements.push(json!({}));
        }
        requirements.into()
    }
}

impl Document {
    /// Documents the routes of `table` that belong to `subject`, and checks that none is missing.
    ///
    /// # Errors
    /// [`TableError::Undocumented`] when mounted routes and operations differ: the server does not start.
    pub fn build(table: &Table, subject: &Subject) -> Result<Self, TableError> {
        let Subject { access, security, .. } = subject;
        let mut schemas = errors::schemas();
        let mut paths = Map::new();
        for mounted in table.routes_of(*access) {
            for method in mounted.route.methods() {
                let operation = operation(mounted, &method, &mut schemas);
                let path = paths.entry(mounted.route.path).or_insert_with(|| json!({}));
                path[method.as_str().to_ascii_lowercase()] = operation;
            }
        }
        let tags: Vec<Value> =
            table.groups_of(*access).map(|(name, about)| json!({"name": name, "description": about})).collect();
        let value = json!({
            "openapi": "3.1.0",
            "info": {
                "title": subject.title,
                "version": crate::build_info::VERSION,
                "description": subject.description,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
            },
            "servers": [{"url": subject.base_url}],
            "tags": tags,
            "security": security.requirements(),
            "paths": paths,
            "components": {
                "schemas": schemas,
                "responses": errors::responses(*access),
                "headers": errors::headers(),
                "securitySchemes": security.schemes()
            }
        });
        let yaml = serde_saphyr::to_string(&value).map_err(|error| TableError::Unwritable(error.to_string()))?;
        let document = Self { json: crate::wire::json::to_line(&value).into(), yaml: yaml.into(), value };
        document.check(table, *access)?;
        Ok(document)
    }

    /// Returns the operations as `METHOD path`.
    fn operations(&self) -> impl Iterator<Item = String> {
        let paths = self.value["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flat_map(Map::keys);
            methods.map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
        })
    }

    fn check(&self, table: &Table, access: Access) -> Result<(), TableError> {
        let mut documented: Vec<String> = self.operations().collect();
        let mut mounted: Vec<String> = table
            .routes_of(access)
            .flat_map(|mounted| {
                let methods = mounted.route.methods().into_iter();
                methods.map(|method| format!("{method} {}", mounted.route.path))
            })
            .collect();
        documented.sort_unstable();
        mounted.sort_unstable();
        if documented == mounted {
            return Ok(());
        }
        let differs = |this: &[String], other: &[String]| this.iter().find(|one| !other.contains(one)).cloned();
        let first = differs(&documented, &mounted).or_else(|| differs(&mounted, &documented));
        Err(TableError::Undocumented(first.unwrap_or_default()))
    }

    /// Returns the document as JSON.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// Returns the document as YAML.
    #[must_use]
    pub fn yaml(&self) -> Bytes {
        self.yaml.clone()
    }
}

/// Returns the issuer if OIDC is enabled.
#[must_use]
pub fn issuer(config: &Config) -> Option<String> {
    let issuer = config.oidc.issuer.as_ref().filter(|_| config.oidc.enabled)?;
    Some(issuer.as_str().to_owned())
}

fn operation(mounted: &Mounted, method: &Method, schemas: &mut BTreeMap<String, Value>) -> Value {
    let route = &mounted.route;
    // Of a route for every method, the other operations need ids of their own.
    let id = if *method == route.method {
        route.name.to_owned()
    } else {
        format!("{}_{}", route.name, method.as_str().to_ascii_lowercase())
    };
    let mut operation = json!({
        "operationId": id,
        "tags": [mounted.group],
        "summary": route.about,
    });
    if !route.params.is_empty() {
        operation["parameters"] = route.params.iter().map(parameter).collect();
    }
    if let Some(content) = &route.body {
        operation["requestBody"] = json!({"required": true, "content": {content.media_type: media(content, schemas)}});
    } else if route.takes_body && !matches!(method.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS") {
        operation["requestBody"] = json!({
            "description": "Any body; the first 1 MiB is read.",
            "required": false,
            "content": {
                "application/json": {"schema": {}, "example": {"hello": "world"}},
                "text/plain": {"schema": {"type": "string"}, "example": "hello"}
            }
        });
    }
    let mut responses = Map::new();
    for answer in &route.answers {
        responses.insert(answer.status.into(), response(answer, schemas));
    }
    // A route that can return any status documents errors with its own response.
    if !responses.contains_key("default") {
        // The portal's API refuses unknown parameters.
        let may_be_bad = !route.params.is_empty() || mounted.access == Access::Portal;
        for (status, name) in errors::shared(may_be_bad, route.takes_body) {
            let refusal = || json!({"$ref": format!("#/components/responses/{name}")});
            responses.entry(status).or_insert_with(refusal);
        }
    }
    operation["responses"] = responses.into();
    operation
}

fn parameter(param: &ParamDoc) -> Value {
    json!({
        "name": param.name,
        "in": match param.place { ParamLocation::Path => "path", ParamLocation::Query => "query", ParamLocation::Header => "header" },
        "description": param.about,
        "required": param.required,
        "schema": param.schema,
        "example": param.example
    })
}

fn response(answer: &AnswerDoc, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
    for (name, about) in &answer.headers {
        headers[name] = json!({"description": about, "schema": {"type": "string"}});
    }
    let mut response = json!({"description": answer.about, "headers": headers});
    if let Some(content) = &answer.content {
        response["content"] = json!({content.media_type: media(content, schemas)});
    }
    response
}

fn media(content: &ContentDoc, schemas: &mut BTreeMap<String, Value>) -> Value {
    let own = &content.schemas;
    for (name, schema) in &own.referred {
        schemas.entry(name.clone()).or_insert_with(|| schema.clone());
    }
    let inline = own.name.is_empty() || own.schema.get("type") == Some(&json!("array"));
    let schema = if inline {
        own.schema.clone()
    } else {
        schemas.entry(own.name.clone()).or_insert_with(|| own.schema.clone());
        json!({"$ref": format!("#/components/schemas/{}", own.name)})
    };
    json!({"schema": schema, "example": content.example})
}
