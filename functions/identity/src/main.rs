//! The executable of `identity`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(identity::FUNCTIONS, access::admission::<db_core::CoreDb>())
}
