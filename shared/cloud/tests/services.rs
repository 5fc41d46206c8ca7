//! Tests each service against the emulator of `make test`; environment variables name the resources.

use std::time::Duration;

use cloud::{Bus, BusEvent, Keys, Mail, Objects, Table};
use runtime::{App, Cx, Env};
use tokio::io::AsyncReadExt;

fn cx() -> Cx {
    App::new(Env::of_process()).cx("test")
}

fn unique(what: &str) -> String {
    format!("tests/{what}/{}", uuid::Uuid::new_v4())
}

#[tokio::test]
async fn a_counter_loses_no_count_under_concurrency() {
    let table = cx().get::<Table>().await.unwrap();
    let key = unique("counter");
    let counts = (0..20).map(|_| {
        let (table, key) = (table.clone(), key.clone());
        tokio::spawn(async move { table.count(&key, 2, 4_000_000_000).await.unwrap() })
    });
    let mut seen = Vec::new();
    for count in counts.collect::<Vec<_>>() {
        seen.push(count.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=20).map(|n| n * 2).collect::<Vec<u64>>(), "every caller sees a number of its own");
}

#[tokio::test]
async fn a_key_is_claimed_once_until_it_expires() {
    let table = cx().get::<Table>().await.unwrap();
    let key = unique("claim");
    assert!(table.put_if_absent(&key, "first", 1_000, 2_000).await.unwrap());
    assert!(!table.put_if_absent(&key, "second", 1_999, 3_000).await.unwrap());
    assert_eq!(table.value(&key).await.unwrap().as_deref(), Some("first"));
    assert!(table.put_if_absent(&key, "third", 2_000, 3_000).await.unwrap(), "expired, though not removed yet");
    assert_eq!(table.value(&key).await.unwrap().as_deref(), Some("third"));
    assert_eq!(table.value(&unique("none")).await.unwrap(), None);
}

#[tokio::test]
async fn a_secret_decrypts_in_its_own_context_only() {
    let keys = cx().get::<Keys>().await.unwrap();
    let cipher = keys.encrypt(b"token", &[("tenant", "a"), ("connection", "1")]).await.unwrap();
    assert!(!cipher.windows(5).any(|window| window == b"token"));
    assert_eq!(keys.decrypt(&cipher, &[("tenant", "a"), ("connection", "1")]).await.unwrap(), b"token");
    assert!(keys.decrypt(&cipher, &[("tenant", "b"), ("connection", "1")]).await.is_err());
}

#[tokio::test]
async fn an_object_of_unknown_size_is_written_in_parts_or_not_at_all() {
    let objects = cx().get::<Objects>().await.unwrap();
    let (key, chunk) = (unique("parts"), vec![b'x'; 1024 * 1024]);
    let mut upload = objects.upload(&key, "text/plain").await.unwrap();
    for _ in 0..19 {
        upload.write(&chunk).await.unwrap();
    }
    assert_eq!(upload.finish().await.unwrap(), 19 * 1024 * 1024);
    let mut read = Vec::new();
    let mut object = objects.read(&key, None).await.unwrap();
    object.body.read_to_end(&mut read).await.unwrap();
    assert_eq!((read.len(), object.size), (19 * 1024 * 1024, 19 * 1024 * 1024));
    assert!(objects.read_small(&key, 1024).await.is_err(), "a small object is bounded");
    objects.remove(&key).await.unwrap();

    let aborted = unique("aborted");
    let mut upload = objects.upload(&aborted, "text/plain").await.unwrap();
    for _ in 0..9 {
        upload.write(&chunk).await.unwrap();
    }
    upload.abort().await;
    assert_eq!(objects.read(&aborted, None).await.err().unwrap().code(), "not_found");

    let empty = unique("empty");
    assert_eq!(objects.upload(&empty, "text/plain").await.unwrap().finish().await.unwrap(), 0);
    objects.remove(&empty).await.unwrap();
}

#[tokio::test]
async fn a_download_link_returns_the_file_with_its_name() {
    let objects = cx().get::<Objects>().await.unwrap();
    let key = unique("link");
    objects.write(&key, "text/csv", b"a,b\n".to_vec()).await.unwrap();
    let url = objects.presign_download(&key, "mine.csv", Duration::from_secs(60)).await.unwrap();
    let answer = reqwest::get(&url).await.unwrap();
    assert!(answer.headers()["content-disposition"].to_str().unwrap().contains("mine.csv"));
    assert_eq!(answer.text().await.unwrap(), "a,b\n");
    let forged = url.replace("mine.csv", "other.csv");
    assert_eq!(reqwest::get(&forged).await.unwrap().status(), 403, "what is signed cannot be changed");
    objects.remove(&key).await.unwrap();
}

#[tokio::test]
async fn mail_and_events_are_accepted() {
    let mail = cx().get::<Mail>().await.unwrap();
    let to = "marie@shop.example".to_owned();
    let message = format!("From: {}\r\nTo: {to}\r\nSubject: Test\r\n\r\nHello.\r\n", mail.from());
    assert!(!mail.send_raw(&[to], message.into_bytes()).await.unwrap().is_empty());
    let bus = cx().get::<Bus>().await.unwrap();
    let events: Vec<BusEvent> = (0..25)
        .map(|n| BusEvent { id: uuid::Uuid::now_v7(), kind: "Tested".into(), detail: format!("{{\"n\":{n}}}") })
        .collect();
    assert_eq!(bus.publish(&events).await.unwrap().len(), 25);
}
