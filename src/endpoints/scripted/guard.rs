//! Protection of the portal from answers of scripts on its own origin.
//!
//! A script may send any HTML, and a browser would run it with the rights of the signed-in user. So answers say
//! `Content-Security-Policy: sandbox`, which takes the page's origin away. An answer that could leave that out is
//! refused to what looks like a browser.

use std::rc::Rc;

use actix_web::http::StatusCode;

use super::super::{Call, Fault, delivery::FieldLine};

const NAMES: [&str; 2] = ["Content-Security-Policy", "X-Content-Type-Options"];
const VALUES: [&str; 2] = ["sandbox", "nosniff"];

/// Fields of requests that browsers send when they navigate.
const OF_BROWSERS: [&str; 5] =
    ["sec-fetch-mode", "sec-fetch-dest", "sec-fetch-site", "sec-fetch-user", "upgrade-insecure-requests"];

/// What an answer has to do for the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// The portal is off.
    Off,
    /// The answer is sandboxed unless it is free of the server's fields.
    Sandbox,
    /// The request looks like a browser's: the answer is sandboxed, or refused if it touches the portal's cookie, whose
    /// name this is.
    Browser(Rc<str>),
}

impl Guard {
    pub(super) fn of(call: &Call) -> Self {
        let Some(cookie) = &call.surroundings.portal_cookie else { return Self::Off };
        let names = |line: &[u8]| {
            let mut pairs = line.split(|byte| *byte == b';');
            pairs.any(|pair| pair.trim_ascii().split(|byte| *byte == b'=').next() == Some(cookie.as_bytes()))
        };
        if OF_BROWSERS.into_iter().any(|name| call.head.get(name).is_some()) || call.head.get_all("cookie").any(names) {
            Self::Browser(cookie.as_str().into())
        } else {
            Self::Sandbox
        }
    }

    /// Refuses an answer that may leave out the server's fields.
    ///
    /// # Errors
    /// 403 for a request that looks like a browser's.
    pub(super) fn allow(&self, what: &str) -> Result<(), Fault> {
        if let Self::Browser(_) = self {
            let message = format!("a script with {what} is not run for browsers on the portal's address");
            return Err(Fault::new(StatusCode::FORBIDDEN, message));
        }
        Ok(())
    }

    /// Adds the fields that protect the portal.
    ///
    /// # Errors
    /// 403 for fields that set or remove the portal's cookie, in a response to what looks like a browser's request.
    pub(super) fn add(&self, fields: &mut Vec<FieldLine>) -> Result<(), Fault> {
        match self {
            Self::Off => return Ok(()),
            Self::Sandbox => {}
            Self::Browser(cookie) => {
                if fields.iter().any(|field| touches(field, cookie)) {
                    self.allow("the portal's cookie")?;
                }
            }
        }
        // Of several policies all hold; of several X-Content-Type-Options only the first one.
        fields.retain(|field| !field.is(NAMES[1]));
        for (name, value) in NAMES.into_iter().zip(VALUES) {
            fields.push(FieldLine::new(name.as_bytes(), value.as_bytes())?);
        }
        Ok(())
    }
}

/// Returns true for a field that sets or removes the cookie in a browser.
fn touches(field: &FieldLine, cookie: &str) -> bool {
    let name = field.value().split(|byte| matches!(byte, b'=' | b';')).next().unwrap_or_default();
    field.is("Clear-Site-Data") || field.is("Set-Cookie") && name.trim_ascii() == cookie.as_bytes()
}
