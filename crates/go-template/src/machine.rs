//! What all functions work with while a template is rendered: the values, what it may still cost, the moment.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::Value as Json;

use crate::environment::Environment;
use crate::error::Fault;
use crate::functions::Expression;
use crate::value::{Budget, ENTRY, Items, Of, Store, Value};

/// The state of one rendering that is not bound to a place in the template.
pub(crate) struct Machine<'e> {
    pub(crate) environment: &'e Environment,
    pub(crate) store: Store,
    pub(crate) budget: Budget,
    /// How deep evaluations are nested just now.
    pub(crate) depth: usize,
    /// Regular expressions that have been built.
    pub(crate) expressions: HashMap<Rc<str>, Rc<Expression>>,
    /// What the next random number is made of.
    pub(crate) seed: u64,
}

impl<'e> Machine<'e> {
    pub(crate) fn new(environment: &'e Environment) -> Self {
        let limits = environment.limits;
        Self {
            environment,
            store: Store::default(),
            budget: Budget { steps: limits.steps, memory: limits.memory },
            depth: 0,
            expressions: HashMap::new(),
            seed: environment.now.as_nanosecond().unsigned_abs() as u64,
        }
    }

    /// Does something one level deeper.
    pub(crate) fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.check_depth()?;
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// Whether there is room for one level more.
    pub(crate) fn check_depth(&self) -> Result<(), Fault> {
        if self.depth < self.environment.limits.depth {
            return Ok(());
        }
        Err("templates, parentheses or values are nested too deep".into())
    }

    /// A text that was just made.
    pub(crate) fn text(&mut self, text: impl Into<Rc<str>>) -> Result<Value, Fault> {
        let text = text.into();
        self.budget.take(text.len())?;
        self.budget.step(text.len() / 64)?;
        Ok(Value::Text(text))
    }

    /// A list that was just made.
    pub(crate) fn list(&mut self, items: Vec<Value>, of: Of) -> Result<Value, Fault> {
        self.budget.take(ENTRY * (items.len() + 1))?;
        self.budget.step(items.len() / 4)?;
        Ok(self.store.list(items, of))
    }

    /// A list of texts that were just made.
    pub(crate) fn texts<T: Into<Rc<str>>>(
        &mut self,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Value, Fault> {
        let mut items = Vec::new();
        for text in texts {
            self.budget.take(ENTRY)?;
            items.push(self.text(text)?);
        }
        self.list(items, Of::Text)
    }

    /// A dict that was just made.
    pub(crate) fn dict(&mut self, entries: BTreeMap<Rc<str>, Value>, of: Of) -> Result<Value, Fault> {
        let keys: usize = entries.keys().map(|key| key.len()).sum();
        self.budget.take(keys + 2 * ENTRY * (entries.len() + 1))?;
        self.budget.step(entries.len())?;
        Ok(self.store.dict(entries, of))
    }

    /// The items of a list; `None` when it is none.
    pub(crate) fn items(&self, value: &Value) -> Option<Items> {
        match value {
            Value::List(id) => Some(self.store.items(*id)),
            _ => None,
        }
    }

    /// JSON as Go decodes it: all numbers are floats.
    pub(crate) fn read_json(&mut self, json: &Json) -> Result<Value, Fault> {
        self.budget.step(1)?;
        match json {
            Json::Null => Ok(Value::Nil),
            Json::Bool(truth) => Ok(Value::Bool(*truth)),
            Json::Number(number) => Ok(Value::Float(number.as_f64().unwrap_or_default())),
            Json::String(text) => self.text(text.as_str()),
            Json::Array(items) => self.deeper(|machine| {
                let items: Result<Vec<_>, _> = items.iter().map(|item| machine.read_json(item)).collect();
                machine.list(items?, Of::Any)
            }),
            Json::Object(entries) => self.deeper(|machine| {
                let mut read = BTreeMap::new();
                for (key, value) in entries {
                    read.insert(Rc::from(key.as_str()), machine.read_json(value)?);
                }
                machine.dict(read, Of::Any)
            }),
        }
    }

    /// A number from 0 to `below - 1`. It is no secret: it follows from the moment of the rendering (SplitMix64).
    pub(crate) fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }
}
