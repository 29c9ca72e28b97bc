// Matches and non-matches of the rules in rust.yaml; never compiled. `make verify` runs `semgrep --test` here.
fn examples() {
    // ruleid: secret-in-log
    log::info!(key = secret.expose(); "signed in");
    // ok: secret-in-log
    log::info!(key = secret.name(); "signed in");
    // ruleid: secret-compared
    if secret.expose() == given {}
    // ok: secret-compared
    if digest.ct_eq(&other) == yes {}
    // ruleid: blocks-a-serving-thread
    std::thread::sleep(Duration::from_secs(1));
    // ok: blocks-a-serving-thread
    actix_rt::time::sleep(Duration::from_secs(1)).await;
    // ruleid: bcrypt-cuts-passwords, blocks-a-serving-thread
    bcrypt::hash(password, 12);
    // ok: bcrypt-cuts-passwords
    bcrypt::non_truncating_hash(password, 12);
    // ruleid: sql-from-format
    sql_query(format!("SELECT {name}"));
    // ok: sql-from-format
    sql_query(TEXT).bind::<Text, _>(name);
    // ruleid: certificates-not-verified
    builder.danger_accept_invalid_certs(true);
    // ok: certificates-not-verified
    builder.https_only(true);
}
