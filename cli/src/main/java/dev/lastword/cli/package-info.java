/**
 * What the commands of {@code lastword} have in common: parsing, help, and what a wrong command
 * line is told.
 */
@NullMarked
package dev.lastword.cli;

import org.jspecify.annotations.NullMarked;
