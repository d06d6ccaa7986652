//! Whole-server and browser journeys, in one test binary: `tests/house`.
