//! One page and what a test can do with it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::command::Extension;
use super::driver::Driver;
use super::{BrowserError, keys, lock};

/// How long an action waits for its element to be there and usable.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often a wait looks.
const STEP: Duration = Duration::from_millis(40);

/// The size and kind of a screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Screen {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Device pixels per CSS pixel.
    pub scale: f64,
    /// Whether it is a phone or tablet: touch, a viewport that follows the page's meta tag, no hover.
    pub mobile: bool,
}

impl Screen {
    /// 1280 × 800, the size of a new page.
    pub const DESKTOP: Self = Self { width: 1280, height: 800, scale: 1.0, mobile: false };
    /// A small phone: 360 × 740, two device pixels per CSS pixel.
    pub const PHONE: Self = Self { width: 360, height: 740, scale: 2.0, mobile: true };
}

/// A cookie of the page's browser, including those that scripts cannot see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// The host, with a leading dot if subdomains get it too.
    pub domain: String,
    /// The path below which it is sent.
    pub path: String,
    /// Only sent over HTTPS.
    pub secure: bool,
    /// Hidden from scripts.
    pub http_only: bool,
    /// `Strict`, `Lax` or `None` if the site said so.
    pub same_site: Option<String>,
    /// Gone when the browser closes.
    pub session: bool,
}

/// What the browser's logs have said so far; reading them empties them.
#[derive(Debug, Default)]
struct Seen {
    errors: Vec<String>,
    urls: Vec<String>,
}

/// A page in a Chromium that no other page uses at the same time.
#[derive(Debug)]
pub struct Page {
    session: Client,
    driver: Arc<Driver>,
    seen: Mutex<Seen>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.driver.put_idle(self.session.clone());
    }
}

impl Page {
    /// Makes a page of a blank session.
    pub(super) async fn of(session: Client, driver: Arc<Driver>) -> Result<Self, BrowserError> {
        let page = Self { session, driver, seen: Mutex::default() };
        page.clear_logs().await?;
        Ok(page)
    }

    /// Opens a URL and waits until it is loaded.
    pub async fn open(&self, url: &str) -> Result<(), BrowserError> {
        self.session.goto(url).await.map_err(BrowserError::at(format_args!("open {url}")))
    }

    /// Loads the page again.
    pub async fn reload(&self) -> Result<(), BrowserError> {
        self.session.refresh().await.map_err(BrowserError::at("reload"))
    }

    /// Where the page is now.
    pub async fn url(&self) -> Result<String, BrowserError> {
        let url = self.session.current_url().await.map_err(BrowserError::at("read the address"))?;
        Ok(url.into())
    }

    /// The title of the page.
    pub async fn title(&self) -> Result<String, BrowserError> {
        self.session.title().await.map_err(BrowserError::at("read the title"))
    }

    /// The HTML of the page as it is now.
    pub async fn html(&self) -> Result<String, BrowserError> {
        self.session.source().await.map_err(BrowserError::at("read the HTML"))
    }

    /// Gives the page a desktop screen of this size in CSS pixels, however narrow.
    pub async fn resize(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        self.screen(Screen { width, height, ..Screen::DESKTOP }).await
    }

    /// Gives the page this screen.
    pub async fn screen(&self, screen: Screen) -> Result<(), BrowserError> {
        set_screen(&self.session, screen).await
    }

    /// Prefers a dark colour scheme, or a light one.
    pub async fn dark(&self, dark: bool) -> Result<(), BrowserError> {
        let scheme = if dark { "dark" } else { "light" };
        set_media(&self.session, &json!([{ "name": "prefers-color-scheme", "value": scheme }])).await
    }

    /// Stops the scripts of pages that are opened from now on, or lets them run again. [`eval`](Self::eval)
    /// still works.
    pub async fn no_javascript(&self, off: bool) -> Result<(), BrowserError> {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": off })).await.map(drop)
    }

    /// Writes a PNG of the whole page, also of what is below the screen.
    pub async fn screenshot(&self, path: impl AsRef<Path>) -> Result<(), BrowserError> {
        let metrics = self.cdp("Page.getLayoutMetrics", json!({})).await?;
        let size = &metrics["cssContentSize"];
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        self.capture(path.as_ref(), params).await
    }

