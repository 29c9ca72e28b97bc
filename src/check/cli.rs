//! The command `api-test check`.

use std::{
    io::{IsTerminal as _, Write as _},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use clap::{Args, Subcommand, ValueEnum};

use super::{
    catalogue,
    client::{Dial, TlsOptions},
    declaration::{Check, Run},
    gateway::{Ids, Pace, Target},
    message::Field,
    policy::Policy,
    report::{
        evidence::Evidence,
        html, junit,
        profile::{self, Profile},
        sarif, text,
    },
    runner::Bench,
    taxonomy,
    upstream::RawUpstream,
    verdict::Verdict,
    way,
};

/// Exit code when the gateway behaves otherwise than expected.
const UNEXPECTED: u8 = 1;
/// Exit code of a bad command line or file.
const USAGE: u8 = 2;
/// Exit code when the gateway or the upstream is not reached.
const NOT_REACHED: u8 = 3;

/// Arguments of the command.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Option<RunArguments>,
}

#[derive(Subcommand)]
enum Command {
    /// List what is checked
    List {
        /// Group: its word or number
        #[arg(long)]
        group: Option<String>,
    },
    /// Compare two profiles: exit 1 when they differ
    Compare {
        /// Profile of then
        then: PathBuf,
        /// Profile of now
        now: PathBuf,
    },
    /// Show the four messages of a check, byte for byte
    Show {
        /// Id of the check, or `ground`
        id: String,
        /// The run's profile.json; its evidence.json lies beside it
        #[arg(long, value_name = "FILE")]
        report: PathBuf,
    },
}

/// A form of the report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Portrait on standard output, or report.txt
    Text,
    /// profile.json and evidence.json
    Json,
    /// report.html, one self-contained page
    Html,
    /// junit.xml
    Junit,
    /// report.sarif
    Sarif,
}

#[derive(Args)]
struct RunArguments {
    /// URL of the gateway with the route's path
    #[arg(value_name = "URL")]
    url: String,
    /// Opens the upstream here; the gateway's route has to lead to it
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// API key for the gateway, sent as X-API-Key
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Field that each request carries; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Ids, group words or group numbers to run, separated by commas
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Ids, group words or group numbers to leave out
    #[arg(long, value_delimiter = ',')]
    skip: Vec<String>,
    /// Most requests a second; 0 is no bound
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Runs what could harm others on a shared gateway: smuggling, desync, poisoning of pools and caches
    #[arg(long)]
    intrusive: bool,
    /// Runs what takes long
    #[arg(long)]
    slow: bool,
    /// Folder to write the report to
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Forms of the report
    #[arg(long, value_delimiter = ',', default_value = "text,json,html")]
    format: Vec<Format>,
    /// Profile to compare with: exit 1 when the gateway behaves otherwise
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Policy file (YAML: allowed, required, forbidden): exit 1 when it is broken
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Exit 1 when a finding has this verdict: forbidden, change or policy
    #[arg(long, value_name = "VERDICT")]
    fail_on: Option<String>,
    /// CA to trust (PEM), in place of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Client certificate (PEM)
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long = "key-file", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Accepts any certificate; the report says so
    #[arg(long)]
    insecure: bool,
    /// Value of Host, where it is not the URL's
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
}

/// A failure, with its exit code.
struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    fn usage(text: impl Into<String>) -> Self {
        Self { code: USAGE, text: text.into() }
    }

    fn not_reached(text: impl Into<String>) -> Self {
        Self { code: NOT_REACHED, text: text.into() }
    }
}

/// Runs the command; returns its exit code.
pub fn run(arguments: Arguments) -> u8 {
    let done = match (arguments.command, arguments.run) {
        (Some(Command::List { group }), _) => list(group.as_deref()),
        (Some(Command::Compare { then, now }), _) => compare(&then, &now),
        (Some(Command::Show { id, report }), _) => show(&id, &report),
        (None, Some(run)) => check(&run),
        (None, None) => Err(Failure::usage("name the URL of the gateway, or a command: list, compare, show")),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            complain(&failure.text);
            failure.code
        }
    }
}

