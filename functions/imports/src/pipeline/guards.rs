//! What holds an import until somebody lets it through: asked of the file when it was read, and of the preview.

use db_catalog::CatalogDb;
use db_imports::{FileLayout, Hold, ImportJob, ImportsDb, Run};
use mapping::normalize;
use runtime::{Result, TenantId};
use rust_decimal::Decimal;

use crate::pipeline::batches::ParsedFile;

fn hold(code: &str, message: String) -> Hold {
    Hold { code: code.to_owned(), message }
}

/// What the file itself says.
pub(crate) async fn file_holds(
    db: &ImportsDb,
    tenant: TenantId,
    job: &ImportJob,
    parsed: &ParsedFile,
    layout: &FileLayout,
) -> Result<Vec<Hold>> {
    let guards = &job.options.guards;
    let mut holds = Vec::new();
    if let Some(why) = &parsed.cut_short {
        let message = format!("{why} The {} rows before it can be imported if you let them through", parsed.rows);
        holds.push(hold("file_cut_short", message));
    }
    if guards.shrinks_percent.is_none() && !guards.new_columns {
        return Ok(holds);
    }
    let Some((rows, last)) = db.last_of_its_kind(tenant, job).await? else { return Ok(holds) };
    if let Some(percent) = guards.shrinks_percent {
        let least = Decimal::from(rows) * (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
        if Decimal::from(parsed.rows) < least {
            let message = format!(
                "the file has {} rows, the last one had {rows}: more than {percent} % are gone. Check that it is whole",
                parsed.rows
            );
            holds.push(hold("file_shrank", message));
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
            let shown = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let message =
                format!("the columns are not those of the last file: gone {}, new {}", shown(&gone), shown(&new));
            holds.push(hold("columns_changed", message));
        }
    }
    Ok(holds)
}

/// What the preview says; the file's own holds are kept.
pub(crate) async fn preview_holds(catalog: &CatalogDb, tenant: TenantId, job: &ImportJob) -> Result<Vec<Hold>> {
    let (options, guards) = (&job.options, &job.options.guards);
    let mut holds = job.holds.clone();
    let figures =
        catalog.preview_figures(tenant, job.id, job.supplier_id, options.missing, guards.price_percent).await?;
    if let Some(percent) = guards.absent_percent {
        let share = Decimal::from(figures.supplied) * percent / Decimal::ONE_HUNDRED;
        if figures.absent > 1 && Decimal::from(figures.absent) > share {
            let message = format!(
                "{} of the supplier's {} products are not in the file and would be left out, more than {percent} %",
                figures.absent, figures.supplied
            );
            holds.push(hold("too_many_absent", message));
        }
    }
    if let Some(percent) = guards.price_percent.filter(|_| figures.moved_prices > 0) {
        let message = format!(
            "{} of {} prices would move by more than {percent} %; look at the preview, and let the import through if they are right",
            figures.moved_prices, figures.priced
        );
        holds.push(hold("prices_moved", message));
    }
    if let Some(most) = guards.approve_above {
        let changes = job.totals.created + job.totals.updated;
        if changes > most {
            holds.push(hold(
                "approval_needed",
                format!("{changes} products would be made or changed, more than {most}: somebody has to approve"),
            ));
        }
    }
    if job.run == Run::Preview {
        return Ok(holds);
    }
    holds.retain(|hold| !job.let_through.contains(&hold.code));
    Ok(holds)
}
