//! `/portal/auth/…`, and the callback of the provider.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_session::{
    Session, SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy},
};
use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    cookie::{SameSite, time},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::{Next, from_fn},
    web::{self, Data, ServiceConfig},
};
use actors::SessionClient;

use super::{
    failure::Failure,
    flow::{Brought, Flow, http_client},
    pending::PendingCookies,
    return_path::{HOME, check},
};
use crate::{
    auth::session::{ActorStore, Guard, LIFETIME, WHO},
    config::Config,
    http::fault,
    request::Arrived,
    wire::Query,
};

/// State of the sign-in routes. Shared by all workers.
#[derive(Clone)]
pub struct Login {
    guard: Guard,
    sessions: SessionClient,
    /// `None` when OIDC is disabled.
    flow: Option<Flow>,
    pending: PendingCookies,
    cookie_name: String,
    cookie_secure: bool,
    callback: String,
}

impl Login {
    /// Creates the state with the cookie's settings from the configuration.
    #[must_use]
    pub fn new(config: &Config, guard: Guard, sessions: SessionClient, flow: Option<Flow>) -> Self {
        let portal = &config.portal;
        let pending = PendingCookies::new(
            guard.key().clone(),
            &portal.cookie_name,
            &portal.oidc_redirect_path,
            portal.cookie_secure,
        );
        Self {
            guard,
            sessions,
            flow,
            pending,
            cookie_name: portal.cookie_name.clone(),
            cookie_secure: portal.cookie_secure,
            callback: portal.oidc_redirect_path.clone(),
        }
    }

    /// Returns the guard of the sessions.
    #[must_use]
    pub const fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Returns the path of the callback.
    #[must_use]
    pub fn callback(&self) -> &str {
        &self.callback
    }

    fn middleware(&self) -> SessionMiddleware<ActorStore> {
        let lifetime = time::Duration::try_from(LIFETIME).unwrap_or(time::Duration::HOUR);
        let lifecycle = PersistentSession::default()
            .session_ttl(lifetime)
            .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
        SessionMiddleware::builder(ActorStore(self.sessions.clone()), self.guard.key().clone())
            .cookie_name(self.cookie_name.clone())
            .cookie_secure(self.cookie_secure)
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            .cookie_content_security(CookieContentSecurity::Signed)
            .session_lifecycle(lifecycle)
            .build()
    }
}

/// State of one worker.
struct Worker {
    login: Login,
    http: Option<reqwest::Client>,
}

/// Mounts the routes.
pub fn routes(login: &Login) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let login = login.clone();
    move |config| {
        let (signed, callback) = (login.middleware(), login.middleware());
        let callback_path = login.callback.clone();
        let worker = Data::new(Worker { login, http: http_client() });
        config.app_data(worker);
        config.service(web::resource(callback_path).wrap(callback).wrap(from_fn(caught)).route(web::get().to(end)));
        config.service(web::resource("/portal/auth/login").route(web::get().to(begin)));
        let sign_out = web::post().to(sign_out);
        config.service(web::resource("/portal/auth/logout").wrap(signed).wrap(from_fn(caught)).route(sign_out));
    }
}

/// Redirects the browser to the provider.
async fn begin(worker: Data<Worker>, request: HttpRequest) -> HttpResponse {
    let login = &worker.login;
    let wanted = Query::parse(request.query_string()).only("return");
    let wanted = wanted.as_ref().map(|path| path.as_deref().filter(|path| !path.is_empty()).unwrap_or(HOME));
    let Some(return_path) = wanted.ok().and_then(check) else {
        return Failure::ReturnPath.log("the return path is not a page of this server").redirect();
    };
    let Some(flow) = &login.flow else { return Failure::Disabled.redirect() };
    let (url, state, pending) = flow.begin(return_path);
    HttpResponse::Found()
        .insert_header((header::LOCATION, url.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(login.pending.begin(&state, &pending, now()))
        .finish()
}

/// Handles the callback of the provider.
async fn end(worker: Data<Worker>, request: HttpRequest, session: Session) -> HttpResponse {
    let login = &worker.login;
    let (Some(flow), Some(http)) = (&login.flow, &worker.http) else { return Failure::Disabled.redirect() };
    let brought = match Brought::read(request.query_string()) {
        Ok(brought) => brought,
        Err(failure) => return failure.redirect(),
    };
    let state = brought.state.clone();
    let pending = match login.pending.take(&request, &state, now()) {
        Ok(pending) => pending,
        Err(unknown) => return Failure::State.log(&unknown.to_string()).redirect(),
    };
    let return_path = pending.return_path.clone();
    let mut answer = match flow.end(http, brought, pending).await {
        Ok(who) => {
            // A new session id and no earlier entries, against session fixation.
            session.clear();
            session.renew();
            match session.insert(WHO, &who) {
                Ok(()) => {
                    log::info!(subject = who.subject.as_str(); "signed in");
                    HttpResponse::Found()
                        .insert_header((header::LOCATION, return_path))
                        .insert_header((header::CACHE_CONTROL, "no-store"))
                        .finish()
                }
                Err(error) => Failure::Session.log(&error.to_string()).redirect(),
            }
        }
        Err(failure) => failure.redirect(),
    };
    if let Err(error) = answer.add_cookie(&login.pending.removal(&state)) {
        log::debug!(error:% = error; "cookie of the sign-in can't be removed");
    }
    answer
}

/// Current time in seconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Ends the session, here and on the server.
async fn sign_out(worker: Data<Worker>, request: HttpRequest, session: Session) -> HttpResponse {
    let Arrived { head, target, .. } = Arrived::of(&request);
    if !session.entries().is_empty()
        && let Err(fault) = worker.login.guard.check_write(&head, &target)
    {
        return HttpResponse::build(fault.status)
            .content_type("application/json")
            .body(fault::error_line(&fault.message));
    }
    session.purge();
    HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish()
}

/// Responds when the session store is unavailable.
async fn caught(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let original = request.request().clone();
    match next.call(request).await {
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) if error.as_response_error().status_code().is_server_error() => {
            let failure = Failure::Session.log(&error.to_string());
            let answer = if *original.method() == Method::GET {
                failure.redirect()
            } else {
                HttpResponse::ServiceUnavailable()
                    .insert_header((header::RETRY_AFTER, "1"))
                    .content_type("application/json")
                    .body(fault::error_line("the session store is unavailable; try again later"))
            };
            Ok(ServiceResponse::new(original, answer))
        }
        Err(error) => Err(error),
    }
}
