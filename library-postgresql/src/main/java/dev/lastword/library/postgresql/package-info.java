/**
 * The answers of a Java application in its own database, so that nothing but that needs a disk.
 *
 * @see PostgresStorage
 */
@NullMarked
package dev.lastword.library.postgresql;

import org.jspecify.annotations.NullMarked;
