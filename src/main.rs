//! The `api-test` command.

use std::{path::PathBuf, process::ExitCode};

use api_test::{
    app, build_info,
    config::{Config, Environment, Loaded, Problems, Warning},
    healthcheck,
    telemetry::log as logging,
};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code of a failure at run time.
const FAILED: u8 = 1;
/// Exit code of a bad command line or configuration.
const BAD_USAGE: u8 = 2;

/// The controllable upstream for testing API gateways.
#[derive(Parser)]
#[command(name = "api-test", disable_version_flag = true)]
struct Arguments {
    /// Configuration file (YAML); APITEST_CONFIG names it too
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Validate the configuration, print what is in effect, exit 0 or 1
    #[arg(long)]
    check_config: bool,
    /// GET APITEST_HEALTHCHECK_URL (default http://127.0.0.1:8080/healthz); exit 0 on 200
    #[arg(long)]
    healthcheck: bool,
    /// Print version, commit and date
    #[arg(long)]
    version: bool,
}

fn main() -> ExitCode {
    // The allocator asks for huge pages, of which an idle server would hold six for a megabyte or two of data.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { BAD_USAGE } else { 0 };
            // Nobody is left to tell when the terminal is gone.
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
            Err(error) => {
                complain(&format!("healthcheck: {error}"));
                ExitCode::from(FAILED)
            }
        };
    }
    let loaded = Config::load(arguments.config.as_deref(), &environment);
    if arguments.check_config {
        return check_config(loaded);
    }
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(problems) => {
            complain(&problems.to_string());
            return ExitCode::from(BAD_USAGE);
        }
    };
    if let Err(error) = logging::start(|name| environment.get(name).map(str::to_owned)) {
        complain(&error.to_string());
        return ExitCode::from(BAD_USAGE);
    }
    // Behind a panic too.
    let _flush = Flush;
    match app::run(loaded) {
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

/// Prints the effective configuration with the source of each value, and whatever is wrong with it. A credential that is
/// empty counts as wrong here; other warnings are only shown.
fn check_config(loaded: Result<Loaded, Problems>) -> ExitCode {
    match loaded {
        Ok(loaded) => {
            say(&loaded.masked_yaml());
            for warning in &loaded.warnings {
                complain(&format!("warning: {warning}"));
            }
            let fails = loaded.warnings.iter().any(Warning::fails_check);
            ExitCode::from(if fails { FAILED } else { 0 })
        }
        Err(problems) => {
            complain(&problems.to_string());
            ExitCode::from(FAILED)
        }
    }
}

#[allow(clippy::print_stdout)]
fn say(text: &str) {
    print!("{text}");
}

#[allow(clippy::print_stderr)]
fn complain(text: &str) {
    eprintln!("{}", text.trim_end());
}
