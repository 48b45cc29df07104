//! Commands of other programs: started from the workspace, with their output passed through.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where cargo puts what it builds.
pub fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// A folder of the target folder with nothing in it.
pub fn empty_folder(root: &Path, name: &str) -> Result<PathBuf> {
    let folder = target_folder(root).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The cargo that runs this task, in the workspace.
pub fn cargo<'a>(root: &Path, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(args);
    command
}

/// Runs a command to its end; anything but success is an error that names it.
pub fn done(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status = command.status().with_context(|| format!("cannot start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// The command's standard output; where it fails, an error with what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start `{name}`"))?;
    if !output.status.success() {
        bail!("`{name}` failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command's standard output, or nothing where it cannot start or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether the command, its output thrown away, succeeds before the time is over.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = silent.spawn() else { return false };
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(50)),
            _ => break,
        }
    }
    // Past its time, or not to be waited for: the answer is no either way.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Ends a process and whatever it has started, so that no pipe of theirs stays open.
pub fn kill_with_children(process: u32) {
    let listed = answer(Command::new("ps").args(["-A", "-o", "pid=,ppid="])).unwrap_or_default();
    let mut family = vec![process];
    // They are listed in any order: as often as somebody new is found.
    while let Some(child) = listed.lines().find_map(|line| child_of(line, &family)) {
        family.push(child);
    }
    for member in family {
        let _ = Command::new("kill").args(["-KILL", &member.to_string()]).status();
    }
}

/// The process of a line "process parent" whose parent is of the family and which is not.
fn child_of(line: &str, family: &[u32]) -> Option<u32> {
    let mut numbers = line.split_whitespace().map(str::parse::<u32>);
    let (child, parent) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (family.contains(&parent) && !family.contains(&child)).then_some(child)
}

/// The first of these programs that is on PATH.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates =
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|file| file.is_file())
}

/// Does one step and prints a line with the time that it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { "done" } else { "FAILED" };
    println!("{name}: {verdict} in {:.1} s", started.elapsed().as_secs_f64());
    result
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_end_with_what_started_them() {
        let mut shell = Command::new("sh");
        let mut child = shell.args(["-c", "sleep 100 & wait"]).stdout(Stdio::piped()).spawn();
        let child = child.as_mut().unwrap();
        // The pipe is the grandchild's too: it ends with both of them.
        let mut output = child.stdout.take().unwrap();
        while !answer(Command::new("ps").args(["-A", "-o", "ppid="]))
            .unwrap()
            .lines()
            .any(|parent| parent.trim() == child.id().to_string())
        {
            std::thread::yield_now();
        }
        kill_with_children(child.id());
        std::io::Read::read_to_end(&mut output, &mut Vec::new()).unwrap();
        assert!(!child.wait().unwrap().success());
    }
}
