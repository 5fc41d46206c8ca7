//! The executable of `settings`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(settings::FUNCTIONS, access::admission::<db_core::CoreDb>())
}
