mod browser;
mod fake_service;
