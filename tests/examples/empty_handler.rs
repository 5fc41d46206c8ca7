//! `make bench`: a function that does nothing, the baseline of a cold start's first answer.

use futures::FutureExt;
use runtime::{Admission, Cx, Entry, Error, Function, Method, NoContent, Permission, Rate, Result, Trigger};

const FUNCTIONS: &[Function] = &[Function {
    name: "bench.empty",
    file: "tests/examples/empty_handler.rs",
    summary: "Does nothing.",
    trigger: Trigger::Http {
        method: Method::GET,
        path: "/v1/products",
        permission: Permission::Public,
        rate: Rate::Standard,
    },
    entry: || Entry::http(empty),
}];

async fn empty(_cx: Cx) -> Result<NoContent> {
    Ok(NoContent)
}

fn main() -> std::process::ExitCode {
    let admission = Admission {
        admit: |_, _, _| std::future::ready(Err(Error::internal("this function admits no callers"))).boxed(),
        prepare: |_| std::future::ready(()).boxed(),
    };
    runtime::main(FUNCTIONS, admission)
}
