//! The executable of `exports`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    // This process may have been started to read a workbook for another one.
    if let Some(done) = workbooks::start() {
        return done;
    }
    runtime::main(exports::FUNCTIONS, access::admission::<db_imports::ImportsDb>())
}
