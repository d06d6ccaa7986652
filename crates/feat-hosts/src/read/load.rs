//! Load averages and uptime, see proc_loadavg(5) and proc_uptime(5).

/// Tasks that run or wait to run, or wait for a disk, on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    /// Over one minute.
    pub(crate) one: f64,
    /// Over five minutes.
    pub(crate) five: f64,
    /// Over fifteen minutes.
    pub(crate) fifteen: f64,
}

/// Reads `/proc/loadavg`: `0.20 0.18 0.12 1/80 11206`.
pub(crate) fn parse_loadavg(text: &str) -> Option<Load> {
    let mut fields = text.split_ascii_whitespace().map_while(number);
    Some(Load { one: fields.next()?, five: fields.next()?, fifteen: fields.next()? })
}

/// Reads `/proc/uptime`: seconds since boot, and idle seconds, which are of no use here.
pub(crate) fn parse_uptime(text: &str) -> Option<f64> {
    text.split_ascii_whitespace().next().and_then(number)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_usual_lines_are_read() {
        let load = parse_loadavg("0.20 1.18 12.05 1/80 11206\n").unwrap();
        assert_eq!((load.one, load.five, load.fifteen), (0.2, 1.18, 12.05));
        assert_eq!(parse_uptime("350735.47 234388.90\n"), Some(350_735.47));
    }

    #[test]
    fn half_a_line_is_none() {
        assert_eq!(parse_loadavg("0.20 x 0.1"), None);
        assert_eq!(parse_loadavg("NaN inf -1"), None);
        assert_eq!(parse_uptime(""), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*") {
            let _ = (parse_loadavg(&text), parse_uptime(&text));
        }
    }
}
