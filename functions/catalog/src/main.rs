//! The executable of `catalog`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(catalog::FUNCTIONS, access::admission::<db_catalog::CatalogDb>())
}
