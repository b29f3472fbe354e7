/** stream. */
@NullMarked
package dev.lastword.stream;

import org.jspecify.annotations.NullMarked;
