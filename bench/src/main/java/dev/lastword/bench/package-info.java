/** bench. */
@NullMarked
package dev.lastword.bench;

import org.jspecify.annotations.NullMarked;
