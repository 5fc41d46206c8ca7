//! The executable of `exports`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(exports::FUNCTIONS, access::admission::<db_imports::ImportsDb>())
}
