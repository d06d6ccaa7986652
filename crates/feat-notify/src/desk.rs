//! What jobs and pages share: the channels and rules as they are now, how each channel works, and what is handed to the
//! dispatcher.

use crate::channel::{Channel, FileChannel, Origin, Stored, What};
use crate::config::{Settings, read, read_channels, read_rules};
use crate::model::news::News;
use crate::model::pulse::Pulse;
use crate::model::route::{BROWSERS, Face, PUSH, Plan, Rule, RuleText};
use crate::store::{self, ChannelRow};
use hob_base::{Error, Result};
use hob_feature::{Ctx, Problems};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tracing::warn;

/// How long the database may take to say who has an account.
const PEOPLE_MAX: Duration = Duration::from_secs(5);
/// For what secrets of channels are sealed.
const PURPOSE: &str = "notify.channel";

/// Channels and rules at one time.
#[derive(Debug)]
pub(crate) struct Setup {
    /// In the order in which pages show them.
    pub(crate) channels: Vec<Channel>,
    /// In the order in which they are looked at.
    pub(crate) rules: Vec<Rule>,
    /// `[notify]`.
    pub(crate) settings: Settings,
}

impl Setup {
    /// One channel.
    pub(crate) fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// All channels as rules look at them.
    pub(crate) fn faces(&self) -> Vec<Face> {
        self.channels.iter().map(Channel::face).collect()
    }

    /// What people call a channel.
    pub(crate) fn title(&self, name: &str) -> String {
        self.channel(name).map_or_else(|| name.to_owned(), |channel| channel.title.clone())
    }
}

/// Shared by jobs and pages.
#[derive(Default)]
pub(crate) struct Desk {
    setup: Mutex<Option<Arc<Setup>>>,
    /// Held while channels and rules are read or changed.
    editing: AsyncMutex<()>,
    pulses: Mutex<HashMap<String, Pulse>>,
    people: Mutex<Vec<String>>,
    inbox: Mutex<Vec<(News, Plan)>>,
    /// Channels that lead elsewhere since the dispatcher last asked.
    moved: Mutex<Vec<String>>,
    /// When the dispatcher looked last, and how much it has to do.
    looked: Mutex<Option<(Duration, usize)>>,
    /// Rung when something changed that the dispatcher should look at.
    pub(crate) bell: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Channels and rules as they are now; read when first asked for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn setup(&self, ctx: &Ctx) -> Result<Arc<Setup>> {
        if let Some(setup) = lock(&self.setup).clone() {
            return Ok(setup);
        }
        let _turn = self.turn().await;
        self.current(ctx).await
    }

    /// The same for whoever has the turn already.
    async fn current(&self, ctx: &Ctx) -> Result<Arc<Setup>> {
        let known = lock(&self.setup).clone();
        match known {
            Some(setup) => Ok(setup),
            None => self.load(ctx).await,
        }
    }

