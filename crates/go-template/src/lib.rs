//! Go's text/template with the functions that notification templates use, with limits on everything. No I/O.
