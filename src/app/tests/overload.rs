//! A hanging store fills the actors that use it. Their callers get 503 with `Retry-After`, and normal responses once it
//! has recovered.

use std::sync::mpsc;

use actix_web::cookie::{Cookie, CookieJar};
use actors::{
    KeyActor, KeyClient, SessionActor, SessionClient,
    keys::{Handle, KeyStore, StoredKey, store::Hear},
    sessions::{SessionHash, SessionStore, StoredSession},
    store::{Pending, Watch},
};
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use uuid::Uuid;

use super::*;
use crate::auth::{Bcrypt, session::Guard};

const CONFIG: &str = "server: {address: '127.0.0.1:0', workers: 1}\n\
    database: {url: 'sqlite:never-opened.db'}\n\
    api_keys: {file: [{name: op, key: op-key}], db: {enabled: true}}\n\
    portal: {enabled: true, cookie_secret: cookie-secret-0123456789-0123456789}\n\
    endpoints: {identity: {enabled: true}}\n";

const OPERATOR: &str = "X-API-Key: op-key\r\n";

/// Store without content that does not answer until it is opened.
struct Gated(watch::Receiver<bool>);

impl Gated {
    fn answer<T: Send + 'static>(&self, answer: T) -> Pending<'_, T> {
        let mut open = self.0.clone();
        Box::pin(async move {
            open.wait_for(|open| *open).await.unwrap();
            Ok(answer)
        })
    }
}

impl KeyStore for Gated {
    fn find(&self, _: Vec<Handle>) -> Pending<'_, Vec<StoredKey>> {
        self.answer(Vec::new())
    }

    fn list(&self) -> Pending<'_, Vec<StoredKey>> {
        self.answer(Vec::new())
    }

    fn add(&self, _: StoredKey) -> Pending<'_, bool> {
        self.answer(true)
    }

    fn revoke(&self, _: String) -> Pending<'_, Option<Handle>> {
        self.answer(None)
    }

    fn touch(&self, _: Vec<(Uuid, DateTime<Utc>)>) -> Pending<'_, ()> {
        self.answer(())
    }

    fn watch(&self, _: Hear) -> Option<Watch> {
        None
    }
}

impl SessionStore for Gated {
    fn put(&self, _: StoredSession) -> Pending<'_, ()> {
        self.answer(())
    }

    fn get(&self, _: SessionHash) -> Pending<'_, Option<String>> {
        self.answer(None)
    }

    fn replace(&self, _: SessionHash, _: String) -> Pending<'_, bool> {
        self.answer(false)
    }

    fn take(&self, _: SessionHash) -> Pending<'_, Option<String>> {
        self.answer(None)
    }

    fn sweep(&self, _: DateTime<Utc>) -> Pending<'_, u64> {
        self.answer(0)
    }
}

/// Takes all places of an actor, and takes them again when calls time out, until the store is opened.
async fn fill<F: Future<Output = ()> + 'static>(
    actors: &Registry,
    name: &str,
    open: &watch::Receiver<bool>,
    ask: impl Fn() -> F + Clone + 'static,
) {
    let state = || actors.observe().into_iter().find(|actor| actor.name == name).unwrap().mailbox;
    for _ in 0..state().capacity {
        let (open, ask) = (open.clone(), ask.clone());
        actix_rt::spawn(async move {
            while !*open.borrow() {
                ask().await;
            }
        });
    }
    while state().depth < state().capacity {
        tokio::task::yield_now().await;
    }
}

async fn fill_keys(actors: &Registry, open: &watch::Receiver<bool>, keys: &KeyClient) {
    let keys = keys.clone();
    let ask = move || {
        let keys = keys.clone();
        async move { drop(keys.list().await) }
    };
    fill(actors, KeyActor::NAME, open, ask).await;
}

async fn fill_sessions(actors: &Registry, open: &watch::Receiver<bool>, sessions: &SessionClient) {
    let sessions = sessions.clone();
    let ask = move || {
        let sessions = sessions.clone();
        async move { drop(sessions.get([0; 32]).await) }
    };
    fill(actors, SessionActor::NAME, open, ask).await;
}

/// Server whose actors have no free places, a valid cookie, and the switch that opens its store.
fn spawn_full() -> (SocketAddr, String, watch::Sender<bool>) {
    let (opens, open) = watch::channel(false);
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        actix_rt::System::new().block_on(async {
            let loaded = Config::parse("test.yaml", CONFIG, &Environment::default()).unwrap();
            let (actors, store) = (Registry::default(), Arc::new(Gated(open.clone())));
            let keys = KeyActor::start(&actors, Arc::clone(&store) as _, Bcrypt::prover());
            let sessions = SessionActor::start(&actors, store);
            fill_keys(&actors, &open, &keys).await;
            fill_sessions(&actors, &open, &sessions).await;
            let mut jar = CookieJar::new();
            let cookie = Cookie::new(loaded.config.portal.cookie_name.clone(), "no-session");
            jar.signed_mut(Guard::new(&loaded.config, sessions.clone()).key()).add(cookie);
            let cookie = jar.delta().next().unwrap().encoded().to_string();
            let backing = Backing { keys: Some(keys), sessions: Some(sessions), actors, ..Backing::default() };
            let parts = Parts::of(&loaded.config, &backing);
            let application = Application::build(loaded, parts, backing).await.unwrap();
            send.send((application.address(), cookie)).unwrap();
            application.server.await.unwrap();
        });
    });
    let (address, cookie) = receive.recv_timeout(PATIENCE).unwrap();
    (address, cookie, opens)
}

/// Sends a request and returns status and `Retry-After`.
fn ask(client: &mut Client, path: &str, headers: &str) -> (u16, bool) {
    client.send(path, headers);
    let (status, headers, _) = client.receive();
    (status, headers.contains(&"retry-after: 1".to_owned()))
}

fn refused(client: &mut Client, actor: &str) -> u64 {
    let (_, _, metrics) = client.get("/metrics");
    let line = format!("api_test_actor_refused_total{{actor=\"{actor}\"}} ");
    metrics.lines().find_map(|found| found.strip_prefix(&line)).unwrap().parse().unwrap()
}

#[test]
fn full_actors_answer_503_with_retry_after_and_recover() {
    let (address, cookie, opens) = spawn_full();
    let mut client = Client::connect(address);
    let unknown_key = format!("X-API-Key: at_{}\r\n", "k".repeat(43));
    let session = format!("Cookie: {cookie}\r\n");
    let cases = [
        ("/v1/whoami", unknown_key.as_str(), KeyActor::NAME, 401),
        ("/api/v1/admin/api-keys", OPERATOR, KeyActor::NAME, 200),
        ("/api/v1/portal/me", session.as_str(), SessionActor::NAME, 401),
    ];
    for (path, headers, actor, _) in cases {
        let before = refused(&mut client, actor);
        assert_eq!(ask(&mut client, path, headers), (503, true), "{path}");
        assert!(refused(&mut client, actor) > before, "{path}: it was refused, not given up");
    }
    assert_eq!(ask(&mut client, "/v1/whoami", OPERATOR).0, 200, "a key of the file needs neither");
    opens.send_replace(true);
    for (path, headers, actor, status) in cases {
        let deadline = Instant::now() + PATIENCE;
        while ask(&mut client, path, headers).0 != status {
            assert!(Instant::now() < deadline, "{path}: {actor} does not recover");
        }
    }
    let (_, _, metrics) = client.get("/metrics");
    for actor in [KeyActor::NAME, SessionActor::NAME] {
        assert!(metrics.contains(&format!("api_test_actor_restarts_total{{actor=\"{actor}\"}} 0")));
    }
}
