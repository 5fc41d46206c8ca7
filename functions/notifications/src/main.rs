//! The executable of `notifications`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(notifications::FUNCTIONS, access::admission::<db_core::CoreDb>())
}
