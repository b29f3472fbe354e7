/**
 * The archive: where streams and assembled responses rest, and how a store for them is asked. The
 * stores themselves are modules of their own.
 */
@NullMarked
package dev.lastword.archive;

import org.jspecify.annotations.NullMarked;