fn list(group: Option<&str>) -> Result<u8, Failure> {
    let checks = catalogue::all();
    let wanted: Vec<String> = group.map(str::to_owned).into_iter().collect();
    known(&wanted)?;
    let mut out = String::new();
    for check in checks.iter().filter(|check| wanted.is_empty() || wanted.iter().any(|word| selects(word, check))) {
        let marks = [(check.intrusive, "intrusive"), (check.slow, "slow")];
        let marks: Vec<&str> = marks.iter().filter(|mark| mark.0).map(|mark| mark.1).collect();
        let kind = if matches!(check.run, Run::Bisect { .. }) { "threshold" } else { check.direction.word() };
        out.push_str(&format!("{:<6} {:<10} {} ({})", check.id, kind, check.name, check.section));
        if !marks.is_empty() {
            out.push_str(&format!(" [{}]", marks.join(", ")));
        }
        out.push('\n');
    }
    say(&out);
    Ok(0)
}

/// Tells whether a word of `--only` or `--skip` means this check.
fn selects(word: &str, check: &Check) -> bool {
    word == check.id
        || word == check.group().to_string()
        || taxonomy::group(check.id).is_some_and(|group| group.word == word)
}

/// Refuses words that mean nothing.
fn known(words: &[String]) -> Result<(), Failure> {
    for word in words {
        let group = taxonomy::GROUPS.iter().any(|group| group.word == word);
        let number = word.parse().is_ok_and(|number: usize| (1..=taxonomy::GROUPS.len()).contains(&number));
        let id = taxonomy::BEHAVIOURS.iter().any(|(id, _)| id == word);
        if !group && !number && !id {
            let words: Vec<&str> = taxonomy::GROUPS.iter().map(|group| group.word).collect();
            return Err(Failure::usage(format!("{word:?} is no check and no group; groups: {}", words.join(", "))));
        }
    }
    Ok(())
}

fn read_profile(file: &PathBuf) -> Result<Profile, Failure> {
    let unusable = |error: String| Failure::usage(format!("{} can't be read: {error}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let profile: Profile = serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
    if profile.schema != profile::SCHEMA {
        return Err(unusable(format!("schema {} is not {}, of this version", profile.schema, profile::SCHEMA)));
    }
    Ok(profile)
}

fn read_policy(file: &PathBuf) -> Result<Policy, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} can't be read: {error}", file.display())))?;
    Policy::read(&text).map_err(|errors| Failure::usage(format!("{}:\n{errors}", file.display())))
}

fn compare(then: &PathBuf, now: &PathBuf) -> Result<u8, Failure> {
    let changes = profile::compare(&read_profile(then)?, &read_profile(now)?);
    say(&text::comparison(&changes));
    Ok(if changes.is_empty() { 0 } else { UNEXPECTED })
}

fn show(id: &str, report: &std::path::Path) -> Result<u8, Failure> {
    let file = report.with_file_name("evidence.json");
    let unusable = |error: String| Failure::usage(format!("{} can't be read: {error}", file.display()));
    let bytes = std::fs::read(&file).map_err(|error| unusable(error.to_string()))?;
    let evidence: Evidence = serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
    let Some(list) = evidence.checks.get(id) else {
        return Err(Failure::usage(format!("there is no evidence of {id:?} in {}", file.display())));
    };
    let mut out: Vec<u8> = Vec::new();
    for shown in list {
        let part = |out: &mut Vec<u8>, title: &str, bytes: &[u8]| {
            out.extend_from_slice(format!("--- {title} ({} bytes)\n", bytes.len()).as_bytes());
            out.extend_from_slice(bytes);
            if !bytes.ends_with(b"\n") {
                out.push(b'\n');
            }
        };
        out.extend_from_slice(format!("=== {}, {} ms, {}\n", shown.probe, shown.took_ms, shown.ended).as_bytes());
        part(&mut out, "sent", &shown.sent.bytes());
        for (at, arrived) in shown.arrived.iter().enumerate() {
            part(&mut out, &format!("arrived, attempt {}", at + 1), &arrived.bytes());
        }
        for (at, answered) in shown.answered.iter().enumerate() {
            part(&mut out, &format!("answered, attempt {}", at + 1), &answered.bytes());
        }
        part(&mut out, "got", &shown.got.bytes());
    }
    // A closed standard output is ignored.
    let _ = std::io::stdout().lock().write_all(&out);
    Ok(0)
}

