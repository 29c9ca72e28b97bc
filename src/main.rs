//! The `api-test` command.

use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode};

use api_test::{
    app, build_info, check,
    config::{Config, Environment, Loaded, Warning},
    healthcheck,
    standalone::{self, Options, StandaloneError},
    telemetry::log as logging,
};
use clap::{Args, Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code of a failure at run time.
const FAILED: u8 = 1;
/// Exit code of a bad command line or configuration.
const BAD_USAGE: u8 = 2;

/// The controllable upstream for testing API gateways.
///
/// Without a command it serves. Without a configuration file it serves the embedded default: 127.0.0.1:8080, all groups,
/// portal, audit trail in the user's data directory, a key that is made once and printed.
#[derive(Parser)]
#[command(name = "api-test", disable_version_flag = true, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    serve: Serve,
    /// GET APITEST_HEALTHCHECK_URL (default http://127.0.0.1:8080/healthz); exit 0 on 200
    #[arg(long)]
    healthcheck: bool,
    /// Print version, commit and date
    #[arg(long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (the default)
    Serve(Serve),
    /// Write the embedded default as a configuration file; never overwrites one
    Init(Init),
    /// Find out what a gateway does to calls
    Check(Box<check::cli::Arguments>),
}

#[derive(Args)]
struct Serve {
    /// Configuration file (YAML); APITEST_CONFIG names it too
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data_dir", "port", "ephemeral"])]
    config: Option<PathBuf>,
    /// Validate the configuration, print what is in effect, exit 0 or 1
    #[arg(long)]
    check_config: bool,
    #[command(flatten)]
    place: DataArguments,
    /// Embedded default: keep everything in memory, with a new key, and write nothing
    #[arg(long, conflicts_with = "data_dir")]
    ephemeral: bool,
}

#[derive(Args)]
struct Init {
    /// File to write
    #[arg(value_name = "FILE", default_value = "api-test.yaml")]
    file: PathBuf,
    #[command(flatten)]
    place: DataArguments,
}

#[derive(Args)]
struct DataArguments {
    /// Embedded default: folder of database and key [default: api-test in XDG_DATA_HOME or ~/.local/share]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Embedded default: TCP port on 127.0.0.1 [default: 8080]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

impl DataArguments {
    fn options(self, ephemeral: bool) -> Options {
        Options { data_dir: self.data_dir, port: self.port, ephemeral }
    }
}

fn main() -> ExitCode {
    // The allocator requests huge pages; an idle server would occupy six of them for a megabyte or two of data.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { BAD_USAGE } else { 0 };
            // No one is there to read it when the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    if arguments.version {
        say(&format!("api-test {} ({}, {})\n", build_info::VERSION, build_info::COMMIT, build_info::DATE));
        return ExitCode::SUCCESS;
    }
    let environment = Environment::of_process();
    if arguments.healthcheck {
        return match healthcheck::run(environment.get("APITEST_HEALTHCHECK_URL")) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(FAILED, &format!("healthcheck: {error}")),
        };
    }
    match arguments.command {
        None => serve(arguments.serve, &environment),
        Some(Command::Serve(arguments)) => serve(arguments, &environment),
        Some(Command::Init(arguments)) => init(arguments, &environment),
        Some(Command::Check(arguments)) => ExitCode::from(check::cli::run(*arguments)),
    }
}

/// Serves the configuration file, or the embedded default.
fn serve(arguments: Serve, environment: &Environment) -> ExitCode {
    let file = Config::file(arguments.config.as_deref(), environment);
    let options = arguments.place.options(arguments.ephemeral);
    let Some(file) = file else {
        return if arguments.check_config {
            check_config(standalone::check(&options, environment).map_err(|error| error.to_string()))
        } else {
            serve_embedded(&options, environment)
        };
    };
    if options.any() {
        let file = file.display();
        let message = "--data-dir, --port and --ephemeral are for the embedded default";
        return fail(BAD_USAGE, &format!("{message}, but APITEST_CONFIG names {file}; expected the keys of that file"));
    }
    let loaded = Config::load(&file, environment).map_err(|problems| problems.to_string());
    if arguments.check_config {
        return check_config(loaded);
    }
    match loaded {
        Ok(loaded) => run(loaded, environment, |_| {}),
        Err(problems) => fail(BAD_USAGE, &problems),
    }
}

fn serve_embedded(options: &Options, environment: &Environment) -> ExitCode {
    match standalone::prepare(options, environment) {
        Ok(standalone) => {
            run(standalone.loaded.clone(), environment, |address| say(&standalone::banner(&standalone, address)))
        }
        Err(error) => fail(code(&error), &error.to_string()),
    }
}

fn init(arguments: Init, environment: &Environment) -> ExitCode {
    let file = arguments.file;
    match standalone::init(&file, &arguments.place.options(false), environment) {
        Ok(()) => {
            let file = file.display();
            say(&format!("wrote {file} (mode 600: it contains secrets); serve it: api-test --config {file}\n"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(code(&error), &error.to_string()),
    }
}

fn code(error: &StandaloneError) -> u8 {
    if error.is_usage() { BAD_USAGE } else { FAILED }
}

/// Runs the server. `listening` is called with its address.
fn run(loaded: Loaded, environment: &Environment, listening: impl FnOnce(SocketAddr)) -> ExitCode {
    if let Err(error) = logging::start(|name| environment.get(name).map(str::to_owned)) {
        return fail(BAD_USAGE, &error.to_string());
    }
    // Runs after a panic, too.
    let _flush = Flush;
    match app::run(loaded, listening) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!(error:% = format!("{error:#}"); "stopped by an error");
            ExitCode::from(FAILED)
        }
    }
}

/// Writes the last lines of the log when it is dropped.
struct Flush;

impl Drop for Flush {
    fn drop(&mut self) {
        logging::flush();
    }
}

/// Prints the effective configuration with the source of each value, and all problems. An empty credential is a problem
/// here; other warnings are only shown.
fn check_config(loaded: Result<Loaded, String>) -> ExitCode {
    match loaded {
        Ok(loaded) => {
            say(&loaded.masked_yaml());
            for warning in &loaded.warnings {
                complain(&format!("warning: {warning}"));
            }
            let fails = loaded.warnings.iter().any(Warning::fails_check);
            ExitCode::from(if fails { FAILED } else { 0 })
        }
        Err(problems) => fail(FAILED, &problems),
    }
}

fn fail(code: u8, text: &str) -> ExitCode {
    complain(text);
    ExitCode::from(code)
}

/// Writes to standard output. A closed one is ignored.
fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Writes a line to standard error, like [`say`].
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}
