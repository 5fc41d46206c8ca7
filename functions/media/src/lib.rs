//! Pictures of products.
//!
//! ```text
//! POST /v1/media -> upload to S3 media/<2 hex>/<uuid>/original.<ext> -> SQS media-files -> thumbnail -> 150, 300, 800 .webp
//! POST /v1/media/from-url -> SQS media-work -> run: fetches it, writes it to S3 -> as above
//! POST /v1/media/from-zip -> upload to S3 media-zips/ -> SQS media-zips -> unzip: writes each picture to S3 -> as above
//! ```
//! A picture's status says what became of it; what is wrong with a file is told, and is no fault. How many media a product
//! has is told to the catalogue after each change, and by [`sweep`] where that failed.

use runtime::{Method, Permission, functions};

pub use self::media::links::MediumView;
pub use pipeline::messages::Work;

functions! {
    media [files, input, links, upload] {
        /// Begins a picture: answers with the address to upload its file to.
        http(Method::POST, "/v1/media", Permission::MediaWrite) => create_medium,
        /// Lists pictures.
        http(Method::GET, "/v1/media", Permission::MediaRead) => list_media,
        /// Gives one picture.
        http(Method::GET, "/v1/media/{id}", Permission::MediaRead) => get_medium,
        /// Sets the texts of a picture for those who do not see it.
        http(Method::PATCH, "/v1/media/{id}", Permission::MediaWrite) => change_medium,
        /// Deletes a picture with its thumbnails.
        http(Method::DELETE, "/v1/media/{id}", Permission::MediaDelete) => delete_medium,
        /// Fetches a picture from an address.
        http(Method::POST, "/v1/media/from-url", Permission::MediaWrite) => create_from_url,
        /// Begins an upload of many pictures in a zip.
        bulk(Method::POST, "/v1/media/from-zip", Permission::MediaWrite) => create_from_zip,
        /// Lists a product's pictures.
        http(Method::GET, "/v1/products/{id}/media", Permission::MediaRead) => list_product_media,
        /// Sets a product's pictures and their order.
        http(Method::PUT, "/v1/products/{id}/media", Permission::MediaWrite) => set_product_media,
    }
    pipeline [counts, failure, messages] {
        /// Makes the thumbnails of one picture anew.
        http(Method::POST, "/v1/media/{id}/thumbnails", Permission::MediaWrite) => regenerate_one,
        /// Makes the thumbnails of every picture anew.
        bulk(Method::POST, "/v1/media/thumbnails", Permission::MediaWrite) => regenerate_all,
        /// Gives a job on many pictures.
        http(Method::GET, "/v1/media-jobs/{id}", Permission::MediaRead) => get_job,
        /// Makes the thumbnails of an uploaded picture.
        objects("media-files") => make_thumbnails,
        /// Takes the pictures out of an uploaded zip.
        objects("media-zips") => unpack_zip,
        /// Fetches a picture, or sends every picture to have its thumbnails made anew.
        queue("media-jobs") => run_job,
        /// Resumes or ends what stopped, removes files of deleted pictures, tells the catalogue what it does not know.
        schedule("rate(1 minute)") => sweep,
    }
}
