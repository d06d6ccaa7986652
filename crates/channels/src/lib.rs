//! Ways to tell people something: one module per service, each a request to make and an answer to judge.
