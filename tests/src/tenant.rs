//! An organisation for a test, used by its owner.

use client::{Client, CreatedImport, Import, NewImport};
use serde_json::{Value, json};

use crate::{KILLS, PASSWORD, Scratch, Stack, address, eventually, refusal};

/// An organisation whose owner is logged in.
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
    /// Signs up a new organisation and logs in.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn new(name: &str) -> Self {
        let tenant = Self::limited(name).await;
        let order = json!({
            "organisation_id": tenant.id, "plan": "business", "per_minute": 100_000, "bulk_per_minute": 100_000,
            "per_hour": 1_000_000,
        });
        Stack::get().invoke("identity.set_limits", order).await;
        tenant
    }

    /// Creates an organisation with the limits of the standard plan, like any new organisation.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn limited(name: &str) -> Self {
        let email = address();
        let mut client = Client::new(Stack::get().api(), None).expect("a client");
        client.sign_up(name, &email, PASSWORD).await.expect("a sign-up");
        let mail = Stack::get().mail(&email, 1).await;
        client.verify_email(&mail.token(), PASSWORD).await.expect("a confirmation");
        client.login(&email, PASSWORD).await.expect("a login");
        let me = client.call("GET", "/v1/me", None).await.expect("a profile");
        let text = |name: &str| me[name].as_str().expect("a complete profile").to_owned();
        Self { client, id: text("organisation_id"), user: text("id"), email }
    }

    /// Sends a `GET` and returns the body of the answer.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn get(&mut self, path: &str) -> Value {
        self.client.call("GET", path, None).await.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Sends a `POST` and returns the body of the answer.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn post(&mut self, path: &str, body: Value) -> Value {
        self.client.call("POST", path, Some(&body)).await.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Sends a request that the API refuses; returns the status and code.
    ///
    /// # Panics
    /// When it does not refuse.
    pub async fn refused(&mut self, method: &str, path: &str, body: Value) -> (u16, String) {
        let body = (method != "GET").then_some(&body);
        refusal(self.client.call(method, path, body).await)
    }

    /// Creates an import and uploads its file.
    ///
    /// # Panics
    /// When the API or the store refuses.
    pub async fn begin(&mut self, bytes: &[u8], new: NewImport) -> CreatedImport {
        let new = NewImport { file_name: "test.csv".to_owned(), size_bytes: bytes.len() as u64, ..new };
        let created = self.client.create_import(&new).await.expect("an import");
        let file = Scratch::new(bytes);
        let _none = KILLS.read().await;
        self.client.upload(created.upload.as_ref().expect("an upload"), &file.0, |_| ()).await.expect("an upload");
        let noticed = |import: &Import| import.status.as_str() != "awaiting_upload";
        self.until(&created.import.id, noticed).await;
        created
    }

    /// Waits until an import has one of these statuses; returns the API's JSON of it.
    ///
    /// # Panics
    /// When it does not reach one within [`PATIENCE`](crate::PATIENCE), or ends with another one.
    pub async fn reaches(&mut self, id: &str, statuses: &[&str]) -> Value {
        eventually(&format!("one of {statuses:?}"), async || {
            let import = self.get(&format!("/v1/imports/{id}")).await;
            let status = import["status"].as_str().expect("a status").to_owned();
            if statuses.contains(&status.as_str()) {
                return Some(import);
            }
            let ended = ["completed", "completed_with_errors", "failed", "cancelled", "ready", "held"];
            assert!(!ended.contains(&status.as_str()), "the import is {status}: {}", import["message"]);
            None
        })
        .await
    }

    /// Creates an import with any choices and uploads its file; returns the import's id.
    ///
    /// # Panics
    /// When the API or the store refuses.
    pub async fn send(&mut self, bytes: &[u8], supplier: Option<&str>, choices: Value) -> String {
        let mut more = choices.as_object().expect("an object").clone();
        let run = more.remove("run").and_then(|run| run.as_str().map(str::to_owned));
        let new = NewImport { supplier: supplier.map(str::to_owned), run, more, ..NewImport::default() };
        self.begin(bytes, new).await.import.id
    }

    /// Imports a file and waits until it ends.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn import(&mut self, bytes: &[u8]) -> Import {
        let created = self.begin(bytes, NewImport::default()).await;
        self.finished(&created.import.id).await
    }

    /// Waits until an import ends, and checks that each row is counted.
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

    /// Waits until `wanted` is true for an import.
    ///
    /// # Panics
    /// When it never is.
    pub async fn until(&mut self, id: &str, wanted: impl Fn(&Import) -> bool) -> Import {
        eventually("an import as wanted", async || {
            let import = self.client.import(id).await.expect("the import");
            wanted(&import).then_some(import)
        })
        .await
    }

    /// Returns all products as (SKU, title, price), sorted by SKU.
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
