//! Sets the commit and its date in the binary: from the environment (images are built without the history), or from
//! git.

use std::process::Command;

fn main() {
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file])
            && std::path::Path::new(&path).exists()
        {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    println!("cargo:rerun-if-env-changed=API_TEST_COMMIT");
    println!("cargo:rerun-if-env-changed=API_TEST_DATE");
    println!("cargo:rerun-if-changed=static-build");
    println!("cargo:rerun-if-changed=migrations");
    let unknown = || "unknown".to_owned();
    let commit = given("API_TEST_COMMIT").or_else(|| git(&["rev-parse", "--short=12", "HEAD"]));
    let date = given("API_TEST_DATE").or_else(|| git(&["show", "--no-patch", "--format=%cI", "HEAD"]));
    println!("cargo:rustc-env=API_TEST_COMMIT={}", commit.unwrap_or_else(unknown));
    println!("cargo:rustc-env=API_TEST_DATE={}", date.unwrap_or_else(unknown));
}

/// Returns the value in the environment, unless it is empty or `unknown`.
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty() && value != "unknown")
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
