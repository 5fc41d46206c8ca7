//! The executable of `imports`. Each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    // This process may have been started to read a workbook for another one.
    if let Some(done) = workbooks::start() {
        return done;
    }
    runtime::main(imports::FUNCTIONS, access::admission::<db_imports::ImportsDb>())
}
