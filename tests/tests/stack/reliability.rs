//! Failures of a real cloud, caused on purpose.

use client::NewImport;
use e2e::{Scratch, Stack, Tenant, csv, eventually};
use serde_json::json;
use tokio::sync::Mutex;

/// Locked by tests that stop a queue or kill the processes of a function: one at a time. The other tests run on and
/// wait.
static QUEUES: Mutex<()> = Mutex::const_new(());

fn expected(rows: usize, mark: &str) -> Vec<(String, String, String)> {
    (1..=rows).map(|row| (format!("P-{row:06}"), format!("Product {row} {mark}"), format!("{row}.5"))).collect()
}

fn batch(tenant: &Tenant, import: &str, number: usize) -> String {
    json!({"tenant_id": tenant.id, "import_id": import, "number": number}).to_string()
}

#[tokio::test]
async fn a_killed_apply_process_neither_loses_nor_repeats_rows() {
    let mut tenant = Tenant::new("Killed").await;
    let _alone = QUEUES.lock().await;
    let created = tenant.begin(&csv(12_000, "killed"), NewImport::default()).await;
    let id = created.import.id;
    tenant.until(&id, |import| import.progress.rows > 0 || import.finished_at.is_some()).await;
    let killed = Stack::get().kill("imports.apply_batch").await;
    assert!(killed > 0, "a process was running");
    let import = tenant.finished(&id).await;
    assert_eq!((import.status.as_str(), import.totals.created), ("completed", 12_000));
    assert_eq!(tenant.catalogue().await, expected(12_000, "killed"));
}

#[tokio::test]
async fn a_killed_parse_process_is_resumed_without_a_second_batch() {
    let mut tenant = Tenant::new("Killed parse").await;
    let _alone = QUEUES.lock().await;
    let created = tenant.begin(&csv(60_000, "parse"), NewImport::default()).await;
    let id = created.import.id;
    tenant.until(&id, |import| import.layout.is_some()).await;
    Stack::get().kill("imports.parse_file").await;
    let import = tenant.finished(&id).await;
    assert_eq!(
        (import.status.as_str(), import.totals.created, import.totals.rows),
        ("completed", 60_000, Some(60_000))
    );
}

#[tokio::test]
async fn every_message_delivered_twice_changes_nothing() {
    let mut tenant = Tenant::new("Twice").await;
    let (stack, file) = (Stack::get(), csv(3_000, "twice"));
    let created = tenant.begin(&file, NewImport::default()).await;
    let id = created.import.id;
    let key = format!("uploads/{}/{id}/test.csv", tenant.id);
    let notification =
        json!({"Records": [{"s3": {"bucket": {"name": "any"}, "object": {"key": key, "size": file.len()}}}]})
            .to_string();
    tenant.until(&id, |import| import.totals.rows.is_some()).await;
    for number in 0..3 {
        let message = batch(&tenant, &id, number);
        assert!(stack.deliver("imports.apply_batch", &[message.clone(), message]).await.is_empty());
    }
    let import = tenant.finished(&id).await;
    assert_eq!((import.status.as_str(), import.totals.created, import.totals.unchanged), ("completed", 3_000, 0));
    let finish = json!({"tenant_id": tenant.id, "import_id": id}).to_string();
    assert!(stack.deliver("imports.finish_import", &[finish.clone(), finish]).await.is_empty());
    assert!(stack.deliver("imports.parse_file", &[notification.clone(), notification]).await.is_empty());
    assert!(stack.deliver("imports.apply_batch", &[batch(&tenant, &id, 1)]).await.is_empty());
    let after = tenant.finished(&id).await;
    assert_eq!((after.totals.created, after.finished_at), (3_000, import.finished_at), "an import completes once");
    assert_eq!(tenant.catalogue().await, expected(3_000, "twice"));
    let events = stack
        .sql("db_imports", &tenant.id, &format!("select kind from outbox where tenant_id = '{}'", tenant.id))
        .await;
    assert_eq!(events.len(), 1, "and is announced once");
}

