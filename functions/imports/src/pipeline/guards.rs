//! The guards, which hold an import until a person lets it through. They check the file and the preview.

use db_catalog::CatalogDb;
use db_imports::{FileLayout, FileNotice, ImportJob, ImportsDb, Run};
use mapping::normalize;
use messages::{Text, imports as say};
use runtime::{Result, TenantId};
use rust_decimal::Decimal;

use crate::pipeline::batches::ParsedFile;

/// Checks the guards of the file itself.
pub(crate) async fn file_holds(
    db: &ImportsDb,
    tenant: TenantId,
    job: &ImportJob,
    parsed: &ParsedFile,
    layout: &FileLayout,
) -> Result<Vec<FileNotice>> {
    let guards = &job.options.guards;
    let mut holds = Vec::new();
    if let Some(reason) = &parsed.cut_short {
        holds.push(FileNotice::new("file_cut_short", say::cut_short(reason.clone(), parsed.rows)));
    }
    if guards.shrinks_percent.is_none() && !guards.new_columns {
        return Ok(holds);
    }
    let Some((rows, last)) = db.last_of_its_kind(tenant, job).await? else { return Ok(holds) };
    if let Some(percent) = guards.shrinks_percent {
        let least = Decimal::from(rows) * (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
        if Decimal::from(parsed.rows) < least {
            holds.push(FileNotice::new("file_shrank", say::file_shrank(parsed.rows, rows, percent)));
        }
    }
    if let Some(last) = last.filter(|_| guards.new_columns) {
        let names = |layout: &FileLayout| -> Vec<String> {
            let columns = layout.columns.iter().filter(|column| !column.column.is_empty());
            columns.map(|column| column.column.clone()).collect()
        };
        let (before, now) = (names(&last), names(layout));
        let without = |some: &[String], others: &[String]| -> Vec<String> {
            let known: Vec<String> = others.iter().map(|name| normalize(name)).collect();
            some.iter().filter(|name| !known.contains(&normalize(name))).map(|name| format!("\"{name}\"")).collect()
        };
        let (gone, new) = (without(&before, &now), without(&now, &before));
        if !gone.is_empty() || !new.is_empty() {
            let shown = |names: &[String]| {
                if names.is_empty() { say::no_columns() } else { Text::verbatim(names.join(", ")) }
            };
            holds.push(FileNotice::new("columns_changed", say::columns_changed(shown(&gone), shown(&new))));
        }
    }
    Ok(holds)
}

/// Checks the guards of the preview. The holds of the file are kept.
pub(crate) async fn preview_holds(catalog: &CatalogDb, tenant: TenantId, job: &ImportJob) -> Result<Vec<FileNotice>> {
    let (options, guards) = (&job.options, &job.options.guards);
    let mut holds = job.holds.clone();
    let figures =
        catalog.preview_figures(tenant, job.id, job.supplier_id, options.missing, guards.price_percent).await?;
    if let Some(percent) = guards.absent_percent {
        let share = Decimal::from(figures.supplied) * percent / Decimal::ONE_HUNDRED;
        if figures.absent > 1 && Decimal::from(figures.absent) > share {
            let message = say::too_many_absent(figures.absent, figures.supplied, percent);
            holds.push(FileNotice::new("too_many_absent", message));
        }
    }
    if let Some(percent) = guards.price_percent.filter(|_| figures.moved_prices > 0) {
        let message = say::prices_moved(figures.moved_prices, figures.priced, percent);
        holds.push(FileNotice::new("prices_moved", message));
    }
    if let Some(most) = guards.approve_above {
        let changes = job.totals.created + job.totals.updated;
        if changes > most {
            holds.push(FileNotice::new("approval_needed", say::approval_needed(changes, most)));
        }
    }
    if job.run == Run::Preview {
        return Ok(holds);
    }
    holds.retain(|hold| !job.let_through.contains(&hold.code));
    Ok(holds)
}
