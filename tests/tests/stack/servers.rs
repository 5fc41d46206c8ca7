//! Other people's servers, as far as tests need them.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::Stack;
use serde_json::Value;

/// Starts a web server: `answer` gets each request in lower case and returns status line, headers and body.
pub(crate) fn serve(answer: impl Fn(&str) -> (String, String, String) + Send + 'static) -> String {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut part) = (String::new(), [0; 4096]);
            loop {
                let read = stream.read(&mut part).unwrap_or_default();
                request.push_str(&String::from_utf8_lossy(&part[..read]).to_lowercase());
                let length =
                    request.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                let whole = request.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length.unwrap_or(0));
                if read == 0 || whole {
                    break;
                }
            }
            let (status, headers, body) = answer(&request);
            let head =
                format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    format!("http://{address}")
}

/// A server of `tests/servers.py`; it ends when this is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) folder: PathBuf,
    pub(crate) facts: Value,
}

impl Server {
    pub(crate) fn start(kind: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pm-e2e-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(folder.join("out/done")).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/servers.py");
        let mut child = Command::new(Stack::get().python())
            .args([script, kind, folder.to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, folder, facts: serde_json::from_str(&line).unwrap() }
    }

    pub(crate) fn put(&self, name: &str, text: &str, age: u64) {
        let path = self.folder.join("out").join(name);
        std::fs::write(&path, text).unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - Duration::from_secs(age)).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its standard input ends the process and what it started.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A received message.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// A receiver of webhooks: its address, its messages, and the status that it answers.
pub(crate) type Receiver = (String, Arc<Mutex<Vec<Got>>>, Arc<Mutex<u16>>);

pub(crate) fn receiver(status: u16) -> Receiver {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", server.local_addr().unwrap());
    let (got, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(status)));
    let (seen, answers) = (Arc::clone(&got), Arc::clone(&answer));
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut headers, mut line) = (Vec::new(), String::new());
            while stream.read_line(&mut line).unwrap_or_default() > 2 {
                if let Some((key, value)) = line.split_once(':') {
                    headers.push((key.to_lowercase(), value.trim().to_owned()));
                }
                line.clear();
            }
            let message = Got { headers, body: String::new() };
            let mut body = vec![0; message.header("content-length").parse().unwrap_or_default()];
            stream.read_exact(&mut body).unwrap();
            seen.lock().unwrap().push(Got { body: String::from_utf8(body).unwrap(), ..message });
            let status = *answers.lock().unwrap();
            let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.get_mut().write_all(head.as_bytes());
        }
    });
    (address, got, answer)
}
