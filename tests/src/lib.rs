//! The harness of the end-to-end tests: a deployed stack, an organisation for each test, and the emulator's switches
//! that a test needs to make things go wrong. Nothing here is in the product.

use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use client::{Client, CreatedImport, Import, NewImport};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// The functions of every domain: a new domain is added here.
pub fn functions() -> impl Iterator<Item = &'static runtime::Function> {
    [
        catalog::FUNCTIONS,
        exports::FUNCTIONS,
        identity::FUNCTIONS,
        imports::FUNCTIONS,
        ops::FUNCTIONS,
        suppliers::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// The password of every test's user.
pub const PASSWORD: &str = "a long enough password";
/// No import of a test takes longer; a killed one waits for its message to be delivered again.
const PATIENCE: Duration = Duration::from_secs(240);

/// The deployed stack that `PM_STACK` describes, as `infra/local/stack.py` writes it.
pub struct Stack {
    description: Value,
}

impl Stack {
    /// The stack.
    ///
    /// # Panics
    /// When `PM_STACK` names none: run `make test`.
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

    /// The API's base URL.
    pub fn api(&self) -> &str {
        self.text("api_url")
    }

    /// Calls the emulator as its root user: `service` as in a signature, `target` as in `X-Amz-Target`, or a path.
    pub async fn aws(&self, service: &str, target: &str, body: Value) -> Value {
        let credential = format!("test/20260101/eu-west-3/{service}/aws4_request");
        let http = reqwest::Client::new();
        let (method, url) = match target.split_once(' ') {
            Some((method, path)) => (method, format!("{}{path}", self.text("endpoint"))),
            None => ("POST", format!("{}/", self.text("endpoint"))),
        };
        let mut request = http
            .request(method.parse().expect("a method"), url)
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"),
            )
            .header("content-type", "application/x-amz-json-1.0");
        if !target.contains(' ') {
            request = request.header("x-amz-target", target);
        }
        if method != "GET" {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.expect("the emulator answers");
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// The full name of a deployed function, such as `imports.apply`.
    pub async fn function(&self, name: &str) -> String {
        let functions = self.aws("lambda", "GET /2015-03-31/functions/?MaxItems=500", Value::Null).await;
        let functions = functions["Functions"].as_array().expect("a list").clone();
        let found = functions.iter().find(|function| function["Handler"] == name).expect("the function is deployed");
        found["FunctionName"].as_str().expect("a name").to_owned()
    }

    /// Invokes a function with SQS messages of these bodies, as the queue would; gives the ids that failed.
    pub async fn deliver(&self, function: &str, bodies: &[String]) -> Vec<String> {
        let name = self.function(function).await;
        let records: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| json!({"messageId": index.to_string(), "body": body, "attributes": {"ApproximateReceiveCount": "1"}}))
            .collect();
        let path = format!("POST /2015-03-31/functions/{name}/invocations");
        let answer = self.aws("lambda", &path, json!({ "Records": records })).await;
        let failures = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
        failures.iter().filter_map(|failure| Some(failure["itemIdentifier"].as_str()?.to_owned())).collect()
    }

    /// Holds a function's queue back, or lets it go.
    pub async fn hold(&self, function: &str, held: bool) {
        let name = self.function(function).await;
        let mappings = self.aws("lambda", "GET /2015-03-31/event-source-mappings/", Value::Null).await;
        for mapping in mappings["EventSourceMappings"].as_array().expect("a list") {
            if mapping["FunctionArn"].as_str().is_some_and(|arn| arn.ends_with(&format!(":{name}"))) {
                let path =
                    format!("PUT /2015-03-31/event-source-mappings/{}", mapping["UUID"].as_str().expect("an id"));
                self.aws("lambda", &path, json!({ "Enabled": !held })).await;
            }
        }
    }

    /// Kills every process of this stack that runs `function`, as a machine that fails would; gives how many.
    pub fn kill(&self, function: &str) -> usize {
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

    /// Runs a statement in a database as the owner, who sees one tenant's rows as any other role does.
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

/// An organisation of its own, with its user logged in.
pub struct Tenant {
    /// The client, logged in as the organisation's owner.
    pub client: Client,
    /// The organisation's id.
    pub id: String,
    /// The user's id.
    pub user: String,
    /// The user's address.
    pub email: String,
}

impl Tenant {
    /// Signs a new organisation up and logs in.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn new(name: &str) -> Self {
        let email = format!("{}@e2e.example", uuid::Uuid::new_v4().simple());
        let mut client = Client::new(Stack::get().api(), None).expect("a client");
        let made = client.sign_up(name, &email, PASSWORD).await.expect("a sign-up");
        client.login(&email, PASSWORD).await.expect("a login");
        Self { client, id: made.organisation_id, user: made.user_id, email }
    }

    /// Begins an import and uploads its file.
    ///
    /// # Panics
    /// When the API or the store refuses.
    pub async fn begin(&mut self, bytes: &[u8], new: NewImport) -> CreatedImport {
        let new = NewImport { file_name: "test.csv".to_owned(), size_bytes: bytes.len() as u64, ..new };
        let created = self.client.create_import(&new).await.expect("an import");
        let file = Scratch::new(bytes);
        self.client.upload(created.upload.as_ref().expect("an upload"), &file.0, |_| ()).await.expect("an upload");
        created
    }

    /// Imports a file and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn import(&mut self, bytes: &[u8]) -> Import {
        let created = self.begin(bytes, NewImport::default()).await;
        self.finished(&created.import.id).await
    }

    /// Waits for an import's end, and checks that every row is accounted for.
    ///
    /// # Panics
    /// When it does not end, or a row is missing.
    pub async fn finished(&mut self, id: &str) -> Import {
        let import = self.until(id, |import| import.finished_at.is_some()).await;
        let totals = &import.totals;
        let counted = totals.created + totals.updated + totals.unchanged + totals.skipped + totals.rejected;
        if import.status != "failed" {
            assert_eq!(Some(counted), totals.rows, "every row is counted once: {import:?}");
        }
        import
    }

    /// Waits until an import is as wanted.
    ///
    /// # Panics
    /// When it never is.
    pub async fn until(&mut self, id: &str, wanted: impl Fn(&Import) -> bool) -> Import {
        let began = Instant::now();
        loop {
            let import = self.client.import(id).await.expect("the import");
            if wanted(&import) {
                return import;
            }
            assert!(began.elapsed() < PATIENCE, "the import hangs: {import:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// All products, as (SKU, title, price), in the order of their SKU.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn catalogue(&mut self) -> Vec<(String, String, String)> {
        let (mut products, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut query = vec![("limit", "200".to_owned())];
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let page = self.client.products(&query).await.expect("products");
            products.extend(
                page.data
                    .into_iter()
                    .map(|product| (product.sku.unwrap_or_default(), product.title, product.price.unwrap_or_default())),
            );
            cursor = page.next_cursor;
            if cursor.is_none() {
                products.sort();
                return products;
            }
        }
    }
}

/// A file that is removed when it is not needed any more.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// A file with these bytes.
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

/// A clean CSV of `rows` products whose titles end with `mark`.
#[must_use]
pub fn csv(rows: usize, mark: &str) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut text = "sku,title,price,stock\n".to_owned();
    for row in 1..=rows {
        let _ = writeln!(text, "P-{row:06},Product {row} {mark},{row}.50,{}", row % 7);
    }
    text.into_bytes()
}
