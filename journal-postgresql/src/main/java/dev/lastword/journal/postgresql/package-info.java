/** The journal as rows of PostgreSQL, and how a server is connected to. */
@NullMarked
package dev.lastword.journal.postgresql;

import org.jspecify.annotations.NullMarked;
