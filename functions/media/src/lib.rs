//! Pictures of products.
//!
//! ```text
//! POST /v1/media -> upload to S3 media/<2 hex>/<uuid>/original.<ext> -> SQS media-files -> thumbnail -> 150, 300, 800 .webp
//! POST /v1/media/from-url -> SQS media-work -> run: fetches it, writes it to S3 -> as above
//! POST /v1/media/from-zip -> upload to S3 media-zips/ -> SQS media-zips -> unzip: writes each picture to S3 -> as above
//! ```
//! A picture's status is the result of its processing. A problem with a file is noted on the picture and is no error of
//! the function. After each change the number of a product's pictures is published to the catalogue; where that failed,
//! [`sweep`] does it.

use runtime::{Method, Permission, functions};

pub use self::media::links::MediumView;
pub use pipeline::messages::Work;

functions! {
    media [files, input, links, upload] {
        /// Creates a picture: returns the address to upload its file to.
        http(Method::POST, "/v1/media", Permission::MediaWrite) => create_medium,
        /// Lists pictures.
        http(Method::GET, "/v1/media", Permission::MediaRead) => list_media,
        /// Returns one picture.
        http(Method::GET, "/v1/media/{id}", Permission::MediaRead) => get_medium,
        /// Sets the alternative texts of a picture.
        http(Method::PATCH, "/v1/media/{id}", Permission::MediaWrite) => change_medium,
        /// Deletes a picture and its thumbnails.
        http(Method::DELETE, "/v1/media/{id}", Permission::MediaDelete) => delete_medium,
        /// Creates a picture that is fetched from an address.
        http(Method::POST, "/v1/media/from-url", Permission::MediaWrite) => create_from_url,
        /// Creates a job for many pictures in a zip: returns the address to upload the zip to.
        bulk(Method::POST, "/v1/media/from-zip", Permission::MediaWrite) => create_from_zip,
        /// Lists a product's pictures.
        http(Method::GET, "/v1/products/{id}/media", Permission::MediaRead) => list_product_media,
        /// Sets a product's pictures and their order.
        http(Method::PUT, "/v1/products/{id}/media", Permission::MediaWrite) => set_product_media,
    }
    pipeline [counts, failure, messages] {
        /// Makes the thumbnails of one picture again.
        http(Method::POST, "/v1/media/{id}/thumbnails", Permission::MediaWrite) => regenerate_one,
        /// Makes the thumbnails of every picture again.
        bulk(Method::POST, "/v1/media/thumbnails", Permission::MediaWrite) => regenerate_all,
        /// Returns one job on many pictures.
        http(Method::GET, "/v1/media-jobs/{id}", Permission::MediaRead) => get_job,
        /// Makes the thumbnails of an uploaded picture.
        objects("media-files") => make_thumbnails,
        /// Extracts the pictures from an uploaded zip.
        objects("media-zips") => unpack_zip,
        /// Fetches a picture, or queues every picture to have its thumbnails made again.
        queue("media-jobs") => run_job,
        /// Resumes or ends stalled work, removes files of deleted pictures, publishes numbers of pictures that are due.
        schedule("rate(1 minute)") => sweep,
    }
}
