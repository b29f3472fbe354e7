/**
 * The promise inside a Java application: an answer that it writes itself says its ending once it is
 * saved.
 *
 * @see Lastword
 */
@NullMarked
package dev.lastword.library;

import org.jspecify.annotations.NullMarked;
