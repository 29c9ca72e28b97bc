//! Opening: migrations, two replicas at once, a database that is newer.

use std::time::{Duration, Instant};

use actors::audit::{AuditStore as _, Filter};

use super::{
    cluster::Cluster,
    samples::{batch, config, open},
};
use crate::store::{self, OpenError};

const MIGRATIONS: &str = "SELECT count(*) FROM __diesel_schema_migrations";

#[actix_rt::test]
async fn replicas_that_start_at_once_migrate_once() {
    let cluster = Cluster::start();
    let url = cluster.url();
    let began = Instant::now();
    let stores = futures_util::future::join_all((0..4).map(|_| open(&url))).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(cluster.sql(MIGRATIONS), "2");
    for store in &stores {
        store.append(&batch(10), false).await.unwrap();
    }
    assert_eq!(stores[0].count(&Filter::default()).await.unwrap(), 40);
    // Once more over what is there.
    open(&url).await;
    assert_eq!(cluster.sql(MIGRATIONS), "2");
}

#[actix_rt::test]
async fn a_database_that_is_newer_is_left_alone() {
    let cluster = Cluster::start();
    open(&cluster.url()).await;
    cluster.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let refused = store::open(&config(&cluster.url())).await.err().expect("refused");
    assert!(matches!(&refused, OpenError::Newer(version) if version == "29990101000000"), "{refused}");
    assert!(refused.to_string().contains("newer than this api-test (migration 29990101000000)"), "{refused}");
}

#[actix_rt::test]
async fn each_migration_can_be_taken_back() {
    let cluster = Cluster::start();
    open(&cluster.url()).await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
    let mut steps: Vec<_> = std::fs::read_dir(folder).unwrap().map(|step| step.unwrap().path()).collect();
    steps.sort();
    for step in steps.iter().rev() {
        cluster.sql(&std::fs::read_to_string(step.join("down.sql")).unwrap());
    }
    let left = cluster.sql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_diesel%' \
         UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    );
    assert_eq!(left, "");
}

#[actix_rt::test]
async fn a_password_is_in_no_error() {
    let cluster = Cluster::start();
    let port = cluster.port();
    for url in [
        format!("postgres://u:s3cret@127.0.0.1:{port}/x?sslmode=disable"),
        format!("postgres://postgres:s3cret@127.0.0.1:{port}/nowhere"),
        format!("host=127.0.0.1 port={port} user=postgres password=s3cret sslmode=require"),
        "postgres://u:s3cret@127.0.0.1:1/x".to_owned(),
        format!("postgres://u:s3cret@127.0.0.1:{port}/x?sslmode=verify-full&sslrootcert=/nowhere.pem"),
    ] {
        let refused = store::open(&config(&url)).await.err().expect("refused").to_string();
        assert!(refused.starts_with("database.url: ") && !refused.contains("s3cret"), "{refused}");
    }
}
