/**
 * Plants known bugs in a copy of the sources, one at a time, and tells which proof finds each, and
 * when.
 */
@NullMarked
package dev.lastword.sabotage;

import org.jspecify.annotations.NullMarked;
