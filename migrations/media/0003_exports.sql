-- Exports show the pictures of products.
grant select on media, product_media to pm_exports;
