//! The executable of `suppliers`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(suppliers::FUNCTIONS, access::admission::<db_suppliers::SuppliersDb>())
}
