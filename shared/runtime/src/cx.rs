//! What a handler is given beside its input.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::access::caller::{Caller, Person, TenantId};
use crate::access::limits::Usage;
use crate::env::Env;
use crate::error::{Error, Result};

/// Nobody calls.
pub(crate) const TOKEN_MISSING: Error = Error::Unauthenticated {
    code: "token_missing",
    message: "send an access token in the header `Authorization: Bearer …`",
};

/// The request's context: who calls, when, under which id, and the way to databases and clients.
#[derive(Clone)]
pub struct Cx {
    /// This invocation.
    pub request_id: String,
    /// The chain of invocations that this one belongs to; taken from the caller, or the request's own id.
    pub correlation_id: String,
    /// When the invocation began. Handlers take the time from here, so that tests can set it.
    pub now: OffsetDateTime,
    /// How often the message was delivered, this time included; 1 outside queues.
    pub attempt: u32,
    /// The caller's address, as the gateway saw it.
    pub address: Option<String>,
    /// What the caller calls itself (`User-Agent`), at most 300 characters.
    pub user_agent: Option<String>,
    pub(crate) caller: Option<Caller>,
    pub(crate) usage: Option<Usage>,
    app: Arc<App>,
}

/// What lives as long as the process: the settings, and the databases and clients opened so far.
#[derive(Default)]
pub struct App {
    env: Env,
    opened: Mutex<HashMap<TypeId, Opened>>,
}

type Opened = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

/// A database or a client that is opened when a handler first asks for it, and kept.
pub trait Resource: Send + Sync + Sized + 'static {
    /// Opens it with the settings in `env`; `cx` gives the resources that it is built on.
    fn open(cx: &Cx) -> impl Future<Output = Result<Self>> + Send;
}

impl App {
    /// An app with these settings and nothing opened.
    #[must_use]
    pub fn new(env: Env) -> Arc<Self> {
        Arc::new(Self { env, opened: Mutex::default() })
    }

    /// A context for an invocation that begins now.
    #[must_use]
    pub fn cx(self: &Arc<Self>, request_id: &str) -> Cx {
        Cx {
            request_id: request_id.to_owned(),
            correlation_id: request_id.to_owned(),
            now: OffsetDateTime::now_utc(),
            attempt: 1,
            address: None,
            user_agent: None,
            caller: None,
            usage: None,
            app: Arc::clone(self),
        }
    }

    /// The settings.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Puts `resource` in the place of the one that would be opened: a test's own database.
    pub fn provide<R: Resource>(&self, resource: R) {
        let opened: Opened = Arc::new(OnceCell::new_with(Some(Arc::new(resource) as Arc<dyn Any + Send + Sync>)));
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<R>(), opened);
    }
}

impl Cx {
    /// The same context with a caller.
    #[must_use]
    pub fn with_caller(mut self, caller: Caller) -> Self {
        self.caller = Some(caller);
        self
    }

    /// The settings.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.app.env
    }

    /// Who calls.
    ///
    /// # Errors
    /// 401 when nobody does: only in a public function or outside HTTP.
    pub fn caller(&self) -> Result<&Caller> {
        self.caller.as_ref().ok_or(TOKEN_MISSING)
    }

    /// The person who calls.
    ///
    /// # Errors
    /// 401 when nobody does, 403 for an API key.
    pub fn person(&self) -> Result<&Person> {
        self.caller()?.person()
    }

    /// The caller's organisation.
    ///
    /// # Errors
    /// As [`Cx::caller`].
    pub fn tenant(&self) -> Result<TenantId> {
        Ok(self.caller()?.tenant)
    }

    /// The database or client `R`, opened now if it is the first time.
    ///
    /// # Errors
    /// What opening it gives; the next call tries again.
    pub async fn get<R: Resource>(&self) -> Result<Arc<R>> {
        let cell = {
            let mut opened = self.app.opened.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(opened.entry(TypeId::of::<R>()).or_default())
        };
        let any = cell
            .get_or_try_init(|| async { Ok::<_, Error>(Arc::new(R::open(self).await?) as Arc<dyn Any + Send + Sync>) })
            .await?;
        Arc::clone(any).downcast::<R>().map_err(|_| Error::internal("a resource was stored under another type"))
    }
}