    /// Writes a PNG of what the screen shows.
    pub async fn screenshot_viewport(&self, path: impl AsRef<Path>) -> Result<(), BrowserError> {
        self.capture(path.as_ref(), json!({ "format": "png" })).await
    }

    async fn capture(&self, path: &Path, params: Value) -> Result<(), BrowserError> {
        let shot = self.cdp("Page.captureScreenshot", params).await?;
        let png = STANDARD
            .decode(shot["data"].as_str().unwrap_or_default())
            .map_err(|error| BrowserError::new(format!("the screenshot is not base64: {error}")))?;
        let parent = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(path, png))
            .map_err(|error| BrowserError::new(format!("write {}: {error}", path.display())))
    }

    /// The text of the first element that matches, as it is rendered. Waits a moment for one.
    pub async fn text(&self, css: &str) -> Result<String, BrowserError> {
        self.wait_for(css, PATIENCE).await?;
        let text = self.eval(&format!("{}?.innerText ?? null", query(css))).await?;
        let gone = || BrowserError::new(format!("{css} went away while it was read"));
        text.as_str().map(str::to_owned).ok_or_else(gone)
    }

    /// How many elements match right now.
    pub async fn count(&self, css: &str) -> Result<usize, BrowserError> {
        let count = self.eval(&format!("document.querySelectorAll({}).length", Value::from(css))).await?;
        Ok(count.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
    }

    /// Clicks the first element that matches, as soon as there is one that can be clicked. If that leads to
    /// another page, waits until it is loaded.
    pub async fn click(&self, css: &str) -> Result<(), BrowserError> {
        self.on_element(css, "click", async |element| element.click().await).await
    }

    /// Replaces the text of an input or text area.
    pub async fn fill(&self, css: &str, text: &str) -> Result<(), BrowserError> {
        let fill = async |element: Element| {
            element.clear().await?;
            element.send_keys(text).await
        };
        self.on_element(css, "fill", fill).await
    }

    /// Chooses the option with this value in a select.
    pub async fn choose(&self, css: &str, value: &str) -> Result<(), BrowserError> {
        self.on_element(css, "choose in", async |element| element.select_by_value(value).await).await
    }

    /// Presses a key, as named by `KeyboardEvent.key`, where the focus is: `Enter`, `a`, `ArrowDown`, `Shift+Tab`.
    pub async fn press(&self, key: &str) -> Result<(), BrowserError> {
        let strokes = keys::strokes(key)?;
        self.session.perform_actions(strokes).await.map_err(BrowserError::at(format_args!("press {key}")))
    }

    /// Waits until an element matches.
    pub async fn wait_for(&self, css: &str, patience: Duration) -> Result<(), BrowserError> {
        let script = format!("{} !== null", query(css));
        self.poll(&script, &format!("for {css}"), patience, |value| value == &Value::Bool(true)).await
    }

    /// Waits until the text of the first element that matches contains `needle`.
    pub async fn wait_for_text(
        &self,
        css: &str,
        needle: &str,
        patience: Duration,
    ) -> Result<(), BrowserError> {
        let script = format!("{}?.innerText ?? null", query(css));
        let what = format!("for {needle:?} in {css}");
        self.poll(&script, &what, patience, |value| value.as_str().is_some_and(|text| text.contains(needle)))
            .await
    }

    /// Waits until an expression is `true`.
    pub async fn wait_until(&self, js: &str, patience: Duration) -> Result<(), BrowserError> {
        self.poll(js, &format!("until {js}"), patience, |value| value == &Value::Bool(true)).await
    }

    /// The value of a JavaScript expression; a promise is awaited. The page's content security policy does not
    /// apply.
    pub async fn eval(&self, js: &str) -> Result<Value, BrowserError> {
        let params = json!({
            "expression": js, "returnByValue": true, "awaitPromise": true, "userGesture": true,
        });
        let mut answer = self.cdp("Runtime.evaluate", params).await?;
        if let Some(exception) = answer.get("exceptionDetails") {
            let description = &exception["exception"]["description"];
            let text = description.as_str().or(exception["text"].as_str()).unwrap_or("an exception");
            return Err(BrowserError::new(format!("eval {js}: {text}")));
        }
        Ok(answer["result"]["value"].take())
    }

    /// The errors that were written to the console: exceptions, failed loads, `console.error`. Since the page
    /// exists or [`clear_logs`](Self::clear_logs).
    pub async fn console_errors(&self) -> Result<Vec<String>, BrowserError> {
        self.read_logs().await?;
        Ok(lock(&self.seen).errors.clone())
    }

    /// The URLs that the page asked for, over HTTP or as a web socket, whether or not there was an answer. Since
    /// the page exists or [`clear_logs`](Self::clear_logs). The browser's own request for `/favicon.ico`, made
    /// when a page names no icon, is among them; a 404 for it is among the [`console_errors`](Self::console_errors).
    pub async fn requested_urls(&self) -> Result<Vec<String>, BrowserError> {
        self.read_logs().await?;
        Ok(lock(&self.seen).urls.clone())
    }

    /// The `host:port` of all [`requested_urls`](Self::requested_urls).
    pub async fn requested_hosts(&self) -> Result<BTreeSet<String>, BrowserError> {
        let urls = self.requested_urls().await?;
        Ok(urls.iter().filter_map(|url| host_and_port(url)).collect())
    }

    /// Forgets console errors and requests so far.
    pub async fn clear_logs(&self) -> Result<(), BrowserError> {
        self.read_logs().await?;
        *lock(&self.seen) = Seen::default();
        Ok(())
    }

    /// All cookies of this page's browser.
    pub async fn cookies(&self) -> Result<Vec<Cookie>, BrowserError> {
        let answer = self.cdp("Network.getAllCookies", json!({})).await?;
        Ok(answer["cookies"].as_array().into_iter().flatten().map(cookie).collect())
    }

    /// Deletes the cookies of this name that the current page would get.
    pub async fn delete_cookie(&self, name: &str) -> Result<(), BrowserError> {
        self.session.delete_cookie(name).await.map_err(BrowserError::at(format_args!("delete cookie {name}")))
    }

    /// Deletes all cookies.
    pub async fn delete_cookies(&self) -> Result<(), BrowserError> {
        self.cdp("Network.clearBrowserCookies", json!({})).await.map(drop)
    }

    /// What assistive technology gets to see: `{"nodes": [{"role": …, "name": …, …}, …]}`.
    pub async fn accessibility_tree(&self) -> Result<Value, BrowserError> {
        self.cdp("Accessibility.getFullAXTree", json!({})).await
    }

    /// Whether the page is wider than its screen.
    pub async fn scrolls_sideways(&self) -> Result<bool, BrowserError> {
        let wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        Ok(self.eval(wider).await? == Value::Bool(true))
    }

    /// Any command of the Chrome DevTools Protocol. What it changes is only undone for the next page if a method
    /// of [`Page`] could have changed it.
    pub async fn cdp(&self, method: &str, params: Value) -> Result<Value, BrowserError> {
        cdp(&self.session, method, params).await
    }

    /// Evaluates until the value will do. Errors in between are normal while a page is being replaced.
    async fn poll(
        &self,
        script: &str,
        what: &str,
        patience: Duration,
        will_do: impl Fn(&Value) -> bool,
    ) -> Result<(), BrowserError> {
        let deadline = Instant::now() + patience;
        loop {
            let last = match self.eval(script).await {
                Ok(value) if will_do(&value) => return Ok(()),
                Ok(value) => value.to_string(),
                Err(error) => error.to_string(),
            };
            if Instant::now() >= deadline {
                let url = self.url().await.unwrap_or_default();
                let errors = self.console_errors().await.unwrap_or_default();
                return Err(BrowserError::new(format!(
                    "waited {patience:?} {what} at {url}, last saw {last}, console errors {errors:?}"
                )));
            }
            tokio::time::sleep(STEP).await;
        }
    }

    /// Acts on the first element that matches, again and again while it is missing, covered or being replaced.
    async fn on_element(
        &self,
        css: &str,
        verb: &str,
        act: impl AsyncFn(Element) -> Result<(), CmdError>,
    ) -> Result<(), BrowserError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let result = match self.session.find(Locator::Css(css)).await {
                Ok(element) => act(element).await,
                Err(error) => Err(error),
            };
            match result {
                Err(error) if is_passing(&error) && Instant::now() < deadline => {
                    tokio::time::sleep(STEP).await;
                }
                result => return result.map_err(BrowserError::at(format_args!("{verb} {css}"))),
            }
        }
    }

    async fn read_logs(&self) -> Result<(), BrowserError> {
        let console = log(&self.session, "browser").await?;
        let performance = log(&self.session, "performance").await?;
        let mut seen = lock(&self.seen);
        for entry in console.iter().filter(|entry| entry["level"] == "SEVERE") {
            seen.errors.push(entry["message"].as_str().unwrap_or_default().to_owned());
        }
        seen.urls.extend(performance.iter().filter_map(requested_url));
        Ok(())
    }
}