fn check(arguments: &RunArguments) -> Result<u8, Failure> {
    let failed = |error: std::io::Error| Failure { code: UNEXPECTED, text: format!("no runtime: {error}") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(checks(arguments))
}

/// Parts of the URL.
struct Place {
    host: String,
    port: u16,
    tls: bool,
    prefix: String,
    authority: String,
}

fn place(text: &str) -> Result<Place, Failure> {
    let wrong = |why: &str| Failure::usage(format!("{text:?} is no URL of a gateway: {why}"));
    let url = url::Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    let tls = match url.scheme() {
        "http" => false,
        "https" => true,
        _ => return Err(wrong("expected http or https")),
    };
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(wrong("expected no query, fragment or user"));
    }
    let host = url.host_str().ok_or_else(|| wrong("it has no host"))?.to_owned();
    let port = url.port_or_known_default().ok_or_else(|| wrong("it has no port"))?;
    let authority = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    Ok(Place { host, port, tls, prefix: url.path().trim_end_matches('/').to_owned(), authority })
}

fn own_fields(arguments: &RunArguments) -> Result<Vec<Field>, Failure> {
    let mut own = Vec::new();
    if let Some(key) = &arguments.key {
        own.push(Field::new("X-API-Key", key.as_str()));
    }
    for header in &arguments.header {
        let wrong = || Failure::usage("--header: expected `Name: value` without line ends");
        let (name, value) = header.split_once(':').ok_or_else(wrong)?;
        if name.is_empty() || header.contains(['\r', '\n']) {
            return Err(wrong());
        }
        own.push(Field::new(name.trim(), value.trim()));
    }
    Ok(own)
}

fn chosen(arguments: &RunArguments) -> Result<Vec<Check>, Failure> {
    known(&arguments.only)?;
    known(&arguments.skip)?;
    let wanted = |check: &Check| {
        let named = arguments.only.iter().any(|word| selects(word, check));
        (arguments.only.is_empty() || named)
            && !arguments.skip.iter().any(|word| selects(word, check))
            && (arguments.intrusive || !check.intrusive)
            && (arguments.slow || !check.slow)
    };
    Ok(catalogue::all().into_iter().filter(wanted).collect())
}

async fn checks(arguments: &RunArguments) -> Result<u8, Failure> {
    let place = place(&arguments.url)?;
    let own = own_fields(arguments)?;
    let checks = chosen(arguments)?;
    let fail_on = match arguments.fail_on.as_deref() {
        None => None,
        Some(word) => Some(
            Verdict::ALL
                .into_iter()
                .find(|verdict| verdict.word() == word)
                .ok_or_else(|| Failure::usage(format!("--fail-on {word:?}: expected forbidden, change or policy")))?,
        ),
    };
    let baseline = arguments.baseline.as_ref().map(read_profile).transpose()?;
    let policy = arguments.policy.as_ref().map(read_policy).transpose()?;
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::usage(format!("{} can't be made: {error}", folder.display())))?;
    }
    let tls = place.tls.then(|| TlsOptions {
        ca: arguments.ca.clone(),
        certificate: arguments.cert.clone(),
        key: arguments.key_file.clone(),
        insecure: arguments.insecure,
        server_name: None,
    });
    let upstream = RawUpstream::listen(arguments.listen)
        .await
        .map_err(|error| Failure::not_reached(format!("the upstream can't listen on {}: {error}", arguments.listen)))?;
    complain(&format!("upstream listens on {}", upstream.address()));
    let dial = Dial::new(&place.host, place.port, tls.as_ref(), &[b"http/1.1"]).await;
    let dial = dial.map_err(|error| Failure::not_reached(format!("hop 1 of 4, from here to the gateway: {error}")))?;
    let secrets: Vec<Vec<u8>> = own.iter().map(|field| field.value.clone()).collect();
    let gateway = Target {
        dial,
        host: arguments.host.clone().unwrap_or(place.authority),
        prefix: place.prefix,
        own,
        pace: Pace::new(arguments.rate),
    };
    let near = upstream.address();
    let mut direct_address = near;
    if near.ip().is_unspecified() {
        direct_address.set_ip(if near.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    let direct = Target {
        dial: Dial::plain(direct_address),
        host: direct_address.to_string(),
        prefix: gateway.prefix.clone(),
        own: Vec::new(),
        pace: Pace::new(0),
    };
    let ids = Ids::new();
    let way = way::find_way(&gateway, &ids, &upstream, &near.to_string())
        .await
        .map_err(|error| Failure::not_reached(error.to_string()))?;
    let stop = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&stop);
    let interrupted = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            ends.store(true, Ordering::Relaxed);
        }
    });
    let bench = Bench { gateway: &gateway, direct: &direct, upstream: &upstream, ids: &ids, ground: &way.ground };
    let progress = Progress::new(checks.len());
    let (outcomes, error) =
        bench.run(&checks, || stop.load(Ordering::Relaxed), |outcome| progress.step(outcome.id)).await;
    progress.end();
    interrupted.abort();
    let mut profile = Profile::new(&checks, way.findings, &outcomes);
    profile.insecure = arguments.insecure && place.tls;
    profile.complete = error.is_none() && !stop.load(Ordering::Relaxed);
    let evidence = Evidence::new(&way.exchanges, &outcomes, &secrets);
    write(arguments, &profile, &evidence, fail_on)?;
    if let Some(error) = error {
        return Err(Failure::not_reached(error.to_string()));
    }
    let mut unexpected = false;
    if let Some(baseline) = baseline {
        let changes = profile::compare(&baseline, &profile);
        say(&text::comparison(&changes));
        unexpected |= !changes.is_empty();
    }
    for breach in policy.iter().flat_map(|policy| policy.breaches(&profile)) {
        say(&format!("policy: {}\n", breach.0));
        unexpected = true;
    }
    let unwanted = fail_on.is_some_and(|verdict| profile.findings().any(|finding| finding.verdict <= verdict));
    Ok(if unwanted || unexpected { UNEXPECTED } else { 0 })
}

