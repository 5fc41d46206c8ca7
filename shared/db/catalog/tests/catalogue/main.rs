//! The catalogue, with the role of its functions.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod history;
mod jobs;
mod products;
mod searching;
mod snapshot;

use std::collections::BTreeMap;

use db_catalog::{
    Action, Batch, BatchRow, CatalogDb, CatalogRules, CategoryChange, Condition, Family, FamilyAttribute, MIGRATOR, Op,
    Origin, Product, ProductQuery, Selection, Sort, Work,
};
use db_tenancy::{Database, Stamp};
use product::{
    Attribute, Cells, Content, Edit, Field, Outcome, ProductStatus, Requirement, RowRules, validate, with_patch,
};
use runtime::{App, Cx, Env, Error, IfMatch, PageQuery, TenantId};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

async fn as_role(options: &PgConnectOptions, role: &str) -> CatalogDb {
    CatalogDb::over(PgPool::connect_with(options.clone().options([("role", role)])).await.unwrap())
}

struct Test {
    db: CatalogDb,
    imports: CatalogDb,
    owner: PgPool,
    tenant: TenantId,
    origin: Origin,
    cx: Cx,
}

impl Test {
    async fn new(options: PgConnectOptions) -> Self {
        let origin = Origin {
            source: "user".into(),
            actor_id: Some(Uuid::now_v7()),
            actor_name: Some("a@b.example".into()),
            job_id: None,
        };
        Self {
            db: as_role(&options, "pm_catalog").await,
            imports: as_role(&options, "pm_imports").await,
            owner: PgPool::connect_with(options).await.unwrap(),
            tenant: TenantId(Uuid::now_v7()),
            origin,
            cx: App::new(Env::default()).cx("test"),
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp::of_person(&self.cx, self.origin.actor_id.unwrap(), "a@b.example")
    }

    async fn create(&self, json: Value) -> Product {
        let Value::Object(fields) = json else { unreachable!() };
        let draft = Content { status: ProductStatus::Draft, ..Content::default() };
        let content = with_patch(&draft, &fields).unwrap();
        self.db.create_product(self.tenant, content, &self.origin, &self.stamp()).await.unwrap()
    }

    async fn refuse(&self, json: Value) -> Error {
        let content = serde_json::from_value(json).unwrap();
        self.db.create_product(self.tenant, content, &self.origin, &self.stamp()).await.unwrap_err()
    }

    async fn patch(&self, product: &Product, json: Value) -> runtime::Result<Product> {
        let Value::Object(fields) = json else { unreachable!() };
        let change = |product: &Product| Ok(with_patch(&product.content, &fields).unwrap());
        let seen = IfMatch::Version(product.version);
        self.db.edit_product(self.tenant, product.id, &seen, Action::Update, &self.origin, &self.stamp(), change).await
    }

    async fn import(&self, rows: &[(&str, &str, &str)], supplier: Option<Uuid>) -> (Uuid, Outcome) {
        let row = |(at, (sku, title, price)): (usize, &(&str, &str, &str))| {
            let mut cells = Cells::default();
            for (field, text) in [(Field::Sku, sku), (Field::Title, title), (Field::Price, price)] {
                cells.set(field, (*text).to_owned());
            }
            BatchRow {
                number: i32::try_from(at).unwrap() + 2,
                product: validate(&cells, &RowRules::default()).unwrap(),
            }
        };
        let rows = rows.iter().enumerate().map(row).collect();
        let import = Uuid::now_v7();
        let batch = Batch { supplier, rows, ..Batch::new(Uuid::now_v7(), import) };
        (import, self.imports.apply(self.tenant, &batch, OffsetDateTime::now_utc()).await.unwrap())
    }

    async fn find(&self, query: &ProductQuery) -> Vec<String> {
        let page = PageQuery { limit: Some(200), cursor: None };
        let found = self.db.find_products(self.tenant, query, &page, true).await.unwrap();
        assert_eq!(
            found.total.map(|total| total.count),
            Some(found.data.len() as i64),
            "the count is that of the list: {query:?}"
        );
        found.data.into_iter().map(|product| product.content.title).collect()
    }

    async fn where_(&self, field: &str, op: Op, value: Value) -> Vec<String> {
        let filter = vec![Condition { field: field.into(), op, value }];
        self.find(&ProductQuery { filter, sort: Some(Sort::Title), ..ProductQuery::default() }).await
    }

    async fn job(&self, work: Work) -> db_catalog::CatalogJob {
        let job = self.db.begin_job(self.tenant, &work, None, &self.stamp()).await.unwrap();
        while self.db.job_step(self.tenant, job.id, OffsetDateTime::now_utc()).await.unwrap() {}
        let job = self.db.catalog_job(self.tenant, job.id).await.unwrap();
        assert_eq!((job.status.as_str(), job.done), ("completed", job.total));
        job
    }

    /// Returns the changes since a cursor, waiting for the first: a transaction of another test may hide them for a
    /// while.
    async fn changes(&self, since: Option<&str>, limit: i64) -> db_catalog::CatalogChanges {
        for _ in 0..1_200 {
            let changes = self.db.changes_since(self.tenant, since, limit).await.unwrap();
            if !changes.data.is_empty() {
                return changes;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no change is listed");
    }

    fn select(&self, ids: &[Uuid]) -> Selection {
        Selection { ids: Some(ids.to_vec()), query: None }
    }
}

fn edits(json: Value) -> Vec<Edit> {
    serde_json::from_value(json).unwrap()
}
