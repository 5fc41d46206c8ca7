//! The commands.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use client::{Client, ColumnMapping, Error, Export, Import, Login, NewExport, NewImport, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::Command;

const ROWS_REJECTED: u8 = 5;
const FAILED: u8 = 6;

/// Arguments of `pm import`.
#[derive(Args)]
pub(crate) struct ImportArguments {
    /// The file
    file: PathBuf,
    /// The supplier's name
    #[arg(long)]
    supplier: Option<String>,
    /// What to do with existing products: update, ignore or `create_only`
    #[arg(long, value_parser = ["update", "ignore", "create_only"])]
    mode: Option<String>,
    /// The currency of prices without one; default: EUR
    #[arg(long)]
    currency: Option<String>,
    /// The unit of weights without one; default: kg
    #[arg(long, value_parser = ["g", "kg", "lb", "oz"])]
    weight_unit: Option<String>,
    /// The name of a saved mapping of the supplier, instead of --map
    #[arg(long)]
    saved_mapping: Option<String>,
    /// Which column fills which field, as COLUMN=FIELD; repeat it for each column
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    mapping: Vec<String>,
    /// Stop at the preview, before anything is changed; then use `pm preview` and `pm apply`
    #[arg(long)]
    preview: bool,
    /// The id of an import whose choices are copied: for the corrected rows of its report
    #[arg(long)]
    like: Option<String>,
    /// Further choices of the API as JSON, such as {"missing": "archive"}
    #[arg(long, value_name = "JSON")]
    choices: Option<String>,
    /// Return when the file is uploaded, without waiting for the result
    #[arg(long)]
    no_wait: bool,
}

/// Arguments of `pm export`.
#[derive(Args)]
pub(crate) struct ExportArguments {
    /// The layout of the files, such as products, shopify or google; `GET /v1/export-layouts` lists all
    #[arg(long)]
    layout: Option<String>,
    /// The format: csv, xlsx, json, jsonl, xml, tsv or txt; default: that of the layout
    #[arg(long)]
    format: Option<String>,
    /// A JSON file with further choices: mapping, selection, options, images, destinations
    #[arg(long)]
    spec: Option<PathBuf>,
    /// The name of a predefined template, such as "Google Shopping"
    #[arg(long)]
    predefined: Option<String>,
    /// The address of a product in the shop, with {sku}, {ean}, {slug} or {id} in it
    #[arg(long)]
    link: Option<String>,
    /// The file to write; further files are written to the same folder
    #[arg(short, long)]
    output: PathBuf,
    /// all: every column of the channel's template; filled: only columns with values from the catalogue
    #[arg(long, value_parser = ["all", "filled"])]
    columns: Option<String>,
    /// A status of products to export; repeat it for several; default: active
    #[arg(long = "status", value_parser = ["draft", "active", "inactive", "archived"])]
    statuses: Vec<String>,
}

