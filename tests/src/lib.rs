//! The harness of the end-to-end tests: a deployed stack, an organisation for each test, and ways to cause failures.
//! Nothing here is part of the product.

mod tenant;

use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
pub use tenant::Tenant;
use tokio::sync::RwLock;

/// Returns the functions of every domain. Add new domains here.
pub fn functions() -> impl Iterator<Item = &'static runtime::Function> {
    [
        catalog::FUNCTIONS,
        exports::FUNCTIONS,
        identity::FUNCTIONS,
        imports::FUNCTIONS,
        media::FUNCTIONS,
        notifications::FUNCTIONS,
        ops::FUNCTIONS,
        settings::FUNCTIONS,
        suppliers::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// Locked by each upload until the product noticed it, and by tests while they kill processes.
static KILLS: RwLock<()> = RwLock::const_new(());

/// The password of the users of all tests.
pub const PASSWORD: &str = "a long enough password";

/// The deployed stack that `PM_STACK` describes, as `infra/local/stack.py` writes it.
pub struct Stack {
    description: Value,
}

impl Stack {
    /// Returns the stack.
    ///
    /// # Panics
    /// When the variable `PM_STACK` is missing: run `make test`.
    pub fn get() -> &'static Stack {
        static STACK: OnceLock<Stack> = OnceLock::new();
        STACK.get_or_init(|| {
            #[expect(clippy::disallowed_methods, reason = "a test has no Env")]
            let file = std::env::var("PM_STACK").expect("PM_STACK names the stack's description; run `make test`");
            let text = std::fs::read(file).expect("the stack's description can be read");
            Stack { description: serde_json::from_slice(&text).expect("the stack's description is JSON") }
        })
    }

    fn text(&self, name: &str) -> &str {
        self.description[name].as_str().expect("the description is complete")
    }

    /// Returns the base URL of the API.
    pub fn api(&self) -> &str {
        self.text("api_url")
    }

    /// Returns the address of the emulator.
    pub fn endpoint(&self) -> &str {
        self.text("endpoint")
    }

    /// Creates a request to the emulator as the root user of its account, or of `account`; `service` as in a signature.
    fn request(&self, (method, path): (&str, &str), service: &str, account: Option<&str>) -> reqwest::RequestBuilder {
        let credential = format!("{}/20260101/eu-west-3/{service}/aws4_request", account.unwrap_or("test"));
        let authorization = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        let method = method.parse().expect("a method");
        let url = format!("{}{path}", self.endpoint());
        reqwest::Client::new().request(method, url).header("authorization", authorization)
    }

    /// Calls the emulator as its root user; `service` as in a signature, `target` as in `X-Amz-Target`, or a method and
    /// a path.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn aws(&self, service: &str, target: &str, body: Value) -> Value {
        let mut request = match target.split_once(' ') {
            Some((method, path)) => self.request((method, path), service, None),
            None => self.request(("POST", "/"), service, None).header("x-amz-target", target),
        };
        request = request.header("content-type", "application/x-amz-json-1.0");
        if !target.starts_with("GET ") {
            request = request.body(body.to_string());
        }
        let text = answered(request, target).await.text().await.unwrap_or_default();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Calls IAM with these parameters, as the root user of `account`.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn iam(&self, account: &str, parameters: &[(&str, &str)]) {
        let request = self.request(("POST", "/"), "iam", Some(account));
        answered(request.form(parameters), parameters[0].1).await;
    }

    /// Creates a bucket, as a seller does: in our account, or in `account`.
    ///
    /// # Panics
    /// When the emulator refuses.
    pub async fn make_bucket(&self, bucket: &str, account: Option<&str>) {
        let place =
            "<CreateBucketConfiguration><LocationConstraint>eu-west-3</LocationConstraint></CreateBucketConfiguration>";
        answered(self.request(("PUT", &format!("/{bucket}")), "s3", account).body(place), bucket).await;
    }

    /// Returns the text of an object in a bucket of our account, or of `account`.
    ///
    /// # Panics
    /// When the object does not exist.
    pub async fn object(&self, bucket: &str, key: &str, account: Option<&str>) -> String {
        let answer = answered(self.request(("GET", &format!("/{bucket}/{key}")), "s3", account), key).await;
        answer.text().await.expect("a text")
    }

    /// Puts an object into the data bucket, as another service or a supplier does; returns its version.
    ///
    /// # Panics
    /// When the emulator refuses.
    pub async fn put_object(&self, key: &str, bytes: &[u8]) -> Option<String> {
        let request =
            self.request(("PUT", &format!("/{}/{key}", self.text("bucket"))), "s3", None).body(bytes.to_vec());
        let answer = answered(request, key).await;
        Some(answer.headers().get("x-amz-version-id")?.to_str().ok()?.to_owned())
    }

    /// Returns the Python interpreter for `tests/servers.py`.
    pub fn python(&self) -> &str {
        self.text("python")
    }

    /// Returns the deployed name of a function such as `imports.apply_batch`.
    pub fn function(&self, name: &str) -> String {
        format!("pm-{}-{}", self.text("stage"), name.replace('.', "-"))
    }

    /// Invokes a function with SQS messages of these bodies, as the queue would; returns the ids of failed messages.
    pub async fn deliver(&self, function: &str, bodies: &[String]) -> Vec<String> {
        let name = self.function(function);
        let records: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| json!({"messageId": index.to_string(), "body": body, "attributes": {"ApproximateReceiveCount": "1"}}))
            .collect();
        let path = format!("POST /2015-03-31/functions/{name}/invocations");
        let answer = self.aws("lambda", &path, json!({ "Records": records })).await;
        let failures = answer["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{function}: {answer}"));
        failures.iter().filter_map(|failure| Some(failure["itemIdentifier"].as_str()?.to_owned())).collect()
    }

    /// Invokes a function by name, as an operator does.
    ///
    /// # Panics
    /// When the function fails.
    pub async fn invoke(&self, function: &str, payload: Value) -> Value {
        let name = self.function(function);
        let answer = self.aws("lambda", &format!("POST /2015-03-31/functions/{name}/invocations"), payload).await;
        assert!(answer.get("errorMessage").is_none(), "{function}: {answer}");
        answer
    }

    /// Waits for the `number`th mail to an address, counted from 1, and returns it.
    ///
    /// # Panics
    /// When it does not arrive.
    pub async fn mail(&self, to: &str, number: usize) -> Mail {
        eventually(&format!("mail number {number} to {to}"), async || self.mails(to).await.into_iter().nth(number - 1))
            .await
    }

    /// Returns the mails to an address, the oldest first.
    ///
    /// # Panics
    /// When the emulator does not answer.
    pub async fn mails(&self, to: &str) -> Vec<Mail> {
        let url = format!("{}/_ministack/ses/messages", self.text("endpoint"));
        let answer: Value = reqwest::get(url).await.expect("the emulator answers").json().await.expect("JSON");
        let messages = answer["messages"].as_object().into_iter().flatten();
        let all = messages.flat_map(|(_, messages)| messages.as_array().cloned().unwrap_or_default());
        all.filter_map(|message| Mail::to(&message, to)).collect()
    }

    /// Stops the delivery of a function's queue, or resumes it.
    pub async fn hold(&self, function: &str, held: bool) {
        let name = self.function(function);
        let mappings = self.aws("lambda", "GET /2015-03-31/event-source-mappings/", Value::Null).await;
        for mapping in mappings["EventSourceMappings"].as_array().expect("a list") {
            if mapping["FunctionArn"].as_str().is_some_and(|arn| arn.ends_with(&format!(":{name}"))) {
                let path =
                    format!("PUT /2015-03-31/event-source-mappings/{}", mapping["UUID"].as_str().expect("an id"));
                self.aws("lambda", &path, json!({ "Enabled": !held })).await;
            }
        }
    }

    /// Kills every process of this stack that runs `function`, like a failing machine; returns how many. It waits until
    /// the uploads of other tests were noticed: a message in a killed process stays hidden for longer than a test
    /// waits.
    pub async fn kill(&self, function: &str) -> usize {
        let _alone = KILLS.write().await;
        let mut killed = 0;
        for entry in std::fs::read_dir("/proc").expect("a Linux machine").flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let has = |variable: &str| environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
            let ours = has(&format!("AWS_ENDPOINT_URL={}", self.text("endpoint")));
            if ours && has(&format!("_HANDLER={function}")) {
                let done = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                killed += usize::from(done.is_ok_and(|status| status.success()));
            }
        }
        killed
    }

    /// Runs a statement in a database as the owner, who sees only the rows of one tenant, like any other role.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn sql(&self, database: &str, tenant: &str, statement: &str) -> Vec<sqlx::postgres::PgRow> {
        let url = format!("{}/{database}?sslmode=disable", self.text("owner_url"));
        let mut connection = PgConnection::connect(&url).await.expect("the database answers");
        let tenant = tenant.parse::<uuid::Uuid>().expect("a tenant's id");
        connection.execute(AssertSqlSafe(format!("set app.tenant_id = '{tenant}'"))).await.expect("a setting");
        connection.fetch_all(AssertSqlSafe(statement.to_owned())).await.expect("the statement is right")
    }
}

