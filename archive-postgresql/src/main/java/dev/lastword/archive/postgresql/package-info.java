/** The archive as rows of PostgreSQL that a person can read. */
@NullMarked
package dev.lastword.archive.postgresql;

import org.jspecify.annotations.NullMarked;
