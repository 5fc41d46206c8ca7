-- An export selects products as a search does: by words (in the language of the catalogue), and by the scores of
-- completeness. Its role reads what both need.
grant select on catalogs, product_completeness to pm_exports;
