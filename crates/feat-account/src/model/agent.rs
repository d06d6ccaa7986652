//! What a browser calls itself, in words.

/// `Firefox on Linux`, or the program's own name where it is no browser.
pub(crate) fn describe_agent(user_agent: &str) -> String {
    // In this order, since nearly every browser also claims to be its older relatives.
    const BROWSERS: [(&str, &str); 9] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Vivaldi/", "Vivaldi"),
        ("FxiOS/", "Firefox"),
        ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Macintosh", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, system) => {
            let program: String =
                user_agent.split(['/', ' ', '(']).next().unwrap_or_default().chars().take(40).collect();
            match (program.as_str(), system) {
                ("", _) => "Unknown browser".to_owned(),
                ("Mozilla", Some(system)) => format!("Browser on {system}"),
                _ => program,
            }
        }
    }
}
