//! What was measured, for people and for programs.

use serde_json::{Value, json};

/// From this many values on the 99th percentile says more than the worst.
const MANY: usize = 100;

/// Measured values of one kind and the limit that they are held against.
pub(crate) struct Figure {
    name: &'static str,
    unit: &'static str,
    sorted: Vec<f64>,
    limit: Option<f64>,
    judged_by: JudgedBy,
}

/// Which of the values is held against the limit.
enum JudgedBy {
    /// The value in the middle: what is repeated as a whole on a machine that others use too.
    Median,
    /// The 99th percentile of many, the worst of few.
    Worst,
}

impl Figure {
    /// Values of which the median counts.
    pub(crate) fn new(name: &'static str, unit: &'static str, values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self { name, unit, sorted, limit: None, judged_by: JudgedBy::Median }
    }

    /// Within which it should be.
    pub(crate) fn limit(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Holds the 99th percentile, or of few values the worst, against the limit.
    pub(crate) fn by_worst(mut self) -> Self {
        self.judged_by = JudgedBy::Worst;
        self
    }

    /// The value in the middle.
    pub(crate) fn median(&self) -> f64 {
        self.at(0.5)
    }

    fn worst(&self) -> f64 {
        self.at(if self.sorted.len() >= MANY { 0.99 } else { 1.0 })
    }

    fn worst_word(&self) -> &'static str {
        if self.sorted.len() >= MANY { "p99" } else { "worst" }
    }

    /// The value below which this share of all values lies.
    fn at(&self, share: f64) -> f64 {
        let rank = (share * self.sorted.len() as f64).ceil() as usize;
        self.sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    /// Below 1 is within the limit.
    fn ratio(&self) -> Option<f64> {
        let counts = match self.judged_by {
            JudgedBy::Median => self.median(),
            JudgedBy::Worst => self.worst(),
        };
        self.limit.map(|limit| counts / limit)
    }

    /// One line for people.
    pub(crate) fn line(&self) -> String {
        let (unit, mark) = match self.judged_by {
            JudgedBy::Median => (self.unit, ["*", " "]),
            JudgedBy::Worst => (self.unit, [" ", "*"]),
        };
        let median = format!("{:.2} {unit}{}", self.median(), mark[0]);
        let worst = if self.sorted.len() < 2 {
            String::new()
        } else {
            format!("{} {:.2} {unit}{}", self.worst_word(), self.worst(), mark[1])
        };
        let limit = self.limit.map_or_else(String::new, |limit| format!("{limit} {unit}"));
        let ratio = self.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        format!("{:<50} {median:>13} {worst:>19} {limit:>9} {ratio:>6}  n={}", self.name, self.sorted.len())
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "unit": self.unit,
            "runs": self.sorted.len(),
            "median": self.median(),
            "worst": self.worst(),
            "worst_is": self.worst_word(),
            "max": self.at(1.0),
            "limit": self.limit,
            "ratio": self.ratio(),
        })
    }
}

/// What stands above the lines.
pub(crate) fn heading() -> String {
    format!("{:<50} {:>13} {:>19} {:>9} {:>6}  * counts", "figure", "median ", "worst ", "limit", "ratio")
}

/// All figures for programs.
pub(crate) fn json(figures: &[Figure]) -> Value {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    json!({ "cores": cores, "figures": figures.iter().map(Figure::json).collect::<Vec<_>>() })
}