#[tokio::test]
async fn batches_in_reverse_order_end_the_same() {
    let mut tenant = Tenant::new("Reverse").await;
    let stack = Stack::get();
    let mut file = csv(4_000, "first");
    // The last batch repeats the codes of the first thousand rows: the last row of a file wins.
    let repeated = String::from_utf8(csv(1_000, "last")).unwrap();
    file.extend(repeated.split_once('\n').unwrap().1.as_bytes());
    let alone = QUEUES.lock().await;
    stack.hold("imports.apply_batch", true).await;
    let created = tenant.begin(&file, NewImport::default()).await;
    let id = created.import.id;
    tenant.until(&id, |import| import.totals.rows.is_some()).await;
    for number in (0..5).rev() {
        assert!(stack.deliver("imports.apply_batch", &[batch(&tenant, &id, number)]).await.is_empty());
    }
    stack.hold("imports.apply_batch", false).await;
    drop(alone);
    let import = tenant.finished(&id).await;
    assert_eq!((import.status.as_str(), import.totals.created, import.totals.skipped), ("completed", 4_000, 1_000));
    let mut wanted = expected(1_000, "last");
    wanted.extend(expected(4_000, "first").into_iter().skip(1_000));
    assert_eq!(tenant.catalogue().await, wanted);
}

#[tokio::test]
async fn a_batch_that_fails_every_time_ends_the_import_and_can_be_resumed() {
    let mut tenant = Tenant::new("Failing batch").await;
    let stack = Stack::get();
    let alone = QUEUES.lock().await;
    stack.hold("imports.apply_batch", true).await;
    let created = tenant.begin(&csv(2_000, "resumed"), NewImport::default()).await;
    let id = created.import.id;
    tenant.until(&id, |import| import.totals.rows.is_some()).await;
    // The object of the second batch is damaged.
    let broken =
        format!("update import_batches set object_key = 'batches/none' where import_id = '{id}' and number = 1");
    stack.sql("db_imports", &tenant.id, &broken).await;
    let name = stack.function("imports.apply_batch");
    let record =
        json!({"messageId": "m", "body": batch(&tenant, &id, 1), "attributes": {"ApproximateReceiveCount": "3"}});
    let path = format!("POST /2015-03-31/functions/{name}/invocations");
    let answer = stack.aws("lambda", &path, json!({ "Records": [record] })).await;
    assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], "m", "the message goes to the dead-letter queue");
    assert!(stack.deliver("imports.apply_batch", &[batch(&tenant, &id, 0)]).await.is_empty());
    let import = tenant.finished(&id).await;
    assert_eq!((import.status.as_str(), import.code.as_deref()), ("completed_with_errors", Some("batches_failed")));
    assert_eq!((import.totals.created, import.totals.rejected), (1_000, 1_000));
    assert!(import.message.unwrap().contains("resume"));

    let fixed = format!(
        "update import_batches set object_key = 'batches/{}/{id}/00001.ndjson.zst' where import_id = '{id}' and number = 1",
        tenant.id
    );
    stack.sql("db_imports", &tenant.id, &fixed).await;
    stack.hold("imports.apply_batch", false).await;
    drop(alone);
    tenant.client.resume_import(&id).await.unwrap();
    let import = tenant.finished(&id).await;
    assert_eq!((import.status.as_str(), import.totals.created, import.totals.rejected), ("completed", 2_000, 0));
    assert!(tenant.client.resume_import(&id).await.is_err(), "there is nothing to resume any more");
}

#[tokio::test]
async fn the_same_file_twice_is_imported_once() {
    let mut tenant = Tenant::new("Same file").await;
    let file = csv(500, "same");
    let created = tenant.begin(&file, NewImport::default()).await;
    // A second PUT to the same address, with other bytes of the same length.
    let other = Scratch::new(&csv(500, "SAME"));
    tenant.client.upload(created.upload.as_ref().unwrap(), &other.0, |_| ()).await.unwrap();
    let import = tenant.finished(&created.import.id).await;
    assert_eq!((import.status.as_str(), import.totals.created), ("completed", 500));
    let catalogue = tenant.catalogue().await;
    assert!(
        catalogue == expected(500, "same") || catalogue == expected(500, "SAME"),
        "one upload or the other, never a mixture"
    );

    tenant.import(&file).await;
    let again = tenant.import(&file).await;
    assert_eq!((again.totals.created, again.totals.updated, again.totals.unchanged), (0, 0, 500));
}

