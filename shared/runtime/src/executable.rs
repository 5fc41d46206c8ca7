//! The executable of a domain: from the first instruction to the polling of the Lambda Runtime API.

use std::io::Write;
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

use crate::{Admit, App, Dispatch, Env, Function, logs};

/// Runs the function that `_HANDLER` names under the Lambda Runtime API, until Lambda ends the process.
/// A handler that does not exist is an init error that names it.
#[must_use]
pub fn main(functions: &'static [Function], admit: Admit) -> ExitCode {
    let env = Env::of_process();
    logs::init(&env);
    let app = App::new(env.clone());
    let dispatch = match Dispatch::new(functions, env.optional("_HANDLER"), app, admit) {
        Ok(dispatch) => Arc::new(dispatch),
        Err(error) => {
            eprintln!("{error}");
            report_init_error(&env, &error.to_string());
            return ExitCode::FAILURE;
        }
    };
    if env.optional("AWS_LAMBDA_RUNTIME_API").is_none() {
        eprintln!("this is a Lambda function; run it with `make run`, or with `cargo lambda watch` for one domain");
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let served = runtime.map_err(lambda_runtime::Error::from).and_then(|runtime| {
        runtime.block_on(lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
            let dispatch = Arc::clone(&dispatch);
            async move {
                dispatch.handle(&event.context.request_id, event.payload).await.map_err(lambda_runtime::Error::from)
            }
        })))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Tells the Runtime API why the function cannot start (`POST /2018-06-01/runtime/init/error`), which the library
/// has no call for.
fn report_init_error(env: &Env, message: &str) {
    let Some(api) = env.optional("AWS_LAMBDA_RUNTIME_API") else { return };
    let body = json!({"errorMessage": message, "errorType": "Runtime.UnknownHandler", "stackTrace": []}).to_string();
    let sent = TcpStream::connect(api).and_then(|mut stream| {
        write!(
            stream,
            "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: {api}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        // Read the answer, lest the process ends before the request is taken.
        std::io::copy(&mut stream, &mut std::io::sink())
    });
    if let Err(error) = sent {
        eprintln!("the init error could not be reported: {error}");
    }
}
