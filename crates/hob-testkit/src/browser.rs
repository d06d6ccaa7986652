//! Headless Chromium, driven through chromedriver.
//!
//! One chromedriver serves the whole test process and is started by the first [`Browser::start`]. Each
//! [`Page`] has a Chromium of its own; a dropped page leaves its Chromium, wiped, to the next one, because
//! starting one costs a second. Everything is killed when the test process ends, in whatever way.
//!
//! Waits use the clock of the test's runtime, so a test with a paused clock must not use a browser.

mod command;
mod driver;
mod keys;
mod page;

use std::env;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driver::Driver;
use fantoccini::error::CmdError;
use tokio::sync::OnceCell;

pub use page::{Cookie, Page, Screen};

/// Shared by all tests of the process, which run on runtimes that come and go; a failure is shared too.
static SHARED: OnceCell<Result<Arc<Driver>, BrowserUnavailable>> = OnceCell::const_new();

/// Whether tests that need a browser have to fail, rather than be skipped, when there is none: in CI.
pub fn required() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// The right to open pages.
#[derive(Debug, Clone)]
pub struct Browser {
    driver: Arc<Driver>,
}

impl Browser {
    /// Starts chromedriver and a first Chromium, or joins those that another test has started.
    pub async fn start() -> Result<Self, BrowserUnavailable> {
        let driver = SHARED.get_or_init(first_driver).await.clone()?;
        Ok(Self { driver })
    }

    /// The browser; or, where there is none, a panic in CI and elsewhere `None` after a line that says so.
    pub async fn start_or_skip() -> Option<Self> {
        match Self::start().await {
            Ok(browser) => Some(browser),
            Err(unavailable) if required() => panic!("{unavailable}"),
            Err(unavailable) => {
                eprintln!("skipped: {unavailable}");
                None
            }
        }
    }

    /// A blank page with an empty profile: no cookies, nothing cached, desktop-sized, light.
    pub async fn page(&self) -> Result<Page, BrowserError> {
        if let Some(session) = self.driver.take_idle().await {
            return Page::of(session, Arc::clone(&self.driver)).await;
        }
        let session = self.driver.new_session().await?;
        page::wipe(&session).await?;
        Page::of(session, Arc::clone(&self.driver)).await
    }
}

/// A driver that has proved that it can start a Chromium.
async fn first_driver() -> Result<Arc<Driver>, BrowserUnavailable> {
    let unavailable = |error: &dyn Error| BrowserUnavailable::new(&error.to_string());
    // Launching blocks until chromedriver has said where it listens.
    let launched = tokio::task::spawn_blocking(Driver::launch).await;
    let driver = launched.map_err(|error| unavailable(&error))??;
    let session = driver.new_session().await.map_err(|error| unavailable(&error))?;
    driver.put_idle(session);
    Ok(driver)
}

/// Why there is no browser, and what to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserUnavailable {
    reason: String,
}

impl BrowserUnavailable {
    fn new(reason: &str) -> Self {
        Self { reason: reason.to_owned() }
    }
}

impl fmt::Display for BrowserUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no headless browser: {}; install one with `apt-get install chromium chromium-driver`",
            self.reason
        )
    }
}

impl Error for BrowserUnavailable {}

/// Something a page could not do, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserError {
    message: String,
}

impl BrowserError {
    fn new(message: String) -> Self {
        Self { message }
    }

    /// Prefixes what was attempted.
    fn at(attempt: impl fmt::Display) -> impl FnOnce(CmdError) -> Self {
        move |error| Self::new(format!("{attempt}: {error}"))
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for BrowserError {}

/// A test that panicked with the lock held must not hide its message behind a second panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
