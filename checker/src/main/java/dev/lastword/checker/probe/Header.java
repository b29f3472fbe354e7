package dev.lastword.checker.probe;

/**
 * One field of an HTTP head.
 *
 * @param name as it was written; compared without regard to case
 * @param value without white space around it
 */
public record Header(String name, String value) {}