#[tokio::test]
async fn unreadable_files_end_with_a_helpful_message() {
    let mut tenant = Tenant::new("Strange files").await;
    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (bytes, code, says) in [
        (&b"\n"[..], "file_empty", "empty"),
        (b"sku,title,price\n", "file_no_rows", "no products"),
        (&noise, "file_invalid_type", "CSV"),
        (b"PK\x03\x04 not really a workbook", "file_archive_invalid", "send the table itself"),
        (b"price,stock\n1,2\n", "columns_missing", "an EAN or a SKU"),
        (b"sku,title\n1,\"never closed\n2,b\n3,c\n", "file_unclosed_quote", "row 2"),
    ] {
        let import = tenant.import(bytes).await;
        assert_eq!((import.status.as_str(), import.code.as_deref()), ("failed", Some(code)));
        assert!(import.message.as_ref().unwrap().contains(says), "{import:?}");
    }
    assert!(tenant.catalogue().await.is_empty(), "none of them changed anything");
}

#[tokio::test]
async fn a_large_import_does_not_delay_a_small_one() {
    let (mut large, mut small) = (Tenant::new("Large").await, Tenant::new("Small").await);
    let _alone = QUEUES.lock().await;
    let stack = Stack::get();
    // Both wait to be written, the large one first. On a machine of any speed, the small one must not be the last.
    stack.hold("imports.apply_batch", true).await;
    let big = large.begin(&csv(40_000, "large"), NewImport::default()).await.import.id;
    large.until(&big, |import| import.totals.rows.is_some()).await;
    let tiny = small.begin(&csv(10, "small"), NewImport::default()).await.import.id;
    small.until(&tiny, |import| import.totals.rows.is_some()).await;
    stack.hold("imports.apply_batch", false).await;
    let (tiny, big) = (small.finished(&tiny).await, large.finished(&big).await);
    let ended = |import: &client::Import| {
        let at = import.finished_at.as_deref().unwrap();
        time::OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339).unwrap()
    };
    assert!(ended(&tiny) < ended(&big), "the small import ends first");
    assert_eq!((tiny.totals.created, big.totals.created), (10, 40_000));
}

#[tokio::test]
async fn many_files_of_one_organisation_are_read_two_at_a_time() {
    let (mut many, mut other) = (Tenant::new("Many files").await, Tenant::new("One file").await);
    let _alone = QUEUES.lock().await;
    let stack = Stack::get();
    // All are uploaded before the first is read.
    stack.hold("imports.parse_file", true).await;
    let mut ids = Vec::new();
    for at in 0..6 {
        let bytes = csv(8_000, &format!("many{at}"));
        let new =
            NewImport { file_name: "test.csv".to_owned(), size_bytes: bytes.len() as u64, ..NewImport::default() };
        let created = many.client.create_import(&new).await.expect("an import");
        let file = Scratch::new(&bytes);
        many.client.upload(created.upload.as_ref().expect("an upload"), &file.0, |_| ()).await.expect("an upload");
        ids.push(created.import.id);
    }
    let bytes = csv(10, "one");
    let new = NewImport { file_name: "test.csv".to_owned(), size_bytes: bytes.len() as u64, ..NewImport::default() };
    let created = other.client.create_import(&new).await.expect("an import");
    let file = Scratch::new(&bytes);
    other.client.upload(created.upload.as_ref().expect("an upload"), &file.0, |_| ()).await.expect("an upload");
    stack.hold("imports.parse_file", false).await;

    let mut most = 0;
    eventually("all files read", async || {
        let page = many.get("/v1/imports?limit=50").await;
        let statuses: Vec<&str> =
            page["data"].as_array().unwrap().iter().map(|import| import["status"].as_str().unwrap()).collect();
        most = most.max(statuses.iter().filter(|status| **status == "parsing").count());
        (!statuses.iter().any(|status| ["awaiting_upload", "parsing"].contains(status))).then_some(())
    })
    .await;
    assert!(most <= 2, "{most} at a time");
    assert_eq!(other.finished(&created.import.id).await.totals.created, 10);
    for id in ids {
        // They have the same codes: what counts is that each was imported whole.
        let totals = many.finished(&id).await.totals;
        assert_eq!((totals.created + totals.updated + totals.unchanged, totals.rejected), (8_000, 0));
    }
}