/// Arguments of `pm products`.
#[derive(Args)]
pub(crate) struct ProductsArguments {
    /// The id of one product to show
    id: Option<String>,
    /// Only this SKU
    #[arg(long)]
    sku: Option<String>,
    /// Only this EAN
    #[arg(long)]
    ean: Option<String>,
    /// Only this status
    #[arg(long)]
    status: Option<String>,
    /// How many
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub(crate) async fn run(client: &mut Client, command: Command, json: bool) -> Result<ExitCode> {
    match command {
        Command::SignUp { organisation, email, password } => {
            client.sign_up(&organisation, &email, &password_or_ask(password)?).await?;
            show(json, &serde_json::json!({"email": email}), || {
                format!(
                    "a mail is on its way to {email}; confirm the address with `pm verify TOKEN`, TOKEN from its link"
                )
            });
        }
        Command::Verify { token, password } => {
            let token = token.rsplit_once("token=").map_or(token.as_str(), |(_, token)| token);
            client.verify_email(token, &password_or_ask(password)?).await?;
            show(json, &serde_json::json!({"verified": true}), || "confirmed; log in with `pm login`".to_owned());
        }
        Command::Login { email, password, code, organisation, remember_me } => {
            let password = password_or_ask(password)?;
            let login = Login {
                email: &email,
                password: &password,
                code: code.as_deref(),
                organisation_id: organisation.as_deref(),
                remember_me,
            };
            client.login_with(&login).await?;
            show(json, &serde_json::json!({"email": email}), || format!("logged in as {email}"));
        }
        Command::Import(arguments) => return import(client, arguments, json).await,
        Command::Imports { limit } => {
            let page = client.imports(limit).await?;
            show(json, &page, || table(&page.data, import_line, "no imports yet; begin with `pm import FILE`"));
        }
        Command::Errors { id, limit } => {
            let page = client.import_errors(&id, limit.clamp(1, 200), None).await?;
            show(json, &page, || table(&page.data, error_line, "there is nothing wrong with this import's rows"));
        }
        Command::Preview { id, action, limit } => {
            let action = action.map(|action| format!("&action={action}")).unwrap_or_default();
            let limit = limit.clamp(1, 200);
            let page = client.call("GET", &format!("/v1/imports/{id}/preview?limit={limit}{action}"), None).await?;
            show(json, &page, || {
                let rows = page["data"].as_array().cloned().unwrap_or_default();
                table(&rows, preview_line, "no row would do anything")
            });
        }
        Command::Apply { id } => {
            client.call("POST", &format!("/v1/imports/{id}/apply"), Some(&serde_json::json!({}))).await?;
            let import = wait_for_import(client, &id, json).await?;
            show(json, &import, || import_report(&import));
        }
        Command::Cancel { id } => {
            let import = client.call("POST", &format!("/v1/imports/{id}/cancel"), None).await?;
            show(json, &import, || format!("import {id} is {}", import["status"].as_str().unwrap_or_default()));
        }
        Command::Undo { id } => {
            let job = client.call("POST", &format!("/v1/imports/{id}/undo"), None).await?;
            let job = wait_for_job(client, job["id"].as_str().unwrap_or_default()).await?;
            show(json, &job, || {
                format!(
                    "{} products restored, {} fields kept because they were edited since, {} could not be restored",
                    job["changed"], job["kept"], job["failed"]
                )
            });
        }
        Command::Resume { id } => {
            let import = client.resume_import(&id).await?;
            show(json, &import, || import_line(&import));
        }
        Command::Export(arguments) => return export(client, arguments, json).await,
        Command::Products(arguments) => products(client, arguments, json).await?,
        Command::Suppliers => {
            let page = client.suppliers().await?;
            show(json, &page, || {
                table(&page.data, |supplier| format!("{}  {}", supplier.id, supplier.name), "no suppliers yet")
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn import(client: &mut Client, arguments: ImportArguments, json: bool) -> Result<ExitCode> {
    let file = &arguments.file;
    let size = std::fs::metadata(file).map_err(|error| Error::File(file.clone(), error))?.len();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let created = client
        .create_import(&NewImport {
            file_name: name.clone(),
            size_bytes: size,
            supplier: arguments.supplier,
            mode: arguments.mode,
            currency: arguments.currency,
            weight_unit: arguments.weight_unit,
            mapping: mapping(&arguments.mapping)?,
            saved_mapping: arguments.saved_mapping,
            run: arguments.preview.then(|| "preview".to_owned()),
            like: arguments.like,
            more: match &arguments.choices {
                Some(choices) => serde_json::from_str(choices)
                    .map_err(|problem| Error::Unexpected(format!("--choices is not a JSON object: {problem}")))?,
                None => serde_json::Map::new(),
            },
        })
        .await?;
    if let Some(to) = &created.upload {
        let bar = bar(json, size, "sending   [{bar:40}] {bytes}/{total_bytes}");
        let sending = bar.clone();
        client.upload(to, file, move |bytes| sending.inc(bytes)).await?;
        bar.finish_and_clear();
    }
    if arguments.no_wait {
        show(json, &created.import, || format!("import {} is under way", created.import.id));
        return Ok(ExitCode::SUCCESS);
    }
    let import = wait_for_import(client, &created.import.id, json).await?;
    show(json, &import, || import_report(&import));
    if !json && import.totals.rejected > 0 {
        let errors = client.import_errors(&import.id, 5, None).await?;
        println!("{}", table(&errors.data, error_line, ""));
        println!("all of them: pm errors {}", import.id);
    }
    if !json {
        for hold in import.holds.iter().chain(&import.warnings) {
            println!("{}: {}", hold.code, hold.message);
        }
        match import.status.as_str() {
            "ready" => println!(
                "nothing was changed; look at it with `pm preview {0}`, apply it with `pm apply {0}`",
                import.id
            ),
            "held" => println!(
                "the import is held; look at it with `pm preview {0}`, let it through with `pm apply {0}`",
                import.id
            ),
            _ => {}
        }
    }
    Ok(match import.status.as_str() {
        "completed" | "ready" => ExitCode::SUCCESS,
        "completed_with_errors" => ExitCode::from(ROWS_REJECTED),
        _ => ExitCode::from(FAILED),
    })
}

async fn wait_for_import(client: &mut Client, id: &str, json: bool) -> Result<Import> {
    let bar = bar(json, 100, "importing [{bar:40}] {pos} % {msg}");
    let mut wait = Wait::new();
    loop {
        let import = client.import(id).await?;
        bar.set_position(import.progress.percent);
        let rows = import.totals.rows.map(|rows| format!("{}/{rows} rows", import.progress.rows));
        bar.set_message(rows.unwrap_or_else(|| import.status.clone()));
        let resting = ["completed", "completed_with_errors", "failed", "cancelled", "ready", "held"];
        if resting.contains(&import.status.as_str()) {
            bar.finish_and_clear();
            return Ok(import);
        }
        wait.next().await;
    }
}

async fn wait_for_job(client: &mut Client, id: &str) -> Result<serde_json::Value> {
    let mut wait = Wait::new();
    loop {
        let job = client.call("GET", &format!("/v1/catalog/jobs/{id}"), None).await?;
        if job["status"] != "running" {
            return Ok(job);
        }
        wait.next().await;
    }
}

/// Returns the line of a preview record: the row, the action, and each field that would change.
fn preview_line(row: &serde_json::Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let number = row["row"].as_i64().map_or_else(|| "-".to_owned(), |number| number.to_string());
    let changes: Vec<String> = row["changes"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, change)| format!("{field}: {} -> {}", change["old"], change["new"]))
        .collect();
    let shown: String = changes.join(", ").chars().take(200).collect();
    format!("row {number}  {}  {}  {}  {shown}", text("action"), text("sku"), text("title"))
}

/// The time between two polls of a job: short at first, then longer, so that a long job does not use up the
/// organisation's request limit.
struct Wait(Duration);

impl Wait {
    fn new() -> Self {
        Self(Duration::from_millis(250))
    }

    async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 5 / 4).min(Duration::from_secs(5));
    }
}

async fn export(client: &mut Client, arguments: ExportArguments, json: bool) -> Result<ExitCode> {
    let mut new = match &arguments.spec {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|problem| Error::File(path.clone(), problem))?;
            NewExport(
                serde_json::from_str(&text)
                    .map_err(|problem| Error::Unexpected(format!("{}: {problem}", path.display())))?,
            )
        }
        None => NewExport::default(),
    };
    for (path, value) in [
        ("layout", arguments.layout),
        ("format", arguments.format),
        ("predefined", arguments.predefined),
        ("options.link", arguments.link),
        ("options.columns", arguments.columns),
    ] {
        if let Some(value) = value {
            new = new.with(path, value);
        }
    }
    if !arguments.statuses.is_empty() {
        new = new.with("selection.statuses", arguments.statuses);
    }
    let id = client.create_export(&new).await?.id;
    let bar = bar(json, 1, "exporting [{bar:40}] {pos}/{len} products");
    let mut wait = Wait::new();
    let mut export = loop {
        let export = client.export(&id).await?;
        bar.set_length(export.total_products.unwrap_or(1).max(1));
        bar.set_position(export.done_products);
        if matches!(export.status.as_str(), "completed" | "failed" | "cancelled") {
            break export;
        }
        wait.next().await;
    };
    bar.finish_and_clear();
    if export.status != "completed" {
        let why = export.message.clone().unwrap_or_default();
        show(json, &export, || format!("the export is {}: {why}", export.status));
        return Ok(ExitCode::from(FAILED));
    }
    for (index, file) in export.files.iter_mut().enumerate() {
        // The first file gets the requested name; the others keep their names, in the same folder.
        let path = if index == 0 {
            arguments.output.clone()
        } else {
            arguments.output.with_file_name(std::path::Path::new(&file.name).file_name().unwrap_or_default())
        };
        let url = file.url.take().ok_or_else(|| Error::Unexpected("a file without a link".to_owned()))?;
        client.download(&url, &path).await?;
        file.name = path.display().to_string();
    }
    show(json, &export, || export_report(&export));
    Ok(ExitCode::SUCCESS)
}

async fn products(client: &mut Client, arguments: ProductsArguments, json: bool) -> Result<()> {
    if let Some(id) = arguments.id {
        let product = client.product(&id).await?;
        show(json, &product, || serde_json::to_string_pretty(&product).unwrap_or_default());
        return Ok(());
    }
    let mut query = vec![("limit", arguments.limit.to_string())];
    let filters = [("sku", arguments.sku), ("ean", arguments.ean), ("status", arguments.status)];
    query.extend(filters.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let page = client.products(&query).await?;
    show(json, &page, || {
        table(
            &page.data,
            |product| {
                let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
                let price = format!("{} {}", text(&product.price), product.currency.clone().unwrap_or_default());
                let title: String = product.title.chars().take(50).collect();
                format!("{}  {:16}  {:14}  {price:>12}  {title}", product.id, text(&product.sku), text(&product.ean))
            },
            "no products",
        )
    });
    Ok(())
}

/// Parses `COLUMN=FIELD` arguments; the last `=` separates, because a column's name may contain one.
fn mapping(arguments: &[String]) -> Result<Option<Vec<ColumnMapping>>> {
    if arguments.is_empty() {
        return Ok(None);
    }
    let pairs = arguments.iter().map(|argument| {
        let (column, field) = argument
            .rsplit_once('=')
            .ok_or_else(|| Error::Unexpected(format!("expected --map COLUMN=FIELD, found \"{argument}\"")))?;
        Ok(ColumnMapping { column: column.to_owned(), field: Some(field.to_owned()) })
    });
    pairs.collect::<Result<Vec<_>>>().map(Some)
}

fn password_or_ask(given: Option<String>) -> Result<String> {
    match given {
        Some(password) => Ok(password),
        None => rpassword::prompt_password("Password: ").map_err(|error| Error::File("the terminal".into(), error)),
    }
}

fn bar(json: bool, length: u64, template: &str) -> ProgressBar {
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(length) };
    bar.with_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "),
    )
}

