//! Yardstick of `make bench`: actix-web alone, with responses prepared in memory.
//!
//! `bare FILE` reads a JSON list of responses and prints `listening <address>`. Each response has `method`, `path`,
//! `headers` (pairs), `body_file`, and `stream`: true to send the body in pieces of 64 KiB.
#![allow(clippy::print_stdout)]

use std::{convert::Infallible, fs};

use actix_web::{
    App, HttpResponse, HttpServer,
    body::SizedStream,
    http::{
        Method,
        header::{HeaderName, HeaderValue},
    },
    web,
};
use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;

const PIECE: usize = 64 * 1024;

#[derive(Clone, Deserialize)]
struct Described {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body_file: String,
    stream: bool,
}

#[derive(Clone)]
struct Answer {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    stream: bool,
}

impl Answer {
    fn read(described: Described) -> anyhow::Result<Self> {
        let header = |(name, value): (String, String)| anyhow::Ok((name.parse()?, value.parse()?));
        Ok(Self {
            method: described.method.parse()?,
            path: described.path,
            headers: described.headers.into_iter().map(header).collect::<Result<_, _>>()?,
            body: fs::read(&described.body_file).context(described.body_file)?.into(),
            stream: described.stream,
        })
    }

    fn respond(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        if !self.stream {
            return response.body(self.body.clone());
        }
        let whole = self.body.clone();
        let pieces = (0..whole.len())
            .step_by(PIECE)
            .map(move |start| Ok::<_, Infallible>(whole.slice(start..whole.len().min(start + PIECE))));
        response.body(SizedStream::new(self.body.len() as u64, stream::iter(pieces)))
    }

    fn resource(self) -> actix_web::Resource {
        let route = web::method(self.method.clone());
        let path = self.path.clone();
        // The request body is read whole, as in api-test.
        web::resource(path).route(route.to(move |body: Bytes| {
            drop(body);
            let response = self.respond();
            async move { response }
        }))
    }
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let file = std::env::args().nth(1).context("usage: bare FILE")?;
    let described: Vec<Described> = serde_json::from_slice(&fs::read(&file)?)?;
    let answers = described.into_iter().map(Answer::read).collect::<anyhow::Result<Vec<_>>>()?;
    let app = move || answers.iter().cloned().fold(App::new(), |app, answer| app.service(answer.resource()));
    let server = HttpServer::new(app).workers(2).bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        println!("listening {address}");
    }
    Ok(server.run().await?)
}
