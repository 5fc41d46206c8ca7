//! The files of an export in S3: streamed, split where a channel limits their size, and zipped where a channel wants a
//! zip.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use channels::{LayoutWriter, Package, TableInfo, media_type};
use cloud::{Objects, Upload};
use db_imports::ExportFile;
use runtime::{Error, Result};
use tabular::{BookError, BookWriter};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// The objects of one try. Each try has its own, so that overlapping tries do not mix.
pub(crate) struct Folder<'o> {
    pub(crate) objects: &'o Objects,
    pub(crate) prefix: String,
}

impl Folder<'_> {
    /// Begins a file.
    pub(crate) async fn begin(&self, name: String) -> Result<OpenFile> {
        let key = format!("{}/{name}", self.prefix);
        let upload = self.objects.upload(&key, media_type(&name)).await?;
        Ok(OpenFile { upload, file: ExportFile { name, bytes: 0, products: 0, url: None, key } })
    }
}

/// A file that is open for writing.
pub(crate) struct OpenFile {
    upload: Upload,
    pub(crate) file: ExportFile,
}

impl OpenFile {
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.upload.write(bytes).await
    }

    pub(crate) fn written(&self) -> u64 {
        self.upload.written()
    }

    pub(crate) async fn finish(self) -> Result<ExportFile> {
        let bytes = self.upload.finish().await?;
        Ok(ExportFile { bytes, ..self.file })
    }

    pub(crate) async fn abort(self) {
        self.upload.abort().await;
    }
}

/// The files of one table of a layout.
pub(crate) struct TableFiles {
    info: TableInfo,
    name: String,
    open: Option<OpenFile>,
    done: Vec<ExportFile>,
    pack: Option<(Package, ZipStream)>,
    buffer: Vec<u8>,
}

impl TableFiles {
    /// `name` has no extension; further parts get a number behind it.
    pub(crate) fn new(info: TableInfo, name: String, package: Option<Package>) -> Self {
        let pack = package.map(|package| (package, ZipStream::new()));
        Self { info, name, open: None, done: Vec::new(), pack, buffer: Vec::new() }
    }

    /// Writes the bytes that a listing left in the writer: into the open file, or into a new one if the file would
    /// become larger than the channel accepts.
    pub(crate) async fn take(
        &mut self,
        writer: &mut LayoutWriter,
        table: usize,
        folder: &Folder<'_>,
        products: i32,
    ) -> Result<()> {
        if writer.waiting(table) == 0 {
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        writer.take(table, &mut buffer);
        let full =
            |open: &OpenFile| self.info.most_bytes.is_some_and(|most| open.written() as usize + buffer.len() > most);
        if self.open.as_ref().is_some_and(full) {
            self.close(writer, table).await?;
        }
        if self.open.is_none() {
            self.begin(writer, table, folder).await?;
        }
        self.write(&buffer).await?;
        if let Some(open) = &mut self.open {
            open.file.products += products;
        }
        self.buffer = buffer;
        Ok(())
    }

    async fn begin(&mut self, writer: &mut LayoutWriter, table: usize, folder: &Folder<'_>) -> Result<()> {
        let number = self.done.len() + 1;
        let part = if number > 1 { format!("-{number}") } else { String::new() };
        let name = match &self.pack {
            Some((package, _)) => package.name.clone(),
            None => format!("{}{part}.{}", self.name, self.info.extension),
        };
        self.open = Some(folder.begin(name).await?);
        if let Some((package, zip)) = &mut self.pack {
            for (name, text) in &package.beside {
                zip.file(name, text.as_bytes())?;
            }
            zip.begin(&package.inside)?;
        }
        let head = writer.begin(table);
        self.write(&head).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        match &mut self.pack {
            Some((_, zip)) => {
                zip.write(bytes)?;
                open.write(&zip.take()).await
            }
            None => open.write(bytes).await,
        }
    }

    async fn close(&mut self, writer: &mut LayoutWriter, table: usize) -> Result<()> {
        let end = writer.end(table);
        self.write(&end).await?;
        let Some(mut open) = self.open.take() else { return Ok(()) };
        if let Some((_, zip)) = &mut self.pack {
            open.write(&zip.finish()?).await?;
        }
        self.done.push(open.finish().await?);
        Ok(())
    }

    /// Closes the last file. If nothing was exported, a required table becomes a file with a header only.
    pub(crate) async fn finish(
        mut self,
        writer: &mut LayoutWriter,
        table: usize,
        folder: &Folder<'_>,
    ) -> Result<Vec<ExportFile>> {
        self.take(writer, table, folder, 0).await?;
        if self.open.is_none() && self.done.is_empty() && self.info.needed {
            self.begin(writer, table, folder).await?;
        }
        if self.open.is_some() {
            self.close(writer, table).await?;
        }
        Ok(self.done)
    }

    pub(crate) async fn abort(self) {
        if let Some(open) = self.open {
            open.abort().await;
        }
    }
}

/// A workbook, which is a file on disk until it is complete.
pub(crate) struct BookFile {
    writer: BookWriter,
    folder: tempfile::TempDir,
}

impl BookFile {
    pub(crate) fn new(columns: &[(&str, bool)]) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(Error::internal)?;
        let mut writer = BookWriter::new(folder.path()).map_err(Error::internal)?;
        writer.sheet("products", columns).map_err(Error::internal)?;
        Ok(Self { writer, folder })
    }

