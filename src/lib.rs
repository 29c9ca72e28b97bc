//! api-test: the controllable upstream for testing API gateways.
//!
//! | module | contents |
//! |---|---|
//! | [`app`] | composition: build, run, drain |
//! | [`check`] | the gateway check: probes, differ, catalogue, report |
//! | [`config`] | one YAML file and the environment, validated |
//! | [`http`] | connections, and the frontend that every request passes |
//! | [`endpoints`] | the route table and the groups under `/v1` |
//! | [`openapi`] | the document, made from the table |
//! | [`site`] | the server's own routes: `/`, health, documents, `/docs` |
//! | [`ui`] | the embedded build of `web/` |
//! | [`portal`] | the pages at `/portal/`, and their API |
//! | [`register`] | self-registration with a gateway |
//! | [`audit`] | recording of requests |
//! | [`credentials`] | extraction of credentials from a request; masking them in other text |
//! | [`auth`] | the inbound chain of `/v1` |
//! | [`script`] | scripts: answers told step by step |
//! | [`wire`] | exact bytes: JSON, forms, numbers, the seeded generator |
//! | [`store`] | the databases behind the audit trail |
//! | [`standalone`] | serving without a configuration file |
//! | [`tap`] | the listener that accepts any bytes |
//! | [`telemetry`] | log lines and metrics |

pub mod app;
pub mod audit;
pub mod auth;
pub mod build_info;
pub mod check;
pub mod config;
pub mod credentials;
pub mod delivery;
pub mod endpoints;
mod error_chain;
pub mod fault;
pub mod healthcheck;
pub mod http;
pub mod openapi;
pub mod portal;
mod random;
pub mod register;
pub mod request;
pub mod script;
mod side_thread;
pub mod site;
pub mod standalone;
pub mod store;
pub mod tap;
pub mod telemetry;
pub mod ui;
pub mod wire;
