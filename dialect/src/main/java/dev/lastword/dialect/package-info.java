/** Dialects: which event ends a response, how its deltas become a message, how an error is said. */
@NullMarked
package dev.lastword.dialect;

import org.jspecify.annotations.NullMarked;
