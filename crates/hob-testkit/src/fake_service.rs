//! An HTTP service that misbehaves on request.
//!
//! It is written by hand over TCP, because the point is to send what no HTTP library would agree to send.

mod answer;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use answer::After;

/// The text a reader sees as the title of [`Behaviour::ScriptTitle`], after the HTML is decoded.
pub const SCRIPT_TITLE: &str = r#"<script>alert("title")</script><img src=x onerror=alert(1)>"'&<b>bold</b>"#;

/// How many redirects [`Behaviour::RedirectForever`] has in store before it gives in and sends a page.
pub const REDIRECTS: u32 = 10_000;

/// A request head larger than this is not a request any more.
const MAX_HEAD: usize = 64 * 1024;

/// The part of a request's body that is kept.
const MAX_BODY: usize = 1024 * 1024;

/// What a [`FakeService`] does with whoever connects.
///
/// A connection asks for the current behaviour when it is accepted (for those that speak or hang up without
/// being asked) and again for every request. One that already hangs keeps hanging until its client leaves or
/// the service stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// An HTML page at every path, and its icon at `/icon` and `/favicon.ico`.
    Page {
        /// The text of `<title>`; escaped for HTML.
        title: String,
        /// The status of the page.
        status: u16,
        /// The bytes of the icon; with `None` there is no link and `/favicon.ico` answers 404.
        icon: Option<Vec<u8>>,
    },
    /// This status at every path, with a short page that says so.
    Status(u16),
    /// Reads the request and never answers.
    Hang,
    /// Sends the response head and the start of a page (before its title), and then nothing more.
    HangInBody,
    /// Waits this long before answering with a page titled `Slow`.
    Slow(Duration),
    /// Redirects (302) to this location. A request for the location itself gets a page titled `Arrived`.
    Redirect(String),
    /// Redirects every path to the next, `/` to `/1` to `/2`, for [`REDIRECTS`] steps.
    RedirectForever,
    /// Speaks first: sends these bytes as soon as somebody connects, and hangs up.
    Garbage(Vec<u8>),
    /// Answers with a response head that never ends.
    EndlessHeader,
    /// Answers with a page that never ends and has no title.
    EndlessBody,
    /// A page that claims to be UTF-8 and is not; its title is `Caf` and the bytes E9 FF FE.
    InvalidUtf8,
    /// A page whose title is [`SCRIPT_TITLE`].
    ScriptTitle,
    /// A page titled `Huge icon` whose icon has this many bytes, streamed.
    HugeIcon(u64),
    /// Speaks first, like SSH or SMTP: sends this line and then listens without a word.
    Banner(String),
    /// Accepts the connection and closes it.
    CloseAtOnce,
    /// Reads the request, answers with exactly these bytes and closes.
    Raw(Vec<u8>),
    /// Alternates, from the moment it is set: a page titled `Flapping` for `up`, [`Behaviour::CloseAtOnce`]
    /// for `down`.
    Flapping {
        /// How long it answers.
        up: Duration,
        /// How long it then does not.
        down: Duration,
    },
}

impl Behaviour {
    /// A page with this title, status 200 and no icon.
    pub fn page(title: &str) -> Self {
        Self::Page { title: title.to_owned(), status: 200, icon: None }
    }
}

/// What a [`FakeService`] was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD`, `POST` and so on.
    pub method: String,
    /// The request target as sent: path and query.
    pub path: String,
    /// Names as sent, and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body, if its length was announced; cut at 1 MiB.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads a request head that ends in an empty line.
    fn parse(head: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
            .collect();
        Some(Self { method, path, headers, body: Vec::new() })
    }
}

/// A service on 127.0.0.1 that does what the test tells it to. Stops when dropped.
#[derive(Debug)]
pub struct FakeService {
    port: u16,
    state: Arc<State>,
    running: tokio::sync::Mutex<Option<Running>>,
}

/// The accepting task, which owns the socket and every connection.
#[derive(Debug)]
struct Running {
    /// Dropping it asks the task to end.
    stop: oneshot::Sender<()>,
    task: JoinSet<()>,
}

