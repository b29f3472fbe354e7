package dev.lastword.examples.frameworks;

/** One that runs, and serves a {@link Chat}. */
record Server(int port, Runnable stop) {}
