/** What was found: for a terminal, for machines, for people. */
@NullMarked
package dev.lastword.checker.report;

import org.jspecify.annotations.NullMarked;
