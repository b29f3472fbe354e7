/** The archive as a SQLite file that a person can read. */
@NullMarked
package dev.lastword.archive.sqlite;

import org.jspecify.annotations.NullMarked;