    /// Waits until nobody else reads or changes what people set up.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.editing.lock().await
    }

    async fn load(&self, ctx: &Ctx) -> Result<Arc<Setup>> {
        let rows = store::list_channels(&ctx.db).await?;
        let own_rules = store::list_rules(&ctx.db).await?;
        let marks = store::list_marks(&ctx.db).await?;
        // Mistakes were reported when the hub started.
        let problems = Problems::default();
        let settings = read(&ctx.config, &problems);
        let mut channels = Vec::new();
        if ctx.push().is_some() {
            let push = What::Push { topic: settings.topic.clone() };
            channels.push(Channel::built_in(PUSH, "Built-in push", push));
            channels.push(Channel::built_in(BROWSERS, "Browsers", What::Browsers));
        }
        channels.extend(read_channels(&ctx.config, &problems).into_iter().map(FileChannel::open));
        for row in rows {
            // What stands in the settings file wins.
            if !channels.iter().any(|channel| channel.name == row.name) {
                channels.push(open(ctx, row));
            }
        }
        let mut rules = read_rules(&ctx.config, &problems);
        rules.extend(own_rules.into_iter().filter_map(|(id, json)| read_rule(&id, &json)));
        let setup = Arc::new(Setup { channels, rules, settings });
        let mut pulses = lock(&self.pulses);
        for (key, value) in marks {
            let Some(name) = key.strip_prefix("pulse/") else { continue };
            if let Ok(pulse) = serde_json::from_str(&value) {
                pulses.entry(name.to_owned()).or_insert(pulse);
            }
        }
        drop(pulses);
        *lock(&self.setup) = Some(setup.clone());
        Ok(setup)
    }

    /// Adds a channel, or puts it in the place of the one of its name.
    ///
    /// # Errors
    /// When its name is taken, it cannot be changed here, or the database does not answer.
    pub(crate) async fn save_channel(
        &self,
        ctx: &Ctx,
        channel: &NewChannel,
        stored: Option<&Stored>,
        fresh: bool,
    ) -> Result<()> {
        let _turn = self.turn().await;
        let setup = self.current(ctx).await?;
        let before = setup.channel(&channel.name);
        if fresh && before.is_some() {
            let problem = format!("There is a channel “{}” already.", channel.name);
            return Err(Error::invalid("title", problem));
        }
        if before.is_some_and(|before| before.origin != Origin::Page) {
            return Err(Error::Conflict(format!("“{}” cannot be changed here.", channel.name)));
        }
        let rows = store::list_channels(&ctx.db).await?;
        if fresh && rows.len() >= CHANNELS_MAX {
            return Err(Error::Conflict(format!("At most {CHANNELS_MAX} channels are possible.")));
        }
        let row = rows.into_iter().find(|row| row.name == channel.name);
        let config = match (stored, &row) {
            (Some(stored), _) => seal(ctx, &channel.name, stored)?,
            (None, Some(row)) => row.config.clone(),
            (None, None) => return Err(Error::not_found("channel", &channel.name)),
        };
        let row = ChannelRow {
            name: channel.name.clone(),
            title: channel.title.clone(),
            owner: channel.owner.clone(),
            paused: channel.paused,
            per_minute: channel.per_minute,
            config,
            created_at: row.map_or_else(|| ctx.clock.now(), |row| row.created_at),
        };
        store::save_channel(&ctx.db, &row).await?;
        if stored.is_some() {
            // What it leads to may be another now: old messages cannot be edited there.
            store::forget_threads(&ctx.db, &channel.name).await?;
            lock(&self.moved).push(channel.name.clone());
            lock(&self.pulses).remove(&channel.name);
            store::delete_mark(&ctx.db, &format!("pulse/{}", channel.name)).await?;
        }
        self.load(ctx).await?;
        self.bell.notify_one();
        Ok(())
    }

    /// Deletes a channel that was made on the page.
    ///
    /// # Errors
    /// When there is none, it cannot be deleted here, or the database does not answer.
    pub(crate) async fn delete_channel(&self, ctx: &Ctx, name: &str) -> Result<()> {
        let _turn = self.turn().await;
        let setup = self.current(ctx).await?;
        let channel = setup.channel(name).ok_or_else(|| Error::not_found("channel", name))?;
        if channel.origin != Origin::Page {
            return Err(Error::Conflict(format!("“{name}” cannot be deleted here.")));
        }
        store::delete_channel(&ctx.db, name).await?;
        store::forget_threads(&ctx.db, name).await?;
        lock(&self.moved).push(name.to_owned());
        store::delete_mark(&ctx.db, &format!("pulse/{name}")).await?;
        lock(&self.pulses).remove(name);
        self.load(ctx).await?;
        self.bell.notify_one();
        Ok(())
    }

    /// Changes the rules of people with `change`, which is given all of them in their order.
    ///
    /// # Errors
    /// What `change` says, or when the database does not answer.
    pub(crate) async fn change_rules(
        &self,
        ctx: &Ctx,
        change: impl FnOnce(&mut Vec<Rule>) -> Result<()> + Send,
    ) -> Result<()> {
        let _turn = self.turn().await;
        let setup = self.current(ctx).await?;
        let mut rules: Vec<Rule> = setup.rules.iter().filter(|rule| !rule.in_settings).cloned().collect();
        change(&mut rules)?;
        if rules.len() > RULES_MAX {
            return Err(Error::Conflict(format!("At most {RULES_MAX} rules are possible.")));
        }
        // Lists of strings: writing them as JSON cannot fail.
        let texts = rules
            .iter()
            .map(|rule| (rule.id.clone(), serde_json::to_string(&rule.text()).unwrap_or_default()));
        store::save_rules(&ctx.db, &texts.collect::<Vec<_>>()).await?;
        self.load(ctx).await?;
        self.bell.notify_one();
        Ok(())
    }

    /// Everybody who has an account; who was known last while the database does not answer.
    pub(crate) async fn people(&self, ctx: &Ctx) -> Vec<String> {
        let Some(gate) = ctx.gate() else { return Vec::new() };
        match tokio::time::timeout(PEOPLE_MAX, (gate.people)(ctx.clone())).await {
            Ok(Ok(people)) => {
                let names: Vec<String> = people.into_iter().map(|person| person.name).collect();
                lock(&self.people).clone_from(&names);
                names
            }
            _ => lock(&self.people).clone(),
        }
    }

    /// How a channel works.
    pub(crate) fn pulse(&self, channel: &str) -> Pulse {
        lock(&self.pulses).get(channel).cloned().unwrap_or_default()
    }

    /// Changes how a channel works. Returns how it works now.
    pub(crate) fn beat(&self, channel: &str, change: impl FnOnce(&mut Pulse)) -> Pulse {
        let mut pulses = lock(&self.pulses);
        let pulse = pulses.entry(channel.to_owned()).or_default();
        change(pulse);
        pulse.clone()
    }

    /// Gives the dispatcher something to tell besides notices.
    pub(crate) fn hand(&self, news: News, plan: Plan) {
        lock(&self.inbox).push((news, plan));
        self.bell.notify_one();
    }

    /// Which channels lead elsewhere since this was last asked.
    pub(crate) fn take_moved(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.moved))
    }

    /// Takes what was given.
    pub(crate) fn take(&self) -> Vec<(News, Plan)> {
        std::mem::take(&mut *lock(&self.inbox))
    }

    /// The dispatcher looked, and has so much to do.
    pub(crate) fn looked_now(&self, ctx: &Ctx, open: usize) {
        *lock(&self.looked) = Some((ctx.clock.monotonic(), open));
    }

    /// How long ago the dispatcher looked, `None` when it never did, and how much it has to do.
    pub(crate) fn looked(&self, ctx: &Ctx) -> (Option<Duration>, usize) {
        let looked = *lock(&self.looked);
        let ago = looked.map(|(at, _)| ctx.clock.monotonic().saturating_sub(at));
        (ago, looked.map_or(0, |(_, open)| open))
    }
}