    /// Writes the rows that listings left in the layout's writer.
    ///
    /// # Errors
    /// 409 when Excel has no room for more.
    pub(crate) fn take(&mut self, writer: &mut LayoutWriter) -> Result<()> {
        for row in writer.take_rows(0) {
            self.writer.row(&row).map_err(book_error)?;
        }
        Ok(())
    }

    /// Adds a sheet of texts.
    pub(crate) fn sheet(
        &mut self,
        name: &str,
        columns: &[(&str, bool)],
        rows: impl Iterator<Item = Vec<String>>,
    ) -> Result<()> {
        self.writer.sheet(name, columns).map_err(book_error)?;
        let mut row = tabular::Row::default();
        for cells in rows {
            row.clear();
            cells.iter().for_each(|cell| row.push(cell));
            self.writer.row(&row).map_err(book_error)?;
        }
        Ok(())
    }

    /// Returns the number of texts that were cut because Excel limits the length of a cell.
    pub(crate) fn cut(&self) -> usize {
        self.writer.cut()
    }

    /// Writes the workbook and uploads it.
    pub(crate) async fn finish(self, name: String, folder: &Folder<'_>) -> Result<ExportFile> {
        let path = self.folder.path().join("book.xlsx");
        let (writer, to) = (self.writer, path.clone());
        let written = tokio::task::spawn_blocking(move || {
            let file = std::fs::File::create(&to).map_err(Error::internal)?;
            writer.finish(std::io::BufWriter::new(file)).map_err(Error::internal)
        });
        written.await.map_err(Error::internal)??;
        let mut open = folder.begin(name).await?;
        let mut file = tokio::fs::File::open(&path).await.map_err(Error::internal)?;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = tokio::io::AsyncReadExt::read(&mut file, &mut buffer).await.map_err(Error::internal)?;
            if read == 0 {
                return open.finish().await;
            }
            open.write(&buffer[..read]).await?;
        }
    }
}

fn book_error(problem: BookError) -> Error {
    match problem {
        BookError::Full => {
            Error::Conflict { code: "too_many_rows", message: messages::exports::workbook_full(problem.message()) }
        }
        BookError::Xlsx(problem) => Error::internal(problem),
    }
}

/// A streamed zip, which may be larger than 4 GB (ZIP64). The same content makes the same bytes.
pub(crate) struct ZipStream {
    writer: Option<ZipWriter<StreamWriter<Sink>>>,
    sink: Sink,
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ZipStream {
    pub(crate) fn new() -> Self {
        let sink = Sink::default();
        Self { writer: Some(ZipWriter::new_stream(sink.clone())), sink }
    }

    fn writer(&mut self) -> Result<&mut ZipWriter<StreamWriter<Sink>>> {
        self.writer.as_mut().ok_or_else(|| Error::internal("the zip is finished"))
    }

    /// Begins a file of unknown size.
    pub(crate) fn begin(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        self.writer()?.start_file(name, options.last_modified_time(zip::DateTime::default())).map_err(Error::internal)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer()?.write_all(bytes).map_err(Error::internal)
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.begin(name)?;
        self.write(bytes)
    }

    /// Adds a file without compressing it: it is compressed already.
    pub(crate) fn stored(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        let options = options.last_modified_time(zip::DateTime::default());
        self.writer()?.start_file(name, options).map_err(Error::internal)?;
        self.write(bytes)
    }

    /// Returns the bytes since the last call.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.sink.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the zip. Returns the rest of its bytes.
    pub(crate) fn finish(&mut self) -> Result<Vec<u8>> {
        if let Some(writer) = self.writer.take() {
            writer.finish().map_err(Error::internal)?;
        }
        Ok(self.take())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    #[test]
    fn the_pieces_of_a_zip_stream_make_one_zip() {
        let written = || {
            let mut zip = ZipStream::new();
            zip.file("a.txt", b"one").unwrap();
            let mut bytes = zip.take();
            zip.stored("pictures/b.jpg", &[7; 1_000]).unwrap();
            bytes.extend(zip.take());
            bytes.extend(zip.finish().unwrap());
            bytes
        };
        let bytes = written();
        assert!(bytes == written());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name("a.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), archive.by_name("pictures/b.jpg").unwrap().size()), ("one", 1_000));
    }
}
