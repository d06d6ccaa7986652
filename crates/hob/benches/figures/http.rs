//! A client that counts bytes and costs next to nothing: what it measures is the hub.

use crate::Outcome;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What goes over a connection in both directions.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    host: String,
    buffer: Vec<u8>,
}

/// An answer as it came over the wire.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    /// To the hub's port.
    pub(crate) fn tcp(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self { stream: Box::new(stream), host: address.to_string(), buffer: Vec::new() })
    }

    /// To the socket in the hub's data directory.
    pub(crate) fn local(path: &Path) -> Outcome<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self { stream: Box::new(stream), host: "hob.local".to_owned(), buffer: Vec::new() })
    }

    /// GET. The answer is read to its end.
    pub(crate) fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Outcome<Answer> {
        self.stream.write_all(request(path, &self.host, headers).as_bytes())?;
        self.answer(path)
    }

    /// A change with JSON as its body. The answer is read to its end.
    pub(crate) fn send(&mut self, method: &str, path: &str, json: &str) -> Outcome<Answer> {
        let (host, length) = (&self.host, json.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.stream.write_all((head + json).as_bytes())?;
        self.answer(path)
    }

    fn answer(&mut self, path: &str) -> Outcome<Answer> {
        self.buffer.clear();
        let mut head_ends = None;
        let mut chunk = [0_u8; 64 * 1024];
        loop {
            if head_ends.is_none() {
                head_ends = self.buffer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
            }
            if let Some(head_ends) = head_ends {
                let head = std::str::from_utf8(&self.buffer[..head_ends])?;
                let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
                let length = match header(head, "content-length") {
                    Some(length) => length.parse()?,
                    None if matches!(status, 204 | 304) => 0,
                    None => return Err(format!("{path} answers without a length").into()),
                };
                if self.buffer.len() >= head_ends + length {
                    let head = head.to_owned();
                    return Ok(Answer { status, head, body: self.buffer[head_ends..].to_vec() });
                }
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err(format!("the connection ended before the answer to {path}").into()),
                count => self.buffer.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

impl Answer {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Head and body together.
    pub(crate) fn wire_bytes(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Itself, if it is what was expected.
    pub(crate) fn expect(self, status: u16) -> Outcome<Self> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body);
        Err(format!("{} where {status} was expected: {body:.200}", self.status).into())
    }
}

/// A GET as it goes over the wire.
pub(crate) fn request(path: &str, host: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n")
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
