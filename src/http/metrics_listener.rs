//! `/metrics` on its own listener (`metrics.address`).

use std::{io, net::TcpListener};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::{Method, header},
    web,
};

use crate::telemetry::metrics::{self, Metrics, ObserveActors};

/// Starts serving until the process ends.
///
/// # Errors
/// When the listener can't be registered.
pub fn start(listener: TcpListener, metrics: Metrics, actors: ObserveActors) -> io::Result<()> {
    let server = HttpServer::new(move || {
        let (metrics, actors) = (metrics.clone(), ObserveActors::clone(&actors));
        let render = move || {
            let (metrics, actors) = (metrics.clone(), ObserveActors::clone(&actors));
            async move {
                match web::block(move || metrics.render(&actors())).await {
                    Ok(text) => {
                        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, metrics::CONTENT_TYPE)).body(text)
                    }
                    Err(_) => HttpResponse::InternalServerError().finish(),
                }
            }
        };
        let route =
            web::resource("/metrics").route(web::get().to(render.clone())).route(web::method(Method::HEAD).to(render));
        App::new().service(route)
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    actix_rt::spawn(server);
    Ok(())
}