/// The most channels that people make.
const CHANNELS_MAX: usize = 200;
/// The most rules.
const RULES_MAX: usize = 200;

/// A channel as somebody made it, apart from what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewChannel {
    /// By which rules name it.
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    /// Whose it is.
    pub(crate) owner: Option<String>,
    /// Whether it is paused.
    pub(crate) paused: bool,
    /// The most messages a minute.
    pub(crate) per_minute: u32,
}

fn seal(ctx: &Ctx, name: &str, stored: &Stored) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(stored)
        .map_err(|error| Error::internal(format!("Writing the channel “{name}” as JSON"), error))?;
    ctx.sealer.seal(&format!("{PURPOSE}.{name}"), &json)
}

fn open(ctx: &Ctx, row: ChannelRow) -> Channel {
    let purpose = format!("{PURPOSE}.{}", row.name);
    let broken = |problem: String| What::Broken { kind: "unknown".to_owned(), problem };
    let what = match ctx.sealer.open_sealed(&purpose, &row.config) {
        Ok(json) => serde_json::from_slice::<Stored>(&json).map_or_else(
            |_| broken("What it leads to cannot be read. Delete it and make it anew.".to_owned()),
            Stored::into_what,
        ),
        Err(error) => broken(error.to_string()),
    };
    let ChannelRow { name, title, owner, paused, per_minute, .. } = row;
    Channel { name, title, owner, paused, origin: Origin::Page, per_minute, what }
}

fn read_rule(id: &str, json: &str) -> Option<Rule> {
    let text: Option<RuleText> = serde_json::from_str(json).ok();
    let rule = text.and_then(|text| Rule::read(id, &text).ok());
    if rule.is_none() {
        warn!(id, "a saved rule cannot be read; it is left out");
    }
    rule
}

/// How people reach Hob: as the settings say, else by this machine's name, else where it listens.
pub(crate) fn site(ctx: &Ctx, settings: &Settings) -> String {
    if let Some(address) = &settings.address {
        return address.clone();
    }
    let listening = lock(&ctx.listening).first().copied().unwrap_or(ctx.listen);
    match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => format!("http://{}:{}", ctx.hostname, listening.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("http://{}:{}", ctx.hostname, listening.port()),
        _ => format!("http://{listening}"),
    }
}
