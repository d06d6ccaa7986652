//! When things recur: cron expressions, systemd calendar events and fixed periods, in a time zone.