/// How long a test waits for a result. It ends a hanging test and is no measure of speed: a slow or busy machine takes
/// longer, and the message of a killed process returns only after its visibility timeout.
pub const PATIENCE: Duration = Duration::from_secs(900);

/// Calls `found` until it returns something, and returns that.
///
/// # Panics
/// When it returns nothing within [`PATIENCE`]; the message names `what`.
pub async fn eventually<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come within {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

/// Sends a request to the emulator; panics if it is refused.
async fn answered(request: reqwest::RequestBuilder, what: &str) -> reqwest::Response {
    let answer = request.send().await.expect("the emulator answers");
    let status = answer.status();
    if !status.is_success() {
        panic!("{what}: {status} {}", answer.text().await.unwrap_or_default());
    }
    answer
}

/// A sent mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

impl Mail {
    fn to(message: &Value, to: &str) -> Option<Self> {
        let recipients = message["To"].as_array()?;
        recipients.iter().any(|recipient| recipient.as_str().is_some_and(|one| one.contains(to))).then(|| {
            let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
            Self { subject: text("Subject"), text: text("BodyText"), html: text("BodyHtml") }
        })
    }

    /// Returns the token in the mail's link.
    ///
    /// # Panics
    /// When there is no token.
    pub fn token(&self) -> String {
        let after = self.text.split("#token=").nth(1).expect("a link with a token");
        after.split_whitespace().next().expect("a token").to_owned()
    }
}

/// Returns the status and code of a refusal.
///
/// # Panics
/// When the result is not a refusal.
pub fn refusal(result: Result<impl Sized, client::Error>) -> (u16, String) {
    match result {
        Err(client::Error::Refused(problem)) => (problem.status, problem.code),
        Err(other) => panic!("expected a problem, got {other}"),
        Ok(_) => panic!("expected a problem, got an answer"),
    }
}

/// Returns a new e-mail address.
#[must_use]
pub fn address() -> String {
    format!("{}@e2e.example", uuid::Uuid::new_v4().simple())
}

/// A file that is removed when this is dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// Creates a file with these bytes.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn new(bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("pm-e2e-{}", uuid::Uuid::new_v4().simple()));
        std::fs::File::create(&path).and_then(|mut file| file.write_all(bytes)).expect("a scratch file");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Returns a valid CSV of `rows` products whose titles end with `mark`.
#[must_use]
pub fn csv(rows: usize, mark: &str) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut text = "sku,title,price,stock\n".to_owned();
    for row in 1..=rows {
        let _ = writeln!(text, "P-{row:06},Product {row} {mark},{row}.50,{}", row % 7);
    }
    text.into_bytes()
}
