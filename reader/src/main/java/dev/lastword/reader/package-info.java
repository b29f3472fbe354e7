/**
 * Reads an event stream to its end, over as many connections as it takes.
 *
 * @see LastwordReader
 */
@NullMarked
package dev.lastword.reader;

import org.jspecify.annotations.NullMarked;
