//! The signatures that a handler can have, and how each one is called.

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::http::input::Input;
use crate::http::output::Output;
use crate::http::reply::HttpReply;
use crate::http::request::HttpRequest;
use crate::lambda::objects::{ObjectCreated, objects_created};
use crate::openapi::operation::Operation;

type HttpCall = Box<dyn Fn(Cx, HttpRequest) -> BoxFuture<'static, Result<HttpReply>> + Send + Sync>;
type RecordCall = Box<dyn Fn(Cx, String) -> BoxFuture<'static, Result<()>> + Send + Sync>;
type DirectCall = Box<dyn Fn(Cx, Value) -> BoxFuture<'static, Result<Value>> + Send + Sync>;

/// How a function is called.
pub enum Entry {
    /// By a request.
    Http {
        /// Calls it.
        call: HttpCall,
        /// Adds its inputs and outputs to the OpenAPI document.
        describe: fn(&mut Operation),
    },
    /// By the messages of a queue; the function gets the body of each message.
    Queue(RecordCall),
    /// By a schedule or by name, with a JSON payload.
    Direct(DirectCall),
}

impl Entry {
    /// Returns an entry for `async fn(Cx, inputs…) -> Result<output>`.
    pub fn http<Args, H: HttpHandler<Args>>(handler: H) -> Self {
        Entry::Http { call: Box::new(move |cx, request| handler.call(cx, request)), describe: H::describe }
    }

    /// Returns an entry for `async fn(Cx, message) -> Result<()>`, whose message is JSON.
    pub fn queue<M: DeserializeOwned + Send + 'static, H: QueueHandler<M>>(handler: H) -> Self {
        Entry::Queue(Box::new(move |cx, body| {
            Box::pin(async move {
                let message = serde_json::from_str(&body).map_err(Error::internal)?;
                handler.call(cx, message).await
            })
        }))
    }

    /// Returns an entry for `async fn(Cx, ObjectCreated) -> Result<()>`: S3's notifications through a queue.
    pub fn objects<H: QueueHandler<ObjectCreated>>(handler: H) -> Self {
        Entry::Queue(Box::new(move |cx, body| {
            Box::pin(async move {
                for object in objects_created(&body)? {
                    handler.call(cx.clone(), object).await?;
                }
                Ok(())
            })
        }))
    }

    /// Returns an entry for `async fn(Cx) -> Result<()>` that a schedule runs.
    pub fn schedule<F, H>(handler: H) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
        H: Fn(Cx) -> F + Copy + Send + Sync + 'static,
    {
        Entry::Direct(Box::new(move |cx, _| {
            Box::pin(async move {
                handler(cx).await?;
                Ok(Value::Null)
            })
        }))
    }

    /// Returns an entry for `async fn(Cx, payload) -> Result<output>` that is invoked by name.
    pub fn direct<Args, H: DirectHandler<Args>>(handler: H) -> Self {
        Entry::Direct(Box::new(move |cx, payload| handler.call(cx, payload)))
    }
}

/// An async fn that answers a request: a [`Cx`], up to four inputs, an output.
pub trait HttpHandler<Args>: Copy + Send + Sync + 'static {
    /// Reads the inputs, runs the handler, writes the output.
    fn call(self, cx: Cx, request: HttpRequest) -> BoxFuture<'static, Result<HttpReply>>;
    /// Adds inputs and output to the OpenAPI document.
    fn describe(operation: &mut Operation);
}

macro_rules! http_handler {
    ($($input:ident),*) => {
        impl<H, F, O, $($input),*> HttpHandler<(O, $($input,)*)> for H
        where
            H: Fn(Cx, $($input),*) -> F + Copy + Send + Sync + 'static,
            F: Future<Output = Result<O>> + Send + 'static,
            O: Output,
            $($input: Input + Send + 'static,)*
        {
            #[expect(clippy::allow_attributes, reason = "only the signature without inputs needs it")]
            #[allow(unused_variables, reason = "the signature without inputs reads nothing")]
            fn call(self, cx: Cx, request: HttpRequest) -> BoxFuture<'static, Result<HttpReply>> {
                Box::pin(async move {
                    self(cx, $($input::read(&request)?),*).await?.into_reply()
                })
            }

            fn describe(operation: &mut Operation) {
                $($input::describe(operation);)*
                O::describe(operation);
            }
        }
    };
}

http_handler!();
http_handler!(A);
http_handler!(A, B);
http_handler!(A, B, C);
http_handler!(A, B, C, D);

/// An async fn that handles one message of a queue.
pub trait QueueHandler<M>: Copy + Send + Sync + 'static {
    /// Runs the handler.
    fn call(self, cx: Cx, message: M) -> BoxFuture<'static, Result<()>>;
}

impl<H, F, M> QueueHandler<M> for H
where
    H: Fn(Cx, M) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    fn call(self, cx: Cx, message: M) -> BoxFuture<'static, Result<()>> {
        Box::pin(self(cx, message))
    }
}

/// An async fn that is invoked by name, with or without a JSON payload.
pub trait DirectHandler<Args>: Copy + Send + Sync + 'static {
    /// Reads the payload, runs the handler, writes the output.
    fn call(self, cx: Cx, payload: Value) -> BoxFuture<'static, Result<Value>>;
}

impl<H, F, I, O> DirectHandler<(I, O)> for H
where
    H: Fn(Cx, I) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<O>> + Send + 'static,
    I: DeserializeOwned + Send + 'static,
    O: Serialize,
{
    fn call(self, cx: Cx, payload: Value) -> BoxFuture<'static, Result<Value>> {
        Box::pin(async move {
            let input = serde_json::from_value(payload).map_err(|problem| Error::BadRequest {
                code: "payload_invalid",
                message: messages::Text::verbatim(problem.to_string()),
            })?;
            serde_json::to_value(self(cx, input).await?).map_err(Error::internal)
        })
    }
}

impl<H, F, O> DirectHandler<(O,)> for H
where
    H: Fn(Cx) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<O>> + Send + 'static,
    O: Serialize,
{
    fn call(self, cx: Cx, _payload: Value) -> BoxFuture<'static, Result<Value>> {
        Box::pin(async move { serde_json::to_value(self(cx).await?).map_err(Error::internal) })
    }
}
