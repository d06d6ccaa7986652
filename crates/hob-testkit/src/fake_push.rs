//! A push service, as the vendor of a browser runs one, and devices that are subscribed at it.
//!
//! What is fake: the service is plain HTTP on this machine and hands nothing on. What is real: it checks what the real ones
//! check (who sends, for whom, until when, how it is encrypted), and a device reads its messages with its own keys.

use crate::fake_service::{Behaviour, FakeService, Request};
use std::time::Duration;
use tokio::time::Instant;
use webpush::receiver::{Claims, Receiver, read_authorization};

/// A push service on 127.0.0.1, which has to be listed in `push.webpush_hosts`. Stops when dropped.
#[derive(Debug)]
pub struct FakePush {
    service: FakeService,
}

/// A browser that is subscribed at a [`FakePush`].
#[derive(Debug, Clone)]
pub struct Device {
    /// Its address at the service.
    pub endpoint: String,
    /// Its public key, as browsers write it.
    pub p256dh: String,
    /// Its secret, as browsers write it.
    pub auth: String,
    path: String,
    receiver: Receiver,
}

/// A message that came for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// What the service worker would read.
    pub text: String,
    /// For how long the service is to keep it, in seconds.
    pub ttl: u64,
    /// How soon the device is to be bothered.
    pub urgency: String,
    /// Which messages it takes the place of.
    pub topic: Option<String>,
    /// Who sends.
    pub sender: Claims,
}

impl Pushed {
    /// What the service worker would read.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl FakePush {
    /// Starts on a free port and takes every message.
    pub async fn start() -> Self {
        let fake = Self { service: FakeService::start().await };
        fake.answers(201, "");
        fake
    }

    /// Answers with this status and these header lines (each ending in `\r\n`) from now on.
    pub fn answers(&self, status: u16, headers: &str) {
        let answer = format!("HTTP/1.1 {status} Fake\r\n{headers}Content-Length: 0\r\n\r\n");
        self.service.set(Behaviour::Raw(answer.into_bytes()));
    }

    /// Takes connections and never answers, from now on.
    pub fn hangs(&self) {
        self.service.set(Behaviour::Hang);
    }

    /// A new device with an address of this name.
    pub fn device(&self, name: &str) -> Device {
        let (receiver, path) = (Receiver::new(), format!("/send/{name}"));
        let endpoint = format!("{}{path}", self.service.url());
        let subscription = receiver.subscription(&endpoint);
        Device { endpoint, p256dh: subscription.p256dh(), auth: subscription.auth(), path, receiver }
    }

    /// How many requests came, for whichever device.
    pub fn requests(&self) -> usize {
        self.service.requests().len()
    }

    /// What came for a device, oldest first.
    ///
    /// # Panics
    /// When something came that a push service would refuse, or that the device cannot read.
    pub fn received(&self, device: &Device) -> Vec<Pushed> {
        let requests = self.service.requests();
        requests.iter().filter(|request| request.path == device.path).map(|r| self.check(device, r)).collect()
    }

    /// Waits until so many messages came for a device.
    ///
    /// # Panics
    /// When they did not within ten seconds, and as [`FakePush::received`].
    pub async fn wait_for(&self, device: &Device, count: usize) -> Vec<Pushed> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let received = self.received(device);
            if received.len() >= count {
                return received;
            }
            assert!(Instant::now() < end, "{} of {count} messages came: {received:?}", received.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn check(&self, device: &Device, request: &Request) -> Pushed {
        let header = |name: &str| request.header(name).unwrap_or_else(|| panic!("no {name}: {request:?}"));
        assert_eq!(request.method, "POST");
        assert_eq!(header("content-encoding"), "aes128gcm");
        assert!(request.body.len() <= 4096, "{} bytes are too many", request.body.len());
        let sender = read_authorization(header("authorization")).expect("a signature");
        assert_eq!(sender.audience, self.service.url(), "the signature is for somebody else");
        assert!(sender.subject.starts_with("mailto:") || sender.subject.starts_with("https:"));
        let text = device.receiver.decrypt(&request.body).expect("a message for this device");
        Pushed {
            text: String::from_utf8(text).expect("a text"),
            ttl: header("ttl").parse().expect("seconds"),
            urgency: header("urgency").to_owned(),
            topic: request.header("topic").map(str::to_owned),
            sender,
        }
    }
}
