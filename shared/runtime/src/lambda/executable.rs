//! The executable of a domain: from its start to the polling of the Lambda Runtime API.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;

use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceBuilder;
use lambda_http::{Adapter, Request, RequestExt};
use lambda_runtime::{LambdaEvent, service_fn};
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;
use serde_json::{Value, json};

use crate::access::admit::Admission;
use crate::cx::App;
use crate::env::Env;
use crate::http::request::{HttpRequest, without_host};
use crate::lambda::dispatch::Dispatch;
use crate::lambda::function::Function;
use crate::logs;

/// Runs the function that `_HANDLER` names under the Lambda Runtime API, until Lambda ends the process.
/// If the handler does not exist, the function fails with an init error that names it.
#[must_use]
pub fn main(functions: &'static [Function], admission: Admission) -> ExitCode {
    let env = Env::of_process();
    logs::init(&env);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure(&error),
    };
    let app = App::new(env.clone());
    let by_lambda = env.optional("AWS_LAMBDA_RUNTIME_API").is_some();
    let dispatch = match Dispatch::new(functions, env.optional("_HANDLER"), Arc::clone(&app), admission.admit) {
        Ok(dispatch) => Arc::new(dispatch),
        Err(error) => {
            if by_lambda && let Err(unreported) = runtime.block_on(report_init_error(&error.to_string())) {
                eprintln!("the init error could not be reported: {unreported}");
            }
            return failure(&error);
        }
    };
    if !by_lambda {
        eprintln!("this is a Lambda function; run it with `make run`, or with `cargo lambda watch` for one domain");
        return ExitCode::FAILURE;
    }
    if dispatch.needs_callers() {
        runtime.spawn((admission.prepare)(app.cx("start")));
    }
    match runtime.block_on(serve(dispatch)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(error.as_ref()),
    }
}

async fn serve(dispatch: Arc<Dispatch>) -> Result<(), lambda_runtime::Error> {
    if dispatch.answers_requests() {
        let answer = service_fn(move |request: Request| {
            let dispatch = Arc::clone(&dispatch);
            async move {
                let id = request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
                Ok::<_, Infallible>(dispatch.answer(&id, HttpRequest(request)).await)
            }
        });
        // The same as `lambda_http::run`, with one step before it.
        let read = |event: LambdaEvent<LambdaRequest>| LambdaEvent::new(without_host(event.payload), event.context);
        return lambda_runtime::run(ServiceBuilder::new().map_request(read).service(Adapter::from(answer))).await;
    }
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let dispatch = Arc::clone(&dispatch);
        async move { dispatch.handle(&event.context.request_id, event.payload).await.map_err(lambda_runtime::Error::from) }
    }))
    .await
}

fn failure(error: &(impl std::fmt::Display + ?Sized)) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}

/// Reports to the Runtime API why the function cannot start (`POST /2018-06-01/runtime/init/error`). The library of the
/// runtime does this only for its own errors.
async fn report_init_error(message: &str) -> Result<(), lambda_runtime::Error> {
    let body = json!({"errorMessage": message, "errorType": "Runtime.UnknownHandler", "stackTrace": []}).to_string();
    let request = lambda_http::http::Request::post("/2018-06-01/runtime/init/error")
        .header("content-type", "application/json")
        .body(Body::from(body))?;
    PooledClient::builder().build().call(request).await?;
    Ok(())
}
