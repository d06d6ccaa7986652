//! The addresses: extract, call, render.
