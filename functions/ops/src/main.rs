//! The executable of `ops`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(ops::FUNCTIONS, access::admission::<db_core::CoreDb>())
}
