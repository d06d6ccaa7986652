//! The services that are checked: one small HTTP server that answers everything.

use crate::Outcome;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

const PAGE: &str = "<!doctype html><html lang=\"en\"><title>A service</title><p>It works.</p></html>\n";
const STACK_BYTES: usize = 64 * 1024;
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Starts it; it ends with this process.
pub(crate) fn start() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::Builder::new().spawn(move || {
        for stream in listener.incoming().flatten() {
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            // A client that breaks off, or a machine without room for a thread, is a failed check and shows as one.
            let _ = builder.spawn(move || answer(stream));
        }
    })?;
    Ok(address)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(HEAD_WITHIN))?;
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut chunk)? {
            0 => return Ok(()),
            count => head.extend_from_slice(&chunk[..count]),
        }
    }
    let length = PAGE.len();
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{PAGE}"
    );
    stream.write_all(text.as_bytes())
}
