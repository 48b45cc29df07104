//! Processes that end with the test, however it ends.

use anyhow::{Context, Result};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// Ends its process group once nobody holds the other end of its input any more, as is so also
/// after the test was killed. First in good manners, so that browsers clear away their profiles.
const GUARD: &str = "trap '' HUP TERM; read -r end; kill -s TERM 0; sleep 5; kill -s KILL 0";

/// A process and all that it started; dropping it ends them.
pub struct Process {
    child: Child,
    // Leads the process's group, and ends what a static holds: that is never dropped.
    guard: Child,
}

impl Process {
    pub fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let guard = Command::new("sh")
            .args(["-c", GUARD])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start sh")?;
        let child = command
            .stdin(Stdio::null())
            .process_group(i32::try_from(guard.id())?)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        Ok(Self { child, guard })
    }

    /// Its standard output, once, where it was piped.
    pub fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Sends a signal (`TERM`, `STOP`, `CONT`) to the process alone.
    pub fn signal(&self, name: &str) -> Result<()> {
        kill(name, &self.child.id().to_string())
    }

    /// The exit status, where it has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is fine: the only aim is that nothing is left.
        let _ = kill("KILL", &format!("-{}", self.guard.id()));
        let _ = self.child.wait();
        let _ = self.guard.wait();
    }
}

fn kill(signal: &str, whom: &str) -> Result<()> {
    let mut command = Command::new("kill");
    command.args(["-s", signal, "--", whom]).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().context("cannot start kill")?;
    anyhow::ensure!(status.success(), "no process {whom} to signal");
    Ok(())
}

/// A port that nobody listens on now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
