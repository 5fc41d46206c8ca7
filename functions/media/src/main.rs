//! The executable of `media`: each of its functions is a Lambda, chosen by `_HANDLER`.

fn main() -> std::process::ExitCode {
    runtime::main(media::FUNCTIONS, access::admission::<db_media::MediaDb>())
}
