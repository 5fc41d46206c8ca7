//! The context that a handler gets together with its input.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use messages::Language;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::access::caller::{Caller, Person, TenantId};
use crate::access::limits::Usage;
use crate::env::Env;
use crate::error::{Error, Result};

/// The error for a request without a caller.
pub(crate) fn token_missing() -> Error {
    Error::Unauthenticated { code: "token_missing", message: messages::runtime::token_missing() }
}

/// The context of a request: its caller, time and id, and access to databases and clients.
#[derive(Clone)]
pub struct Cx {
    /// The id of this invocation.
    pub request_id: String,
    /// The id of the chain of invocations that this one belongs to: from the caller, or the request's own id.
    pub correlation_id: String,
    /// When the invocation began. Handlers read the time from here, so that tests can set it.
    pub now: OffsetDateTime,
    /// How often the message was delivered, including this time; 1 outside queues.
    pub attempt: u32,
    /// The IP address of the caller, as the gateway saw it.
    pub address: Option<String>,
    /// What the caller calls itself (`User-Agent`), at most 300 characters.
    pub user_agent: Option<String>,
    /// The language of answers, by the header `Accept-Language`; English outside requests.
    pub language: Language,
    pub(crate) caller: Option<Caller>,
    pub(crate) usage: Option<Usage>,
    app: Arc<App>,
}

/// The state of the process: the settings, and the databases and clients that were opened so far.
#[derive(Default)]
pub struct App {
    env: Env,
    opened: Mutex<HashMap<TypeId, Opened>>,
}

type Opened = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

/// A database or a client that is opened when a handler first asks for it, and kept.
pub trait Resource: Send + Sync + Sized + 'static {
    /// Opens it. `cx` has the settings, and the resources on which it is built.
    fn open(cx: &Cx) -> impl Future<Output = Result<Self>> + Send;
}

impl App {
    /// Returns an app with these settings and no open resources.
    #[must_use]
    pub fn new(env: Env) -> Arc<Self> {
        Arc::new(Self { env, opened: Mutex::default() })
    }

    /// Returns a context for an invocation that begins now.
    #[must_use]
    pub fn cx(self: &Arc<Self>, request_id: &str) -> Cx {
        Cx {
            request_id: request_id.to_owned(),
            correlation_id: request_id.to_owned(),
            now: OffsetDateTime::now_utc(),
            attempt: 1,
            address: None,
            user_agent: None,
            language: Language::En,
            caller: None,
            usage: None,
            app: Arc::clone(self),
        }
    }

    /// Returns the settings.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Uses `resource` instead of the one that would be opened: for a test with its own database.
    pub fn provide<R: Resource>(&self, resource: R) {
        let opened: Opened = Arc::new(OnceCell::new_with(Some(Arc::new(resource) as Arc<dyn Any + Send + Sync>)));
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<R>(), opened);
    }
}

impl Cx {
    /// Returns the same context with a caller.
    #[must_use]
    pub fn with_caller(mut self, caller: Caller) -> Self {
        self.caller = Some(caller);
        self
    }

    /// Returns the settings.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.app.env
    }

    /// Returns the caller.
    ///
    /// # Errors
    /// 401 when there is no caller: only in a public function or outside HTTP.
    pub fn caller(&self) -> Result<&Caller> {
        self.caller.as_ref().ok_or_else(token_missing)
    }

    /// Returns the person who calls.
    ///
    /// # Errors
    /// 401 when there is no caller, 403 for an API key.
    pub fn person(&self) -> Result<&Person> {
        self.caller()?.person()
    }

    /// Returns the caller's organisation.
    ///
    /// # Errors
    /// As [`Cx::caller`].
    pub fn tenant(&self) -> Result<TenantId> {
        Ok(self.caller()?.tenant)
    }

    /// Returns the database or client `R`; the first call opens it.
    ///
    /// # Errors
    /// When it cannot be opened; the next call tries again.
    pub async fn get<R: Resource>(&self) -> Result<Arc<R>> {
        let cell = {
            let mut opened = self.app.opened.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(opened.entry(TypeId::of::<R>()).or_default())
        };
        let any = cell
            .get_or_try_init(|| async {
                // Boxed, because resources open resources, and the compiler limits the depth of nested futures.
                let opening: BoxFuture<'_, Result<R>> = Box::pin(R::open(self));
                Ok::<_, Error>(Arc::new(opening.await?) as Arc<dyn Any + Send + Sync>)
            })
            .await?;
        Arc::clone(any).downcast::<R>().map_err(|_| Error::internal("a resource was stored under another type"))
    }
}
