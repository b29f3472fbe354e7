/** The archive as rows of a database: tables, checks and threads that stores in SQL share. */
@NullMarked
package dev.lastword.archive.sql;

import org.jspecify.annotations.NullMarked;
