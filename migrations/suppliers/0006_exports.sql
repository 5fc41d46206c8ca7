-- Exports name the supplier of a product.
grant select (tenant_id, supplier_id, name) on suppliers to pm_exports;