fn show(json: bool, value: &impl Serialize, human: impl FnOnce() -> String) {
    if json {
        println!("{}", serde_json::to_string(value).unwrap_or_default());
    } else {
        println!("{}", human());
    }
}

fn table<T>(items: &[T], line: impl Fn(&T) -> String, empty: &str) -> String {
    if items.is_empty() { empty.to_owned() } else { items.iter().map(line).collect::<Vec<_>>().join("\n") }
}

fn import_line(import: &Import) -> String {
    let rows = import.totals.rows.map_or_else(|| "-".to_owned(), |rows| rows.to_string());
    format!(
        "{}  {:21}  {:>7} rows  {}  {}",
        import.id,
        import.status,
        rows,
        import.created_at.get(..19).unwrap_or_default(),
        import.file_name
    )
}

fn error_line(error: &client::RowError) -> String {
    let column = error.column.as_ref().map(|column| format!(" [{column}]")).unwrap_or_default();
    format!("  row {}{column}: {}", error.row, error.message)
}

fn import_report(import: &Import) -> String {
    let totals = &import.totals;
    let mut lines =
        vec![format!("{} {}: {}", import.file_name, import.status, import.message.clone().unwrap_or_default())];
    if let Some(rows) = totals.rows {
        lines.push(format!(
            "  {rows} rows = {} created + {} updated + {} unchanged + {} skipped + {} rejected",
            totals.created, totals.updated, totals.unchanged, totals.skipped, totals.rejected
        ));
    }
    if let Some(layout) = &import.layout {
        let mapped: Vec<String> = layout
            .columns
            .iter()
            .filter_map(|column| Some(format!("{} -> {}", column.column, column.field.as_ref()?)))
            .collect();
        let ignored: Vec<&str> = layout
            .columns
            .iter()
            .filter(|column| column.field.is_none())
            .map(|column| column.column.as_str())
            .collect();
        lines.push(format!("  columns: {}", mapped.join(", ")));
        if !ignored.is_empty() {
            lines.push(format!("  left out: {}", ignored.join(", ")));
        }
    }
    lines.join("\n")
}

fn export_report(export: &Export) -> String {
    let mut lines =
        vec![format!("{} of {} products exported", export.exported, export.total_products.unwrap_or_default())];
    lines.extend(
        export.files.iter().map(|file| format!("  {} ({} products, {} bytes)", file.name, file.products, file.bytes)),
    );
    lines.extend(
        export.left_out_reasons.iter().map(|reason| format!("  {} left out: {}", reason.products, reason.message)),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_may_have_an_equals_sign() {
        let mapping = mapping(&["a=b=title".to_owned()]).unwrap().unwrap();
        assert_eq!((mapping[0].column.as_str(), mapping[0].field.as_deref()), ("a=b", Some("title")));
        assert!(super::mapping(&["title".to_owned()]).is_err());
    }
}
