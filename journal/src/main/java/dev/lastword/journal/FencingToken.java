package dev.lastword.journal;

/**
 * The number that refuses a late writer: the epoch of the opening under which it writes.
 *
 * @param value larger for each later owner
 */
public record FencingToken(long value) {}