fn is_passing(error: &CmdError) -> bool {
    error.is_no_such_element()
        || error.is_stale_element_reference()
        || error.is_element_not_interactable()
        || matches!(error, CmdError::Standard(wd) if wd.error() == "element click intercepted")
}

fn query(css: &str) -> String {
    // JSON strings are JavaScript strings.
    format!("document.querySelector({})", Value::from(css))
}

async fn cdp(session: &Client, method: &str, params: Value) -> Result<Value, BrowserError> {
    session.issue_cmd(Extension::cdp(method, params)).await.map_err(BrowserError::at(method))
}

async fn log(session: &Client, kind: &str) -> Result<Vec<Value>, BrowserError> {
    match session.issue_cmd(Extension::log(kind)).await.map_err(BrowserError::at("read the logs"))? {
        Value::Array(entries) => Ok(entries),
        other => Err(BrowserError::new(format!("the logs are not a list: {other}"))),
    }
}

async fn set_screen(session: &Client, screen: Screen) -> Result<(), BrowserError> {
    let Screen { width, height, scale, mobile } = screen;
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile });
    cdp(session, "Emulation.setDeviceMetricsOverride", metrics).await?;
    cdp(session, "Emulation.setTouchEmulationEnabled", json!({ "enabled": mobile })).await.map(drop)
}

