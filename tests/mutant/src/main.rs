//! `mutant --listen ADDR --upstream ADDR [--fault ID] [--unit MS]` and `mutant list [--json]`.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use mutant::{Fault, Mutant, Settings, fault, faults};

const USAGE: &str = "usage: mutant --listen ADDR --upstream ADDR [--fault ID] [--unit MILLISECONDS]
       mutant list [--json]
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["list"] => print(&plain()),
        ["list", "--json"] => print(&json()),
        words => match settings(words) {
            Ok(settings) => serve(settings).await,
            Err(reason) => Err(format!("{reason}\n{USAGE}")),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "{reason}");
            ExitCode::from(2)
        }
    }
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

async fn serve(settings: Settings) -> Result<(), String> {
    let proxy =
        Mutant::start(settings).await.map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
    let fault = settings.fault.map_or("none", |fault| fault.id);
    print(&format!("listening address={} upstream={} fault={fault}\n", proxy.address(), settings.upstream))?;
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())
}

fn settings(words: &[&str]) -> Result<Settings, String> {
    let (mut listen, mut upstream, mut fault_of, mut unit) = (None, None, None, Duration::from_secs(1));
    for pair in words.chunks(2) {
        let [option, value] = pair else {
            return Err(format!("{} needs a value", pair.join(" ")));
        };
        let address = || value.parse::<SocketAddr>().map_err(|_| format!("{option}: {value} is no ADDRESS:PORT"));
        match *option {
            "--listen" => listen = Some(address()?),
            "--upstream" => upstream = Some(address()?),
            "--fault" => fault_of = Some(fault(value).ok_or_else(|| format!("no fault {value}; see mutant list"))?),
            "--unit" => match value.parse() {
                Ok(unit_ms @ 1..=3_600_000) => unit = Duration::from_millis(unit_ms),
                _ => return Err(format!("--unit: {value} is no number of milliseconds from 1 to 3600000")),
            },
            _ => return Err(format!("unknown option {option}")),
        }
    }
    let listen = listen.ok_or("--listen is missing")?;
    let upstream = upstream.ok_or("--upstream is missing")?;
    Ok(Settings { listen, upstream, fault: fault_of, unit })
}

fn plain() -> String {
    let row = |fault: &Fault| {
        let numbers = fault.behaviours.join(",");
        let mark = if fault.intrusive { " [intrusive]" } else { "" };
        format!("{:<34} {:<14} {:<8} {}{mark}\n", fault.id, numbers, fault.direction.word(), fault.says)
    };
    faults().map(row).collect()
}

fn json() -> String {
    let list = |numbers: &[&str]| numbers.iter().map(|number| quoted(number)).collect::<Vec<_>>().join(",");
    let row = |fault: &Fault| {
        format!(
            r#"{{"id":{},"behaviours":[{}],"also":[{}],"direction":"{}","says":{},"intrusive":{}}}"#,
            quoted(fault.id),
            list(fault.behaviours),
            list(fault.also),
            fault.direction.word(),
            quoted(fault.says),
            fault.intrusive
        )
    };
    format!("[\n{}\n]\n", faults().map(row).collect::<Vec<_>>().join(",\n"))
}

/// A text of the table as JSON; the table has no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
