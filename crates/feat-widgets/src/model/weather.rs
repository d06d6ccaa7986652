//! The weather as Open-Meteo tells it (<https://open-meteo.com/en/docs>), in words.

use serde::Deserialize;

/// The weather of now and of the next days.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    /// Degrees, in the units that were asked for.
    pub(crate) temperature: f64,
    /// The WMO's number for what it is like.
    pub(crate) code: u8,
    /// Whether the sun is up.
    pub(crate) is_day: bool,
    /// The wind's speed, in the units that were asked for.
    pub(crate) wind: Option<f64>,
    /// The next days, today first.
    pub(crate) days: Vec<Day>,
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Day {
    /// Which.
    pub(crate) date: jiff::civil::Date,
    /// The WMO's number.
    pub(crate) code: u8,
    /// The highest temperature.
    pub(crate) high: f64,
    /// The lowest.
    pub(crate) low: f64,
    /// How likely rain or snow is, in per cent.
    pub(crate) rain_percent: Option<f64>,
}

/// How many days are shown.
const DAYS: usize = 5;

/// The address to ask.
pub(crate) fn question(server: &str, latitude: f64, longitude: f64, imperial: bool) -> String {
    let units = if imperial { "&temperature_unit=fahrenheit&wind_speed_unit=mph" } else { "" };
    format!(
        "{server}/v1/forecast?latitude={latitude}&longitude={longitude}&current=temperature_2m,weather_code,is_day,wind_speed_10m\
         &daily=weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max&timezone=auto&forecast_days={DAYS}{units}"
    )
}

#[derive(Deserialize)]
struct Answer {
    current: Current,
    #[serde(default)]
    daily: Daily,
}

#[derive(Deserialize)]
struct Current {
    temperature_2m: f64,
    weather_code: f64,
    #[serde(default)]
    is_day: f64,
    wind_speed_10m: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Daily {
    time: Vec<String>,
    weather_code: Vec<Option<f64>>,
    temperature_2m_max: Vec<Option<f64>>,
    temperature_2m_min: Vec<Option<f64>>,
    precipitation_probability_max: Vec<Option<f64>>,
}

/// Reads an answer.
///
/// # Errors
/// A sentence.
pub(crate) fn read(body: &[u8]) -> Result<Report, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("Its answer is not a weather report ({error})."))?;
    let daily = &answer.daily;
    let at = |list: &[Option<f64>], n: usize| list.get(n).copied().flatten();
    let day = |(n, date): (usize, &String)| {
        Some(Day {
            date: date.parse().ok()?,
            code: code(at(&daily.weather_code, n)?),
            high: at(&daily.temperature_2m_max, n)?,
            low: at(&daily.temperature_2m_min, n)?,
            rain_percent: at(&daily.precipitation_probability_max, n),
        })
    };
    Ok(Report {
        temperature: answer.current.temperature_2m,
        code: code(answer.current.weather_code),
        is_day: answer.current.is_day > 0.0,
        wind: answer.current.wind_speed_10m,
        days: daily.time.iter().enumerate().filter_map(day).take(DAYS).collect(),
    })
}

fn code(number: f64) -> u8 {
    if (0.0..=99.0).contains(&number) { number as u8 } else { u8::MAX }
}

/// What a number of the WMO's table 4677 means, as far as Open-Meteo uses it: a symbol and words.
pub(crate) fn words(code: u8, is_day: bool) -> (&'static str, &'static str) {
    match (code, is_day) {
        (0, true) => ("☀️", "clear"),
        (0, false) => ("🌙", "clear"),
        (1, true) => ("🌤️", "mostly clear"),
        (1, false) => ("🌙", "mostly clear"),
        (2, _) => ("⛅", "partly cloudy"),
        (3, _) => ("☁️", "overcast"),
        (45 | 48, _) => ("🌫️", "fog"),
        (51..=55, _) => ("🌦️", "drizzle"),
        (56 | 57 | 66 | 67, _) => ("🧊", "freezing rain"),
        (61, _) => ("🌦️", "light rain"),
        (63, _) => ("🌧️", "rain"),
        (65, _) => ("🌧️", "heavy rain"),
        (71 | 77, _) => ("🌨️", "light snow"),
        (73, _) => ("🌨️", "snow"),
        (75, _) => ("❄️", "heavy snow"),
        (80..=82, _) => ("🌧️", "showers"),
        (85 | 86, _) => ("🌨️", "snow showers"),
        (95..=99, _) => ("⛈️", "thunderstorm"),
        _ => ("·", "unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let report = read(include_bytes!("../tests/open-meteo.json")).unwrap();
        assert_eq!((report.temperature, report.code, report.is_day), (3.4, 61, true));
        assert_eq!(report.days.len(), 3, "a day without a temperature is left out");
        assert_eq!(report.days[0].rain_percent, Some(88.0));
        assert_eq!(words(report.code, report.is_day), ("🌦️", "light rain"));
        assert!(
            read(b"{\"error\":true,\"reason\":\"no\"}")
                .unwrap_err()
                .starts_with("Its answer is not a weather report")
        );
    }

    #[test]
    fn the_question_names_the_place_and_the_units() {
        let metric = question("https://api.open-meteo.com", 52.52, 13.41, false);
        assert!(
            metric.starts_with("https://api.open-meteo.com/v1/forecast?latitude=52.52&longitude=13.41&"),
            "{metric}"
        );
        assert!(!metric.contains("fahrenheit"));
        assert!(question("http://x", 1.0, 2.0, true).ends_with("&wind_speed_unit=mph"));
    }
}