async fn set_media(session: &Client, features: &Value) -> Result<(), BrowserError> {
    cdp(session, "Emulation.setEmulatedMedia", json!({ "media": "", "features": features })).await.map(drop)
}

/// Undoes what a page has done to its browser. Site data of an origin other than the last one stays, which does
/// no harm: services under test have a port of their own each time.
pub(super) async fn wipe(session: &Client) -> Result<(), BrowserError> {
    let windows = session.windows().await.map_err(BrowserError::at("list the windows"))?;
    if windows.len() != 1 {
        return Err(BrowserError::new(format!("{} windows are open", windows.len())));
    }
    let last = session.current_url().await.map_err(BrowserError::at("read the address"))?;
    session.goto("about:blank").await.map_err(BrowserError::at("leave the page"))?;
    if last.has_host() {
        let origin = last.origin().ascii_serialization();
        cdp(session, "Storage.clearDataForOrigin", json!({ "origin": origin, "storageTypes": "all" }))
            .await?;
    }
    cdp(session, "Network.clearBrowserCookies", json!({})).await?;
    cdp(session, "Network.clearBrowserCache", json!({})).await?;
    cdp(session, "Page.resetNavigationHistory", json!({})).await?;
    cdp(session, "Emulation.setScriptExecutionDisabled", json!({ "value": false })).await?;
    set_screen(session, Screen::DESKTOP).await?;
    // What a machine without a preference says, said explicitly so that the machine does not matter.
    set_media(session, &json!([{ "name": "prefers-color-scheme", "value": "light" }])).await
}

fn cookie(value: &Value) -> Cookie {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let flag = |key: &str| value[key] == Value::Bool(true);
    Cookie {
        name: text("name").unwrap_or_default(),
        value: text("value").unwrap_or_default(),
        domain: text("domain").unwrap_or_default(),
        path: text("path").unwrap_or_default(),
        secure: flag("secure"),
        http_only: flag("httpOnly"),
        same_site: text("sameSite"),
        session: flag("session"),
    }
}

/// The URL of a request in an entry of the performance log, which wraps each DevTools event as text.
fn requested_url(entry: &Value) -> Option<String> {
    let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
    let (method, params) = (event["message"]["method"].as_str()?, &event["message"]["params"]);
    let url = match method {
        "Network.requestWillBeSent" => &params["request"]["url"],
        "Network.webSocketCreated" => &params["url"],
        _ => return None,
    };
    // The browser's own pages and data: URLs go nowhere.
    url.as_str().filter(|url| host_and_port(url).is_some()).map(str::to_owned)
}

fn host_and_port(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let is_network = matches!(url.scheme(), "http" | "https" | "ws" | "wss");
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    is_network.then(|| format!("{host}:{port}"))
}
