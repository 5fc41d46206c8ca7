//! Workbooks are read in a process of their own, whose memory and time are limited.
//!
//! A workbook of a few kilobytes can make its reader ask for terabytes, and what the memory allocator refuses aborts the
//! process. So an executable starts itself again to read a workbook: what happens there ends as an error of the file,
//! and the function continues.

use std::io::{self, BufWriter};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use rustix::process::{Resource, Rlimit, setrlimit};
use tabular::ReadingProcess;

/// The argument with which an executable reads a workbook and does nothing else.
const ARGUMENT: &str = "read-workbook";
/// The memory for any workbook, in MB.
const BASE_MB: u64 = 200;
/// The memory for each MB of the packed workbook, in MB: its texts are held while the rows are read.
const FOR_EACH_MB: u64 = 20;
/// The most memory, in MB.
const MOST_MB: u64 = 800;
/// What the function itself needs beside, in MB.
const FUNCTION_MB: u64 = 100;
/// The seconds of processor time, where `WORKBOOK_SECONDS` does not name fewer. A Lambda of 1,024 MB has 0.58 of a processor
/// (AWS: one for 1,769 MB), so these end before the 120 seconds of `imports.parse_file`.
const SECONDS: u64 = 45;

/// Reads the workbook from the standard input, if this process was started for that, and returns how the process ends.
/// Otherwise workbooks are read by processes of the same executable from now on. To be called first in `main`.
#[must_use]
pub fn start() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(ARGUMENT) {
        let mut limit = || arguments.next().and_then(|limit| limit.parse().ok());
        return Some(serve(limit().unwrap_or(BASE_MB), limit().unwrap_or(SECONDS)));
    }
    // Without a path the workbook is read here, as in tests.
    if let Ok(executable) = std::env::current_exe() {
        read_apart(&executable);
    }
    None
}

/// From now on workbooks are read by processes of `executable`, which calls [`start`].
pub fn read_apart(executable: &Path) {
    let executable = executable.to_owned();
    tabular::read_workbooks_apart(Box::new(move |bytes| {
        let megabytes = limit(bytes, number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
        let seconds = number("WORKBOOK_SECONDS").unwrap_or(SECONDS);
        let mut child = Command::new(&executable)
            .args([ARGUMENT, &megabytes.to_string(), &seconds.to_string()])
            // What it reads is a stranger's: it gets no credentials.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a process without its pipes"));
        };
        Ok(ReadingProcess { input: Box::new(input), output: Box::new(output), guard: Box::new(Guard(child)) })
    }));
}

/// The memory in MB for a workbook of this many bytes, within the memory of the function.
fn limit(bytes: usize, function: Option<u64>) -> u64 {
    let megabytes = u64::try_from(bytes).unwrap_or(u64::MAX) / (1024 * 1024);
    let wanted = (BASE_MB + FOR_EACH_MB * megabytes).min(MOST_MB);
    function.map_or(wanted, |function| wanted.min(function.saturating_sub(FUNCTION_MB)).max(FUNCTION_MB))
}

/// A number that the environment names.
#[expect(clippy::disallowed_methods, reason = "before and beside any request; a missing variable has a default")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Ends the process that reads a workbook when nobody reads its rows any more.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(megabytes: u64, seconds: u64) -> ExitCode {
    let within = |resource, limit| setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) });
    if within(Resource::Data, megabytes * 1024 * 1024).and_then(|()| within(Resource::Cpu, seconds)).is_err() {
        return ExitCode::FAILURE;
    }
    // The missing end of its output already reports that the process died. A core dump would only cost disk space.
    let _ = within(Resource::Core, 0);
    match tabular::serve_workbook(io::stdin().lock(), BufWriter::new(io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_fits_the_file_and_the_function() {
        const MB: usize = 1024 * 1024;
        assert_eq!(limit(50_000, None), 200);
        assert_eq!(limit(10 * MB, Some(2_048)), 400);
        assert_eq!(limit(64 * MB, Some(2_048)), 800);
        assert_eq!(limit(64 * MB, Some(512)), 412);
        assert_eq!(limit(50_000, Some(128)), 100);
    }
}
