//! Properties of every plan, for any catalogue and any file: no row is lost, no product changes that no row names, and a
//! second run of the same file changes nothing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use planning::{Batch, BatchRow, Context, Plan, plan};
use product::{Content, Gtin, ImportMode, MatchKey, Outcome, Product, ProductRow, Sku, SourcePolicy};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// A few codes, so that rows and products meet.
const EANS: [&str; 4] = ["4006381333931", "5901234123457", "9780201379624", "0012345678905"];

fn sku() -> impl Strategy<Value = Option<String>> {
    option::weighted(0.8, (0..6u8).prop_map(|number| format!("S-{number}")))
}

fn ean() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.4, proptest::sample::select(EANS.to_vec()))
}

fn price() -> impl Strategy<Value = Option<Decimal>> {
    option::of((0..500i64).prop_map(|cents| Decimal::new(cents, 2)))
}

prop_compose! {
    fn known()(
        sku in sku(),
        ean in ean(),
        title in "[A-C]{1,2}",
        price in price(),
        stock in option::of(0..9i64),
        locked in proptest::sample::subsequence(vec!["title", "price", "stock"], 0..3),
        trashed in proptest::bool::weighted(0.1),
    ) -> Product {
        let sku = if ean.is_none() { sku.or_else(|| Some("S-0".to_owned())) } else { sku };
        let content = Content { title, sku, ean: ean.map(str::to_owned), price, stock: stock.map(|stock| stock as _), ..Content::default() };
        let mut product = Product::new(content, NOW);
        product.locked = locked.into_iter().map(str::to_owned).collect();
        product.trashed_at = trashed.then_some(NOW);
        product
    }
}

prop_compose! {
    fn row()(
        sku in sku(),
        ean in ean(),
        title in option::weighted(0.8, "[A-C]{1,2}"),
        price in price(),
        stock in option::of(0..9i64),
    ) -> ProductRow {
        let sku = if ean.is_none() { sku.or_else(|| Some("S-1".to_owned())) } else { sku };
        ProductRow {
            title,
            sku: sku.map(|sku| Sku::parse(&sku).unwrap()),
            ean: ean.map(|ean| Gtin::parse(ean).unwrap()),
            price,
            stock: stock.map(|stock| stock as _),
            ..ProductRow::default()
        }
    }
}

prop_compose! {
    /// A catalogue in which no code is there twice, as the database sees to it.
    fn catalogue()(products in vec(known(), 0..6)) -> Vec<Product> {
        let mut codes = HashSet::new();
        let mut kept = Vec::new();
        for product in products {
            let own: Vec<String> = product.content.sku.iter().chain(&product.content.ean).cloned().collect();
            if own.iter().all(|code| !codes.contains(code)) {
                codes.extend(own);
                kept.push(product);
            }
        }
        kept
    }
}

prop_compose! {
    /// Rows of which no two have the same SKU or EAN, as the reader sees to it.
    fn file()(rows in vec(row(), 0..8)) -> Vec<BatchRow> {
        let mut codes = HashSet::new();
        let mut kept = Vec::new();
        for product in rows {
            let sku = product.sku.as_ref().map(|sku| sku.as_str().to_owned());
            let own: Vec<String> = sku.into_iter().chain(product.ean.as_ref().map(|ean| ean.as_str().to_owned())).collect();
            if own.iter().all(|code| !codes.contains(code)) {
                codes.extend(own);
                kept.push(BatchRow { number: kept.len() as i32 + 2, product });
            }
        }
        kept
    }
}

fn mode() -> impl Strategy<Value = ImportMode> {
    proptest::sample::select(vec![ImportMode::Update, ImportMode::Ignore, ImportMode::CreateOnly])
}

fn batch(rows: Vec<BatchRow>, mode: ImportMode, import: Uuid) -> Batch {
    let mut batch = Batch::new(Uuid::now_v7(), import);
    batch.rows = rows;
    batch.mode = mode;
    batch.match_by = vec![MatchKey::Sku, MatchKey::Ean];
    batch
}

fn planned(batch: &Batch, products: Vec<Product>, room: Option<i64>, trace: bool) -> Plan {
    let policy = SourcePolicy { lock_on_edit: true, ..SourcePolicy::default() };
    plan(
        batch,
        Context {
            quota: room,
            policy: &policy,
            families: BTreeSet::new(),
            locale: "en",
            undone: HashSet::new(),
            products,
            attributes: BTreeMap::new(),
            categories: BTreeSet::new(),
            taken: HashMap::new(),
            parents: Vec::new(),
            variants: HashMap::new(),
            unchanged: HashMap::new(),
            room,
            trace,
            now: NOW,
        },
    )
}

