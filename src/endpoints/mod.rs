//! The endpoint groups under `/v1`: one table, one file per group.
//!
//! A route is declared once, by [`Route`], in its group's file. From that come the mounted handler, the OpenAPI
//! document, the catalogue and the audit row's names. To add one, see `CONTRIBUTING.md`.

pub mod answer;
mod body;
mod call;
mod data;
mod echo;
mod export;
mod failure;
mod headers;
mod identity;
mod loopback;
mod methods;
mod pagination;
pub mod param;
pub mod param_kinds;
pub mod pattern;
pub mod route;
mod scripted;
mod security;
mod streaming;
pub mod table;

pub use crate::{
    delivery,
    fault::{BrokenRule, Fault},
};
pub use answer::{Answer, Body, Outcome};
pub use body::{BodyFault, RequestBody, limited, too_large};
pub use call::{Call, Origin, Surroundings};
pub use loopback::{InnerAnswer, InnerRequest, Loopback};
pub use param::{Fraction, Header, Int, Param, ParamLocation, PathInt, Text};
pub use pattern::Segments;
pub use route::{Access, Group, Route};
pub use table::{Found, Mounted, RouteIndex, Table};

/// All endpoint groups, in the order of the document.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![
        identity::group(),
        data::group(),
        failure::group(),
        echo::group(),
        streaming::group(),
        pagination::group(),
        methods::group(),
        security::group(),
        export::group(),
        scripted::group(),
    ]
}
