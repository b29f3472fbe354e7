/**
 * The journal: an append-only, totally ordered record of all streams. Append and replay, nothing
 * else.
 */
@NullMarked
package dev.lastword.journal;

import org.jspecify.annotations.NullMarked;