#[derive(Debug)]
struct State {
    port: u16,
    script: Mutex<Script>,
    requests: Mutex<Vec<Request>>,
}

#[derive(Debug)]
struct Script {
    behaviour: Behaviour,
    since: Instant,
}

impl FakeService {
    /// Starts on a free port, with a page titled `Fake service`.
    pub async fn start() -> Self {
        Self::start_on(0).await.expect("the loopback interface should have a free port")
    }

    /// Starts on this port of 127.0.0.1, with a page titled `Fake service`.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        let script = Script { behaviour: Behaviour::page("Fake service"), since: Instant::now() };
        let state = Arc::new(State { port, script: Mutex::new(script), requests: Mutex::default() });
        let running = Running::start(listener, Arc::clone(&state));
        Ok(Self { port, state, running: tokio::sync::Mutex::new(Some(running)) })
    }

    /// The port; it stays the same over [`restart`](Self::restart).
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        self.state.url()
    }

    /// Changes what happens to requests and connections from now on.
    pub fn set(&self, behaviour: Behaviour) {
        *lock(&self.state.script) = Script { behaviour, since: Instant::now() };
    }

    /// Everything that was asked so far, oldest first, also before a restart.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state.requests).clone()
    }

    /// Forgets what was asked so far.
    pub fn clear_requests(&self) {
        lock(&self.state.requests).clear();
    }

    /// Closes the listening socket and every connection; whoever connects afterwards is refused.
    pub async fn stop(&self) {
        let running = self.running.lock().await.take();
        if let Some(Running { stop, mut task }) = running {
            drop(stop);
            task.join_next().await;
        }
    }

    /// Stops, if it runs, and starts again on the same port with the same behaviour.
    pub async fn restart(&self) {
        self.stop().await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .await
            .expect("the port of a stopped service should still be free");
        *self.running.lock().await = Some(Running::start(listener, Arc::clone(&self.state)));
    }
}

impl Running {
    fn start(listener: TcpListener, state: Arc<State>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(accept(listener, state, stopped));
        Self { stop, task }
    }
}

impl State {
    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What to do right now; a flapping service has already been resolved to its present half.
    fn behaviour(&self) -> Behaviour {
        let script = lock(&self.script);
        let Behaviour::Flapping { up, down } = script.behaviour else { return script.behaviour.clone() };
        let period = (up + down).as_nanos().max(1);
        if script.since.elapsed().as_nanos() % period < up.as_nanos() {
            Behaviour::page("Flapping")
        } else {
            Behaviour::CloseAtOnce
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let state = Arc::clone(&state);
                    // A client that leaves early is an everyday event here, not a failure.
                    connections.spawn(async move { serve(stream, &state).await.unwrap_or_default() });
                }
                // Out of file descriptors, most likely: give the test time to close some.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve(mut stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match state.behaviour() {
        Behaviour::CloseAtOnce => return Ok(()),
        Behaviour::Garbage(bytes) => {
            stream.write_all(&bytes).await?;
            return answer::finish(&mut stream).await;
        }
        Behaviour::Banner(line) => {
            stream.write_all(line.as_bytes()).await?;
            return answer::until_gone(&mut stream).await;
        }
        _ => {}
    }
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread).await? {
        lock(&state.requests).push(request.clone());
        let behaviour = state.behaviour();
        if answer::answer(&mut stream, &request, behaviour, &state.url()).await? == After::Close {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request of a connection, or nothing when the client has left or does not speak HTTP.
async fn read_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let end = loop {
        if let Some(at) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if unread.len() > MAX_HEAD || stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = unread.drain(..end).collect();
    let Some(mut request) = Request::parse(&head) else { return Ok(None) };
    let length = request.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    while unread.len() < length {
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
    request.body = unread.drain(..length).take(MAX_BODY).collect();
    Ok(Some(request))
}

/// A test that panicked with the lock held must not hide its message behind a second panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