/// Writes the report: to the folder, or as text to standard output.
fn write(
    arguments: &RunArguments,
    profile: &Profile,
    evidence: &Evidence,
    fail_on: Option<Verdict>,
) -> Result<(), Failure> {
    let portrait = text::render(profile);
    let Some(folder) = &arguments.out else {
        say(&portrait);
        return Ok(());
    };
    let put = |name: &str, bytes: Vec<u8>| {
        let file = folder.join(name);
        std::fs::write(&file, bytes).map_err(|error| Failure {
            code: UNEXPECTED,
            text: format!("{} can't be written: {error}", file.display()),
        })
    };
    let json = |error: serde_json::Error| Failure { code: UNEXPECTED, text: error.to_string() };
    for format in &arguments.format {
        match format {
            Format::Text => {
                say(&portrait);
                put("report.txt", portrait.clone().into_bytes())?;
            }
            Format::Json => {
                put("profile.json", serde_json::to_vec_pretty(profile).map_err(json)?)?;
                put("evidence.json", serde_json::to_vec_pretty(evidence).map_err(json)?)?;
            }
            Format::Html => put("report.html", html::render(profile, evidence, &arguments.url).into_bytes())?,
            Format::Junit => {
                put("junit.xml", junit::render(profile, fail_on.unwrap_or(Verdict::Forbidden)).into_bytes())?;
            }
            Format::Sarif => {
                let sarif = sarif::render(profile, &arguments.url);
                put("report.sarif", serde_json::to_vec_pretty(&sarif).map_err(json)?)?;
            }
        }
    }
    Ok(())
}

/// Progress on standard error: a line that is written over on a terminal, else every tenth of the way.
struct Progress {
    all: usize,
    done: AtomicUsize,
    terminal: bool,
}

impl Progress {
    fn new(all: usize) -> Self {
        Self { all, done: AtomicUsize::new(0), terminal: std::io::stderr().is_terminal() }
    }

    fn step(&self, id: &str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let title = taxonomy::group(id).map_or("", |group| group.title);
        if self.terminal {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K{done} of {} checks, {title}", self.all);
        } else if done * 10 / self.all > (done - 1) * 10 / self.all {
            complain(&format!("{done} of {} checks", self.all));
        }
    }

    fn end(&self) {
        if self.terminal {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// Writes to standard output. A closed one is ignored.
fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Writes a line to standard error, like [`say`].
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
