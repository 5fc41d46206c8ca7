//! Pictures through HTTP and S3: uploads, addresses, zips, thumbnails, unusable files.

use std::io::{Cursor, Read, Write};

use e2e::{Tenant, csv, eventually};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

fn png(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([shade, (x % 256) as u8, (y % 256) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn put(upload: &Value, bytes: &[u8]) -> u16 {
    let mut request = reqwest::Client::new().put(upload["url"].as_str().unwrap()).body(bytes.to_vec());
    for (name, value) in upload["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request.send().await.unwrap().status().as_u16()
}

/// Uploads a file; returns the picture once its processing has ended.
async fn upload(tenant: &mut Tenant, name: &str, bytes: &[u8], products: &[&str]) -> Value {
    let created =
        tenant.post("/v1/media", json!({"file_name": name, "size_bytes": bytes.len(), "product_ids": products})).await;
    assert_eq!(put(&created["upload"], bytes).await, 200);
    ended(tenant, &format!("/v1/media/{}", created["medium"]["id"].as_str().unwrap())).await
}

/// Waits until the object at `path` has a final status; returns it.
async fn ended(tenant: &mut Tenant, path: &str) -> Value {
    eventually("its end", async || {
        let found = tenant.get(path).await;
        matches!(found["status"].as_str().unwrap(), "ready" | "failed" | "duplicate" | "completed").then_some(found)
    })
    .await
}

async fn products(tenant: &mut Tenant, number: usize) -> Vec<String> {
    tenant.import(&csv(number, "media")).await;
    let page = tenant.get("/v1/products?limit=200&sort=title").await;
    page["data"].as_array().unwrap().iter().map(|product| product["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_picture_is_uploaded_shown_shared_and_deleted() {
    let mut tenant = Tenant::new("Media").await;
    let ids = products(&mut tenant, 2).await;
    let file = png(1_000, 500, 10);
    let medium = upload(&mut tenant, "front.png", &file, &[&ids[0], &ids[1]]).await;
    assert_eq!(
        (&medium["status"], &medium["width"], &medium["content_type"]),
        (&json!("ready"), &json!(1_000), &json!("image/png"))
    );
    let sizes: Vec<(u64, u64)> = medium["thumbnails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["width"].as_u64().unwrap(), one["height"].as_u64().unwrap()))
        .collect();
    assert_eq!(sizes, [(150, 75), (300, 150), (800, 400)]);
    let url = medium["thumbnails"][1]["url"].as_str().unwrap().to_owned();
    let answer = reqwest::get(&url).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "image/webp"));
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let seen = image::load_from_memory_with_format(&answer.bytes().await.unwrap(), ImageFormat::WebP).unwrap();
    assert_eq!((seen.width(), seen.height()), (300, 150));

    // The catalogue knows the number of pictures.
    let product = tenant.get(&format!("/v1/products/{}", ids[0])).await;
    assert_eq!(
        (&product["media"], product["missing"].as_array().unwrap().contains(&json!("image"))),
        (&json!(1), false)
    );
    assert_eq!(tenant.get("/v1/products?has_image=true&count=true").await["total"]["count"], 2);

    // The same file again is a duplicate; another picture is moved to the first place.
    let again = upload(&mut tenant, "copy.png", &file, &[&ids[0]]).await;
    assert_eq!((&again["status"], &again["duplicate_of"]), (&json!("duplicate"), &medium["id"]));
    let other = upload(&mut tenant, "back.png", &png(300, 300, 200), &[]).await;
    let order = json!({"media_ids": [other["id"], medium["id"]]});
    let path = format!("/v1/products/{}/media", ids[0]);
    tenant.client.call("PUT", &path, Some(&order)).await.unwrap();
    let listed = tenant.get(&path).await;
    assert_eq!(
        listed["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>(),
        [other["id"].clone(), medium["id"].clone()]
    );
    let alt = json!({"alt": {"en": "Front"}});
    let id = medium["id"].as_str().unwrap().to_owned();
    assert_eq!(
        tenant.client.call("PATCH", &format!("/v1/media/{id}"), Some(&alt)).await.unwrap()["alt"],
        json!({"en": "Front"})
    );

    tenant.client.call("DELETE", &format!("/v1/media/{id}"), None).await.unwrap();
    assert_eq!(tenant.refused("GET", &format!("/v1/media/{id}"), Value::Null).await.0, 404);
    assert_eq!(reqwest::get(&url).await.unwrap().status().as_u16(), 404, "its thumbnails are gone too");
    assert_eq!(tenant.get(&format!("/v1/products/{}", ids[1])).await["media"], 0);
    let twenty = json!({"media_ids": (0..21).map(|_| uuid::Uuid::new_v4()).collect::<Vec<_>>()});
    assert_eq!(refused(&mut tenant, &path, twenty).await, 422);
}

async fn refused(tenant: &mut Tenant, path: &str, body: Value) -> u16 {
    tenant.refused("PUT", path, body).await.0
}

#[tokio::test]
async fn an_unusable_file_is_reported_and_blocks_nothing() {
    let mut tenant = Tenant::new("Bad media").await;
    let whole = png(400, 400, 50);
    let mut huge = whole.clone();
    // A decompression bomb: its header declares 60,000 x 60,000 pixels.
    huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let crc = crc32(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.to_be_bytes());
    for (name, bytes, code) in [
        ("cut.png", whole[..whole.len() / 2].to_vec(), "truncated"),
        ("page.jpg", b"<html>not found</html>".to_vec(), "not_a_picture"),
        ("moving.png", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "format_unsupported"),
        ("bomb.png", huge, "too_many_pixels"),
    ] {
        let medium = upload(&mut tenant, name, &bytes, &[]).await;
        assert_eq!((&medium["status"], &medium["problem_code"]), (&json!("failed"), &json!(code)), "{name}: {medium}");
        assert!(medium["problem"].as_str().unwrap().len() > 20);
    }
    let mislabelled = upload(&mut tenant, "really-a-png.jpg", &whole, &[]).await;
    assert_eq!(
        (&mislabelled["status"], &mislabelled["problem_code"], &mislabelled["content_type"]),
        (&json!("ready"), &json!("mislabelled"), &json!("image/png"))
    );
    assert_eq!(tenant.refused("POST", "/v1/media", json!({"file_name": "a.gif", "size_bytes": 5})).await.0, 422);
    assert_eq!(
        tenant.refused("POST", "/v1/media", json!({"file_name": "a.png", "size_bytes": 10_000_001})).await.0,
        422
    );
    let anew = tenant.post("/v1/media/thumbnails", json!({})).await;
    let job = ended(&mut tenant, &format!("/v1/media-jobs/{}", anew["id"].as_str().unwrap())).await;
    assert_eq!((&job["total"], &job["done"]), (&json!(1), &json!(1)));
}

/// Returns the CRC-32 of ISO 3309, as used in PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[tokio::test]
async fn a_picture_is_fetched_from_an_address_and_never_from_our_own_network() {
    let mut tenant = Tenant::new("Fetched media").await;
    let ids = products(&mut tenant, 1).await;
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let file = png(500, 200, 90);
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 2048];
            let read = stream.read(&mut request).unwrap_or_default();
            let inward = String::from_utf8_lossy(&request[..read]).contains("/inward");
            let head = match inward {
                true => "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/x.png\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
                false => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", file.len()),
            };
            let _ = stream.write_all(head.as_bytes());
            if !inward {
                let _ = stream.write_all(&file);
            }
        }
    });
    let mut fetch = async |url: String| {
        let medium = tenant.post("/v1/media/from-url", json!({"url": url, "product_ids": [ids[0]]})).await;
        ended(&mut tenant, &format!("/v1/media/{}", medium["id"].as_str().unwrap())).await
    };
    let good = fetch(format!("http://{address}/a/picture.png")).await;
    assert_eq!(
        (&good["status"], &good["width"], &good["file_name"]),
        (&json!("ready"), &json!(500), &json!("picture.png"))
    );
    for inside in
        [format!("http://{address}/inward"), "http://169.254.169.254/latest/x.png".into(), "http://[::1]:9/".into()]
    {
        let medium = fetch(inside.clone()).await;
        assert_eq!(
            (&medium["status"], &medium["problem_code"]),
            (&json!("failed"), &json!("address_refused")),
            "{inside}: {medium}"
        );
    }
    assert_eq!(tenant.get(&format!("/v1/products/{}", ids[0])).await["media"], 1);
}

#[tokio::test]
async fn the_pictures_of_a_zip_are_attached_to_their_products() {
    let mut tenant = Tenant::new("Zipped media").await;
    let ids = products(&mut tenant, 2).await;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [
        ("P-000001.png", png(200, 200, 1)),
        ("p-000001-2.png", png(200, 200, 2)),
        ("P-000002/front.png", png(200, 200, 3)),
        ("unknown.png", png(200, 200, 4)),
        ("P-000002.txt", b"no picture".to_vec()),
        ("__MACOSX/P-000001.png", b"x".to_vec()),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let created = tenant.post("/v1/media/from-zip", json!({"size_bytes": bytes.len()})).await;
    assert_eq!(put(&created["upload"], &bytes).await, 200);
    let job = ended(&mut tenant, &format!("/v1/media-jobs/{}", created["job"]["id"].as_str().unwrap())).await;
    assert_eq!((&job["total"], &job["attached"], &job["failed"]), (&json!(5), &json!(3), &json!(2)), "{job}");
    let first = tenant.get(&format!("/v1/products/{}/media", ids[0])).await;
    let names: Vec<&str> =
        first["data"].as_array().unwrap().iter().map(|one| one["file_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["P-000001.png", "p-000001-2.png"]);
    let broken = b"PK\x03\x04 this is no zip".to_vec();
    let created = tenant.post("/v1/media/from-zip", json!({"size_bytes": broken.len()})).await;
    assert_eq!(put(&created["upload"], &broken).await, 200);
    let job = ended(&mut tenant, &format!("/v1/media-jobs/{}", created["job"]["id"].as_str().unwrap())).await;
    assert!(job["problems"][0]["message"].as_str().unwrap().contains("expected a zip"), "{job}");
}