fn counted(outcome: &Outcome) -> i32 {
    outcome.created + outcome.updated + outcome.unchanged + outcome.skipped + outcome.rejected
}

/// The catalogue after a plan is written.
fn after(products: &[Product], plan: &Plan) -> Vec<Product> {
    let mut products = products.to_vec();
    for write in &plan.written {
        match products.iter_mut().find(|product| product.id == write.after.id) {
            Some(product) => *product = write.after.clone(),
            None => products.push(write.after.clone()),
        }
    }
    products
}

proptest! {
    #[test]
    fn each_row_is_counted_once_and_traced_once(rows in file(), products in catalogue(), mode in mode(), room in option::of(0..3i64)) {
        let batch = batch(rows, mode, Uuid::now_v7());
        let plan = planned(&batch, products, room, true);
        prop_assert_eq!(counted(&plan.outcome), batch.rows.len() as i32);
        let numbers: Vec<i32> = plan.rows.iter().map(|row| row.row).collect();
        prop_assert_eq!(numbers, batch.rows.iter().map(|row| row.number).collect::<Vec<_>>());
        for (action, count) in [("created", plan.outcome.created), ("updated", plan.outcome.updated), ("rejected", plan.outcome.rejected)] {
            prop_assert_eq!(plan.rows.iter().filter(|row| row.action == action).count() as i32, count, "{}", action);
        }
        // A rejected row says why.
        for row in plan.rows.iter().filter(|row| row.action == "rejected") {
            prop_assert!(plan.outcome.issues.iter().any(|issue| issue.row == row.row));
        }
    }

    #[test]
    fn a_preview_decides_as_the_commit_does(rows in file(), products in catalogue(), mode in mode(), room in option::of(0..3i64)) {
        let batch = batch(rows, mode, Uuid::now_v7());
        let (preview, commit) = (planned(&batch, products.clone(), room, true), planned(&batch, products, room, false));
        prop_assert_eq!(&preview.outcome, &commit.outcome);
        let contents = |plan: &Plan| plan.written.iter().map(|write| (write.row, write.action, write.after.content.clone())).collect::<Vec<_>>();
        prop_assert_eq!(contents(&preview), contents(&commit));
    }

    #[test]
    fn no_code_is_there_twice_afterwards(rows in file(), products in catalogue(), mode in mode()) {
        let plan = planned(&batch(rows, mode, Uuid::now_v7()), products.clone(), None, false);
        let mut codes = HashSet::new();
        for product in after(&products, &plan) {
            for code in product.content.sku.iter().chain(&product.content.ean) {
                prop_assert!(codes.insert(code.clone()), "{} is there twice", code);
            }
        }
        let ids: HashSet<Uuid> = plan.written.iter().map(|write| write.after.id).collect();
        prop_assert_eq!(ids.len(), plan.written.len(), "a product is written twice");
    }

    #[test]
    fn the_same_file_a_second_time_changes_nothing(rows in file(), products in catalogue()) {
        let first = planned(&batch(rows.clone(), ImportMode::Update, Uuid::now_v7()), products.clone(), None, false);
        // A row that was left out may come in the second time: another row took the code away that stood in its way.
        prop_assume!(first.outcome.skipped + first.outcome.rejected == 0);
        let second = planned(&batch(rows, ImportMode::Update, Uuid::now_v7()), after(&products, &first), None, false);
        prop_assert_eq!(second.written.len(), 0);
        prop_assert_eq!((second.outcome.created, second.outcome.updated), (0, 0));
        prop_assert_eq!(second.outcome.unchanged, counted(&first.outcome));
    }

    #[test]
    fn locked_fields_trashed_products_and_other_modes_are_left_alone(rows in file(), products in catalogue(), mode in mode()) {
        let plan = planned(&batch(rows, mode, Uuid::now_v7()), products, None, false);
        for write in &plan.written {
            let Some(before) = &write.before else { continue };
            prop_assert!(mode == ImportMode::Update && before.trashed_at.is_none());
            for field in &before.locked {
                let (was, is) = (&before.content, &write.after.content);
                let stays = match field.as_str() {
                    "title" => was.title == is.title,
                    "price" => was.price == is.price,
                    _ => was.stock == is.stock,
                };
                prop_assert!(stays, "{} is locked", field);
            }
        }
    }

    #[test]
    fn the_quota_is_never_passed(rows in file(), products in catalogue(), room in 0..4i64) {
        let plan = planned(&batch(rows, ImportMode::Update, Uuid::now_v7()), products, Some(room), false);
        prop_assert!(i64::from(plan.outcome.created) <= room);
    }
}
