//! The executable of `imports`. Each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(imports::FUNCTIONS, access::admission::<db_imports::ImportsDb>())
}
