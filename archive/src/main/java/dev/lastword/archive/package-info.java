/**
 * The archive: where closed streams and assembled responses rest, as SQL that a person can read.
 */
@NullMarked
package dev.lastword.archive;

import org.jspecify.annotations.NullMarked;
